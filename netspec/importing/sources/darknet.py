"""Darknet's `.cfg`, and its weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netspec.importing.building import Building, Wire
from netspec.importing.graph import Arrays, Graph, Origin
from netspec.importing.sizes import Broken, sized
from netspec.importing.sources.darknet_options import Section
from netspec.importing.sources.darknet_training import training
from netspec.importing.sources.darknet_weights import Weights
from netspec.importing.words import listed
from netspec.language.activations import (
    Activation,
    Elu,
    Gelu,
    LeakyRelu,
    Mish,
    NoActivation,
    Relu,
    Relu6,
    Selu,
    Sigmoid,
    Silu,
    Tanh,
)
from netspec.language.fields import Pair
from netspec.language.norms import BatchNorm, LocalResponseNorm
from netspec.language.spelling import likest
from netspec.language.steps import Dropout
from netspec.text.source import Source, Span

ACTIVATIONS: dict[str, Activation] = {
    "linear": NoActivation(),
    "leaky": LeakyRelu(slope=0.1),
    "relu": Relu(),
    "relu6": Relu6(),
    "logistic": Sigmoid(),
    "tanh": Tanh(),
    "elu": Elu(),
    "selu": Selu(),
    "gelu": Gelu(),
    "mish": Mish(),
    "swish": Silu(),
}
ENDS = ("cost", "softmax")
"""What ends a network, which the training has."""
MOMENTUM = 0.99
"""Of its running statistics: it has no option for it."""
Reader = Callable[[Section, Origin], Wire]


def read(
    source: Source, name: str, weights: Callable[[], bytes] | None = None, size: Sequence[int] | None = None
) -> Graph:
    """The graph of a cfg. Raises Broken."""
    return _Reader(sections(source), name, Weights(weights), size).graph()


def sections(source: Source) -> list[Section]:
    """The sections of a text, in their order; the same name may come again. Raises Broken."""
    found: list[Section] = []
    for number, line in enumerate(source.lines, 1):
        text = line.split("#")[0].split(";")[0].strip()
        span = Span(number, 1, number, max(2, len(line.rstrip()) + 1))
        if not text:
            continue
        if text.startswith("[") and text.endswith("]"):
            found.append(Section(text[1:-1].strip(), span))
            continue
        key, sign, value = text.partition("=")
        if not sign or not found:
            raise Broken(f"`{text[:40]}` is neither `[section]` nor `option=value` in one", Origin(text[:40], span))
        here, key, value = found[-1], key.strip(), value.strip()
        if here.options.setdefault(key, (value, span))[0] != value:
            here.again.append(key)
    return found


class _Reader:
    def __init__(self, sections: list[Section], name: str, weights: Weights, given: Sequence[int] | None) -> None:
        if not sections or sections[0].kind not in ("net", "network"):
            raise Broken("a Darknet network begins with `[net]`", Origin("", sections[0].span) if sections else None)
        self.net, *self.layers = sections
        self.weights = weights
        crop = next((one for one in self.layers if one.kind == "crop"), None)
        size = [self.net.whole(key, 0) for key in ("height", "width")]
        if crop is not None:  # images are cut to its size first
            size = [crop.whole(f"crop_{key}", size[at]) for at, key in enumerate(("height", "width"))]
        self.building = Building(name, "Darknet", sized((*size, self.net.whole("channels", 3)), given))
        self.wires: list[Wire] = []
        self.at = Wire(0)
        self.ended = False

    def graph(self) -> Graph:
        """All layers, one after another."""
        readers = self._readers()
        self._checked(self.net, Origin(self.net.kind, self.net.span))
        for number, section in enumerate(self.layers):
            origin = Origin(f"{section.kind} {number}", section.span)
            reader = readers.get(section.kind)
            if reader is None:
                meant = likest(section.kind, readers)
                help = f"write `[{meant}]`" if meant is not None else None
                self.building.unsaid(origin, f"`[{section.kind}]` is no layer that the format has", help)
            else:
                self._checked(section, origin)
                self.at = reader(section, origin)
            self.wires.append(self.at)
        self.weights.ended()
        graph = self.building.done(self.at)
        graph.ended = self.ended
        graph.train, left = training(self.net)
        if left:
            self.building.note(f"left out of `[net]`: {listed(left)}")
        own = dict.fromkeys(name for section in self.layers for name in section.for_training())
        if own:
            self.building.note(f"left out of its layers: {listed(own)}")
        return graph

    def _readers(self) -> dict[str, Reader]:
        """What reads each kind of section."""
        return {
            "convolutional": self._convolutional,
            "connected": self._connected,
            "maxpool": self._maxpool,
            "avgpool": self._avgpool,
            "dropout": self._dropout,
            "normalization": self._normalization,
            "route": self._route,
            "shortcut": self._shortcut,
            "crop": self._crop,
            **dict.fromkeys(ENDS, self._end),
        }

    def _checked(self, section: Section, origin: Origin) -> None:
        """Says which options nothing reads, where they may make another network of it."""
        for option, span, meant in section.unread():
            help = f"write `{meant}`" if meant is not None else "leave it out where it concerns the training alone"
            self.building.unsaid(
                Origin(origin.name, span), f"`{option}` of `[{section.kind}]` is nothing that the format has", help
            )
        for option in section.again:
            self.building.note(
                f"`{option}` stands twice in `[{section.kind}]`: the first counts, as it does in Darknet"
            )
        if self.ended and section.kind not in ENDS:
            self.building.unsaid(origin, "it stands behind what ends the network, and reads that")

    def _end(self, section: Section, origin: Origin) -> Wire:
        self.ended = True
        heat = section.real("temperature", 1.0)
        by = f", with its temperature of {heat:g}" if heat != 1 else ""
        self.building.note(f"`[{section.kind}]`: the loss of the training has it{by}")
        return self.at

    def _crop(self, section: Section, origin: Origin) -> Wire:
        if self.at.value:
            self.building.unsaid(origin, "a map is cropped behind the first layer")
        scaled = "" if section.whole("noadjust", 0) else ", as numbers from -1 to 1"
        self.building.note(f"`[crop]`: images come at its size{scaled}")
        return self.at

    def _convolutional(self, section: Section, origin: Origin) -> Wire:
        size, filters = section.whole("size", 1), section.whole("filters", 1)
        pad = size // 2 if section.whole("pad", 0) else section.whole("padding", 0)
        stride, groups = _strides(section), section.whole("groups", 1)
        dilation = section.whole("dilation", 1)
        normed = section.whole("batch_normalize", 0)
        channels = self.building.shape(self.at)[-1]
        kernel, norm = self.weights.conv(filters, channels // max(1, groups), size, bool(normed))
        wire = self.building.conv(
            self.at,
            origin,
            filters=filters,
            kernel=(size, size),
            stride=stride,
            pads=((pad, pad), (pad, pad)),
            dilation=(dilation, dilation),
            groups=groups,
            bias=not normed,
            arrays=kernel,
        )
        return self._ended(wire, section, origin, norm if normed else None)

    def _connected(self, section: Section, origin: Origin) -> Wire:
        units, normed = section.whole("output", 1), bool(section.whole("batch_normalize", 0))
        kernel, norm = self.weights.fc(units, self.building.graph.shape(self.at.value), normed)
        wire = self.building.fc(self.at, origin, units=units, bias=not normed, arrays=kernel)
        return self._ended(wire, section, origin, norm if normed else None, usual="logistic")

    def _ended(
        self, wire: Wire, section: Section, origin: Origin, norm: Arrays | None, usual: str = "logistic"
    ) -> Wire:
        if norm is not None:
            wire = self.building.step(wire, BatchNorm(momentum=MOMENTUM), origin, norm)
        word = section.options.get("activation", (usual, section.span))[0]
        if word not in ACTIVATIONS:
            self.building.unsaid(
                Origin(origin.name, section.at("activation")), f"the activation `{word}` is none that the format has"
            )
            return wire
        return self.building.step(wire, ACTIVATIONS[word], origin)

    def _maxpool(self, section: Section, origin: Origin) -> Wire:
        stride = _strides(section)
        size = section.whole("size", section.whole("stride", 1))
        padding = section.whole("padding", size - 1)
        side = (padding // 2, padding - padding // 2)
        return self.building.pool(self.at, origin, type="max", window=(size, size), stride=stride, pads=(side, side))

    def _avgpool(self, section: Section, origin: Origin) -> Wire:
        return self.building.whole(self.at, origin)

    def _dropout(self, section: Section, origin: Origin) -> Wire:
        return self.building.step(self.at, Dropout(rate=section.real("probability", 0.5)), origin)

    def _normalization(self, section: Section, origin: Origin) -> Wire:
        size = section.whole("size", 5)
        norm = LocalResponseNorm(
            size=size,
            alpha=section.real("alpha", 1e-4) * size,
            beta=section.real("beta", 0.75),
            k=section.real("kappa", 1.0),
        )
        return self.building.step(self.at, norm, origin)

    def _route(self, section: Section, origin: Origin) -> Wire:
        if section.whole("groups", 1) > 1:
            place = Origin(origin.name, section.at("groups"))
            self.building.unsaid(place, "a part of the channels goes on alone", "the format splits no channels")
        text = section.options.get("layers", ("", section.span))[0]
        wires = [self._earlier(part, section, origin) for part in text.split(",") if part.strip()]
        return self.building.join("concat", wires, origin) if len(wires) != 1 else wires[0]

    def _shortcut(self, section: Section, origin: Origin) -> Wire:
        other = self._earlier(section.options.get("from", ("", section.span))[0], section, origin)
        read, target = self.building.shape(other), self.building.shape(self.at)
        if read != target:
            stride = tuple(max(1, a // max(1, b)) for a, b in zip(read[:2], target[:2], strict=False))
            fits = (
                len(read) == len(target) == 3
                and tuple(-(-a // s) for a, s in zip(read[:2], stride, strict=True)) == target[:2]
            )
            if not fits or read[2] > target[2]:
                self.building.unsaid(origin, f"maps of {read} and {target} are added")
                return self.at
            other = self.building.sliced(other, stride, target, origin)  # type: ignore[arg-type]
        wire = self.building.join("add", [other, self.at], origin)
        return self._ended(wire, section, origin, None, usual="linear")

    def _earlier(self, text: str, section: Section, origin: Origin) -> Wire:
        """The layer that a number names: from here back, or from the first."""
        try:
            number = int(text)
            place = len(self.wires) + number if number < 0 else number
            if place < 0:
                raise IndexError
            return self.wires[place]
        except (ValueError, IndexError):
            raise Broken(
                f"`{text.strip()}` names no layer before this one", Origin(origin.name, section.span)
            ) from None


def _strides(section: Section) -> Pair:
    """Along height and width: once for both, or `stride_y` and `stride_x`."""
    both = section.whole("stride", 1)
    return section.whole("stride_y", both), section.whole("stride_x", both)
