"""A plan as statements: which variable each layer reads, and which it is kept in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from netspec.analysis.plan import Plan, PlannedLayer
from netspec.export.code.names import Names
from netspec.export.code.part import Place
from netspec.export.unsupported import Unsupported
from netspec.language.kind import Shape
from netspec.language.kinds import KINDS

CHAIN, IMAGES = "x", "images"
"""The variable of what the next layer alone reads; that of the images where a later one reads them too."""
P = TypeVar("P")
"""What a framework has for a step: a layer, a module."""
S = TypeVar("S")
"""What it has for a layer of the plan, without the steps that lead and follow it."""


@dataclass(frozen=True)
class Statement(Generic[S, P]):
    """One layer."""

    layer: PlannedLayer
    name: str
    """The layer's, as an identifier."""
    sources: tuple[str, ...]
    """The variables that it reads."""
    target: str
    """The variable that it is kept in."""
    lead: tuple[P, ...]
    """The steps that run first."""
    leads: str | None
    """The variable for what is behind these, where they lead other layers too."""
    said: S
    after: tuple[P, ...]
    """The steps that run last."""


@dataclass(frozen=True)
class Words(Generic[S, P]):
    """How a framework says layers and steps; each raises Unsupported for what it has not."""

    kinds: Mapping[str, Callable[[PlannedLayer, Shape, Place], S]]
    """What a layer of a kind does itself, for the shape of what it takes."""
    step: Callable[[PlannedLayer, str, Shape, Place], P]
    """A step of a layer, `norm`, `activation` or `dropout`, on a value of a shape."""
    target: str
    """What the framework is called, where it lacks a kind."""
    flattened: Callable[[S], S]
    """The same of a map as a vector in the order (height, width, channels)."""
    taken: Iterable[str]
    """Names that no layer can have."""


def statements(plan: Plan, words: Words[S, P]) -> list[Statement[S, P]]:
    """The layers in the order they run. Raises Unsupported."""
    names = Names([CHAIN, IMAGES, *words.taken])
    identifiers = {layer.value: names.given(layer.name) for layer in plan.layers}
    leaders = {layer.layer.led_by for layer in plan.layers if layer.layer.led_by is not None}
    behind = {value: names.given(f"{identifiers[value]}_lead") for value in sorted(leaders)}
    kept = {value: _kept_in(plan, value, identifiers) for value in range(len(plan.layers) + 1)}
    found = []
    for layer in plan.layers:
        if layer.kind not in words.kinds:
            raise Unsupported(f"layer `{layer.kind}`", words.target, layer.name)
        settings: Any = layer.settings
        led_by, read = layer.layer.led_by, taken(plan, layer)
        place = Place(identifiers[layer.value], _before(plan, layer))
        said = words.kinds[layer.kind](layer, read, place)
        if read != plan.shape(layer.reads[0]):
            said = words.flattened(said)
        sources = tuple(kept[value] for value in layer.reads) if led_by is None else (behind[led_by],)
        found.append(
            Statement(
                layer,
                identifiers[layer.value],
                sources,
                kept[layer.value],
                () if led_by is not None else tuple(words.step(layer, step, read, place) for step in settings.leading),
                behind.get(layer.value),
                said,
                tuple(words.step(layer, step, layer.output, place) for step in getattr(settings, "following", ())),
            )
        )
    return found


def taken(plan: Plan, layer: PlannedLayer) -> Shape:
    """What the layer itself takes: a vector where steps lead a kind that flattens, for these take features in netspec's order."""
    return layer.input if KINDS[layer.kind].flattens and layer.settings.leading else plan.shape(layer.reads[0])


def _before(plan: Plan, layer: PlannedLayer) -> str | None:
    """The activation whose values a layer itself takes; None where it takes others."""
    settings: Any = layer.settings
    last = [step for step in settings.leading if step != "dropout"][-1:]
    if last or layer.layer.led_by is not None:
        return str(settings.activation.type) if last == ["activation"] else None
    return plan.layers[layer.reads[0] - 1].ends_in if layer.reads[0] else None


def _kept_in(plan: Plan, value: int, identifiers: dict[int, str]) -> str:
    """`x` where the next layer alone reads it; a layer that reads behind another's steps reads none itself."""
    readers = [layer.value for layer in plan.readers[value] if layer.layer.led_by is None]
    if set(readers) <= {value + 1}:
        return CHAIN
    return identifiers[value] if value else IMAGES
