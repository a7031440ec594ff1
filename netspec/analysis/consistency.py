"""The passes that find values which contradict each other. What they propose as fixes, `repair` proves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netspec.analysis.plan import PlannedLayer
from netspec.analysis.shapes import Shapes
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netspec.language.data import KNOWN, Known
from netspec.language.edits import insert, remove
from netspec.language.kind import dimensions
from netspec.language.spec import Layer, Spec
from netspec.language.top import Input
from netspec.text.nodes import Mapping, Sequence
from netspec.text.source import Span

RESERVED = "input"
SIZES = ("height", "width", "channels")


def names(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """Layer names are unique, and none is `input`."""
    taken = {layer.name for layer in spec.layers}
    first: dict[str, Layer] = {}
    for layer in spec.layers:
        if layer.settings is None:
            continue
        there = first.setdefault(layer.name, layer)
        if layer.name == RESERVED:
            message = f"a layer cannot be called `{RESERVED}`: that is the image"
            fixes = _renamed(layer, "images", taken)
            yield Diagnostic("NS203", message, spec.source, layer.at("name"), layer=layer.name, fixes=fixes)
        elif there is not layer:
            here, there = (layer, there) if "name" in layer.own else (there, layer)
            yield Diagnostic(
                "NS203",
                f"two layers are called `{layer.name}`",
                spec.source,
                here.at("name"),
                layer=layer.name,
                labels=(Label(there.at("name"), "the other one"),),
                help="give one of them another `name`",
                fixes=_renamed(here, layer.name, taken),
            )


def _renamed(layer: Layer, stem: str, taken: set[str]) -> tuple[Fix, ...]:
    free = next(name for n in range(2, len(taken) + 3) if (name := f"{stem}_{n}") not in taken)
    return (Fix(f"name it `{free}`", (Edit(layer.at("name"), free),)),) if "name" in layer.places else ()


def layers(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """There is a layer, and none is told what cannot have an effect."""
    if not spec.layers and spec.whole:
        message = "this network has no layers: neither `blocks` nor `fc`"
        span = spec.root.entries[0].key.span
        written = [name for name in ("blocks", "fc") if name in spec.given]
        edit = (
            Edit(spec.given[written[-1]].value, "[10]")
            if written == ["fc"]
            else insert(spec.source, spec.root, "fc", "[10]")
        )
        yield Diagnostic(
            "NS204", message, spec.source, span, fixes=(Fix("add `fc: [10]`", (edit,)),), help="add `fc: [10]`"
        )
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
        fixes=_removal(spec, layer, "bias"),
        severity="warning",
    )


def _global(spec: Spec, layer: Layer) -> Iterator[Diagnostic]:
    for name in ("stride", "padding"):
        if name in layer.own:
            message = f"`{layer.name}`: `{name}` has no meaning where the window is the whole map"
            fixes = _removal(spec, layer, name)
            help = f"remove `{name}`"
            yield Diagnostic("NS206", message, spec.source, layer.at(name), layer=layer.name, help=help, fixes=fixes)


def _removal(spec: Spec, layer: Layer, name: str) -> tuple[Fix, ...]:
    """Taking a key out of a layer, where it stands in the layer itself."""
    entry = layer.node.entry(name) if isinstance(layer.node, Mapping) else None
    if entry is None or not isinstance(layer.node, Mapping):
        return ()
    return (Fix(f"remove `{name}`", (remove(spec.source, layer.node, entry),)),)


def known_data(spec: Spec) -> Known | None:
    """The data of a spec that says anything of data or training, where it is known without being opened."""
    said = "data" in spec.given or "train" in spec.given
    return KNOWN.get(spec.data.value.source) if spec.sourced and said else None


def _size(spec: Spec) -> tuple[int, int, int] | None:
    size = spec.input.value if spec.input else None
    return (size.height, size.width, size.channels) if size else None


def _alternatives(spec: Spec) -> list[str]:
    """The sources whose images are of the spec's own size: then the source is what is wrong, not `input`."""
    written = "source" in spec.data.places
    return [name for name, known in KNOWN.items() if written and known.image == _size(spec)]


def sized_by_data(spec: Spec) -> Spec:
    """The spec with the data's image size where `input` contradicts it: what follows from a wrong size is silent."""
    known = known_data(spec)
    if known is None or spec.input is None or _size(spec) == known.image or _alternatives(spec):
        return spec
    return replace(spec, input=replace(spec.input, value=Input(**dict(zip(SIZES, known.image, strict=True)))))


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
    source = spec.data.at("source") if "data" in spec.given else spec.given["train"].key
    change = [name for name, is_, should in zip(SIZES, size, known.image, strict=True) if is_ != should]
    resized = _resize(spec, known, change)
    others = _alternatives(spec)
    swaps = tuple(Fix(f"set `source: {name}`", (Edit(source, name),)) for name in others)
    if others:
        label = Label(spec.given["input"].value, f"{dimensions(size)} images")
        return Diagnostic("NS207", message, spec.source, source, labels=(label,), fixes=(*swaps, *resized))
    place = spec.input.at(change[0]) if len(change) == 1 else spec.given["input"].value
    help = f"write `input: [{', '.join(map(str, known.image))}]`, or choose other data"
    labels = (Label(source, f"{dimensions(known.image)} images"),)
    return Diagnostic("NS207", message, spec.source, _first_line(place, spec), labels=labels, help=help, fixes=resized)


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


