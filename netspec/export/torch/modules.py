"""What the format has and `torch.nn` has not, or has otherwise: channels first. Exported code takes from here what it needs."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class UnevenAverage(nn.Module):
    """The mean of each window over the cells that are not padding, of which the sides have different numbers."""

    def __init__(
        self,
        window: tuple[int, int],
        stride: tuple[int, int],
        sides: tuple[int, int, int, int],
    ) -> None:
        """`sides` are cells at left, right, top and bottom."""
        super().__init__()
        self.pad, self.pool = nn.ZeroPad2d(sides), nn.AvgPool2d(window, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to the size that is left."""
        inside: Tensor = self.pool(self.pad(torch.ones_like(x[:1, :1])))
        return self.pool(self.pad(x)) / inside


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of each position."""

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, ...) to the same shape."""
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class ResponseNorm(nn.Module):
    """x / (k + alpha/size * sum of x^2)^beta over neighbouring channels.

    Of an even size more of them stand behind; `nn.LocalResponseNorm` has more before.
    """

    def __init__(self, size: int, alpha: float, beta: float, k: float) -> None:
        """`size` neighbouring channels are summed."""
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, ...) to the same shape."""
        sides = ((self.size - 1) // 2, self.size // 2)
        padded = functional.pad(x.square(), (0, 0) * (x.ndim - 2) + sides)
        total = padded.unfold(1, self.size, 1).sum(-1)
        return x * (self.k + self.alpha / self.size * total) ** -self.beta


class Gate(nn.Module):
    """Squeeze and excitation: each map times a number that is computed from the means of all."""

    def __init__(
        self,
        channels: int,
        units: int,
        activation: nn.Module,
        gate: nn.Module,
    ) -> None:
        """`activation` is the function of the units, `gate` that of the factors."""
        super().__init__()
        self.squeeze = nn.Linear(channels, units)
        self.excite = nn.Linear(units, channels)
        self.activation, self.gate = activation, gate

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to the same shape."""
        factors = self.gate(self.excite(self.activation(self.squeeze(x.mean((2, 3))))))
        return x * factors[:, :, None, None]


def drop_path(x: Tensor, rate: float, training: bool) -> Tensor:
    """Stochastic depth: in training an image is 0 with probability `rate`, else scaled."""
    if not training:
        return x
    keep = torch.rand(len(x), 1, 1, 1, device=x.device) >= rate
    return x * keep / (1 - rate)


def without(norm: nn.Module, name: str) -> nn.Module:
    """The norm whose `weight` or `bias` is not trained."""
    constant = getattr(norm, name).detach()
    delattr(norm, name)
    norm.register_buffer(name, constant, persistent=False)
    return norm
