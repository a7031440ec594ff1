"""Modules that `torch.nn` does not have, or has otherwise; maps are (batch, channels, height, width)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class UnevenAverage(nn.Module):
    """The mean over the cells that are not padding, where the sides are padded differently; with `counted` over all."""

    def __init__(
        self, window: tuple[int, int], stride: tuple[int, int], sides: tuple[int, int, int, int], counted: bool
    ) -> None:
        super().__init__()
        self.pad, self.pool, self.counted = nn.ZeroPad2d(sides), nn.AvgPool2d(window, stride), counted

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, channels, height', width')."""
        averages: Tensor = self.pool(self.pad(x))
        return averages if self.counted else averages / self.pool(self.pad(torch.ones_like(x[:1, :1])))


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


class ResponseNorm(nn.LocalResponseNorm):
    """Local response norm as ONNX has it: of an even number of channels, one more lies behind; PyTorch's lies before."""

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, ...) to the same shape."""
        wide = x[..., None] if x.ndim == 2 else x
        normed = super().forward(wide) if self.size % 2 else super().forward(wide.flip(1)).flip(1)
        return normed.reshape(x.shape)


class Squeeze(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, channels: int, units: int, activation: nn.Module, gate: nn.Module) -> None:
        super().__init__()
        self.squeeze, self.excite = nn.Linear(channels, units), nn.Linear(units, channels)
        self.activation, self.gate = activation, gate

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to the same shape."""
        units = self.activation(self.squeeze(x.mean((2, 3))))
        return x * self.gate(self.excite(units))[:, :, None, None]


class Join(nn.Module):
    """Adds or concatenates; in training the last map of an image is left out with probability `drop`."""

    def __init__(self, kind: str, drop: float) -> None:
        super().__init__()
        self.kind, self.drop = kind, drop

    def forward(self, *arrays: Tensor) -> Tensor:
        """Several (batch, channels, height, width) to one."""
        *others, last = arrays
        if self.drop and self.training:
            last = last * functional.dropout(last.new_ones(len(last), 1, 1, 1), self.drop)
        if self.kind == "concat":
            return torch.cat((*others, last), 1)
        return sum((*others[1:], last), start=others[0]) if others else last


class Shortcut(nn.Module):
    """A shortcut without weights: averages or every S-th cell, then channels of zeros."""

    def __init__(self, way: str, stride: tuple[int, int], target: tuple[int, int, int]) -> None:
        super().__init__()
        self.stride, self.target = stride, target
        self.pool = nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False) if way == "pool" else None

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, channels', height', width')."""
        (rows, columns, channels), (down, across) = self.target, self.stride
        fewer = self.pool(x) if self.pool is not None else x[:, :, ::down, ::across]
        return functional.pad(fewer[:, :, :rows, :columns], (0, 0, 0, 0, 0, channels - x.shape[1]))
