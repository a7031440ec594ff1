"""How readers of sources put a graph together: shapes on the way, and what the format cannot say collected."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from netspec.importing.graph import Arrays, Conv, Drop, Fc, Graph, Join, Op, Origin, Pool, Settings, Unsaid
from netspec.importing.sizes import MOST_CELLS, NO_PADS, Broken, Pads, positive, windows
from netspec.language.activations import Activation, NoActivation
from netspec.language.added import Projection
from netspec.language.fields import Pair
from netspec.language.geometry import effective_kernel
from netspec.language.kind import Shape
from netspec.language.norms import Norm
from netspec.language.steps import Dropout

MOST_OPS = 6_000


class Wire(NamedTuple):
    """A value, and whether it is taken as a vector."""

    value: int
    flat: bool = False


class Building:
    """A graph in the making. What is not sound raises Broken."""

    def __init__(self, name: str, system: str, input: Sequence[int]) -> None:
        shape = tuple(input)
        if len(shape) != 3 or not all(isinstance(size, int) and 0 < size <= MOST_CELLS for size in shape):
            raise Broken(f"its images are {' x '.join(map(str, shape))}, and no height, width and channels")
        self.graph = Graph(name, system, shape, [], 0)
        self._maps: dict[int, Shape] = {}
        self._affine: tuple[Any, Any] | None = None
        self._is_read = False
        self._replaced: dict[int, Origin] = {}
        self.once = False
        """Whether one thing is told of each place: places are single operations, and what follows from the first is no news."""

    def shape(self, wire: Wire) -> Shape:
        """(height, width, channels), or (units,) of what is taken as a vector."""
        shape = self.graph.shape(wire.value)
        return (prod(shape),) if wire.flat else shape

    def conv(
        self,
        wire: Wire,
        origin: Origin,
        *,
        filters: int,
        kernel: Pair,
        stride: Pair = (1, 1),
        pads: Pads = NO_PADS,
        dilation: Pair = (1, 1),
        groups: int = 1,
        bias: bool = True,
        arrays: Arrays | None = None,
    ) -> Wire:
        """A convolution."""
        read = self._map(wire, origin)
        positive(origin, filters, groups, *kernel, *stride, *dilation)
        if read[2] % groups or filters % groups:
            raise Broken(f"{groups} groups do not divide {read[2]} channels and {filters} filters", origin)
        window = tuple(effective_kernel(k, d) for k, d in zip(kernel, dilation, strict=True))
        sizes = windows(read, window, stride, pads, origin)
        settings = Conv(filters, kernel, stride, (pads[0][0], pads[1][0]), dilation, groups, bias)
        return self._add(settings, (wire.value,), (*sizes, filters), origin, arrays)

    def pool(
        self,
        wire: Wire,
        origin: Origin,
        *,
        type: str,
        window: Pair,
        stride: Pair,
        pads: Pads = NO_PADS,
        counted: bool = False,
        ceil: bool = False,
        zeros: Pads = NO_PADS,
    ) -> Wire:
        """A pooling layer, of a map with zeros that were put around it; with `ceil`, windows may reach over the end."""
        read = self._map(wire, origin)
        positive(origin, *window, *stride)
        if any(zeros[0] + zeros[1]):
            if type == "max" and not self._never_negative(wire):
                self.unsaid(origin, "zeros around a map may be its largest numbers; the format's padding never is")
            if type == "average" and any(pads[0] + pads[1]) and not counted:
                self.unsaid(origin, "an average counts some of the cells around a map, and others not")
            counted, pads = True, self.padded(pads, zeros, origin)
        sizes = windows(read, window, stride, pads, origin, ceil)
        exact = windows(read, window, stride, pads, origin)
        padded = any(pads[0] + pads[1]) and counted and type == "average"
        if padded and sizes != exact:
            self.unsaid(origin, "an average counts its padding, and its windows reach over the end of that")
        after = (pads[0][1], pads[1][1]) if padded else None
        settings = Pool(type, window, stride, (pads[0][0], pads[1][0]), after)
        return self._add(settings, (wire.value,), (*sizes, read[2]), origin)

    def whole(self, wire: Wire, origin: Origin, type: str = "average") -> Wire:
        """Global pooling."""
        height, width, channels = self._map(wire, origin)
        settings = Pool(type, (height, width), (height, width), (0, 0), None, True)
        return self._add(settings, (wire.value,), (1, 1, channels), origin)

    def fc(self, wire: Wire, origin: Origin, *, units: int, bias: bool = True, arrays: Arrays | None = None) -> Wire:
        """A fully connected layer of all numbers of what it reads."""
        positive(origin, units)
        made = self._add(Fc(units, bias), (wire.value,), (units,), origin, arrays)
        return Wire(made.value, True)

    def step(
        self, wire: Wire, settings: Norm | Activation | Dropout, origin: Origin, arrays: Arrays | None = None
    ) -> Wire:
        """A norm, an activation or dropout; one that does nothing adds nothing."""
        if isinstance(settings, NoActivation) or (isinstance(settings, Dropout) and not settings):
            return wire
        made = self._add(settings, (wire.value,), self.shape(wire), origin, arrays)
        if wire.flat:
            self._maps[made.value] = self.origin_of(wire)
        return Wire(made.value, wire.flat)

    def origin_of(self, wire: Wire) -> Shape:
        """The shape of the map that a vector was made of, through what was done to it since; that of the value elsewhere."""
        return self._maps.get(wire.value, self.graph.shape(wire.value))

    def reordered(self, wire: Wire, array: Any) -> Any:
        """Numbers for each number of a vector that a source made of (channels, height, width), in the order of the format."""
        shape = self.origin_of(wire)
        if not wire.flat or len(shape) != 3:
            return array
        height, width, channels = shape
        return array.reshape(channels, height, width).transpose(1, 2, 0).reshape(-1)

    def drop(self, wire: Wire, rate: float, origin: Origin) -> Wire:
        """Stochastic depth of what an addition reads."""
        return self._add(Drop(rate), (wire.value,), self.shape(wire), origin) if rate else wire

    def join(self, how: str, wires: Sequence[Wire], origin: Origin) -> Wire:
        """The sum, or all channels, or the product of several maps."""
        if not wires:
            raise Broken("it joins nothing", origin)
        shapes = [self.graph.shape(wire.value) for wire in wires]
        sizes = {shape[:2] for shape in shapes} if how == "concat" else set(shapes)
        if how == "multiply":
            sizes = {(max(shapes), shapes[0][-1])} if len({shape[-1] for shape in shapes}) == 1 else set(shapes)  # type: ignore[arg-type]
        if len(sizes) > 1:
            raise Broken(f"maps of {' and '.join('x'.join(map(str, s)) for s in shapes)} are joined", origin)
        shape = max(shapes, key=prod)
        if how == "concat":
            shape = (*shapes[0][:-1], sum(one[-1] for one in shapes))
        made = self._add(Join(how), tuple(wire.value for wire in wires), shape, origin)
        return Wire(made.value, wires[0].flat)

    def sliced(self, wire: Wire, stride: Pair, target: Shape, origin: Origin) -> Wire:
        """Every S-th cell, with channels of zeros behind the others; rows and columns one after the other are one step."""
        last = self.graph.ops[wire.value - 1] if wire.value and self.is_unread(wire) else None
        if last is not None and isinstance(last.settings, Projection) and last.settings.way == "slice":
            (rows, columns), first = last.settings.stride, self.graph.shape(last.reads[0])
            if first[2] == last.shape[2]:
                return self.sliced(Wire(last.reads[0]), (rows * stride[0], columns * stride[1]), target, origin)
        settings = Projection(way="slice", stride=stride, target=target)
        return self._add(settings, (wire.value,), target, origin)

    def widened(self, wire: Wire, channels: int, origin: Origin) -> Wire:
        """A map with channels of zeros behind the others."""
        shape = self._map(wire, origin)
        return self.sliced(wire, (1, 1), (*shape[:2], shape[2] + channels), origin)

    def scaled(self, wire: Wire, origin: Origin, *, scale: bool, shift: bool, arrays: Arrays | None = None) -> Wire:
        """A factor and a summand for each channel: of the norm before it, or a convolution of each channel on its own."""
        from dataclasses import replace

        from netspec.language.norms import Scaled

        last = self.graph.ops[wire.value - 1] if wire.value and self.is_unread(wire) else None
        if last is not None and isinstance(last.settings, Scaled) and not (last.settings.scale or last.settings.shift):
            settings = replace(last.settings, scale=scale, shift=shift)
            return self.instead(wire, settings, {**last.arrays, **(arrays or {})}, origin)
        if wire.flat or not scale:
            self.unsaid(origin, "a factor or summand for each channel stands alone, behind no norm")
            return wire
        channels = self.shape(wire)[2]
        kernel = (
            {"kernel": lambda: arrays["scale"]().reshape(1, 1, 1, channels)} if arrays and "scale" in arrays else {}
        )
        bias = {"bias": arrays["shift"]} if arrays and "shift" in arrays else {}
        return self.conv(
            wire, origin, filters=channels, kernel=(1, 1), groups=channels, bias=shift, arrays={**kernel, **bias}
        )

    def _never_negative(self, wire: Wire) -> bool:
        last = self.graph.ops[wire.value - 1].settings if wire.value else None
        return isinstance(last, Activation) and last.never_negative

    def is_unread(self, wire: Wire) -> bool:
        """Whether no operation reads a value so far."""
        return not any(wire.value in op.reads for op in self.graph.ops)

    def instead(self, wire: Wire, settings: Settings, arrays: Arrays, origin: Origin) -> Wire:
        """What takes the place of the operation that gives a value, with what stands at `origin` in it.

        Whoever reads the value itself would read another network: `done` looks for such.
        """
        op = self.graph.ops[wire.value - 1]
        made = self._add(settings, op.reads, op.shape, op.origin, arrays)
        self._replaced[wire.value] = origin
        if wire.value in self._maps:
            self._maps[made.value] = self._maps[wire.value]
        return wire._replace(value=made.value)

    def normalized(self, affine: tuple[Any, Any] | None, origin: Origin) -> None:
        """How the images are rescaled that an operation reads, by a factor and a summand for each channel; None: not at all.

        The format normalizes them once, for all that reads them.
        """
        if self._is_read and not self._alike(affine, self._affine):
            self.unsaid(origin, "the images are scaled in another way here than otherwise; the format scales them once")
            return
        self._is_read, self._affine = True, affine
        if affine is None:
            return
        import numpy as np

        factor, summand = self._of_channels(affine)
        if not np.all(factor):
            self.unsaid(origin, "the images are multiplied by 0")
        elif np.any(factor != 1) or np.any(summand):
            self.graph.normal = (-summand / factor, 1 / factor)
            self.note("the images are normalized as the weights have it: `state/input`")

    def _alike(self, one: tuple[Any, Any] | None, other: tuple[Any, Any] | None) -> bool:
        if one is None and other is None:
            return True  # without numpy, which a text does not need
        pairs = zip(self._of_channels(one), self._of_channels(other), strict=True)
        return all((a == b).all() for a, b in pairs)

    def _of_channels(self, affine: tuple[Any, Any] | None) -> tuple[Any, Any]:
        """Factor and summand of each channel."""
        import numpy as np

        channels = (self.graph.input[2],)
        factor, summand = (np.broadcast_to(np.asarray(one).reshape(-1), channels) for one in affine or (1.0, 0.0))
        return factor, summand

    def padded(self, pads: Pads, more: Pads, origin: Origin) -> Pads:
        """Both paddings together. One that cuts a map would be lost among others."""
        if min(*pads[0], *pads[1], *more[0], *more[1]) < 0:
            self.unsaid(origin, "negative padding cuts the map, and the format has no such step")
        pairs = zip((*pads[0], *pads[1]), (*more[0], *more[1]), strict=True)
        above, below, left, right = (max(0, one) + max(0, other) for one, other in pairs)
        return (above, below), (left, right)

    def unsaid(self, origin: Origin, message: str, help: str | None = None, code: str = "NS290") -> None:
        """What the format cannot say, once."""
        behind = self.graph.ops[-1].origin if self.graph.ops else None
        told = (one for one in self.graph.unsaid if one.origin == origin)
        if not any(self.once or one.message == message for one in told):
            self.graph.unsaid.append(Unsaid(code, message, origin, help, behind))

    def note(self, text: str) -> None:
        """What was left out without loss, once."""
        if text not in self.graph.notes:
            self.graph.notes.append(text)

    def done(self, output: Wire, pads: Pads = NO_PADS) -> Graph:
        """The graph, whose result is a value, with zeros around it that nobody took."""
        self.graph.output = output.value
        if not output.value:
            raise Broken("it has no layer")
        if any(pads[0] + pads[1]):
            self.unsaid(
                self.graph.ops[output.value - 1].origin,
                "its result is padded: zeros are put around the result of the network",
            )
        for value in sorted(self.graph.alive() & self._replaced.keys()):
            self.unsaid(
                self._replaced[value],
                f"it is taken into `{self.graph.ops[value - 1].origin.name}`, whose own result something else reads",
            )
        return self.graph

    def _add(
        self, settings: Settings, reads: tuple[int, ...], shape: Shape, origin: Origin, arrays: Arrays | None = None
    ) -> Wire:
        if len(self.graph.ops) >= MOST_OPS:
            raise Broken(f"it has more than {MOST_OPS:,} operations", origin)
        self.graph.ops.append(Op(settings, reads, shape, origin, arrays or {}))
        return Wire(len(self.graph.ops))

    def _map(self, wire: Wire, origin: Origin) -> Shape:
        shape = self.graph.shape(wire.value)
        if wire.flat and len(shape) == 3 and shape[:2] != (1, 1):
            raise Broken("it reads a vector where a map is needed", origin)
        return shape if len(shape) == 3 else (1, 1, shape[0])
