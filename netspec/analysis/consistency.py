"""The passes that find values which contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from netspec.analysis import (
    augmenting,
    degenerate,
    freezing,
    heads,
    joining,
    logits,
    plausibility,
    rates,
    repeating,
    schedules,
    watches,
)
from netspec.analysis.causes import (
    Agreement,
    Contradiction,
    NameForSeveral,
    NameTaken,
    NoEffect,
    NoLayers,
    RunsBefore,
)
from netspec.analysis.plan import INPUT
from netspec.analysis.shapes import Shapes
from netspec.diagnostics.diagnostic import Diagnostic, Label
from netspec.language.data import SOURCES
from netspec.language.kinds import in_block
from netspec.language.spec import Layer, Spec
from netspec.text.nodes import Mapping, Node, Path, Sequence


def names(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """Layer names are unique, and none is `input`."""
    first: dict[str, Layer] = {}
    shared: set[str] = set()
    places = {id(layer): position for position, layer in enumerate(spec.layers)}
    for layer in spec.layers:
        if layer.settings is None:
            continue
        there = first.setdefault(layer.name, layer)
        if layer.name == INPUT:
            message = f"a layer cannot be called `{INPUT}`: that is the image"
            cause = NameTaken(places[id(layer)], "images")
            yield Diagnostic("NS203", message, spec.source, layer.at("name"), layer=layer.name, cause=cause)
        elif (
            there is not layer and _named_by_defaults(layer) and _named_by_defaults(there) and layer.kind == there.kind
        ):
            if layer.kind not in shared:
                yield _shared(spec, layer)
            shared.add(layer.kind)
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
                cause=NameTaken(places[id(here)], layer.name),
            )


def _named_by_defaults(layer: Layer) -> bool:
    return "name" in layer.places and "name" not in layer.own


def _shared(spec: Spec, layer: Layer) -> Diagnostic:
    """One name in `defaults` for several layers that are written apart: only the copies of one are numbered."""
    defaults = spec.root.entry("defaults")
    assert defaults is not None
    assert isinstance(defaults.value, Mapping)
    section = defaults.value.entry(layer.kind)
    assert section is not None
    assert isinstance(section.value, Mapping)
    entry = section.value.entry("name")
    assert entry is not None
    return Diagnostic(
        "NS203",
        f"`name` in `defaults` calls several `{layer.kind}` layers `{entry.value.text}`",  # type: ignore[union-attr]
        spec.source,
        entry.value.span,
        layer=layer.name,
        labels=(Label(layer.span, "the second one"),),
        help="remove it: a layer without a name gets one by its place",
        cause=NameForSeveral(layer.kind),
    )


def layers(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """There is a layer, and none is told what cannot have an effect."""
    if not spec.layers and spec.whole:
        message = "this network has no layers: neither `blocks` nor `fc`"
        span = spec.root.entries[0].key.span
        yield Diagnostic("NS204", message, spec.source, span, help="add `fc: [10]`", cause=NoLayers())
    seen: set[int] = set()
    for layer in spec.layers:
        if layer.settings is None or id(layer.node) in seen:
            continue
        seen.add(id(layer.node))
        if getattr(layer.settings, "bias", False) and getattr(layer.settings, "bias_is_lost", False):
            yield _biased(spec, layer)
        if getattr(layer.settings, "window", None) == "all":
            yield from _global(spec, layer)


def _biased(spec: Spec, layer: Layer) -> Diagnostic:
    return Diagnostic(
        "NS205",
        f"`{layer.name}`: the bias has no effect under `norm: {layer.settings.norm.type}`",  # type: ignore[union-attr]
        spec.source,
        layer.at("bias"),
        layer=layer.name,
        notes=(f"{layer.settings.norm.words} subtracts the mean, and with it any bias; `shift` takes its place",),  # type: ignore[union-attr]
        help="remove `bias: true`",
        cause=NoEffect(layer.name, "bias"),
        severity="hint",  # Keras and many published networks have one there
    )


def _global(spec: Spec, layer: Layer) -> Iterator[Diagnostic]:
    for name in ("stride", "padding"):
        if name in layer.own:
            message = f"`{layer.name}`: `{name}` has no meaning where the window is the whole map"
            yield Diagnostic(
                "NS206",
                message,
                spec.source,
                layer.at(name),
                layer=layer.name,
                labels=(Label(layer.at("window"), "the whole map"),),
                help=f"remove `{name}`",
                cause=NoEffect(layer.name, name),
            )


def training(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """The keys of `data` and `train` do not contradict each other."""
    train, data = spec.train.value, spec.data.value
    at = spec.train.at
    if "checkpoint.every_epochs" in spec.train.places and "checkpoint.every_steps" in spec.train.places:
        message = "`every_epochs` and `every_steps` are two answers to one question"
        cause = _unless(("train.checkpoint.every_epochs", None), ("train.checkpoint.every_steps", None))
        place = max(at("checkpoint.every_epochs"), at("checkpoint.every_steps"))
        yield Diagnostic("NS210", message, spec.source, place, help="remove one of them", cause=cause)
    if train.optimizer.type == "sgd" and train.optimizer.nesterov and not train.optimizer.momentum:  # type: ignore[union-attr]
        message = "`nesterov` looks ahead along the momentum, and `momentum` is 0"
        cause = _unless(("train.optimizer.momentum", "0.9"), ("train.optimizer.nesterov", "false"))
        place = at("optimizer.momentum") if "optimizer.momentum" in spec.train.places else at("optimizer.nesterov")
        yield Diagnostic("NS211", message, spec.source, place, help="add `momentum: 0.9`", cause=cause)
    if not getattr(train.optimizer, "decay_norms", True) and not getattr(train.optimizer, "weight_decay", 0.0):
        message = "`decay_norms: false` leaves norms and biases out of a weight decay of 0"
        cause = _unless(("train.optimizer.weight_decay", "1e-4"), ("train.optimizer.decay_norms", None))
        place, help = at("optimizer.decay_norms"), "add `weight_decay: 1e-4`"
        yield Diagnostic("NS261", message, spec.source, place, help=help, cause=cause, severity="warning")
    if spec.sourced and data.path is not None and SOURCES[data.source].embedded:
        message = f"`{data.source}` is embedded: nothing is read from `path`"
        help = "remove `path`, or name another `source`"
        yield Diagnostic(
            "NS213",
            message,
            spec.source,
            spec.data.at("path"),
            help=help,
            cause=_unless(("data.path", None), ("data.source", "images"), follows_data=True),
        )
    if spec.sourced and data.resize and not SOURCES[data.source].resizable:
        message = "`resize` is for `source: images` alone"
        place = spec.data.at("resize")
        yield Diagnostic(
            "NS214",
            message,
            spec.source,
            place,
            help="remove `resize`",
            cause=_unless(("data.resize", None), ("data.source", "images"), follows_data=True),
        )


def _unless(*agreements: tuple[str, str | None], follows_data: bool = False) -> Contradiction:
    """A contradiction, with the values of keys of which each would end it."""
    return Contradiction(tuple(Agreement(key, value) for key, value in agreements), follows_data)


def order(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS234: no layer is written above one that runs before it, in a block of any depth."""
    blocks, running = spec.root.entry("blocks"), [*in_block()]
    for path, block in _mappings(blocks.value, ("blocks",)) if blocks is not None else ():
        layers = [entry for entry in block if entry.name in running]
        found = next(
            (pair for pair in pairwise(layers) if running.index(pair[0].name) > running.index(pair[1].name)), None
        )
        if found is None:
            continue
        above, first = found
        yield Diagnostic(
            "NS234",
            f"`{above.name}` is written above `{first.name}`, and runs after it",
            spec.source,
            above.key.span,
            labels=(Label(first.key.span, "runs first"),),
            help=f"write `{first.name}` first, or give `{above.name}` a block of its own before this one",
            cause=RunsBefore(path, first.name, above.name),
            severity="warning",
        )


def _mappings(node: Node, path: Path) -> Iterator[tuple[Path, Mapping]]:
    """The mappings of a tree with their paths."""
    if isinstance(node, Mapping):
        yield path, node
        for entry in node:
            yield from _mappings(entry.value, (*path, entry.name))
    elif isinstance(node, Sequence):
        for i, item in enumerate(node.items):
            yield from _mappings(item, (*path, i))


PASSES = (
    *(names, layers, order, training),
    *repeating.PASSES,
    *joining.PASSES,
    *heads.PASSES,
    *logits.PASSES,
    *rates.PASSES,
    *plausibility.PASSES,
    *schedules.PASSES,
    *watches.PASSES,
    *augmenting.PASSES,
    *freezing.PASSES,
    *degenerate.PASSES,
)
