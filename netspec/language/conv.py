"""The facts of a convolution."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from netspec.language.causes import GroupsDoNotDivide
from netspec.language.fields import Pair, key, mapping_of, pair, section, whole_or
from netspec.language.gate import Gating
from netspec.language.geometry import Axis, Padding, axes, effective_kernel, unfit, unread, written
from netspec.language.kind import (
    Colour,
    Footprint,
    Inference,
    Kind,
    Problem,
    Shape,
    Window,
    alike,
    dimensions,
    elements,
)
from netspec.language.steps import order_key
from netspec.language.times import Times, whole_or_times
from netspec.language.weighted import Weighted


@dataclass(frozen=True, kw_only=True)
class Conv(Weighted):
    """A convolution: `filters` windows of `kernel` cells slide over the map; each gives one feature map."""

    kind: ClassVar[str] = "conv"
    default_words: ClassVar[dict[str, str]] = Weighted.default_words | {
        "name": "`block1.conv1`, ...",
        "filters": "required; the channels under `groups: depthwise`",
    }

    filters: int = key(
        whole_or_times(1),
        "How many filters, and so feature maps; `6x` is that many times the channels that the innermost block reads.",
        also=("out_channels", "features", "channels"),
        examples=(32, "6x"),
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
    order: tuple[str, ...] | None = order_key("conv")
    gate: Gating | None = key(
        section(Gating),
        "Squeeze and excitation, the last step of the layer: each feature map times a number that is computed from all of them.",
        None,
        default_words="none",
        also=("se", "squeeze_excite", "squeeze_excitation"),
        examples=({"reduction": 16}, {"units": "0.25x"}),
    )
    first: object = key(
        mapping_of("first", "a mapping of conv's keys"),
        "Values for the first repetition of its block, and the first of its own copies.",
        None,
        default_words="none",
        examples=({"stride": 2},),
    )

    @classmethod
    def lacking(cls, given: dict[str, Any]) -> tuple[str, ...]:
        """The required keys that are not given; a depthwise convolution has as many filters as channels."""
        depthwise = ("filters",) if given.get("groups") == "depthwise" else ()
        return tuple(name for name in super().lacking(given) if name not in depthwise)

    @classmethod
    def resolved(
        cls, given: dict[str, Any], channels: int | None, of_block: int | None
    ) -> dict[str, Any] | Problem | None:
        """What is given with the numbers that follow from channels: those of its input, and those that its block reads."""
        filters, gate = given.get("filters", channels), given.get("gate")
        if isinstance(filters, Times):
            filters = None if of_block is None else filters.counted("filters", of_block)
        if not isinstance(filters, int):
            return filters
        made = given | {"filters": filters}
        if gate is None:
            return made
        units = gate.counted(filters, of_block)
        return made | {"gate": replace(gate, units=units)} if isinstance(units, int) else units

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
        problems = [
            *self._unfit(input, height, width),
            *self._ungrouped(input[2]),
            *self.unsound(input[2], self.filters),
        ]
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
        """Kernel (height, width, channels in / groups, filters), bias, and what norm and activation train."""
        return self._trained((*self.kernel, input[2] // self.grouping(input[2]), self.filters), input[2])

    def statistics(self, input: Shape) -> dict[str, Shape]:
        """The norm's running statistics."""
        return self.running(input[2], self.filters)

    def macs(self, input: Shape, *, output: Shape) -> int:
        """Each output cell sums kernel height x kernel width x (channels in / groups) products."""
        return elements(output) * self.kernel[0] * self.kernel[1] * (input[2] // self.grouping(input[2]))

    def reach(self, input: Shape) -> Window:
        """The effective kernel and the stride."""
        height, width = self.axes(input)
        return Window((height.kernel, width.kernel), self.stride)

    def footprint(self, input: Shape) -> Footprint:
        """The footprint of a weighted sum."""
        return self.held(True)

    def described(self) -> tuple[str, ...]:
        """`conv 5x5 /2`, its dilation and groups, with its other steps."""
        stride = f" /{alike(self.stride)}" if self.stride != (1, 1) else ""
        dilation = (f"dilation {alike(self.dilation)}",) if self.dilation != (1, 1) else ()
        groups = () if self.groups == 1 else (self.groups if self.groups == "depthwise" else f"{self.groups} groups",)
        return self.in_words((f"conv {dimensions(self.kernel)}{stride}", *dilation, *groups))


@dataclass(frozen=True, kw_only=True)
class First(Conv):
    """The keys of a convolution that may be others in the first repetition: not what is one for all copies."""

    left_out: ClassVar[tuple[str, ...]] = ("name", "repeat", "first")
    default_words: ClassVar[dict[str, str]] = Conv.default_words | {"filters": "the layer's"}


@dataclass(frozen=True, kw_only=True)
class Projected(Conv):
    """The keys of the convolution on a shortcut, which is one layer, called by its place."""

    left_out: ClassVar[tuple[str, ...]] = (*First.left_out, "gate")
    default_words: ClassVar[dict[str, str]] = Conv.default_words | {
        "filters": "what the block's layers give",
        "kernel": "1",
        "stride": "the block's",
        **dict.fromkeys(("norm", "bias"), "as of the block's last convolution"),
        "activation": "`none`",
    }


CONV = Kind(
    settings=Conv,
    lowering="netspec.lowering.conv",
    rules="netspec.analysis.convolution.stage",
    place="block",
    many=True,
    shaped_by=("filters", "kernel", "stride", "padding", "dilation", "groups", "repeat", "first"),
    entry=key(
        mapping_of("conv", "a mapping, or a list of mappings", listed=True),
        "A convolution, or a list of them.",
        None,
        also=("convs", "conv2d", "convolution"),
        examples=({"filters": 32, "kernel": 3}, {"filters": 8, "kernel": 1}),
    ),
    default=key(
        mapping_of("conv", "a mapping of conv's keys"),
        "For every convolution.",
        None,
        examples=({"kernel": 3, "padding": "same"},),
    ),
    word="CONV",
    title="convolution",
    colour=Colour("cyan", "#93c5fd", "#1d4ed8"),
)
