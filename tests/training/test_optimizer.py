"""Update rules against PyTorch's and optax's own, schedules against their formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from netspec.language.train import OPTIMIZERS, Train
from netspec.repair.check import check_source
from netspec.storage import tensors
from netspec.storage.tree import to_host
from netspec.text.source import Source
from netspec.training.optimizer import Optimizer, StepsUnknown, schedule, steps_of

STEPS = 10


def settings(text: str) -> Train:
    spec = f"netspec: 1\nname: t\ninput: [8, 8, 1]\nfc: [10]\ntrain: {{{text}}}\n"
    report = check_source(Source("t.yaml", spec))
    assert report.spec is not None
    assert report.ok, report.diagnostics
    return report.spec.train.value


def gradients() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=(5, 3)).astype(np.float32) for _ in range(STEPS)]


START = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)


def netspec_path(text: str) -> np.ndarray:
    optimizer = Optimizer(settings(text), 100)
    params: Any = {"w": jnp.asarray(START)}
    state = optimizer.init(params)
    step = jax.jit(optimizer.update)
    for gradient in gradients():
        params, state = step({"w": gradient}, state, params)
    return np.asarray(params["w"])


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        ("{type: sgd, learning_rate: 0.1}", "SGD", {"lr": 0.1}),
        ("{type: sgd, learning_rate: 0.1, momentum: 0.9}", "SGD", {"lr": 0.1, "momentum": 0.9}),
        (
            "{type: sgd, learning_rate: 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.01}",
            "SGD",
            {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
        ),
        ("{type: adam, learning_rate: 0.01}", "Adam", {"lr": 0.01}),
        ("{type: adamw, learning_rate: 0.01, weight_decay: 0.1}", "AdamW", {"lr": 0.01, "weight_decay": 0.1}),
        (
            "{type: adagrad, learning_rate: 0.05, eps: 1e-10}",
            "Adagrad",
            {"lr": 0.05, "initial_accumulator_value": 0.1, "eps": 0.0},
        ),
    ],
)
def test_updates_are_pytorchs(text: str, name: str, options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    w = torch.tensor(START.astype(np.float64), requires_grad=True)
    optimizer = getattr(torch.optim, name)([w], **options)
    for gradient in gradients():
        w.grad = torch.tensor(gradient.astype(np.float64))
        optimizer.step()
    np.testing.assert_allclose(netspec_path(f"optimizer: {text}"), w.detach().numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_updates_are_optaxs(name: str) -> None:
    defaults = OPTIMIZERS[name]()
    given = {key: getattr(defaults, key) for key in (field.name for field in fields(defaults))}
    for left_out in ("decay_norms", "rate_factors"):
        given.pop(left_out, None)
    decay = given.pop("weight_decay", 0.0) if name == "sgd" else 0.0
    given = {key: value for key, value in given.items() if (key, value) != ("momentum", 0.0)}
    assert decay == 0.0
    own = getattr(optax, name)(**given)
    params: Any = {"w": jnp.asarray(START)}
    state = own.init(params)
    for gradient in gradients():
        updates, state = own.update({"w": jnp.asarray(gradient)}, state, params)
        params = optax.apply_updates(params, updates)
    np.testing.assert_allclose(netspec_path(f"optimizer: {name}"), params["w"], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        ("type: sgd, learning_rate: 0.1, weight_decay: 0.1", "SGD", {"lr": 0.1}),
        ("type: adamw, learning_rate: 0.01, weight_decay: 0.1", "AdamW", {"lr": 0.01}),
    ],
)
def test_norms_and_biases_without_decay_are_a_group_of_their_own(text: str, name: str, options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    arrays = {name: torch.tensor(START.astype(np.float64), requires_grad=True) for name in ("kernel", "bias", "scale")}
    groups = [{"params": [one], "weight_decay": 0.1 * (name == "kernel")} for name, one in arrays.items()]
    theirs = getattr(torch.optim, name)(groups, **options)
    ours = Optimizer(settings(f"optimizer: {{{text}, decay_norms: false}}"), 100)
    params: Any = {"layer": dict.fromkeys(arrays, jnp.asarray(START))}
    state = ours.init(params)
    step = jax.jit(ours.update)
    for gradient in gradients():
        for one in arrays.values():
            one.grad = torch.tensor(gradient.astype(np.float64))
        theirs.step()
        params, state = step({"layer": dict.fromkeys(arrays, gradient)}, state, params)
    for name, wanted in arrays.items():
        np.testing.assert_allclose(params["layer"][name], wanted.detach(), rtol=1e-5, atol=1e-6)
    assert not np.allclose(params["layer"]["kernel"], params["layer"]["bias"], rtol=1e-3)


def test_lion_and_lamb_spare_norms_and_biases() -> None:
    """Weights that have no gradient move by their decay alone, and those that have none stay."""
    for name in ("lion", "lamb"):
        ours = Optimizer(settings(f"optimizer: {{type: {name}, weight_decay: 0.1, decay_norms: false}}"), 100)
        params = {"layer": {"kernel": jnp.asarray(START), "shift": jnp.asarray(START)}}
        moved, _ = ours.update(jax.tree.map(jnp.zeros_like, params), ours.init(params), params)
        np.testing.assert_array_equal(moved["layer"]["shift"], START)
        assert np.all(np.abs(moved["layer"]["kernel"]) < np.abs(START))


Rule = Callable[[np.ndarray, list[np.ndarray]], np.ndarray]


def rmsprop(w: np.ndarray, gradients: list[np.ndarray]) -> np.ndarray:
    """Tieleman and Hinton 2012, with momentum; optax adds eps under the root, PyTorch outside it."""
    square, velocity = np.zeros_like(w), np.zeros_like(w)
    for g in gradients:
        square = 0.8 * square + 0.2 * g**2
        velocity = 0.5 * velocity + g / np.sqrt(square + 1e-3)
        w = w - 0.01 * velocity
    return w


def nadam(w: np.ndarray, gradients: list[np.ndarray]) -> np.ndarray:
    """Dozat 2016 with a constant momentum; PyTorch's decays over the steps."""
    mean, square = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(gradients, start=1):
        mean, square = 0.8 * mean + 0.2 * g, 0.95 * square + 0.05 * g**2
        ahead = 0.8 * mean / (1 - 0.8 ** (t + 1)) + 0.2 * g / (1 - 0.8**t)
        w = w - 0.01 * ahead / (np.sqrt(square / (1 - 0.95**t)) + 1e-6)
    return w


