"""Beside each layer, what comes out of it and how many numbers it trains."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from netspec.analysis.plan import PlannedLayer
from netspec.editor.document import Document
from netspec.language.kind import dimensions

SHOWN = 16
"""How many layers the explanation of one hint goes through."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A few words behind the end of a line."""

    line: int
    """From 1."""
    text: str
    explanation: str
    """Markdown: each layer with its arithmetic."""


def hints(document: Document, first: int, last: int) -> list[Hint]:
    """The hints of the lines `first` to `last`, counted from 1: of every layer whose shape is known."""
    if not document.is_spec:
        return []
    lines: dict[int, list[PlannedLayer]] = {}
    for layer in document.layers:
        if first <= layer.layer.span.line <= last:
            lines.setdefault(layer.layer.span.line, []).append(layer)
    return [Hint(line, text(layers), _explained(layers)) for line, layers in lines.items()]


def text(layers: list[PlannedLayer]) -> str:
    """The layers of one line: what comes out of each, and what they train together.

    Copies of one layer are written once: `2 x 32x32x64`, or the first and the last where they differ.
    """
    steps = [_copies(list(group)) for _, group in groupby(layers, key=lambda layer: id(layer.layer.node))]
    total = sum(layer.parameters for layer in layers)
    shapes = " -> ".join(dict.fromkeys(steps) if len(layers) > len(steps) else steps)
    return f"{shapes}, {total:,} parameters" if total else shapes


def _copies(layers: list[PlannedLayer]) -> str:
    first, last = dimensions(layers[0].output), dimensions(layers[-1].output)
    if len(layers) == 1:
        return first
    if all(layer.output == layers[0].output for layer in layers):
        return f"{len(layers)} x {first}"
    return f"{first} .. {last}"


def _explained(layers: list[PlannedLayer]) -> str:
    lines = [f"{layer.name}: `{layer.arithmetic}`, {layer.parameters:,} parameters" for layer in layers[:SHOWN]]
    lines += [f"... {len(layers)} layers"] * (len(layers) > SHOWN)
    return "  \n".join(lines)
