"""Numbers that are not finite: the step at which they come is refused, named, and never saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from netspec.data.splits import Images
from netspec.runs.directory import MODEL, RunDirectory
from netspec.storage import tensors
from netspec.training.feed import order
from netspec.training.loop import NotFinite
from netspec.training.not_finite import Origin, find_origin
from netspec.training.session import Session
from netspec.workflows.train import not_finite
from tests.lowering.networks import plan
from tests.training.runs import SPEC, images_of, session

SGD = SPEC.replace("{type: cosine, warmup: 5%}", "constant").replace("type: adamw", "type: sgd")
SHORT = """\
netspec: 1
name: short
input: [8, 8, 1]
fc: [12, 10]
train: {epochs: 2, batch_size: 400, optimizer: {type: sgd, learning_rate: 0.025}, checkpoint: {every_steps: 1, keep: 9}}
"""
"""Six steps, three an epoch."""


@jax.custom_vjp
def same(x: jax.Array, bad: jax.Array) -> jax.Array:
    """x itself; its gradient is not a number where `bad`."""
    return x


same.defvjp(lambda x, bad: (x, bad), lambda bad, gradient: (jnp.where(bad, jnp.nan, gradient), None))


class Spoilt:
    """Runs of one compiled network that goes wrong at a place in a step, also where that step is computed again."""

    def __init__(self, folder: Path) -> None:
        self.place, self.step = "", 0
        self.first = session(folder, SHORT)
        network = self.first.network
        augmented, loss = network.augmented, network.loss
        now: Any = None

        def bad(place: str) -> jax.Array:
            answer = jax.ShapeDtypeStruct((), np.bool_)
            found: jax.Array = jax.pure_callback(
                lambda step: np.bool_((place, int(step) + 1) == (self.place, self.step)), answer, now
            )
            return found

        def spoilt_images(state: Any, *rest: Any) -> Any:
            nonlocal now
            now = state["step"]
            key, x, shares = augmented(state, *rest)
            return key, jnp.where(bad("images"), jnp.nan, x), shares

        def spoilt_loss(variables: Any, *rest: Any, **more: Any) -> Any:
            params = variables["params"]
            fc1 = {name: same(array, bad("gradient")) for name, array in params["fc1"].items()}
            mean, found = loss({**variables, "params": {**params, "fc1": fc1}}, *rest, **more)
            return jnp.where(bad("loss"), jnp.inf, mean), found

        network.augmented, network.loss = spoilt_images, spoilt_loss  # type: ignore[method-assign, assignment]

    def run(self, folder: Path, place: str, step: int) -> tuple[Session, NotFinite]:
        """How a run ends that goes wrong there."""
        self.place, self.step = place, step
        running = session(folder, SHORT, self.first.images)
        running.trainer = self.first.trainer
        with pytest.raises(NotFinite) as failure:
            running.run(None)
        return running, failure.value


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Spoilt:
    return Spoilt(tmp_path_factory.mktemp("spoilt"))


PLACES = {
    "images": ("the augmented images are", "data.normalize"),
    "loss": ("the loss is", "train.optimizer.learning_rate"),
    "gradient": ("the gradient of `fc1` is", "train.gradient_clip"),
}


@pytest.mark.parametrize("step", [1, 2, 4, 6])
@pytest.mark.parametrize("place", PLACES)
def test_it_stops_the_run_at_its_step_and_is_not_saved(place: str, step: int, spoilt: Spoilt, tmp_path: Path) -> None:
    _, failure = spoilt.run(tmp_path, place, step)
    assert failure.step == step
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(failure.state))
    saved = sorted((tmp_path / "checkpoints").glob("step-*"))
    assert [int(path.stem.removeprefix("step-")) for path in saved] == list(range(1, step))
    for path in tmp_path.rglob("*.safetensors"):
        arrays, _ = tensors.load(path)
        assert all(np.isfinite(array).all() for array in arrays.values()), path
    assert not (tmp_path / MODEL).exists()


@pytest.mark.parametrize("place", PLACES)
def test_the_message_names_step_place_rate_and_what_to_try(place: str, spoilt: Spoilt, tmp_path: Path) -> None:
    (finding,) = not_finite(*spoilt.run(tmp_path, place, 2)).diagnostics
    named, advice = PLACES[place]
    assert finding.code == "NS610"
    assert finding.message == f"step 2: {named} not finite; the learning rate there was 0.025"
    assert advice in (finding.help or "")


def stopped(folder: Path, text: str, images: Images | None = None) -> tuple[NotFinite, Origin]:
    """How a run ends that comes to a number which is not finite; no file of it holds one."""
    running = session(folder, text, images)
    with pytest.raises(NotFinite) as failure:
        running.run(None)
    newest, passed_over = RunDirectory(folder).checkpoints().newest()
    assert not passed_over
    assert newest is None or newest.step < failure.value.step
    return failure.value, find_origin(running.trainer, failure.value)


@pytest.mark.parametrize(
    ("rate", "norm", "where"),
    [
        (1e30, "none", ("output", "fc1")),
        (1e30, "batch", ("statistics", "block1.conv1")),
        (3e38, "none", ("parameters", "fc2")),
    ],
)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_first_place_that_is_not_finite_is_named(
    rate: float, norm: str, where: tuple[str, str], precision: str, tmp_path: Path
) -> None:
    text = SGD.replace("0.02", f"{rate}").replace("norm: batch", f"norm: {norm}")
    text = text.replace("every_steps: 5", "every_steps: 1").replace(
        "  epochs: 3", f"  epochs: 3\n  precision: {precision}"
    )
    _, found = stopped(tmp_path, text)
    assert (found.kind, found.layer) == where


def test_images_that_are_not_finite_are_named(tmp_path: Path) -> None:
    images = images_of(plan(SPEC))
    pixels = images.train.images.astype(np.float32)
    pixels[order(len(images.train), 0, 0)[60]] = np.nan
    failure, found = stopped(tmp_path, SPEC, replace(images, train=replace(images.train, images=pixels)))
    assert (failure.step, found.kind, found.layer) == (2, "images", None)


@pytest.mark.parametrize("split", ["validation", "test"])
def test_an_evaluation_that_is_not_finite_ends_the_run(split: str, tmp_path: Path) -> None:
    images = images_of(plan(SPEC))
    part = getattr(images, split)
    pixels = part.images.astype(np.float32)
    pixels[7] = np.inf
    running = session(tmp_path, SPEC, replace(images, **{split: replace(part, images=pixels)}))
    with pytest.raises(NotFinite) as failure:
        running.run(None)
    assert failure.value.split == split
    assert find_origin(running.trainer, failure.value).kind == "images"
    assert not (tmp_path / MODEL).exists()


def test_nothing_not_finite_is_saved(tmp_path: Path) -> None:
    running = session(tmp_path)
    state, totals = running.trainer.begin(), running.trainer.no_totals
    checkpoint = running._checkpoint(0, state, totals)
    name = "state/variables/state/block1.conv1/variance"
    checkpoint = replace(checkpoint, tensors={**checkpoint.tensors, name: np.array([1, np.inf], np.float32)})
    with pytest.raises(ValueError, match="variance` holds a number that is not finite"):
        checkpoint.to_bytes()