def lion(w: np.ndarray, gradients: list[np.ndarray]) -> np.ndarray:
    """Chen and others 2023, algorithm 2."""
    mean = np.zeros_like(w)
    for g in gradients:
        w = w - 0.01 * (np.sign(0.8 * mean + 0.2 * g) + 0.1 * w)
        mean = 0.95 * mean + 0.05 * g
    return w


def lamb(w: np.ndarray, gradients: list[np.ndarray]) -> np.ndarray:
    """You and others 2020, algorithm 2, with the identity for phi."""
    mean, square = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(gradients, start=1):
        mean, square = 0.8 * mean + 0.2 * g, 0.95 * square + 0.05 * g**2
        ratio = mean / (1 - 0.8**t) / (np.sqrt(square / (1 - 0.95**t)) + 1e-6) + 0.1 * w
        w = w - 0.01 * np.linalg.norm(w) / np.linalg.norm(ratio) * ratio
    return w


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{type: rmsprop, learning_rate: 0.01, decay: 0.8, eps: 1e-3, momentum: 0.5}", rmsprop),
        ("{type: nadam, learning_rate: 0.01, b1: 0.8, b2: 0.95, eps: 1e-6}", nadam),
        ("{type: lion, learning_rate: 0.01, b1: 0.8, b2: 0.95, weight_decay: 0.1}", lion),
        ("{type: lamb, learning_rate: 0.01, b1: 0.8, b2: 0.95, eps: 1e-6, weight_decay: 0.1}", lamb),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_updates_are_the_published_rules(text: str, rule: Rule) -> None:
    wanted = rule(START.astype(np.float64), [gradient.astype(np.float64) for gradient in gradients()])
    np.testing.assert_allclose(netspec_path(f"optimizer: {text}"), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_flat_state_goes_on_from_where_it_was_stored(name: str) -> None:
    optimizer = Optimizer(settings(f"optimizer: {name}, schedule: {{type: cosine, warmup: 2}}"), 100)
    params: Any = {"layer": {"w": jnp.asarray(START)}}
    state = optimizer.init(params)
    step = jax.jit(optimizer.update)
    for gradient in gradients()[:3]:
        params, state = step({"layer": {"w": gradient}}, state, params)
    stored, _ = tensors.load(tensors.save_bytes(to_host(state), {}))
    assert stored.keys() == state.keys()
    again = Optimizer(settings(f"optimizer: {name}, schedule: {{type: cosine, warmup: 2}}"), 100)
    one, _ = step({"layer": {"w": gradients()[3]}}, state, params)
    other, _ = jax.jit(again.update)({"layer": {"w": gradients()[3]}}, stored, params)
    assert np.asarray(one["layer"]["w"]).tobytes() == np.asarray(other["layer"]["w"]).tobytes()


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_the_declared_slots_are_the_state(name: str) -> None:
    optimizer = Optimizer(settings(f"optimizer: {name}"), 100)
    state = optimizer.init({"w": jnp.asarray(START)})
    assert sum(leaf.size for leaf in state.values() if leaf.ndim) == OPTIMIZERS[name]().slots * START.size


def test_gradients_are_clipped_by_their_global_norm() -> None:
    optimizer = Optimizer(settings("optimizer: {type: sgd, learning_rate: 1.0}, gradient_clip: 0.5"), 100)
    params = {"a": jnp.zeros(3), "b": jnp.zeros(4)}
    gradient = {"a": jnp.full(3, 2.0), "b": jnp.full(4, -1.0)}
    moved, _ = optimizer.update(gradient, optimizer.init(params), params)
    norm = math.sqrt(sum(float(jnp.sum(jnp.square(leaf))) for leaf in jax.tree.leaves(moved)))
    assert norm == pytest.approx(0.5, rel=1e-6)
    assert float(moved["a"][0] / moved["b"][0]) == pytest.approx(-2.0)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("constant", {0: 1.0, 99: 1.0}),
        ("{type: constant, warmup: 10}", {0: 0.0, 5: 0.5, 10: 1.0, 99: 1.0}),
        ("cosine", {0: 1.0, 50: 0.5, 100: 0.0}),
        ("{type: cosine, warmup: 20%, alpha: 0.1}", {0: 0.0, 20: 1.0, 60: 0.55, 100: 0.1}),
        ("step", {0: 1.0, 29: 1.0, 30: 0.1, 60: 0.01}),
        ("{type: step, warmup: 10, transition_steps: 20}", {0: 0.0, 10: 1.0, 29: 1.0, 30: 0.1, 50: 0.01}),
        ("{type: exponential, transition_steps: 20, decay_rate: 0.25}", {0: 1.0, 10: 0.5, 40: 0.0625}),
        ("piecewise", {0: 1.0, 49: 1.0, 50: 0.1, 74: 0.1, 75: 0.01, 99: 0.01}),
        (
            "{type: piecewise, warmup: 10, boundaries: [30, 60%], scales: [0.5, 3]}",
            {0: 0.0, 5: 0.5, 10: 1.0, 29: 1.0, 30: 0.5, 59: 0.5, 60: 1.5},
        ),
        ("{type: plateau, warmup: 10}", {0: 0.0, 5: 0.5, 10: 1.0, 99: 1.0}),
        ("one_cycle", {0: 1 / 25, 30: 1.0, 100: 1 / 25 / 1e4}),
    ],
)
def test_learning_rates_follow_their_formulas(text: str, at: dict[int, float]) -> None:
    rate = schedule(settings(f"schedule: {text}").schedule, 1.0, 100)
    for step, wanted in at.items():
        assert float(rate(jnp.asarray(step))) == pytest.approx(wanted, rel=1e-5, abs=1e-7)


