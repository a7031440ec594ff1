"""One change of one setting: tried on the typed spec, and written into the text once it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any

from netspec.diagnostics.diagnostic import Edit, Fix
from netspec.language.edits import insert, written
from netspec.language.geometry import effective_kernel
from netspec.language.spec import Layer, Other, Spec
from netspec.text.source import Span


@dataclass(frozen=True, slots=True)
class Change:
    """Another value for a setting of a layer, and of every layer that has it from the same place."""

    layer: Layer
    field: str
    value: object

    @property
    def old(self) -> object:
        """What the setting is now."""
        return getattr(self.layer.settings, self.field)

    @property
    def inserts(self) -> bool:
        """Whether the setting is left out of the file, so that its key has to be written."""
        return self.field not in self.layer.places

    @property
    def size(self) -> float:
        """How far the value moves, in doublings: 3 to 7 is one, as 0 to 1 is. A word counts as 0."""
        pairs = zip(numbers(self.old), numbers(self.value), strict=True)
        return max(abs(log2((new + 1) / (old + 1))) for old, new in pairs)

    def applied(self, spec: Spec) -> Spec | None:
        """The spec with it, where it can be written so; what has its default from the setting follows."""
        return spec.otherwise(other=Other(self.layer, self.field, self.value))

    def _shared_by(self, other: Layer) -> bool:
        """Whether a layer has the setting from the same place."""
        return Other(self.layer, self.field, self.value).concerns(other.kind, other.node, other.places)

    def shared(self, spec: Spec) -> bool:
        """Whether other layers of the text have the setting from the same place."""
        return any(self._shared_by(other) and other.node is not self.layer.node for other in spec.layers)

    def fix(self, spec: Spec) -> Fix:
        """It as an edit of the text."""
        text = written(self.value)
        if self.inserts:
            edit = insert(spec.source, self.layer.node, self.field, text)
        else:
            edit = Edit(self.layer.places[self.field].value, text)
        return Fix(f"set `{self.field}: {text}` in {self._where(spec)}", (edit,))

    def _where(self, spec: Spec) -> str:
        """What the text to be changed stands for: the layer, or all that it is written once for."""
        layers = {other.span for other in spec.layers if self._shared_by(other)}
        if self.field in self.layer.places and self.field not in self.layer.own:
            return "`defaults`" + f", for {len(layers)} layers" * (len(layers) > 1)
        return f"`{self.layer.name}`" + f", written once for {len(layers)} layers" * (len(layers) > 1)


@dataclass(frozen=True, slots=True)
class Answer:
    """A change that repairs a shape error."""

    cost: float
    """How large it is, in doublings of a value."""
    fix: Fix
    change: Change | None = None
    at: Span | None = None
    """What it changes."""
    likely: bool = False
    """Whether the spec says that it was meant."""


def instead(spec: Spec, changes: Sequence[tuple[Layer, str, object]]) -> Iterator[Fix]:
    """Other values for settings of these layers alone, as one fix: each in the layer itself, over what `defaults` say."""
    edits: list[Edit] = []
    layers: dict[str, list[str]] = {}
    for layer, field, value in changes:
        text, own = written(value), field in layer.own
        edit = Edit(layer.places[field].value, text) if own else insert(spec.source, layer.node, field, text)
        if edit not in edits and not (own and spec.source.excerpt(edit.span) == text):
            edits.append(edit)
            layers.setdefault(f"`{field}: {text}`", []).append(f"`{layer.name}`")
    settings: dict[str, list[str]] = {}
    for setting, names in layers.items():
        settings.setdefault(listed(names), []).append(setting)
    if edits:
        yield Fix("set " + listed([f"{listed(set)} in {names}" for names, set in settings.items()]), tuple(edits))


def listed(words: Sequence[str]) -> str:
    """Words as a person lists them.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def keeping(layer: Layer) -> object:
    """The padding with which a layer keeps the size but for its stride."""
    settings: Any = layer.settings
    kernel = getattr(settings, "kernel", None) or settings.window
    sizes = [effective_kernel(k, d) for k, d in zip(kernel, getattr(settings, "dilation", (1, 1)), strict=True)]
    return "same" if any(size % 2 == 0 for size in sizes) else ((sizes[0] - 1) // 2, (sizes[1] - 1) // 2)


def numbers(value: object) -> tuple[int, int]:
    """A setting as two whole numbers, (0, 0) for a word."""
    if isinstance(value, int):
        return value, value
    return (value[0], value[1]) if isinstance(value, tuple) else (0, 0)
