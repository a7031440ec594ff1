"""Files for LiteRT, by its own interpreter, where it is installed; elsewhere what its converter is given, by a stand-in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import netspec
from netspec.diagnostics.errors import RunError
from netspec.workflows.export import trained
from tests.cli.run import here

RUN = Path(__file__).parent.parent / "files" / "run"


def test_an_interpreter_says_what_the_network_says(tmp_path: Path) -> None:
    pytest.importorskip("litert_converter")
    interpreters = pytest.importorskip("ai_edge_litert.interpreter")
    for name in ("one", "two"):
        done = here("export", str(RUN), "--to", "litert", "-o", str(tmp_path / name))
        assert done.exit_code == 0, done.output
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    network = netspec.load(RUN)
    images = np.random.default_rng(0).integers(0, 17, (1, *network.plan.input)).astype(np.float32)
    found = interpreters.Interpreter(str(tmp_path / "one")).get_signature_runner("serving_default")(images=images)
    np.testing.assert_allclose(found["probabilities"], network.predict(network.variables, images), atol=1e-5)


def stand_in(patch: pytest.MonkeyPatch, convert: Callable[..., None]) -> list[Any]:
    """A converter that gives back what it is given; the signatures that it is told."""
    told = list[Any]()
    ext = SimpleNamespace(
        prepare_mlir_context=lambda context: None,
        set_signature=lambda operation, *signature: told.append(signature),
        run_convert_to_tfl_passes=convert,
        export_flatbuffer_to_bytes=lambda operation: operation.encode(),
        ConvertToTFLConfig=SimpleNamespace,
    )
    parsed = SimpleNamespace(parse=lambda text: SimpleNamespace(operation=text))
    ir = SimpleNamespace(Context=nullcontext, Module=parsed, MLIRError=KeyError)
    mlir = SimpleNamespace(ir=ir, passmanager=SimpleNamespace(PassManager=str))
    patch.setitem(sys.modules, "litert_converter", SimpleNamespace(converter_api_ext=ext))
    patch.setitem(sys.modules, "litert_converter.mlir", mlir)
    found = find_spec("netspec.export.litert")
    assert found is not None
    assert found.loader is not None
    module = module_from_spec(found)
    patch.setitem(sys.modules, "netspec.export.litert", module)
    found.loader.exec_module(module)
    return told


def test_the_converter_is_given_prediction_of_one_image(monkeypatch: pytest.MonkeyPatch) -> None:
    told = stand_in(monkeypatch, lambda *_: None)
    network = netspec.load(RUN)
    whole, inner = (trained(network, "litert", form).decode() for form in ({}, {"normalized": True, "logits": True}))
    assert told == [("serving_default", ["images"], [name]) for name in ("probabilities", "logits")]
    size = "x".join(map(str, network.plan.input))
    assert all(f"tensor<1x{size}xf32>" in text for text in (whole, inner))
    assert ("exponential" in whole, "exponential" in inner) == (True, False)


def test_what_the_converter_fails_on_is_told_in_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise ValueError("Failed to run converter passes:\n failed to legalize operation 'tfl.right_shift'")

    stand_in(monkeypatch, fails)
    with pytest.raises(RunError, match=r"NS626.*passes: failed to legalize operation 'tfl\.right_shift'"):
        trained(netspec.load(RUN), "litert", {})
