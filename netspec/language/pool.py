"""The facts of a pooling layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from netspec.language.activations import Activation, NoActivation
from netspec.language.causes import PaddingExceedsWindow
from netspec.language.fields import Pair, boolean, choice, key, mapping_of, pair
from netspec.language.geometry import Axis, Padding, axes, unfit, unread, written
from netspec.language.kind import Colour, Footprint, Inference, Kind, Problem, Shape, Window, alike, dimensions
from netspec.language.norms import Norm
from netspec.language.steps import Dropout, Stepped, activation_key, dropout_key, norm_key, order_key


@dataclass(frozen=True, kw_only=True)
class Pool(Stepped):
    """Pooling: a window gives its largest or its average value, for each feature map on its own."""

    kind: ClassVar[str] = "pool"

    type: Literal["max", "average"] = key(
        choice("max", "average"),
        "What a window gives; `average` counts padding cells out, unless `count_padding` says otherwise.",
        "max",
        also=("pool_type", "mode"),
    )
    window: Pair | Literal["all"] = key(
        pair(1, "all"),
        "The window's height and width; `all` is the whole map (global pooling).",
        also=("kernel", "pool_size", "size", "kernel_size"),
        examples=(2, "all"),
    )
    stride: Pair = key(
        pair(1), "How far the window moves.", None, default_words="the window", also=("strides",), examples=(2,)
    )
    padding: Padding = key(
        pair(0, "valid", "same"),
        "Cells around the map, less than the window; they never win and never count.",
        (0, 0),
        also=("pad",),
        examples=(1, "same"),
    )
    count_padding: bool = key(
        boolean(),
        "Whether an average counts padding cells as zeros.",
        False,
        also=("count_include_pad",),
    )
    norm: Norm = norm_key("Normalization of what the windows give.")
    activation: Activation = activation_key("The function after pooling and norm.", NoActivation)
    dropout: Dropout = dropout_key("The share of units switched off in training, after the activation.")
    order: tuple[str, ...] | None = order_key("pool")

    def __post_init__(self) -> None:
        if self.stride is None:
            object.__setattr__(self, "stride", (1, 1) if self.window == "all" else self.window)

    def axes(self, input: Shape) -> tuple[Axis, Axis]:
        """The window along height and width."""
        size = (input[0], input[1])
        return (
            axes(size, size, size, (0, 0))
            if self.window == "all"
            else axes(size, self.window, self.stride, self.padding)
        )

    def infer(self, input: Shape) -> Inference:
        """(W - F + 2P)/S + 1 for height and width; the depth stays."""
        height, width = self.axes(input)
        unsound = self.unsound(input[2], input[2])
        if self.window == "all":
            arithmetic = f"all {dimensions(input[:2])} cells -> 1x1"
            return Inference(None if unsound else (1, 1, input[2]), arithmetic, tuple(unsound))
        arithmetic = written(height, width)
        problems = self._overpadded(height, width) or unfit("window", self.window, input, height, width)
        problems += unsound
        if problems:
            return Inference(None, arithmetic, tuple(problems))
        return Inference((height.output, width.output, input[2]), arithmetic, unread(height, width, overlap=1))

    def _overpadded(self, height: Axis, width: Axis) -> list[Problem]:
        if self.padding == "same" or all(max(axis.padding) < axis.kernel for axis in (height, width)):
            return []
        padding, window = dimensions((height.padding[0], width.padding[0])), dimensions((height.kernel, width.kernel))
        note = "a window that lies in the padding alone has nothing to choose from"
        return [
            Problem(
                "NS303",
                "padding",
                f"padding {padding} is not less than the window {window}",
                (note,),
                cause=PaddingExceedsWindow(),
            )
        ]

    def parameters(self, input: Shape) -> dict[str, Shape]:
        """What norm and activation train."""
        return self.around(input[2], input[2])

    def statistics(self, input: Shape) -> dict[str, Shape]:
        """The norm's running statistics."""
        return self.running(input[2], input[2])

    def macs(self, input: Shape, *, output: Shape) -> int:
        """None: pooling multiplies nothing."""
        return 0

    def reach(self, input: Shape) -> Window:
        """The window and the stride."""
        height, width = self.axes(input)
        return Window((height.kernel, width.kernel), (height.stride, width.stride))

    def footprint(self, input: Shape) -> Footprint:
        """A maximum's gradient goes to its place, an average's to all cells alike."""
        return self.held(self.type == "max")

    def described(self) -> tuple[str, ...]:
        """`max pool 3x3 /2`, with its other steps; a stride that is the window's is left out."""
        if self.window == "all":
            return self.in_words((f"{self.type} pool all",))
        stride = f" /{alike(self.stride)}" if self.stride != self.window else ""
        return self.in_words((f"{self.type} pool {dimensions(self.window)}{stride}",))

    @property
    def plain(self) -> bool:
        """Whether it has no norm, activation or dropout."""
        return self.steps == (self.kind,)


POOL = Kind(
    settings=Pool,
    lowering="netspec.lowering.pool",
    rules="netspec.analysis.pooling",
    place="block",
    last=True,
    shaped_by=("window", "stride", "padding"),
    short="type",
    entry=key(
        mapping_of("pool", "a mapping, or `max` or `average`", words=("max", "average")),
        "The pooling layer after the convolutions.",
        None,
        also=("pooling", "maxpool", "pool2d"),
        examples=({"window": 2}, {"window": "all"}),
    ),
    default=key(
        mapping_of("pool", "a mapping of pool's keys"),
        "For every pooling layer.",
        None,
        examples=({"type": "max", "window": 2},),
    ),
    word="POOL",
    title="pooling",
    colour=Colour("green", "#fdba74", "#c2410c"),
)
