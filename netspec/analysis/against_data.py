"""Whether the input and the output fit the data, where the data is known without being opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netspec.analysis.plan import PlannedLayer
from netspec.analysis.shapes import Shapes, infer
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netspec.language.data import KNOWN, Known
from netspec.language.edits import insert
from netspec.language.kind import dimensions
from netspec.language.spec import Layer, Spec
from netspec.language.top import Input
from netspec.text.nodes import Mapping, Sequence
from netspec.text.source import Span

SIZES = ("height", "width", "channels")


def known_data(spec: Spec) -> Known | None:
    """The data of a spec that says anything of data or training, where it is known without being opened."""
    said = "data" in spec.given or "train" in spec.given
    return KNOWN.get(spec.data.value.source) if spec.sourced and said else None


def _size(spec: Spec) -> tuple[int, int, int] | None:
    return spec.input.value.shape if spec.input else None


def _alternatives(spec: Spec) -> list[str]:
    """The sources that have images of the spec's own size: then the source is what is wrong, not `input`.

    Where none has, a folder of images may, if the layers fit the spec's size and not that of the data.
    """
    named = [name for name, known in KNOWN.items() if known.image == _size(spec)]
    if named or spec.input is None or not infer(spec).complete:
        return named
    return [] if infer(_resized(spec, KNOWN[spec.data.value.source])).complete else ["images"]


def _resized(spec: Spec, known: Known) -> Spec:
    assert spec.input is not None
    return replace(spec, input=replace(spec.input, value=Input(**dict(zip(SIZES, known.image, strict=True)))))


def sized_by_data(spec: Spec) -> Spec:
    """The spec with the data's image size where `input` contradicts it: what follows from a wrong size is silent."""
    known = known_data(spec)
    if known is None or spec.input is None or _size(spec) == known.image or _alternatives(spec):
        return spec
    return _resized(spec, known)


def source(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """The input and the output fit the data, where the data is known without being opened."""
    known = known_data(spec)
    if known is None:
        return
    known_as = f"`{spec.data.value.source}`" if "data" in spec.given else "`digits`, the default data,"
    size = _size(spec)
    if size is not None and size != known.image:
        yield _size_mismatch(spec, size, known, known_as)
    if shapes.complete and shapes.layers:
        yield from _outputs(spec, shapes.layers, known.classes, known_as)


def _size_mismatch(spec: Spec, size: tuple[int, int, int], known: Known, known_as: str) -> Diagnostic:
    assert spec.input is not None
    message = f"the input is {dimensions(size)}, but {known_as} has images of {dimensions(known.image)}"
    source = _place_of_source(spec)
    change = [name for name, is_, should in zip(SIZES, size, known.image, strict=True) if is_ != should]
    resized = _resize(spec, known, change)
    others = _alternatives(spec)
    swaps = tuple(_from(spec, name) for name in others)
    if others:
        label = Label(spec.given["input"].value, f"{dimensions(size)} images")
        return Diagnostic("NS207", message, spec.source, source, labels=(label,), fixes=(*swaps, *resized))
    place = spec.input.at(change[0]) if len(change) == 1 else spec.given["input"].value
    help = f"write `input: [{', '.join(map(str, known.image))}]`, or choose other data"
    labels = (Label(source, f"{dimensions(known.image)} images"),)
    return Diagnostic("NS207", message, spec.source, _first_line(place, spec), labels=labels, help=help, fixes=resized)


def _place_of_source(spec: Spec) -> Span:
    return spec.data.at("source") if "data" in spec.given else spec.given["train"].key


def _from(spec: Spec, name: str) -> Fix:
    """Another source of the images, written where one is or would be."""
    section = spec.root.entry("data")
    if "source" in spec.data.places:
        return Fix(f"set `source: {name}`", (Edit(spec.data.at("source"), name),))
    if section is not None and isinstance(section.value, Mapping):
        return Fix(f"add `source: {name}`", (insert(spec.source, section.value, "source", name),))
    value = f"{{source: {name}, path: {name}}}" if name == "images" else f"{{source: {name}}}"
    return Fix(f"add `data: {value}`", (insert(spec.source, spec.root, "data", value),))


def _resize(spec: Spec, known: Known, change: list[str]) -> tuple[Fix, ...]:
    assert spec.input is not None
    wanted = dict(zip(SIZES, known.image, strict=True))
    edits = tuple(Edit(spec.input.places[name].value, str(wanted[name])) for name in change)
    words = " and ".join(f"`{name}: {wanted[name]}`" for name in change)
    return (Fix(f"set {words} in `input`", edits),)


def _first_line(span: Span, spec: Spec) -> Span:
    """The place of `input` as a whole: the key, where its value goes over several lines."""
    return span if span.line == span.end_line else spec.given["input"].key


def _outputs(spec: Spec, planned: tuple[PlannedLayer, ...], classes: int, known_as: str) -> Iterator[Diagnostic]:
    last = planned[-1]
    if len(last.output) == 3 and last.output[:2] != (1, 1):
        message = f"training needs one vector an image, but `{last.name}` gives a map of {dimensions(last.output)}"
        help = "end with `pool: {type: average, window: all}`, or with `fc`"
        fixes = _flattening(spec, last.layer, classes)
        yield Diagnostic("NS209", message, spec.source, last.layer.span, layer=last.name, help=help, fixes=fixes)
    elif last.output[-1] != classes:
        message = f"`{last.name}` gives {last.output[-1]} outputs, but {known_as} has {classes} classes"
        sizing = next((layer for layer in reversed(planned) if _width(layer.layer)), last).layer
        name = _width(sizing)
        fixes = (Fix(f"set `{name}: {classes}`", (Edit(sizing.places[name].value, str(classes)),)),) if name else ()
        place = sizing.places[name].value if name else last.layer.span
        help = f"make the last layer give {classes} outputs"
        label = Label(spec.data.at("source"), f"{classes} classes") if "source" in spec.data.places else None
        labels = (label,) if label else ()
        yield Diagnostic("NS208", message, spec.source, place, layer=last.name, labels=labels, help=help, fixes=fixes)


def _width(layer: Layer) -> str | None:
    """The setting that says how many outputs a layer has."""
    return next((name for name in ("units", "filters") if name in layer.places), None)


def _flattening(spec: Spec, layer: Layer, classes: int) -> tuple[Fix, ...]:
    """Global pooling where the last block has no pool, or a fully connected layer at the end."""
    fixes = []
    blocks = spec.root.entry("blocks")
    block = blocks.value.items[-1] if blocks and isinstance(blocks.value, Sequence) and blocks.value.items else None
    if isinstance(block, Mapping) and block.entry("pool") is None:
        edit = insert(spec.source, block, "pool", "{type: average, window: all}")
        fixes.append(Fix("add `pool: {type: average, window: all}`", (edit,)))
    if "fc" in spec.given:
        edit = Edit(spec.given["fc"].value, f"[{classes}]")
    else:
        edit = insert(spec.source, spec.root, "fc", f"[{classes}]")
    return (*fixes, Fix(f"add `fc: [{classes}]`", (edit,)))
