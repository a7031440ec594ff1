"""Whether the input and the output fit the data, where the data is known without being opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netspec.analysis.causes import MapAsOutput, OtherClassCount, OtherImageSize
from netspec.analysis.plan import PlannedLayer
from netspec.analysis.shapes import Shapes, infer
from netspec.diagnostics.diagnostic import Diagnostic, Label
from netspec.language.data import KNOWN, Known
from netspec.language.kind import dimensions
from netspec.language.spec import Layer, Spec
from netspec.text.causes import Cause
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
    height, width, channels = known.image
    sized = replace(spec.input.value, height=height, width=width, channels=channels)
    return spec.otherwise(input=replace(spec.input, value=sized)) or spec


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
    if spec.data.value.labels != "class":
        return
    if shapes.complete and shapes.layers:
        yield from _outputs(spec, shapes.layers, known.classes, known_as)
    elif spec.whole and spec.layers and (last := spec.layers[-1]).settings is not None:
        outputs = getattr(last.settings, "units", known.classes)  # as many, whatever the layer reads
        if outputs != known.classes:
            yield _class_count(spec, last, last, outputs, known.classes, known_as)


def _size_mismatch(spec: Spec, size: tuple[int, int, int], known: Known, known_as: str) -> Diagnostic:
    assert spec.input is not None
    message = f"the input is {dimensions(size)}, but {known_as} has images of {dimensions(known.image)}"
    source = _place_of_source(spec)
    others = _alternatives(spec)
    cause = OtherImageSize(known.image, tuple(others))
    if others:
        label = Label(spec.given["input"].value, f"{dimensions(size)} images")
        return Diagnostic("NS207", message, spec.source, source, labels=(label,), cause=cause)
    change = [name for name, is_, should in zip(SIZES, size, known.image, strict=True) if is_ != should]
    place = spec.input.at(change[0]) if len(change) == 1 else spec.given["input"].value
    help = f"write `input: [{', '.join(map(str, known.image))}]`, or choose other data"
    labels = (Label(source, f"{dimensions(known.image)} images"),)
    return Diagnostic("NS207", message, spec.source, _first_line(place, spec), labels=labels, help=help, cause=cause)


def _place_of_source(spec: Spec) -> Span:
    return spec.data.at("source") if "data" in spec.given else spec.given["train"].key


def _first_line(span: Span, spec: Spec) -> Span:
    """The place of `input` as a whole: the key, where its value goes over several lines."""
    return span if span.line == span.end_line else spec.given["input"].key


def _outputs(spec: Spec, planned: tuple[PlannedLayer, ...], classes: int, known_as: str) -> Iterator[Diagnostic]:
    last = planned[-1]
    if len(last.output) == 3 and last.output[:2] != (1, 1):
        yield map_as_output(spec, last, MapAsOutput(classes))
    elif last.output[-1] != classes:
        sizing = next((layer for layer in reversed(planned) if width_key(layer.layer)), last).layer
        yield _class_count(spec, last.layer, sizing, last.output[-1], classes, known_as)


def map_as_output(spec: Spec, last: PlannedLayer, cause: Cause | None = None) -> Diagnostic:
    """NS209 of a network whose last layer gives a map: it has nothing to train."""
    message = f"training needs one vector an image, but `{last.name}` gives a map of {dimensions(last.output)}"
    help = "end with `pool: {type: average, window: all}`, or with `fc`"
    return Diagnostic("NS209", message, spec.source, last.layer.span, layer=last.name, help=help, cause=cause)


def _class_count(spec: Spec, last: Layer, sizing: Layer, outputs: int, classes: int, known_as: str) -> Diagnostic:
    name = width_key(sizing)
    cause = OtherClassCount(sizing.places[name].value if name else None, name, classes)
    labels = (Label(spec.data.at("source"), f"{classes} classes"),) if "source" in spec.data.places else ()
    return Diagnostic(
        "NS208",
        f"`{last.name}` gives {outputs} outputs, but {known_as} has {classes} classes",
        spec.source,
        cause.at or last.span,
        layer=last.name,
        labels=labels,
        help=f"make the last layer give {classes} outputs",
        cause=cause,
    )


def width_key(layer: Layer) -> str | None:
    """The setting that says how many outputs a layer has."""
    return next((name for name in ("units", "filters") if name in layer.places), None)
