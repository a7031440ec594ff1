"""Files for LiteRT, by its own interpreter, where it is installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netspec
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
