"""Update rules against PyTorch's and optax's own, schedules against their formulas."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from netspec.analysis.check import check_source
from netspec.language.train import OPTIMIZERS, Train
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
        ("{type: exponential, transition_steps: 20, decay_rate: 0.25}", {0: 1.0, 10: 0.5, 40: 0.0625}),
        ("one_cycle", {0: 1 / 25, 30: 1.0, 100: 1 / 25 / 1e4}),
    ],
)
def test_learning_rates_follow_their_formulas(text: str, at: dict[int, float]) -> None:
    rate = schedule(settings(f"schedule: {text}").schedule, 1.0, 100)
    for step, wanted in at.items():
        assert float(rate(jnp.asarray(step))) == pytest.approx(wanted, rel=1e-5, abs=1e-7)


def test_shares_of_a_run() -> None:
    assert (steps_of(7, None), steps_of("5%", 100), steps_of("0%", 100), steps_of("0.1%", 100)) == (7, 5, 0, 1)
    with pytest.raises(StepsUnknown):
        steps_of("5%", None)
