"""Code and arrays for PyTorch. That the code computes what the network does, `tests/lowering/test_truth.py` holds: it runs it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec
from netspec.export.code.targets import WRITERS
from netspec.export.torch import code
from netspec.export.torch.names import TAKEN
from netspec.export.unsupported import Unsupported
from netspec.storage import tensors
from tests.cli.run import here
from tests.lowering.networks import plan

ROOT = Path(__file__).parent.parent.parent
RUN = ROOT / "tests" / "files" / "run"
SPECS = [*(ROOT / "specs").glob("*.yaml"), *(ROOT / "tests" / "known").glob("*.yaml")]


def made(text: str, name: str) -> Any:
    """An instance of a class that stands in a text."""
    names: dict[str, Any] = {}
    exec(text, names)
    return names[name]()


@pytest.mark.slow
def test_a_run_in_pytorch_says_what_it_says(tmp_path: Path) -> None:
    """The state dict is that of the module, name by name; images are normalized outside, as the metadata say."""
    torch = pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    from safetensors.torch import load_file

    for target in ("pytorch-code", "torch"):
        done = here("export", str(RUN), "--to", target, "-o", str(tmp_path / target))
        assert done.exit_code == 0, done.output
    module = made((tmp_path / "pytorch-code").read_text(), "Small")
    module.load_state_dict(load_file(tmp_path / "torch"), strict=True)
    _, facts = tensors.load(tmp_path / "torch")
    prepared, network = facts["preprocessing"], netspec.load(RUN)
    raw = np.random.default_rng(0).integers(0, 17, (4, *network.plan.input)).astype(np.float32)
    normal = (raw - np.float32(prepared["mean"])) / np.float32(prepared["deviation"])
    with torch.no_grad():
        found = module.eval()(torch.tensor(normal).permute(0, 3, 1, 2)).softmax(1)
    assert facts["classes"] == list(network.classes)
    np.testing.assert_allclose(found.numpy(), np.asarray(network.predict(network.variables, raw)), atol=1e-5)


def test_arrays_by_netspecs_names_are_those_of_the_model(tmp_path: Path) -> None:
    done = here("export", str(RUN), "--to", "safetensors", "-o", str(tmp_path / "w"))
    assert done.exit_code == 0, done.output
    found, facts = tensors.load(tmp_path / "w")
    model, _ = tensors.load(RUN / "model.safetensors")
    assert found.keys() == model.keys()
    assert all(np.array_equal(found[name], model[name]) for name in found)
    assert facts["names"] == "netspec"


def test_no_layer_hides_what_a_module_has() -> None:
    torch = pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    nn = torch.nn
    assert {name for name in (*dir(nn.Module), *vars(nn.Module())) if not name.startswith("_")} <= TAKEN
    spec = plan(
        "netspec: 1\nname: gate\ninput: [4, 4, 2]\n"
        "blocks: [{conv: [{filters: 2, kernel: 1, name: drop_path, gate: {units: 1}}, {filters: 2, kernel: 1, name: lambda}], "
        "shortcut: {type: add, drop: 0.5}}]\nfc: [{units: 3, name: train}, {units: 3, name: torch}]\n"
    )
    module = made(code.module(spec), "Gate_2")
    assert module(torch.ones(2, 2, 4, 4)).shape == (2, 3)


@pytest.mark.skipif(find_spec("ruff") is None, reason="ruff comes with the extra dev")
def test_code_is_formatted(tmp_path: Path) -> None:
    """As by a formatter that nobody has told anything."""
    for path in SPECS:
        planned = netspec.check(path, fixes=False).plan
        assert planned is not None, path
        for target, module in WRITERS.items():
            with suppress(Unsupported):
                text = module(planned)
                compile(text, str(path), "exec")
                (tmp_path / f"{path.stem}-{target}.py").write_text(text)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[:3000]


def test_stochastic_depth_leaves_images_out_in_training_alone() -> None:
    torch = pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    from netspec.export.torch.modules import drop_path

    images = torch.ones(64, 2, 1, 1)
    assert drop_path(images, 0.5, False) is images
    kept = drop_path(images, 0.5, True)
    assert set(kept.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(kept[:, 0], kept[:, 1])
