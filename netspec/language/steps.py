"""What layers share: a name; and norm, activation and dropout, which run around what a layer itself does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

from netspec.language.activations import ACTIVATIONS, Activation, NoActivation
from netspec.language.causes import StepsNotOnce
from netspec.language.edits import written
from netspec.language.fields import choice, key, keys, name, number, number_or, several, variant
from netspec.language.kind import Footprint, Problem, Shape
from netspec.language.norms import NORMS, NoNorm, Norm

LAYER_NAME = name("A-Za-z0-9_.-", "letters, digits, `-`, `_` and `.`")
AROUND = ("norm", "activation", "dropout")
"""The steps besides what a layer itself does, in the order in which they usually follow it."""


@dataclass(frozen=True, kw_only=True)
class Named:
    """The key that every layer has."""

    default_words: ClassVar[dict[str, str]] = {"name": "`block1.pool`, ..."}

    name: str | None = key(LAYER_NAME, "The layer's name.", None, also=("id",), examples=("stem", "logits"))

    @classmethod
    def completed(cls, given: dict[str, Any], activation: Activation | None, last: bool) -> Self:
        """The settings; nothing depends on what stands elsewhere."""
        return cls(**given)

    @classmethod
    def lacking(cls, given: dict[str, Any]) -> tuple[str, ...]:
        """The required keys that are not given."""
        return tuple(key.name for key in keys(cls) if key.required and key.name not in given)

    @classmethod
    def resolved(
        cls, given: dict[str, Any], channels: int | None, of_block: int | None
    ) -> dict[str, Any] | Problem | None:
        """What is given with the numbers that follow from channels: those of its input, and those that its block reads.

        None where they are needed and not known.
        """
        return given

    @property
    def leading(self) -> tuple[str, ...]:
        """The steps that run before what the layer itself does."""
        return ()


@dataclass(frozen=True, kw_only=True)
class Dropout:
    """What is switched off in training; what stays is divided by 1 - rate."""

    rate: float = key(number(0, below=1), "The share that is switched off.", 0.0, also=("p",), examples=(0.5,))
    type: Literal["unit", "spatial"] = key(
        choice("unit", "spatial"), "Single units, or whole feature maps.", "unit", examples=("spatial",)
    )

    def __bool__(self) -> bool:
        return self.rate > 0

    def described(self) -> str:
        """`dropout 0.5`, `spatial dropout 0.5`."""
        return f"{'spatial ' if self.type == 'spatial' else ''}dropout {self.rate:g}"


def norm_key(doc: str) -> Any:
    """The key `norm`, none by default."""
    also = ("normalization", "batch_norm")
    return key(
        variant(NORMS, named="norm"),
        doc,
        NoNorm,
        default_words="none",
        also=also,
        examples=("batch", {"type": "group", "groups": 8}),
    )


def activation_key(doc: str, default: type[Activation]) -> Any:
    """The key `activation`."""
    also = ("activation_function", "act")
    examples = ("relu", {"type": "leaky_relu", "slope": 0.1})
    return key(
        variant(ACTIVATIONS, named="activation"),
        doc,
        default,
        default_words=f"`{default.type}`",
        also=also,
        examples=examples,
    )


def dropout_key(doc: str, also: tuple[str, ...] = ("drop", "drop_rate")) -> Any:
    """The key `dropout`: a rate, or a mapping."""
    examples = (0.5, {"rate": 0.1, "type": "spatial"})
    return key(number_or(Dropout, "rate"), doc, Dropout, default_words="0", also=also, examples=examples)


@dataclass(frozen=True, kw_only=True)
class Stepped(Named):
    """A layer with norm, activation and dropout, behind what it does itself unless `order` says otherwise."""

    kind: ClassVar[str]

    norm: Norm = norm_key("What it normalizes.")
    activation: Activation = activation_key("The function after the norm.", NoActivation)
    dropout: Dropout = dropout_key("The share of units switched off in training, after the activation.")
    order: tuple[str, ...] | None = None

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """The steps that the layer has, in the order they run; what it does itself is called by its kind."""
        order = self.order if self.order is not None and self.disordered is None else (self.kind, *AROUND)
        return tuple(step for step in order if step == self.kind or self.has(step))

    @cached_property
    def disordered(self) -> str | None:
        """The first step that `order` does not name once."""
        order = self.order or ()
        needed = (self.kind, *filter(self.has, AROUND)) if order else ()
        return next((step for step in (*needed, *order) if order.count(step) != 1), None)

    def has(self, step: str) -> bool:
        """Whether it has a norm, an activation, a dropout."""
        value = getattr(self, step)
        return bool(value) if isinstance(value, Dropout) else value.type != "none"

    @cached_property
    def leading(self) -> tuple[str, ...]:
        """The steps that run before what the layer itself does."""
        return self.steps[: self.steps.index(self.kind)]

    @cached_property
    def following(self) -> tuple[str, ...]:
        """The steps that run after it."""
        return self.steps[self.steps.index(self.kind) + 1 :]

    def around(self, before: int, after: int) -> dict[str, Shape]:
        """The trained arrays of norm and activation, for so many features before and after what the layer itself does."""
        return {name: shape for step, n in self._features(before, after) for name, shape in step.parameters(n).items()}

    def running(self, before: int, after: int) -> dict[str, Shape]:
        """The running statistics of the norm."""
        norm = (self.norm, self._width("norm", before, after))
        return norm[0].statistics(norm[1])

    def _features(self, before: int, after: int) -> Iterator[tuple[Norm | Activation, int]]:
        yield self.norm, self._width("norm", before, after)
        yield self.activation, self._width("activation", before, after)

    def _width(self, step: str, before: int, after: int) -> int:
        return before if step in self.leading else after

    def unsound(self, before: int, after: int) -> list[Problem]:
        """What does not go with so many features, or with the steps that `order` names."""
        found = (self.norm.problem(self._width("norm", before, after)), self._misordered())
        return [problem for problem in found if problem is not None]

    def _misordered(self) -> Problem | None:
        """NS272: `order` names each step once that the layer has."""
        if self.disordered is None:
            return None
        twice = self.disordered in (self.order or ())
        fact = f"names the step `{self.disordered}` twice" if twice else f"does not name the step `{self.disordered}`"
        steps = with_missing(self.order or (), self.steps)
        message = f"`order` {fact}: each step that the layer has is named once"
        help = f"write `order: {written(list(steps))}`"
        return Problem("NS272", "order", message, (), help, StepsNotOnce(steps))

    def in_words(self, own: tuple[str, ...]) -> tuple[str, ...]:
        """What the layer itself does, with its other steps in the order they run."""
        words = {
            "norm": self.norm.words,
            "activation": self.activation.described(),
            "dropout": self.dropout.described(),
        }
        return (*(words[step] for step in self.leading), *own, *(words[step] for step in self.following))

    def held(self, reads_input: bool, turned: int = 0) -> Footprint:
        """What training holds for the steps, and for a layer that needs its input for the way back."""
        arrays = {"norm": self.norm.kept, "activation": self.activation.kept}
        led, kept = (
            max((arrays.get(step, 0) for step in steps), default=0) for steps in (self.leading, self.following)
        )
        normed = self.norm.kept > 0 and "norm" in self.following
        random = 4 if self.dropout and self.dropout.type == "unit" else 0
        return Footprint(reads_input or led > 0, kept, 2 * normed, random, turned, led=led > 0)


def with_missing(order: tuple[str, ...], steps: tuple[str, ...]) -> tuple[str, ...]:
    """An order with each of these steps once: an activation behind the norm and a norm before the activation, as published
    networks have them; what else is missing, at the end.

    >>> with_missing(("norm", "conv"), ("norm", "conv", "activation"))
    ('norm', 'activation', 'conv')
    >>> with_missing(("conv", "activation"), ("conv", "norm", "activation", "dropout"))
    ('conv', 'norm', 'activation', 'dropout')
    """
    found = list(dict.fromkeys(order))
    for step in dict.fromkeys(steps):
        if step in found:
            continue
        if step == "activation" and "norm" in found:
            found.insert(found.index("norm") + 1, step)
        elif step == "norm" and "activation" in found:
            found.insert(found.index("activation"), step)
        else:
            found.append(step)
    return tuple(found)


def order_key(kind: str) -> Any:
    """The key `order` of a layer kind."""
    steps = (kind, *AROUND)
    listed = "[" + ", ".join(steps) + "]"
    doc = f"Its steps in the order they run; each that it has is named once. `[norm, activation, {kind}]` is pre-activation."
    words = f"a list of {', '.join(f'`{step}`' for step in steps)}"
    examples = (["norm", "activation", kind],)
    return key(several(choice(*steps), 1, words), doc, None, default_words=f"`{listed}`", examples=examples)
