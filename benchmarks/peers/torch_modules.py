"""What the format has and `torch.nn` has not, or has otherwise, as modules: channels first."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

Sides = tuple[int, int, int, int]
"""Cells of padding: left, right, top, bottom."""


class UnevenAverage(nn.Module):
    """The mean over the cells that are not padding, where the sides are padded differently."""

    def __init__(self, window: tuple[int, int], stride: tuple[int, int], sides: Sides) -> None:
        super().__init__()
        self.pad, self.pool = nn.ZeroPad2d(sides), nn.AvgPool2d(window, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, channels, height', width')."""
        inside = self.pool(self.pad(torch.ones_like(x[:1, :1])))
        return self.pool(self.pad(x)) / inside


class RowsFirst(nn.Module):
    """A map as a vector in the order (height, width, channels)."""

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, height * width * channels)."""
        return x.permute(0, 2, 3, 1).flatten(1)


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of each position."""

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, ...) to the same shape."""
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class ResponseNorm(nn.Module):
    """x / (k + alpha/size * sum of x^2)^beta; of an even size, ONNX has more neighbours behind, PyTorch before."""

    def __init__(self, size: int, alpha: float, beta: float, k: float) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, ...) to the same shape."""
        sides = ((self.size - 1) // 2, self.size // 2)
        padded = functional.pad(x.square(), (0, 0) * (x.ndim - 2) + sides)
        total = padded.unfold(1, self.size, 1).sum(-1)
        return x * (self.k + self.alpha / self.size * total) ** -self.beta  # type: ignore[no-any-return]


class Gate(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, channels: int, units: int, activation: nn.Module, gate: nn.Module) -> None:
        super().__init__()
        self.squeeze, self.excite = nn.Linear(channels, units), nn.Linear(units, channels)
        self.activation, self.gate = activation, gate

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to the same shape."""
        factors = self.gate(self.excite(self.activation(self.squeeze(x.mean((2, 3))))))
        return x * factors[:, :, None, None]


class Join(nn.Module):
    """A sum or a concatenation, whose last map is left out of an image in training with probability `drop`."""

    def __init__(self, adds: bool, drop: float) -> None:
        super().__init__()
        self.adds, self.drop = adds, drop

    def forward(self, *arrays: Tensor) -> Tensor:
        """Maps (batch, channels, height, width) to one."""
        *others, last = arrays
        if self.drop and self.training:
            keep = torch.rand(len(last), 1, 1, 1, device=last.device) >= self.drop
            last = last * keep / (1 - self.drop)
        return sum(others, last) if self.adds else torch.cat([*others, last], 1)


class Fitted(nn.Module):
    """A map cut to height and width, with zero channels behind its own."""

    def __init__(self, height: int, width: int, channels: int) -> None:
        super().__init__()
        self.height, self.width, self.channels = height, width, channels

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, channels', height', width')."""
        missing = self.channels - x.shape[1]
        return functional.pad(x[:, :, : self.height, : self.width], (0, 0, 0, 0, 0, missing))


class Every(nn.Module):
    """Every S-th cell."""

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__()
        self.rows, self.columns = rows, columns

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, channels, height', width')."""
        return x[:, :, :: self.rows, :: self.columns]
