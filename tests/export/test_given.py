"""What `netspec export` takes: a run, a model, a checkpoint, imported weights; for code a spec; and what it says of the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netspec.importing.imported import imported
from tests.cli.run import here

ROOT = Path(__file__).parent.parent.parent
RUN, SPEC = ROOT / "tests" / "files" / "run", ROOT / "specs" / "lenet5.yaml"


@pytest.mark.parametrize("given", [str(SPEC), "-"])
def test_a_spec_is_no_trained_network(given: str) -> None:
    done = here("export", given, "--to", "onnx", "-o", "-")
    assert done.exit_code == 2
    assert "needs a trained network" in done.stderr
    assert "--to pytorch-code, --to keras-code, --to flax-code" in done.stderr


@pytest.mark.parametrize("target", ["torch", "pytorch-code"])
def test_a_folder_that_is_no_run_is_said_to_be_none(target: str, tmp_path: Path) -> None:
    done = here("export", str(tmp_path), "--to", target, "-o", "-")
    assert done.exit_code == 2
    assert "NS602" in done.stderr


def test_code_is_of_whatever_has_a_spec(tmp_path: Path) -> None:
    files = (RUN, RUN / "spec.yaml", RUN / "model.safetensors", RUN / "checkpoints" / "best.safetensors")
    texts = {here("export", str(file), "--to", "flax-code", "-o", "-").stdout for file in files}
    assert len(texts) == 1
    model = tmp_path / "model.safetensors"
    model.write_bytes((RUN / "model.safetensors").read_bytes())
    assert here("export", str(model), "--to", "flax-code", "-o", str(model)).exit_code == 2


def test_stablehlo_is_a_directory_for_platforms() -> None:
    assert here("export", str(RUN), "--to", "stablehlo", "-o", "-").exit_code == 2
    assert here("export", str(RUN), "--to", "torch", "--platform", "cpu", "-o", "-").exit_code == 2


def test_imported_weights_go_out_again(tmp_path: Path) -> None:
    """By the names of the command line; their classes are nobody's."""
    pytest.importorskip("h5py")
    path = tmp_path / "net.keras"
    assert here("export", str(RUN), "--to", "keras", "-o", str(path)).exit_code == 0
    found = imported(str(path), arrays=True)
    found.save(tmp_path / "net.yaml", tmp_path / "net.safetensors")
    done = here("export", str(tmp_path / "net.safetensors"), "--to", "keras", "-o", str(tmp_path / "again.keras"))
    assert done.exit_code == 0, done.output
    again = imported(str(tmp_path / "again.keras"), arrays=True)
    assert found.arrays is not None
    assert again.arrays is not None
    assert found.arrays.keys() == again.arrays.keys()
    for name, array in found.arrays.items():
        np.testing.assert_allclose(again.arrays[name], array, rtol=1e-6, err_msg=name)