def test_boundaries_that_round_to_one_step_are_both_come_to() -> None:
    rate = schedule(
        settings("schedule: {type: piecewise, boundaries: [50%, 51%], scales: [0.5, 0.1]}").schedule, 1.0, 10
    )
    assert [float(rate(jnp.asarray(step))) for step in (4, 5)] == pytest.approx([1.0, 0.05])


@pytest.mark.parametrize(("metric", "mode"), [("validation_loss", "min"), ("accuracy", "max")])
def test_a_plateau_is_pytorchs(metric: str, mode: str) -> None:
    torch = pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    theirs = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    watching = torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, mode, factor=0.3, patience=2, threshold=0.0)
    text = f"{{type: plateau, metric: {metric}, factor: 0.3, patience: 2}}"
    ours = Optimizer(
        settings(f"optimizer: {{type: rmsprop, learning_rate: 0.5, momentum: 0.9}}, schedule: {text}"), 100
    )
    state = ours.init({"w": jnp.asarray(START)})
    dropped = 0
    for value in np.random.default_rng(0).integers(0, 12, 40).tolist():
        watching.step(value)
        before, state = state, ours.after_epoch(state, {metric: value})
        dropped += float(state["plateau/scale"]) < float(before["plateau/scale"])
        assert float(ours.learning_rate(7, state)) == pytest.approx(theirs.param_groups[0]["lr"], rel=1e-5)
    assert dropped > 5


def test_a_plateau_moves_the_weights_at_its_rate() -> None:
    """RMSProp's momentum holds steps that were taken at the rate of their time: it is no factor of the last step."""
    text = "optimizer: {type: rmsprop, learning_rate: %s, momentum: 0.9}, schedule: %s"
    ours = Optimizer(settings(text % (0.1, "{type: plateau, metric: loss, factor: 0.5, patience: 0}")), 100)
    params: Any = {"w": jnp.asarray(START)}
    state = ours.init(params)
    step = jax.jit(ours.update)
    params, state = step({"w": gradients()[0]}, state, params)
    state = ours.after_epoch(ours.after_epoch(state, {"loss": 1.0}), {"loss": 2.0})
    wanted, _ = jax.jit(Optimizer(settings(text % (0.05, "constant")), 100).update)(
        {"w": gradients()[1]}, {name: array for name, array in state.items() if "plateau" not in name}, params
    )
    found, _ = step({"w": gradients()[1]}, state, params)
    np.testing.assert_allclose(found["w"], wanted["w"], rtol=1e-6)
    assert step._cache_size() == 1


def test_shares_of_a_run() -> None:
    assert (steps_of(7, None), steps_of("5%", 100), steps_of("0%", 100), steps_of("0.1%", 100)) == (7, 5, 0, 1)
    with pytest.raises(StepsUnknown):
        steps_of("5%", None)
