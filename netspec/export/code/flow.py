"""A plan as a list of calls, each of one layer of a framework on values that have names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from netspec.analysis.plan import Plan, PlannedLayer
from netspec.export.code.names import identifier
from netspec.export.code.part import Place
from netspec.export.code.program import CHAIN, IMAGES, Statement, Words, statements
from netspec.language.kind import Shape, dimensions


class Joining(Protocol):
    """What may read other values of the plan's layer beside the one before it."""

    @property
    def beside(self) -> tuple[int, ...]:
        """Which of the values that the plan's layer reads come before the one that is handed on."""

    def code(self, reads: tuple[str, ...]) -> str:
        """The layer applied to variables."""


L = TypeVar("L", bound=Joining)


@dataclass(frozen=True)
class Chain(Generic[L]):
    """What a layer of a plan is itself: one after the other, from the last of the values that it reads."""

    layers: tuple[L, ...] = ()
    flat: bool = False
    """Whether it takes a vector, and what it reads is a map."""


@dataclass(frozen=True)
class Call(Generic[L]):
    """A layer of the framework on its values; without one the value gets another name."""

    layer: L | None
    reads: tuple[str, ...]
    to: str
    of: PlannedLayer
    """The plan's layer that it is a part of."""

    @property
    def code(self) -> str:
        """What is kept in `to`."""
        return self.reads[0] if self.layer is None else self.layer.code(self.reads)


def steps(layer: PlannedLayer, read: Shape, place: Place) -> Chain[Any]:
    """A kind that does nothing of its own."""
    return Chain()


def flattened(said: Chain[L]) -> Chain[L]:
    """The same of a map that is flattened."""
    return replace(said, flat=True)


def calls(plan: Plan, words: Words[Chain[L], L], flatten: L) -> list[Call[L]]:
    """Images to logits, or to the last map where it is larger than 1x1. Raises Unsupported."""
    found = [call for one in statements(plan, words) for call in _calls(one, flatten)]
    last, of = found[-1].to, plan.layers[-1]
    return [*found, Call(flatten, (last,), last, of)] if of.output[:-1] == (1, 1) else found


def images_of(calls: Sequence[Call[L]]) -> str:
    """The variable of the images."""
    return IMAGES if any(IMAGES in call.reads for call in calls) else CHAIN


def within(plan: Plan, own: Iterable[str]) -> Iterator[str]:
    """What the parts of the plan's layers are called, which add these words to a layer's name."""
    return (f"{identifier(layer.name)}_{one}" for layer in plan.layers for one in own)


def shapes(plan: Plan) -> str:
    """What goes in and comes out, in words, channels last."""
    read, given = (", ".join(map(str, shape)) for shape in (plan.input, plan.output))
    return f"(batch, {read}) to (batch, {given}): {dimensions(plan.output)} logits"


def _calls(one: Statement[Chain[L], L], flatten: L) -> Iterator[Call[L]]:
    x, own = one.sources[-1], (*one.said.layers, *one.after)
    # what is read once more at the end must not be overwritten before
    between = one.name if any(layer.beside for layer in own) else one.target
    led = (*((flatten,) if one.said.flat else ()), *one.lead)
    if one.leads is not None:
        for layer in led:
            yield Call(layer, (x,), one.leads, one.layer)
            x = one.leads
    else:
        own = (*led, *own)
    for n, layer in enumerate(own, start=1):
        to = one.target if n == len(own) else between
        yield Call(layer, (*(one.sources[place] for place in layer.beside), x), to, one.layer)
        x = to
    if not own and x != one.target:
        yield Call(None, (x,), one.target, one.layer)