def training(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """The keys of `data` and `train` do not contradict each other."""
    train, data = spec.train.value, spec.data.value
    at = spec.train.at
    if "checkpoint.every_epochs" in spec.train.places and "checkpoint.every_steps" in spec.train.places:
        message = "`every_epochs` and `every_steps` are two answers to one question"
        fixes = (*_cut(spec, "train.checkpoint.every_epochs"), *_cut(spec, "train.checkpoint.every_steps"))
        place = max(at("checkpoint.every_epochs"), at("checkpoint.every_steps"))
        yield Diagnostic("NS210", message, spec.source, place, help="remove one of them", fixes=fixes)
    if train.optimizer.type == "sgd" and train.optimizer.nesterov and not train.optimizer.momentum:  # type: ignore[union-attr]
        message = "`nesterov` looks ahead along the momentum, and `momentum` is 0"
        fixes = (*_set(spec, "train.optimizer.momentum", "0.9"), *_set(spec, "train.optimizer.nesterov", "false"))
        place = at("optimizer.momentum") if "optimizer.momentum" in spec.train.places else at("optimizer.nesterov")
        yield Diagnostic("NS211", message, spec.source, place, help="add `momentum: 0.9`", fixes=fixes)
    yield from _watched(spec)
    if data.path is not None and data.source == "digits" and spec.sourced:
        message = "`digits` is embedded: nothing is read from `path`"
        help = "remove `path`, or name another `source`"
        yield Diagnostic("NS213", message, spec.source, spec.data.at("path"), help=help, fixes=_cut(spec, "data.path"))
    if data.resize and data.source != "images" and spec.sourced:
        message = "`resize` is for `source: images` alone"
        place = spec.data.at("resize")
        yield Diagnostic("NS214", message, spec.source, place, help="remove `resize`", fixes=_cut(spec, "data.resize"))
    yield from _augment(spec)


def _watched(spec: Spec) -> Iterator[Diagnostic]:
    stopping = spec.train.value.early_stopping
    if stopping is None or not stopping.metric.startswith("validation") or spec.data.value.validation:
        return
    message = f"`{stopping.metric}` cannot be watched: `data.validation` holds nothing out"
    other = stopping.metric.removeprefix("validation_")
    place = spec.train.at("early_stopping.metric" if "early_stopping.metric" in spec.train.places else "early_stopping")
    labels = (Label(spec.data.at("validation"), "nothing is held out"),)
    fixes = (*_set(spec, "data.validation", "0.1"), *_set(spec, "train.early_stopping.metric", other))
    help = f"watch `{other}`, or raise `data.validation`"
    yield Diagnostic("NS212", message, spec.source, place, labels=labels, help=help, fixes=fixes)


def _augment(spec: Spec) -> Iterator[Diagnostic]:
    sized = sized_by_data(spec).input
    if sized is None:
        return
    smallest = min(sized.value.height, sized.value.width)
    for name in ("crop", "cutout"):
        cells = getattr(spec.data.value.augment, name)
        if cells is not None and cells >= smallest:
            message = f"`{name}: {cells}` leaves nothing of images whose shorter side is {smallest}"
            path = f"augment.{name}"
            fixes = _set(spec, f"data.{path}", str(smallest // 2)) if smallest > 1 else _cut(spec, f"data.{path}")
            yield Diagnostic("NS215", message, spec.source, spec.data.at(path), help=f"lower `{name}`", fixes=fixes)


def _parent(spec: Spec, path: str) -> tuple[Mapping | None, str]:
    """The mapping that holds a key, where it is written as one."""
    *way, name = path.split(".")
    node: object = spec.root
    for step in way:
        entry = node.entry(step) if isinstance(node, Mapping) else None
        node = entry.value if entry else None
    return (node if isinstance(node, Mapping) else None), name


def _set(spec: Spec, path: str, text: str) -> tuple[Fix, ...]:
    mapping, name = _parent(spec, path)
    if mapping is None:
        return ()
    entry = mapping.entry(name)
    edit = Edit(entry.value.span, text) if entry else insert(spec.source, mapping, name, text)
    return (Fix(f"set `{name}: {text}`", (edit,)),)


def _cut(spec: Spec, path: str) -> tuple[Fix, ...]:
    mapping, name = _parent(spec, path)
    entry = mapping.entry(name) if mapping else None
    return (Fix(f"remove `{name}`", (remove(spec.source, mapping, entry),)),) if mapping and entry else ()


PASSES = (names, layers, training)
