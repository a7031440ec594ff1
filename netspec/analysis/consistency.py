"""The passes that find values which contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.shapes import Shapes
from netspec.diagnostics.diagnostic import Diagnostic, Label
from netspec.language.data import KNOWN
from netspec.language.kind import dimensions
from netspec.language.spec import Layer, Spec

RESERVED = "input"


def names(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """Layer names are unique, and none is `input`."""
    first: dict[str, Layer] = {}
    for layer in spec.layers:
        if layer.settings is None:
            continue
        if layer.name == RESERVED:
            message = f"a layer cannot be called `{RESERVED}`: that is the image"
            yield Diagnostic("NS203", message, spec.source, layer.at("name"), layer=layer.name, help="choose another name")
        elif layer.name in first:
            here, there = (layer, first[layer.name]) if "name" in layer.own else (first[layer.name], layer)
            yield Diagnostic(
                "NS203",
                f"two layers are called `{layer.name}`",
                spec.source,
                here.at("name"),
                layer=layer.name,
                labels=(Label(there.at("name"), "the other one"),),
                help="give one of them another `name`",
            )
        first.setdefault(layer.name, layer)


def layers(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """There is a layer, and none is told what cannot have an effect."""
    if not spec.layers and spec.whole:
        message = "this network has no layers: neither `blocks` nor `fc`"
        yield Diagnostic("NS204", message, spec.source, spec.root.entries[0].key.span, help="add `fc: [10]`")
    seen: set[int] = set()
    for layer in spec.layers:
        if layer.settings is None or id(layer.node) in seen:
            continue
        seen.add(id(layer.node))
        if getattr(layer.settings, "norm", "none") == "batch" and layer.settings.bias:  # type: ignore[union-attr]
            yield _biased(spec, layer)
        if getattr(layer.settings, "window", None) == "all":
            yield from _global(spec, layer)


def _biased(spec: Spec, layer: Layer) -> Diagnostic:
    return Diagnostic(
        "NS205",
        f"`{layer.name}`: the bias has no effect under `norm: batch`",
        spec.source,
        layer.at("bias"),
        layer=layer.name,
        notes=("batch norm subtracts the mean, and with it any bias; `shift` takes its place",),
        help="remove `bias: true`",
        severity="warning",
    )


def _global(spec: Spec, layer: Layer) -> Iterator[Diagnostic]:
    for name in ("stride", "padding"):
        if name in layer.own:
            message = f"`{layer.name}`: `{name}` has no meaning where the window is the whole map"
            yield Diagnostic("NS206", message, spec.source, layer.at(name), layer=layer.name, help=f"remove `{name}`")


def source(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """The input and the output fit the data, where the data is known without being opened."""
    known = KNOWN.get(spec.data.value.source)
    if "data" not in spec.given and "train" not in spec.given or known is None:
        return
    if "data" not in spec.given:
        known_as = "`digits`, the default data,"
        span = spec.given["train"].key
    else:
        known_as = f"`{spec.data.value.source}`"
        span = spec.data.at("source")
    if spec.input is not None:
        size = (spec.input.value.height, spec.input.value.width, spec.input.value.channels)
        if size != known.image:
            message = f"the input is {dimensions(size)}, but {known_as} has images of {dimensions(known.image)}"
            where = spec.given["input"].value
            labels = (Label(span, f"{dimensions(known.image)} images"),)
            help = f"write `input: [{', '.join(map(str, known.image))}]`, or choose other data"
            yield Diagnostic("NS207", message, spec.source, where, labels=labels, help=help)
    if not shapes.complete or not shapes.layers:
        return
    last = shapes.layers[-1]
    yield from _outputs(spec, last.layer, last.output, known.classes, known_as)


def _outputs(spec: Spec, layer: Layer, output: tuple[int, ...], classes: int, known_as: str) -> Iterator[Diagnostic]:
    place = next((layer.places[name].value for name in ("units", "filters") if name in layer.places), layer.span)
    if len(output) == 3 and output[:2] != (1, 1):
        message = f"training needs one vector an image, but `{layer.name}` gives a map of {dimensions(output)}"
        help = "end with `pool: {type: average, window: all}`, or with `fc`"
        yield Diagnostic("NS209", message, spec.source, layer.span, layer=layer.name, help=help)
    elif output[-1] != classes:
        message = f"`{layer.name}` gives {output[-1]} outputs, but {known_as} has {classes} classes"
        help = f"make the last layer give {classes} outputs"
        yield Diagnostic("NS208", message, spec.source, place, layer=layer.name, help=help)


def training(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """The keys of `data` and `train` do not contradict each other."""
    train, data = spec.train.value, spec.data.value
    at = spec.train.at
    if "checkpoint.every_epochs" in spec.train.places and "checkpoint.every_steps" in spec.train.places:
        message = "`every_epochs` and `every_steps` are two answers to one question"
        yield Diagnostic("NS210", message, spec.source, at("checkpoint.every_steps"), help="remove one of them")
    if train.optimizer.type == "sgd" and train.optimizer.nesterov and not train.optimizer.momentum:  # type: ignore[union-attr]
        message = "`nesterov` looks ahead along the momentum, and `momentum` is 0"
        yield Diagnostic("NS211", message, spec.source, at("optimizer.nesterov"), help="add `momentum: 0.9`")
    watched = train.early_stopping.metric if train.early_stopping else ""
    if watched.startswith("validation") and data.validation == 0:
        message = f"`{watched}` cannot be watched: `data.validation` holds nothing out"
        place = at("early_stopping.metric") if "early_stopping.metric" in spec.train.places else at("early_stopping")
        yield Diagnostic(
            "NS212", message, spec.source, place, help=f"watch `{watched.removeprefix('validation_')}`, or raise `data.validation`"
        )
    if data.path is not None and data.source == "digits":
        message = "`digits` is embedded: nothing is read from `path`"
        help = "remove `path`, or name another `source`"
        yield Diagnostic("NS213", message, spec.source, spec.data.at("path"), help=help)
    if data.resize and data.source != "images":
        message = "`resize` is for `source: images` alone"
        yield Diagnostic("NS214", message, spec.source, spec.data.at("resize"), help="remove `resize`")
    yield from _augment(spec)


def _augment(spec: Spec) -> Iterator[Diagnostic]:
    if spec.input is None:
        return
    smallest = min(spec.input.value.height, spec.input.value.width)
    for name in ("crop", "cutout"):
        cells = getattr(spec.data.value.augment, name)
        if cells is not None and cells >= smallest:
            message = f"`{name}: {cells}` leaves nothing of images whose shorter side is {smallest}"
            yield Diagnostic("NS215", message, spec.source, spec.data.at(f"augment.{name}"), help=f"lower `{name}`")


PASSES = (names, layers, source, training)
