"""ONNX models in onnxruntime: what they compute is what the network computes, for every option of the format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import netspec
from tests.cli.run import here
from tests.lowering.grammar import specs

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from netspec.export.onnx.model import Form, write  # noqa: E402

RUN = Path(__file__).parent.parent / "files" / "run"
TWO = "netspec: 1\nname: t\ninput: [5, 4, 3]\nblocks: [{conv: {filters: 3, kernel: 2}}]\n"


def answers(model: bytes, images: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"images": images})
    return np.asarray(found)


def compare(text: str) -> None:
    """Logits of raw images with channels first, held against PyTorch's in float64."""
    from tests.export.options import agree, drawn, wanted

    net, held, images = drawn(text)
    found = answers(write(net.plan, held, Form(logits=True), {}), images.transpose(0, 3, 1, 2))
    agree(found.transpose(0, 2, 3, 1) if found.ndim == 4 else found, wanted(net, held, images), text)


@pytest.mark.slow
def test_every_option() -> None:
    pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    from tests.export.options import every_option

    for text in every_option():
        compare(text)


@pytest.mark.slow
@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_random_networks(text: str) -> None:
    pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    compare(text)


@pytest.mark.parametrize(
    ("more", "output"),
    [
        ("fc: [4]\n", "probabilities"),
        ("fc: [1]\ndata: {source: npz, path: x.npz}\ntrain: {loss: binary_cross_entropy}\n", "probabilities"),
        ("fc: [4]\ndata: {source: npz, path: x.npz, labels: several}\n", "probabilities"),
        ("fc: [4]\ndata: {source: npz, path: x.npz, labels: numbers}\n", "numbers"),
        ("", "probabilities"),
    ],
    ids=["classes", "one unit", "several", "numbers", "map"],
)
def test_answers_are_those_of_predict(more: str, output: str) -> None:
    """Of raw images as they come, of normalized ones, and of any number of them."""
    from tests.lowering.networks import network, variables

    net = network(TWO + more)
    held: Any = variables(net)
    raw = np.random.default_rng(0).integers(0, 256, (5, *net.plan.input)).astype(np.uint8)
    held["state"]["input"] = {"mean": np.float32([90, 120, 150]), "deviation": np.float32([60, 50, 70])}
    truth = np.asarray(net.predict(held, raw))
    model = write(net.plan, held, Form(layout="nhwc"), {})
    assert [value.name for value in onnx.load_from_string(model).graph.output] == [output]
    for count in (1, 5):
        np.testing.assert_allclose(answers(model, raw[:count].astype(np.float32)), truth[:count], atol=1e-5, rtol=1e-5)
    normal = np.asarray(net.normalize(held, raw)).transpose(0, 3, 1, 2)
    found = answers(write(net.plan, held, Form(normalized=True), {}), normal)
    found = found.transpose(0, 2, 3, 1) if found.ndim == 4 else found
    np.testing.assert_allclose(found, truth, atol=1e-5, rtol=1e-5)


def test_a_run_is_exported(tmp_path: Path) -> None:
    """The same bytes twice, in which classes and preprocessing stand; the answers are those of `predict`."""
    files = [tmp_path / "once.onnx", tmp_path / "twice.onnx"]
    for file in files:
        done = here("export", str(RUN), "--to", "onnx", "-o", str(file), "--layout", "nhwc")
        assert (done.exit_code, done.stdout) == (0, ""), done.output
    assert files[0].read_bytes() == files[1].read_bytes()
    network = netspec.load(RUN)
    model = onnx.load(str(files[0]))
    told = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(told["classes"]) == list(network.classes)
    prepared = json.loads(told["preprocessing"])
    assert (prepared["layout"][-1], prepared["range"]) == ("channels", [0, 16])
    assert (model.opset_import[0].version, model.graph.input[0].type.tensor_type.shape.dim[0].dim_param) == (
        20,
        "batch",
    )
    raw = np.random.default_rng(0).integers(0, 17, (4, *network.plan.input)).astype(np.float32)
    np.testing.assert_allclose(
        answers(files[0].read_bytes(), raw), np.asarray(network.predict(network.variables, raw)), atol=1e-5
    )


def test_a_run_is_not_written_over(tmp_path: Path) -> None:
    done = here("export", str(RUN), "--to", "onnx", "-o", str(RUN / "model.safetensors"))
    assert (done.exit_code, "a file of the run itself" in done.output) == (2, True)


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    """Before anything is loaded; with `--overwrite` it is written over, and that is told."""
    file = tmp_path / "mine.py"
    file.write_text("mine")
    words = ("export", "specs/lenet5.yaml", "--to", "keras-code", "-o", str(file))
    for kept in (here(*words), here("export", str(RUN), "--to", "safetensors", "-o", str(file))):
        assert (kept.exit_code, "--overwrite writes over it" in kept.output, file.read_text()) == (2, True, "mine")
    done = here(*words, "--overwrite")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.startswith(f"{file}: ")
    assert "import" in file.read_text()
