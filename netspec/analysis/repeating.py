"""The passes that find where what holds for each repetition, or for each layer, can hardly be meant for all of them."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.causes import NotRepeated, Overpadded, StridesAgain
from netspec.analysis.plan import PlannedLayer
from netspec.analysis.shapes import Shapes
from netspec.diagnostics.diagnostic import Diagnostic, Label
from netspec.language.edits import written
from netspec.language.geometry import effective_kernel
from netspec.language.kind import dimensions
from netspec.language.spec import Layer, Spec
from netspec.text.nodes import Mapping, Scalar
from netspec.text.source import Span

NAMED = 3
"""How many layers a message names."""


def firsts(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS273: `first` stands where something is repeated; in `defaults`, for repeated layers alone."""
    places: dict[Span, list[int]] = {}
    for number, layer in enumerate(spec.layers):
        if "first" in layer.places and not layer.added and layer.settings is not None and not _is_repeated(layer):
            places.setdefault(layer.places["first"].key, []).append(number)
    for place, numbers in places.items():
        layer = spec.layers[numbers[0]]
        holds = f"`{layer.name}` has values for the first repetition, and nothing is repeated"
        help = "write them into the layer itself"
        if "first" not in layer.own:
            names = _listed([spec.layers[number].name for number in numbers])
            holds = f"`first` in `defaults` holds for {names} too, where nothing is repeated"
            help = "write `first` in the layers that are repeated"
        yield Diagnostic(
            "NS273",
            holds,
            spec.source,
            place,
            layer=layer.name,
            help=help,
            cause=NotRepeated(numbers[0]),
            severity="warning",
        )


def _is_repeated(layer: Layer) -> bool:
    return any(group.repetitions > 1 for group in layer.groups) or getattr(layer.settings, "repeat", 1) > 1


def _listed(names: list[str]) -> str:
    """Some names in words.

    >>> _listed(["a", "b", "c", "d"]), _listed(["a"])
    ('`a`, `b`, `c` and 1 more', '`a`')
    """
    names = list(dict.fromkeys(names))
    shown = ", ".join(f"`{name}`" for name in names[:NAMED])
    return shown + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def strides(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS274: where a bridged block is repeated, only the first repetition strides, unless each gives more channels."""
    told: set[Span] = set()
    for number, planned in enumerate(shapes.layers):
        layer, stride = planned.layer, getattr(planned.settings, "stride", (1, 1))
        if layer.added or not hasattr(planned.settings, "kernel") or stride == (1, 1) or "first.stride" in layer.places:
            continue
        place = layer.at("stride")
        if place in told or not (_again(spec, shapes, number) or _copied(shapes, planned)):
            continue
        told.add(place)
        sizes = f"{dimensions(planned.input[:2])} becomes {dimensions(planned.output[:2])} once more"
        yield Diagnostic(
            "NS274",
            f"`{layer.name}` strides by {written(stride)} in every repetition: {sizes}, for no more channels",
            spec.source,
            place,
            layer=layer.name,
            labels=tuple(Label(span, "repeated") for span in _repeats(layer)),
            notes=("a stage of a residual network strides in its first block, where the channels grow",),
            help=f"write `first: {{stride: {written(stride)}}}` in its place",
            cause=StridesAgain(number),
            severity="warning",
        )


def _again(spec: Spec, shapes: Shapes, number: int) -> bool:
    """Whether a layer stands in a later repetition of a bridged block, which gives as many channels as it reads."""
    groups = shapes.layers[number].layer.groups
    for depth, group in enumerate(groups, 1):
        if group.repetition > 1 and is_bridged(group.node):
            block = [each for each in shapes.layers if each.layer.groups[:depth] == groups[:depth]]
            whole = all(layer.groups[:depth] != groups[:depth] for layer in spec.layers[len(shapes.layers) :])
            return whole and block[-1].output[-1] == _channels(spec, shapes, block[0].reads[0])
    return False


def _channels(spec: Spec, shapes: Shapes, value: int) -> int:
    assert spec.input is not None
    return shapes.layers[value - 1].output[-1] if value else spec.input.value.channels


def _copied(shapes: Shapes, planned: PlannedLayer) -> bool:
    """Whether a layer of a bridged block is a further copy of one, and gives as many channels as it reads."""
    layer = planned.layer
    if not layer.groups or not is_bridged(layer.groups[-1].node) or planned.input[-1] != planned.output[-1]:
        return False
    same = [each for each in shapes.layers if each.layer.node is layer.node and each.layer.groups == layer.groups]
    return planned is not same[0]


def is_bridged(node: object) -> bool:
    """Whether a block has a shortcut."""
    entry = node.entry("shortcut") if isinstance(node, Mapping) else None
    if entry is None:
        return False
    said = entry.value.entry("type") if isinstance(entry.value, Mapping) else entry
    return said is not None and isinstance(said.value, Scalar) and said.value.text != "none"


def _repeats(layer: Layer) -> Iterator[Span]:
    """Where it is said how often a layer runs."""
    for node in (layer.node, *(group.node for group in reversed(layer.groups))):
        entry = node.entry("repeat") if isinstance(node, Mapping) else None
        if entry is not None:
            yield entry.value.span
            return


def overpadded(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS275: no window of a convolution lies in the padding alone."""
    if not shapes.complete:
        return  # what the padding brings about may be what fails further on
    places: dict[Span, list[int]] = {}
    for number, planned in enumerate(shapes.layers):
        if not planned.layer.added and _lies_outside(planned):
            places.setdefault(planned.layer.at("padding"), []).append(number)
    for place, numbers in places.items():
        first = shapes.layers[numbers[0]]
        names = _listed([shapes.layers[number].layer.name for number in numbers])
        kernel = dimensions(first.settings.kernel)  # type: ignore[attr-defined]
        sizes = f"{dimensions(first.input[:2])} becomes {dimensions(first.output[:2])}"
        yield Diagnostic(
            "NS275",
            f"{names}: a {kernel} kernel in a padding of {written(first.settings.padding)} sees nothing of the map at its border; {sizes}",  # type: ignore[attr-defined]
            spec.source,
            place,
            layer=first.layer.name,
            help="write a padding that is less than the kernel",
            cause=Overpadded(tuple(numbers)),
            severity="warning",
        )


def _lies_outside(planned: PlannedLayer) -> bool:
    """Whether some window of a convolution lies in the padding alone."""
    settings = planned.settings
    padding, kernel = getattr(settings, "padding", None), getattr(settings, "kernel", None)
    if not isinstance(padding, tuple) or kernel is None:
        return False
    spans = (effective_kernel(k, d) for k, d in zip(kernel, settings.dilation, strict=True))  # type: ignore[attr-defined]
    return any(cells >= span for cells, span in zip(padding, spans, strict=True))


PASSES = (firsts, strides, overpadded)
