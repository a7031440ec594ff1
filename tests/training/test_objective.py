"""Losses against PyTorch and by hand, with their gradients."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from netspec.language.train import CrossEntropy, Loss, MeanSquaredError
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


def test_what_labels_that_are_no_class_give() -> None:
    """As `train_step` says: nothing raises there."""
    wrong = jnp.asarray([99, -1, -6, 0, 1, 2])
    found = losses(CrossEntropy(), jnp.asarray(LOGITS), wrong)
    assert np.isnan(found).tolist() == [True, False, True, False, False, False]
    np.testing.assert_array_equal(found[1], losses(CrossEntropy(), jnp.asarray(LOGITS), wrong.at[1].set(4))[1])
    for settings in (CrossEntropy(label_smoothing=0.2), MeanSquaredError()):
        assert np.isfinite(losses(settings, jnp.asarray(LOGITS), wrong)).all()
