"""The facts of a convolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from netspec.language.causes import CellsNeverRead, GroupsDoNotDivide, WindowDoesNotFit
from netspec.language.fields import Pair, boolean, choice, key, name, number, pair, whole, whole_or
from netspec.language.geometry import AXES, Axis, Padding, axes, effective_kernel, written
from netspec.language.kind import (
    ACTIVATIONS,
    NORMS,
    Footprint,
    Inference,
    Problem,
    Shape,
    Window,
    dimensions,
    elements,
    norm_parameters,
    norm_statistics,
)

LAYER_NAME = name("A-Za-z0-9_.-", "letters, digits, `-`, `_` and `.`")


@dataclass(frozen=True, kw_only=True)
class Conv:
    """A convolution: `filters` windows of `kernel` cells slide over the map; each gives one feature map."""

    kind: ClassVar[str] = "conv"

    filters: int = key(
        whole(1),
        "How many filters, and so feature maps.",
        also=("out_channels", "features", "channels"),
        examples=(32,),
    )
    kernel: Pair = key(
        pair(1), "The window's height and width, F.", also=("kernel_size", "filter_size", "size"), examples=(3, [3, 5])
    )
    stride: Pair = key(pair(1), "How far the window moves, S.", (1, 1), also=("strides",), examples=(2, [2, 1]))
    padding: Padding = key(
        pair(0, "valid", "same"),
        "Zeros around the map, P: a count for each side, `valid` (none) or `same` (output = ceil(input / stride), "
        "the odd cell at the end).",
        (0, 0),
        also=("pad",),
        examples=(1, "same"),
    )
    dilation: Pair = key(
        pair(1),
        "The spacing of the window's cells, d: it spans d*(k - 1) + 1.",
        (1, 1),
        also=("dilation_rate", "dilations"),
        examples=(2,),
    )
    groups: int | Literal["depthwise"] = key(
        whole_or(1, "depthwise"),
        "Splits the channels into groups that do not see each other; `depthwise` is one group a channel.",
        1,
        also=("group", "feature_group_count"),
        examples=(2, "depthwise"),
    )
    bias: bool = key(
        boolean(),
        "Adds a trained number to each feature map.",
        None,
        default_words="true; false under `norm: batch`",
        also=("use_bias",),
    )
    norm: Literal["none", "batch"] = key(
        choice(*NORMS), "Batch normalization after the convolution.", "none", also=("normalization", "batch_norm")
    )
    activation: str = key(
        choice(*ACTIVATIONS), "The function after convolution and norm.", "relu", also=("activation_function", "act")
    )
    dropout: float = key(
        number(0, below=1),
        "The share of units switched off in training, after the activation.",
        0.0,
        also=("drop", "drop_rate"),
        examples=(0.5,),
    )
    repeat: int = key(whole(1), "How many of these in a row, N.", 1, also=("repeats", "times"), examples=(2,))
    name: str | None = key(
        LAYER_NAME, "The layer's name.", None, default_words="`block1.conv1`, ...", also=("id",), examples=("stem",)
    )

    @classmethod
    def completed(cls, given: dict[str, Any], activation: str | None, last: bool) -> Self:
        """The settings with the defaults that depend on others."""
        given.setdefault("bias", given.get("norm", "none") != "batch")
        given.setdefault("activation", activation or "relu")
        return cls(**given)

    def grouping(self, channels: int) -> int:
        """The number of groups for an input of this depth."""
        return channels if self.groups == "depthwise" else self.groups

    def axes(self, input: Shape) -> tuple[Axis, Axis]:
        """The window along height and width."""
        return axes((input[0], input[1]), self.kernel, self.stride, self.padding, self.dilation)

    def infer(self, input: Shape) -> Inference:
        """(W - F + 2P)/S + 1 for height and width, `filters` for the depth."""
        height, width = self.axes(input)
        arithmetic = written(height, width)
        problems = [*self._unfit(input, height, width), *self._ungrouped(input[2])]
        if problems:
            return Inference(None, arithmetic, tuple(problems))
        return Inference((height.output, width.output, self.filters), arithmetic, unread(height, width))

    def _unfit(self, input: Shape, height: Axis, width: Axis) -> list[Problem]:
        notes = tuple(
            f"F = {d}*({k} - 1) + 1 = {effective_kernel(k, d)} with dilation {d}"
            for k, d in dict.fromkeys(zip(self.kernel, self.dilation, strict=True))
            if d > 1
        )
        return unfit("kernel", self.kernel, input, height, width, notes)

    def _ungrouped(self, channels: int) -> list[Problem]:
        groups = self.grouping(channels)
        if channels % groups:
            arithmetic = f"{channels} channels / {groups} groups leaves {channels % groups}"
            return [
                Problem(
                    "NS304",
                    "groups",
                    f"{groups} groups do not divide the {channels} input channels",
                    (arithmetic,),
                    cause=GroupsDoNotDivide(),
                )
            ]
        if self.filters % groups:
            arithmetic = f"{self.filters} filters / {groups} groups leaves {self.filters % groups}"
            field = "filters" if self.groups == "depthwise" else "groups"
            return [
                Problem(
                    "NS305",
                    field,
                    f"{groups} groups do not divide the {self.filters} filters",
                    (arithmetic,),
                    cause=GroupsDoNotDivide(),
                )
            ]
        return []

    def parameters(self, input: Shape) -> dict[str, Shape]:
        """Kernel (height, width, channels in / groups, filters), bias, and batch norm's scale and shift."""
        kernel = (*self.kernel, input[2] // self.grouping(input[2]), self.filters)
        bias = {"bias": (self.filters,)} if self.bias else {}
        return {"kernel": kernel} | bias | norm_parameters(self.norm, self.filters)

    def statistics(self, input: Shape) -> dict[str, Shape]:
        """Batch norm's running mean and variance."""
        return norm_statistics(self.norm, self.filters)

    def macs(self, input: Shape, output: Shape) -> int:
        """Each output cell sums kernel height x kernel width x (channels in / groups) products."""
        return elements(output) * self.kernel[0] * self.kernel[1] * (input[2] // self.grouping(input[2]))

    def reach(self, input: Shape) -> Window:
        """The effective kernel and the stride."""
        height, width = self.axes(input)
        return Window((height.kernel, width.kernel), self.stride)

    def footprint(self, input: Shape) -> Footprint:
        """That of a weighted sum."""
        return Footprint.of_sum(self.norm, self.activation, self.dropout)


def unfit(
    field: str, window: Pair, input: Shape, height: Axis, width: Axis, notes: tuple[str, ...] = ()
) -> list[Problem]:
    """The problem of a window that is larger than its padded input."""
    failing = [(name, axis) for name, axis in zip(AXES, (height, width), strict=True) if not axis.fits]
    if not failing:
        return []
    where = "height and width" if len(failing) == 2 and height == width else None
    lines = [
        f"{where or name}: {axis.arithmetic}, but the result must be at least 1"
        if axis.output < 1
        else f"{where or name}: the window spans {axis.kernel} cells, the padded input {axis.size + sum(axis.padding)}"
        for name, axis in failing[: 1 if where else 2]
    ]
    size = f"{dimensions(window)} {field}"
    message = f"{size} does not fit the {dimensions(input[:2])} input"
    padded = [axis.size + sum(axis.padding) for axis in (height, width)]
    if padded != list(input[:2]):
        message += f", {padded[0]}x{padded[1]} with padding"
    return [Problem("NS301", field, message, (*lines, *notes), cause=WindowDoesNotFit())]


def unread(height: Axis, width: Axis, overlap: int = 0) -> tuple[Problem, ...]:
    """The warning that rows or columns are never read, where the stride does not divide.

    A hint where neighbouring windows share less than `overlap` cells: published networks leave cells out so on purpose.
    """
    left = [
        f"{axis.unread} {word}{'s' * (axis.unread > 1)}"
        for word, axis in (("row", height), ("column", width))
        if axis.unread
    ]
    if not left:
        return ()
    message = f"the last {' and '.join(left)} of the input are never read"
    if height.unread + width.unread == 1:
        message = message.replace(" are ", " is ")
    on_purpose = all(axis.kernel - axis.stride < overlap for axis in (height, width) if axis.unread)
    return (Problem("NS302", "stride", message, (written(height, width),), cause=CellsNeverRead(), hint=on_purpose),)
