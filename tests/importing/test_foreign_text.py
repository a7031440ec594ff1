"""Names in a foreign file that break lines, or steer a terminal: they stay inside the comments of the spec."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from netspec.importing.imported import imported
from netspec.importing.sources.torch_file import MODEL
from tests.cli.run import here
from tests.importing.test_keras import IMAGE, layer, model

BREAKS = "\n\r\v\f\x1b\x85\u2028\u2029\u202e".join(["x", "budget: {parameters: 1}", "data: {source: images, path: /}"])
LONE = "\ud800"
"""Half a character, which JSON can hold and no file."""


def keras(name: str) -> str:
    up, flat = layer("UpSampling2D", name, ["image"], size=[2, 2]), layer("Flatten", "f", [name])
    whole = json.loads(model(IMAGE, up, flat, layer("Dense", "d", ["f"], units=3)))
    return json.dumps(whole | {"compile_config": {"loss": name + LONE}})


def darknet(name: str) -> str:
    own = re.sub("[\n\r]", "", name)
    return f"[net]\nheight=8\nwidth=8\nchannels=3\nlearning_rate=0.1\n{own}=1\n[{own}]\n[connected]\noutput=3\nactivation=linear\n"


def caffe(name: str) -> str:
    own = name.replace("\n", "")
    return (
        f'input: "data" input_dim: [1, 3, 8, 8] layer {{ name: "{own}" type: "{own}" bottom: "data" top: "u" }}\n'
        'layer { name: "f" type: "InnerProduct" bottom: "u" top: "f" inner_product_param { num_output: 3 } }'
    )


def onnx(name: str) -> bytes:
    from onnx import TensorProto, helper

    value, node = helper.make_tensor_value_info, helper.make_node
    nodes = [node(name, ["x"], ["u"], name=name), node("Conv", ["u", "k"], ["y"])]
    kernel = helper.make_tensor("k", TensorProto.FLOAT, [2, 3, 1, 1], [1.0] * 6)
    given, made = value("x", TensorProto.FLOAT, [1, 3, 4, 4]), value("y", TensorProto.FLOAT, None)
    return bytes(helper.make_model(helper.make_graph(nodes, name, [given], [made], [kernel])).SerializeToString())


def torch(name: str) -> bytes:
    """An exported program of an unknown operation and a pooling."""

    def node(target: str, reads: str, gives: str, **more: object) -> dict[str, object]:
        inputs = [{"name": "self", "arg": {"as_tensor": {"name": reads}}}]
        inputs += [{"name": key, "arg": value} for key, value in more.items()]
        stack = {"nn_module_stack": f"L['self'],{name},Own"}
        return {"target": target, "inputs": inputs, "outputs": [{"as_tensor": {"name": gives}}], "metadata": stack}

    images, result = {"arg": {"as_tensor": {"name": "x"}}}, {"arg": {"as_tensor": {"name": "y"}}}
    nodes = [node(name, "x", "u"), node("torch.ops.aten.max_pool2d.default", "u", "y", kernel_size={"as_ints": [2, 2]})]
    sizes = {"x": {"sizes": [{"as_int": size} for size in (1, 3, 8, 8)]}}
    signature = {"input_specs": [{"user_input": images}], "output_specs": [{"user_output": result}]}
    module = {"graph": {"nodes": nodes, "tensor_values": sizes}, "signature": signature}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(f"net/{MODEL}", json.dumps({"graph_module": module}))
    return made.getvalue()


TEXTS: dict[str, Callable[[str], str | bytes]] = {
    "json": keras,
    "cfg": darknet,
    "prototxt": caffe,
    "onnx": onnx,
    "pt2": torch,
}


@pytest.mark.parametrize("ending", TEXTS)
def test_a_foreign_name_is_no_line_of_the_spec(ending: str, tmp_path: Path) -> None:
    if ending == "onnx":
        pytest.importorskip("onnx")
    file, out, said = tmp_path / f"net.{ending}", tmp_path / "net.yaml", []
    for name in (BREAKS, "x"):
        content = TEXTS[ending](name)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        found = imported(str(file), partial=True)
        assert all(char.isprintable() or char == "\n" for char in found.text)
        said.append([line for line in found.text.split("\n") if not line.lstrip().startswith("#")][2:])
        done = here("import", str(file), "--partial", "-o", str(out), "--overwrite")
        assert done.exit_code == 0, done.output
        assert all(char.isprintable() or char == "\n" for char in done.stderr)
        assert out.read_text() == found.text
    assert said[0] == said[1]


@pytest.mark.parametrize("name", ["123", "null", "true", "1e5", "x" * 220, "Net: {a}"])
def test_any_name_of_a_file_names_a_spec(name: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.cfg"
    file.write_text("[net]\nheight=8\nwidth=8\nchannels=3\n[connected]\noutput=3\nactivation=linear\n")
    assert imported(str(file)).plan.name in (name, name[:200], "Net-a")
