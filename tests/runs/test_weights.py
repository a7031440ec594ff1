"""What begins a training: the arrays of any file that holds some, taken by name and shape alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from netspec.runs.beginning import fit, shapes
from netspec.runs.directory import MODEL, NotARun
from netspec.runs.weights import Weights, read
from netspec.storage import tensors
from netspec.storage.tensors import Corrupt
from tests.lowering.networks import plan

RUN = Path(__file__).parent.parent / "files" / "run"
SPEC = """\
netspec: 1
name: small
input: [8, 8, 1]
blocks:
  - conv: {filters: 3, kernel: 3, norm: batch}
    pool: {window: 2}
fc: [5, 4]
"""


def arrays(**changed: Any) -> dict[str, np.ndarray]:
    """One of each of the network's arrays, filled with its place in the list."""
    own = {name: np.full(shape, number, np.float32) for number, (name, shape) in enumerate(shapes(plan(SPEC)).items())}
    return own | {name.replace("__", "/").replace("conv1", "block1.conv1"): value for name, value in changed.items()}


def fitted(given: dict[str, np.ndarray]) -> Any:
    return fit(plan(SPEC), Weights(Path("some"), "0" * 64, given))


def test_all_that_has_the_name_and_the_shape_is_taken() -> None:
    found = fitted(arrays())
    assert list(found.taken) == list(shapes(plan(SPEC)))
    assert (found.anew, found.unused) == ((), ())
    assert found.taken["state/block1.conv1/variance"].tolist() == [4.0] * 3


def test_what_begins_anew_says_why() -> None:
    given = arrays(
        params__fc2__kernel=np.zeros((5, 10), np.float32),
        params__fc1__bias=np.zeros((7,), np.float32),
        params__conv1__scale=np.zeros((3,), np.int64),
        params__head__kernel=np.zeros((2, 2), np.float32),
        state__input__mean=np.zeros((1,), np.float32),
    )
    del given["state/block1.conv1/mean"]
    found = fitted(given)
    reasons = {one.name: (one.reason, one.words) for one in found.anew}
    assert reasons == {
        "params/block1.conv1/scale": ("type", "int64 in the file, where numbers with a point are needed"),
        "state/block1.conv1/mean": ("absent", "not in the file"),
        "params/fc1/bias": ("shape", "7 in the file, 5 here"),
        "params/fc2/kernel": ("outputs", "10 outputs in the file, 4 here"),
    }
    assert found.unused == ("params/head/kernel",)
    assert not reasons.keys() & found.taken.keys()
    assert not any("input" in name for name in found.taken)  # the images' statistics follow from the data
    assert json.loads(json.dumps(found.as_json()))["anew"]["params/fc1/bias"] == "7 in the file, 5 here"


@pytest.mark.parametrize("type", ["float16", "float64", "bfloat16"])
def test_a_file_of_another_program_is_read_and_becomes_float32(type: str, tmp_path: Path) -> None:
    kind = np.dtype(getattr(ml_dtypes, type, None) or type)
    given = {name: (array / 8).astype(kind) for name, array in arrays().items()}
    if type == "bfloat16":
        import jax.numpy as jnp
        from safetensors.flax import save_file as save

        save({name: jnp.asarray(array) for name, array in given.items()}, tmp_path / "w.safetensors")
    else:
        save_file(given, tmp_path / "w.safetensors")
    found = fit(plan(SPEC), read(tmp_path / "w.safetensors"))
    assert all(array.dtype == np.float32 for array in found.taken.values())
    assert found.taken["params/fc2/kernel"][0, 0] == np.float32(7 / 8)


def test_a_number_that_is_not_finite_is_refused_where_it_would_be_taken() -> None:
    wrong = np.full((5,), np.nan, np.float32)
    assert fitted(arrays(params__other__bias=wrong)).unused == ("params/other/bias",)
    for bad in (wrong, np.full((5,), 1e300)):
        with pytest.raises(Corrupt, match="`params/fc1/bias` holds a number that is not finite"):
            fitted(arrays(params__fc1__bias=bad))


def test_of_a_run_the_model_is_read_and_while_it_has_none_its_newest_checkpoint(tmp_path: Path) -> None:
    run = Path(shutil.copytree(RUN, tmp_path / "run"))
    model = read(run)
    assert model.path == run / MODEL
    wanted = {name: array.tobytes() for name, array in tensors.load(run / MODEL)[0].items()}
    assert {name: array.tobytes() for name, array in model.arrays.items()} == wanted
    (run / MODEL).unlink()
    newest = read(run)
    assert newest.path == max((run / "checkpoints").glob("step-*"))
    assert {name: array.tobytes() for name, array in newest.arrays.items()} == wanted
    assert read(newest.path).sha256 == newest.sha256 != model.sha256
    newest.path.write_bytes(newest.path.read_bytes()[:-1])
    assert read(run).path != newest.path
    shutil.rmtree(run / "checkpoints")
    with pytest.raises(NotARun, match=r"has neither `model.safetensors` nor a checkpoint"):
        read(run)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda data: data[:-1], "does not match its SHA-256"),
        (lambda data: data[:300], "it is no safetensors file, or was cut short"),
        (lambda data: b"\x80\x02}q\x00.", "it is no safetensors file"),
        (lambda data: b"", "it is no safetensors file"),
        (lambda data: b"[" * 100_000, "it is no safetensors file"),
    ],
    ids=["end", "head", "pickle", "empty", "deep"],
)
def test_a_file_that_holds_something_else_is_refused(spoil: Any, reason: str, tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(spoil((RUN / MODEL).read_bytes()))
    with pytest.raises(Corrupt, match=reason):
        read(tmp_path / "w")
