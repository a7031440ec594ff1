"""Losses against PyTorch and by hand, with their gradients."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from netspec.language.train import (
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
)
from netspec.training.objective import losses

LOGITS = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)
LABELS = np.array([0, 4, 2, 2, 1, 3])


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy(smoothing: float) -> None:
    wide = LOGITS.astype(np.float64)
    logs = wide - np.log(np.exp(wide).sum(-1, keepdims=True))
    wanted = -(1 - smoothing) * logs[np.arange(6), LABELS] - smoothing * logs.mean(-1)
    found = losses(CrossEntropy(label_smoothing=smoothing), jnp.asarray(LOGITS), jnp.asarray(LABELS))
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_mean_squared_error() -> None:
    wanted = np.square(LOGITS - np.eye(5)[LABELS]).mean(-1)
    np.testing.assert_allclose(losses(MeanSquaredError(), jnp.asarray(LOGITS), jnp.asarray(LABELS)), wanted, rtol=1e-6)


@pytest.mark.parametrize("settings", [CrossEntropy(), CrossEntropy(label_smoothing=0.2), MeanSquaredError()])
def test_losses_and_gradients_are_pytorchs(settings: Loss) -> None:
    torch = pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    logits = torch.tensor(LOGITS.astype(np.float64) * 10, requires_grad=True)
    labels = torch.tensor(LABELS)
    if isinstance(settings, CrossEntropy):
        wanted = torch.nn.functional.cross_entropy(logits, labels, label_smoothing=settings.label_smoothing)
    else:
        wanted = torch.nn.functional.mse_loss(logits, torch.nn.functional.one_hot(labels, 5).double())
    wanted.backward()
    loss = jax.value_and_grad(lambda x: jnp.mean(losses(settings, x, jnp.asarray(LABELS))))
    found, gradient = loss(jnp.asarray(LOGITS * 10))
    np.testing.assert_allclose(found, wanted.item(), rtol=1e-6)
    np.testing.assert_allclose(gradient, logits.grad.numpy(), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("settings", "name", "options"),
    [
        (BinaryCrossEntropy(), "binary_cross_entropy_with_logits", {}),
        (MeanSquaredError(), "mse_loss", {}),
        (MeanAbsoluteError(), "l1_loss", {}),
        (Huber(delta=0.7), "huber_loss", {"delta": 0.7}),
    ],
)
@pytest.mark.parametrize("weights", [None, np.array([0.5, 1.0, 2.0, 3.0, 4.0], np.float32)], ids=["plain", "weighted"])
def test_losses_of_rows_of_labels_are_pytorchs(
    settings: Loss, name: str, options: dict[str, float], weights: np.ndarray | None
) -> None:
    torch = pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    binary = isinstance(settings, BinaryCrossEntropy)
    if weights is not None and not binary:
        pytest.skip("numbers have no classes to weigh")
    labels = np.eye(5, dtype=np.int32)[LABELS] if binary else np.roll(LOGITS, 1, axis=0) * 3
    logits = torch.tensor(LOGITS.astype(np.float64) * 10, requires_grad=True)
    more = {} if weights is None else {"pos_weight": torch.tensor(weights).double()}
    wanted = getattr(torch.nn.functional, name)(logits, torch.tensor(labels).double(), **options, **more)
    wanted.backward()
    given = None if weights is None else jnp.asarray(weights)
    loss = jax.value_and_grad(lambda x: jnp.mean(losses(settings, x, jnp.asarray(labels), given)))
    found, gradient = loss(jnp.asarray(LOGITS * 10))
    np.testing.assert_allclose(found, wanted.item(), rtol=1e-6)
    np.testing.assert_allclose(gradient, logits.grad.numpy(), rtol=1e-5, atol=1e-7)


def test_one_unit_and_the_weights_of_classes() -> None:
    """The logit of the second class; each example times the weight of its own class, as Keras has it."""
    one, labels = LOGITS[:, :1], np.array([0, 1, 1, 0, 1, 0])
    wanted = np.logaddexp(0, np.where(labels == 1, -one[:, 0], one[:, 0]).astype(np.float64))
    np.testing.assert_allclose(losses(BinaryCrossEntropy(), jnp.asarray(one), jnp.asarray(labels)), wanted, rtol=1e-5)
    weights = np.array([1.0, 2.0, 3.0, 4.0, 5.0], np.float32)
    plain, weighted = (
        losses(CrossEntropy(), jnp.asarray(LOGITS), jnp.asarray(LABELS), given)
        for given in (None, jnp.asarray(weights))
    )
    np.testing.assert_allclose(weighted, plain * weights[LABELS], rtol=1e-6)


def test_what_labels_that_are_no_class_give() -> None:
    """As `train_step` says: nothing raises there."""
    wrong = jnp.asarray([99, -1, -6, 0, 1, 2])
    found = losses(CrossEntropy(), jnp.asarray(LOGITS), wrong)
    assert np.isnan(found).tolist() == [True, False, True, False, False, False]
    np.testing.assert_array_equal(found[1], losses(CrossEntropy(), jnp.asarray(LOGITS), wrong.at[1].set(4))[1])
    for settings in (CrossEntropy(label_smoothing=0.2), MeanSquaredError()):
        assert np.isfinite(losses(settings, jnp.asarray(LOGITS), wrong)).all()
