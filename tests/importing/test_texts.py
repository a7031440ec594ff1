"""Networks of Darknet and Caffe in their published form: parameters as they were published, and text as a person writes it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from netspec.diagnostics.errors import SpecError
from netspec.importing.imported import imported
from tests.cli.run import here

FILES = Path(__file__).parent / "files"

KNOWN = {
    "darknet19.cfg": (20842376, "    conv: [{filters: 1024}, {filters: 512, kernel: 1}]"),
    "tiny.cfg": (1042104, "    conv: [{filters: 64, kernel: 1}, {filters: 512}]"),
    "cifar.cfg": (7681674, "    pool: {dropout: 0.5}"),
    "resnet18.cfg": (11515688, "    conv: [{filters: 128, first: {stride: 2}}, {filters: 128, activation: none}]"),
    "resnet50.cfg": (22780456, "    shortcut: {type: add, projection: slice}"),
    "lenet.prototxt": (431080, "fc: [500, 10]"),
    "caffenet.prototxt": (60965224, "fc: [{units: 4096, dropout: 0.5, repeat: 2}, 1000]"),
    "cifar10_quick.prototxt": (145578, "    pool: {type: max, activation: relu}"),
    "vgg16.prototxt": (138357544, "    conv: {filters: 512, repeat: 3}"),
    "squeezenet.prototxt": (
        1235496,
        "      - {branches: [{conv: {filters: 64}}, {conv: {filters: 64, kernel: 3}}], join: concat}",
    ),
    "googlenet.prototxt": (6998552, "      - [{pool: max}, {conv: {filters: 32}}]"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_published_network_comes_in(name: str) -> None:
    parameters, line = KNOWN[name]
    found = imported(str(FILES / name))
    assert found.plan.parameters == parameters
    assert line in found.text.splitlines()
    assert not found.findings


@pytest.mark.parametrize(
    ("layers", "code", "line", "words"),
    [
        ("[upsample]\nstride=2\n", "NS290", 10, "`[upsample]`"),
        ("[route]\nlayers=-1\ngroups=2\ngroup_id=1\n", "NS290", 12, "part of the channels"),
        ("[convolutional]\nfilters=4\nactivation=stair\n", "NS290", 12, "`stair`"),
        ("[convolutional]\nfilters=4\nbinary=0\nxnor=1\n", "NS290", 13, "`xnor=1`"),
        ("[shortcut]\nfrom=-1\nalpha=1\nbeta=0.5\n", "NS290", 13, "`beta=0.5`"),
        ("[maxpool]\nsize=2\nceil=1\n", "NS290", 12, "`ceil=1`"),
        ("[maxpool]\nsise=2\n", "NS290", 11, "`sise=2`"),
        ("[softmax]\ngroups=1\n[maxpool]\nsize=2\n", "NS290", 12, "behind what ends"),
        ("[ended]\n", "NS290", 10, "`[ended]`"),
        ("[shortcut]\nfrom=-9\n", "NS292", 10, "names no layer"),
        ("[convolutional]\nfilters=x\n", "NS292", 11, "no whole number"),
        ("[avgpool]\n[connected]\noutput=4\n[maxpool]\nstride=2\n", "NS291", 13, "behind a fully"),
        (
            "[avgpool]\n[connected]\noutput=4\n[dropout]\n[connected]\noutput=2\n[avgpool]\n",
            "NS291",
            16,
            "behind a fully",
        ),
    ],
)
def test_what_cannot_come_in_is_said_where_it_stands(
    layers: str, code: str, line: int, words: str, tmp_path: Path
) -> None:
    file, spec = tmp_path / "net.cfg", tmp_path / "net.yaml"
    first = "[convolutional]\nfilters=4\nsize=3\npad=1\nactivation=relu\n"
    file.write_text(f"[net]\nheight=8\nwidth=8\nchannels=3\n{first}{layers}")
    done = here("import", str(file), "-o", str(spec), "--format", "json")
    (found,) = json.loads(done.stdout)["diagnostics"]
    assert (found["code"], found["line"], done.exit_code) == (code, line, 1)
    assert words in found["message"]
    assert not spec.exists()


def test_strides_may_differ_and_statistics_are_darknet_s(tmp_path: Path) -> None:
    file = tmp_path / "net.cfg"
    conv = (
        "[convolutional]\nbatch_normalize=1\nfilters=4\nsize=3\npad=1\nstride_x=2\nlearning_rate=0.1\nactivation=relu\n"
    )
    file.write_text(
        f"[net]\nheight=8\nwidth=8\nchannels=3\n{conv}[maxpool]\nsize=2\nstride_y=2\n[softmax]\ntemperature=3\n"
    )
    found = imported(str(file))
    assert [layer.output for layer in found.plan.layers] == [(8, 4, 4), (4, 4, 4)]
    assert "norm: {type: batch, momentum: 0.99}" in found.text
    assert "temperature of 3" in found.text


def test_a_caffe_layer_is_one_of_a_list_and_its_statistics_are_caffe_s(tmp_path: Path) -> None:
    file = tmp_path / "net.prototxt"
    head = 'input: "data" input_dim: [1, 3, 8, 8]\n'
    conv = 'layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 4 kernel_size: 3 } }\n'
    norm = 'layer { name: "n" type: "BatchNorm" bottom: "c" top: "c" }\n'
    test = 'layer { name: "t" type: "Power" bottom: "c" top: "c" exclude { phase: TRAIN } }\n'
    file.write_text(head + conv + norm + test)
    assert "momentum: 0.999" in imported(str(file)).text
    for inner in ("Blob", "Layer", "Readers"):
        file.write_text(head + conv + f'layer {{ name: "x" type: "{inner}" bottom: "c" top: "c" }}\n')
        with pytest.raises(SpecError, match=f"NS290.*`{inner}` is none"):
            imported(str(file))


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ("net.cfg -o ./zz --weights zz", 2, "the spec is written there"),
        ("net.cfg -o ./linked", 2, "that is what is imported"),
        ("net.cfg -o zz --weights ./net.weights --from-weights net.weights", 2, "that is what is imported"),
        ("net.cfg -o zz --from-weights net.weights", 2, "say by --weights"),
        ("net.cfg -o there.yaml", 2, "is there already; --overwrite"),
        ("net.cfg -o zz --weights net.weights", 2, "say --from-weights"),
        ("net.cfg -o zz --weights ww", 1, "say by --from-weights"),
        ("net.pth -o zz", 1, "torch.export.save"),
        ("net.cfg -o zz --input 9x9x3", 1, "8 x 8 x 3, and not 9 x 9 x 3"),
        ("net.onnx -o zz --weights ww --from-weights gone", 2, "are in the file itself"),
        ("net.cfg -o zz --weights ww --from-weights gone", 2, "--> gone:1:1"),
    ],
)
def test_no_file_is_written_over_nor_passed_over(
    words: str, status: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("net.onnx", "net.weights", "there.yaml"):
        Path(name).write_bytes(b"")
    Path("net.cfg").write_text("[net]\nheight=8\nwidth=8\n[convolutional]\nfilters=4\n")
    os.link("net.cfg", "linked")
    done = here("import", *words.split())
    assert done.exit_code == status, done.stderr
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert not Path("zz").exists()
    assert not Path("there.yaml").read_bytes()


def test_a_damaged_array_is_a_finding_when_it_is_made(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    float32 = onnx.TensorProto.FLOAT
    kernel = onnx.TensorProto(name="k", data_type=float32, dims=[4, 3, 3, 3], raw_data=b"short")
    info = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Conv", ["x", "k"], ["y"])],
        "net",
        [info("x", float32, [1, 3, 8, 8])],
        [info("y", float32, None)],
        [kernel],
    )
    onnx.save(onnx.helper.make_model(graph), tmp_path / "net.onnx")
    with pytest.raises(SpecError, match=r"NS292.*not laid out"):
        imported(str(tmp_path / "net.onnx"), arrays=True)


def test_a_partial_import_says_what_it_left_out(tmp_path: Path) -> None:
    file = tmp_path / "net.cfg"
    conv = "[convolutional]\nfilters=4\nsize=3\npad=1\nactivation=relu\n"
    file.write_text(f"[net]\nheight=8\nwidth=8\nchannels=3\n{conv}[upsample]\nstride=2\n{conv}")
    found = imported(str(file), partial=True)
    assert [(one.code, one.severity, one.span.line) for one in found.findings] == [("NS290", "warning", 10)]
    assert "  # not imported: upsample 1 (behind block1.conv1): " in found.text
    assert [layer.kind for layer in found.plan.layers] == ["conv", "conv"]
    file.write_text(f"[net]\nheight=8\nwidth=8\nchannels=3\n[avgpool]\n[connected]\noutput=4\nactivation=relu\n{conv}")
    ended = imported(str(file), partial=True)
    assert "# not imported: convolutional 2 (behind fc1): " in ended.text
    assert ended.findings[0].message.endswith("; the spec ends before it")


CAFFE = {
    "maximum": (
        'type: "Eltwise" bottom: "c" bottom: "d" eltwise_param { operation: MAX }',
        "the largest of each cell",
        "add",
    ),
    "factors": (
        'type: "Eltwise" bottom: "c" bottom: "d" eltwise_param { coeff: [1, -1] }',
        r"times 1, -1 \(`coeff`\)",
        "add",
    ),
    "axis": (
        'type: "InnerProduct" bottom: "d" inner_product_param { num_output: 3 axis: 2 }',
        "`axis: 2` of `inner_product_param`",
        "fc",
    ),
    "shared": (
        'type: "Convolution" bottom: "d" convolution_param { num_output: 3 kernel_size: 3 pad: 1 } param { name: "w" }',
        "the weights `w` of `d`",
        "conv",
    ),
}


@pytest.mark.parametrize("case", CAFFE)
def test_what_stands_for_something_else_is_marked(case: str, tmp_path: Path) -> None:
    layer, message, there = CAFFE[case]
    kernel = "convolution_param { num_output: 3 kernel_size: 3 pad: 1 }"
    convs = [f'layer {{ name: "c" type: "Convolution" bottom: "data" top: "c" {kernel} }}']
    convs += [f'layer {{ name: "d" type: "Convolution" bottom: "c" top: "d" {kernel} param {{ name: "w" }} }}']
    file = tmp_path / "net.prototxt"
    file.write_text(
        "\n".join(['input: "data" input_dim: [1, 3, 8, 8]', *convs, f'layer {{ name: "e" top: "e" {layer} }}'])
    )
    with pytest.raises(SpecError, match=f"NS290.*{message}") as caught:
        imported(str(file))
    assert "`--partial`" in (caught.value.diagnostics[0].help or "")
    found = imported(str(file), partial=True)
    assert [one.message.endswith(f"the spec has `{there}` there") for one in found.findings] == [True]
    place = next(n for n, line in enumerate(found.text.splitlines(), 2) if "# not as in the source: e (" in line)
    assert place in {layer.layer.span.line for layer in found.plan.layers}


def test_what_a_cfg_says_of_its_training_comes_in(tmp_path: Path) -> None:
    file = tmp_path / "net.cfg"
    rate = "batch=64\nlearning_rate=0.1\nmomentum=0.8\ndecay=0.0005\npolicy=steps\nsteps=40,80\nscales=.1,.5\nmax_batches=160\nangle=7\n"
    layers = "[avgpool]\nstopbackward=1\n[connected]\noutput=3\nactivation=logistic\nactivation=linear\n"
    file.write_text(f"[net]\nheight=8\nwidth=8\nchannels=3\n{rate}{layers}")
    found = imported(str(file))
    train = found.plan.spec.train.value
    assert (train.batch_size, train.loss.type) == (64, "binary_cross_entropy")
    assert (train.optimizer.learning_rate, train.optimizer.momentum, train.optimizer.decay_norms) == (0.1, 0.8, False)
    assert (train.schedule.boundaries, train.schedule.scales) == (("25%", "50%"), (0.1, 0.5))
    assert "left out of `[net]`: `max_batches`, `angle`" in found.notes
    assert "left out of its layers: `stopbackward`" in found.notes
    assert "`activation` stands twice in `[connected]`: the first counts, as it does in Darknet" in found.notes


def test_what_was_written_is_said(tmp_path: Path) -> None:
    done = here("import", str(FILES / "cifar.cfg"), "-o", str(tmp_path / "net.yaml"))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "7,681,674 parameters" in done.stderr
    assert done.stderr.splitlines()[-1] == f"next: netspec validate {tmp_path / 'net.yaml'}"
