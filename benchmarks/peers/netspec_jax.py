"""netspec, by its public functions and the loop that `netspec train` runs."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers.peer import Weights, shortest
from netspec.analysis.plan import Plan
from netspec.data import Split
from netspec.data.splits import Images
from netspec.lowering.planner import choices_here
from netspec.training.loop import Trainer
from netspec.training.step import TrainableNetwork

VARIANTS = ("chosen",)


def matmul_flops(size: int) -> float:
    """Floating-point operations a second of one float32 product of square matrices, the best of some."""
    product = jax.jit(jnp.matmul)
    matrix = jnp.ones((size, size), jnp.float32)
    return 2 * size**3 / shortest(lambda: product(matrix, matrix).block_until_ready())


class Network:
    """See `Peer`."""

    def __init__(
        self, plan: Plan, variant: str, weights: Weights, images: np.ndarray, labels: np.ndarray, training: bool
    ) -> None:
        batch = plan.spec.train.value.batch_size
        self.net = TrainableNetwork(plan, choices_here(plan, batch))
        self.parameters = plan.parameters
        self.images, self.labels = jnp.asarray(images), jnp.asarray(labels)
        self.state = self.net.init_training()
        if weights:
            self.state["variables"]["params"] = jax.device_put({layer: dict(own) for layer, own in weights.items()})
        self.logits = self.net.jit(self.net.apply)
        self.trainer: Any = None

    def train(self, steps: int) -> list[float]:
        losses = []
        for _ in range(steps):
            self.state, metrics = self.net.train_step(self.state, self.images, self.labels)
            losses.append(metrics["loss"])
        return [float(loss) for loss in losses]

    def infer(self, steps: int) -> np.ndarray:
        for _ in range(steps):
            logits = self.logits(self.state["variables"], self.images)
        return np.asarray(logits)

    def epoch(self, images: np.ndarray, labels: np.ndarray, steps: int | None = None) -> float:
        if self.trainer is None:
            self._prepare(images, labels)
        taken = self.trainer.steps(self.state, self.trainer.no_totals, 0)
        for done, self.state, totals, _ in itertools.islice(taken, steps):  # noqa: B007
            pass
        self.trainer.confirm(self.state, totals)
        return float(totals["loss"]) / done

    def _prepare(self, images: np.ndarray, labels: np.ndarray) -> None:
        channels = images.shape[-1]
        split = Split(images, labels)
        classes = tuple(map(str, range(self.net.plan.output[-1])))
        nothing = np.zeros(channels, np.float32), np.ones(channels, np.float32)
        self.trainer = Trainer(self.net, Images(split, split, split, classes, "", *nothing))
