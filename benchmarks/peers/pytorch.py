"""PyTorch, eager."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.peers import torch_net
from benchmarks.peers.peer import Weights, refuse, shortest
from netspec.analysis.plan import Plan

VARIANTS = ("contiguous", "channels last")


def optimizer(settings: Any, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """The same update rule, in one kernel a tensor (`fused`), the quickest that eager PyTorch has on CPU."""
    rate = settings.learning_rate
    if settings.type == "sgd":
        keys = {"momentum": settings.momentum, "nesterov": settings.nesterov, "weight_decay": settings.weight_decay}
        return torch.optim.SGD(parameters, rate, fused=True, **keys)
    if settings.type not in ("adam", "adamw"):
        refuse(f"optimizer `{settings.type}`", "this comparison's PyTorch")
    betas, eps = (settings.b1, settings.b2), settings.eps
    if settings.type == "adam":
        return torch.optim.Adam(parameters, rate, betas, eps, fused=True)
    return torch.optim.AdamW(parameters, rate, betas, eps, settings.weight_decay, fused=True)


def matmul_flops(size: int) -> float:
    """Floating-point operations a second of one float32 product of square matrices, the best of some."""
    matrix = torch.ones(size, size)
    return 2 * size**3 / shortest(lambda: matrix @ matrix)


class Network:
    """See `Peer`. The variant is the memory format of images and weights."""

    def __init__(
        self, plan: Plan, variant: str, weights: Weights, images: np.ndarray, labels: np.ndarray, training: bool
    ) -> None:
        self.format = torch.channels_last if variant == "channels last" else torch.contiguous_format
        self.batch = plan.spec.train.value.batch_size
        self.net = torch_net.module(plan).train(training)
        tensors = {layer: {k: torch.from_numpy(v.copy()) for k, v in own.items()} for layer, own in weights.items()}
        self.net.load_state_dict(torch_net.weights(plan, tensors, {}), strict=False)
        self.net.to(memory_format=self.format)
        trained = list(self.net.parameters())
        self.parameters = sum(tensor.numel() for tensor in trained)
        self.optimizer = optimizer(plan.spec.train.value.optimizer, trained)
        self.loss = nn.CrossEntropyLoss()
        self.images, self.labels = self._tensors(images, labels)

    def _tensors(self, images: np.ndarray, labels: np.ndarray) -> tuple[Tensor, Tensor]:
        x = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2))).to(memory_format=self.format)
        return x, torch.from_numpy(labels.astype(np.int64))

    def _step(self, images: Tensor, labels: Tensor) -> Tensor:
        self.optimizer.zero_grad(set_to_none=True)
        loss: Tensor = self.loss(self.net(images), labels)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def train(self, steps: int) -> list[float]:
        return [float(loss) for loss in [self._step(self.images, self.labels) for _ in range(steps)]]

    def infer(self, steps: int) -> np.ndarray:
        with torch.inference_mode():
            for _ in range(steps):
                logits = self.net(self.images)
        return np.asarray(logits)

    def epoch(self, images: np.ndarray, labels: np.ndarray, steps: int | None = None) -> float:
        x, y = self._tensors(images, labels)
        total = torch.zeros(())
        order = torch.randperm(len(y))[: None if steps is None else steps * self.batch]
        whole = order[: len(order) // self.batch * self.batch].split(self.batch)
        for rows in whole:
            total += self._step(x[rows], y[rows])
        return float(total) / len(whole)
