"""The passes that find what is allowed and can hardly be meant. Each says what to write instead; few propose a fix."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from netspec.analysis.against_data import known_data
from netspec.analysis.causes import Agreement, Contradiction, OtherImageSize
from netspec.analysis.plan import training_share
from netspec.analysis.shapes import Shapes
from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.render.wording import counted
from netspec.language.kind import dimensions, elements
from netspec.language.spec import Spec
from netspec.text.nodes import Sequence
from netspec.text.source import Span

COLOUR_PLANES = (1, 3, 4)
"""What stands first where the channels do: grey, colour, colour and transparency."""

ROWS_OF_A_SIGNAL = 16
"""`[3, 100, 12]` may be a signal of three rows; three rows with this many channels or more are no image."""

LARGEST = {
    "filters": (1 << 16, "published networks have up to 8,192 (ResNet-152x4)"),
    "units": (1 << 24, "published networks have up to some 2 million (one for each person of WebFace42M)"),
}
"""(bound, what there is) of the numbers that make a layer wide: the bound is eight times as much."""

LARGEST_IMAGE = 1 << 32
"""Numbers of one image: 16 GiB as float32. Networks trained on whole slides of tissue take 8,192x8,192x3, a twentieth of it."""

ESCAPES = {"\t": r"\t", "\n": r"\n", "\r": r"\r", "\xa0": r"\_"}
"""The characters that a double-quoted path may hold by mistake. Of other escapes the reader says that they are wrong."""

NAMES_OF_ESCAPES = {r"\t": "a tab", r"\n": "the end of a line", r"\r": "the end of a line", r"\_": "a space"}

RADIANS = 1.0
"""Less than a degree moves no pixel of 57 by 57; 1 in radians is 57 degrees."""

TURNS = (math.pi, math.pi / 2, math.pi / 3)
"""Angles above 1 that people write in radians."""


def axes(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS240: `input` is not written as (channels, height, width)."""
    node = spec.root.entry("input")
    if spec.input is None or node is None or not isinstance(node.value, Sequence) or known_data(spec):
        return
    first, second, third = spec.input.value.shape
    wide = second == third or (first > 1 and ROWS_OF_A_SIGNAL <= second <= 2 * third <= 4 * second)
    if first in COLOUR_PLANES and third > max(COLOUR_PLANES) and wide:
        message = f"the input is {counted(first, 'row')} of {second:,} columns with {third:,} channels each"
        help = f"write `input: [{second}, {third}, {first}]` if there are {first}: channels stand last"
        cause = OtherImageSize((second, third, first), ())
        yield replace(_warning(spec, "NS240", message, spec.given["input"].value, help), cause=cause)


def sizes(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS241: no layer or image is larger than any network has."""
    seen: set[Span] = set()
    for layer in spec.layers:
        for key, (most, published) in LARGEST.items():
            size = getattr(layer.settings, key, None)
            if isinstance(size, int) and size > most and key in layer.places and layer.at(key) not in seen:
                seen.add(layer.at(key))
                message = f"`{layer.name}` has {size:,} {key}; {published}"
                yield _warning(spec, "NS241", message, layer.at(key), f"lower `{key}`", layer.name)
    if spec.input is not None and elements(spec.input.value.shape) > LARGEST_IMAGE:
        gibibytes = 4 * elements(spec.input.value.shape) / (1 << 30)
        message = f"one image of {dimensions(spec.input.value.shape)} takes {gibibytes:,.0f} GiB as float32"
        yield _warning(spec, "NS241", message, spec.given["input"].value, "lower the height, the width or the channels")


def angles(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS242: `rotate` and `shear` are not in radians, nor a share of a turn."""
    for name, moves in (("rotate", "turns"), ("shear", "slants")):
        degrees = getattr(spec.data.value.augment, name)
        if degrees is None or not (
            degrees < RADIANS or any(math.isclose(degrees, turn, abs_tol=0.005) for turn in TURNS)
        ):
            continue
        message = f"`{name}: {degrees:g}` {moves} by up to {degrees:g} of a degree, which hardly moves a pixel"
        if degrees >= RADIANS:
            message = f"`{name}: {degrees:g}` {moves} by up to {degrees:g} degrees"
        help = f"write degrees: {degrees:g} radians are `{name}: {math.degrees(degrees):.3g}`"
        help += f", {degrees:g} of a turn is `{name}: {360 * degrees:.3g}`" if degrees <= 0.5 else ""
        yield _warning(spec, "NS242", message, spec.data.at(f"augment.{name}"), help)


def escapes(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS243: no backslash of `path` became a tab or the end of a line."""
    path = spec.data.value.path
    if path is None or path.isprintable():
        return
    place = spec.data.at("path")
    text = spec.source.lines[place.line - 1][place.column - 1 :]
    escapes = [escape for char, escape in ESCAPES.items() if char in path and escape in text]
    if text.startswith('"') and escapes:
        meant = path
        for char, escape in ESCAPES.items():
            meant = meant.replace(char, escape)
        message = (
            f"in double quotes a backslash begins an escape: `{escapes[0]}` in `path` is {NAMES_OF_ESCAPES[escapes[0]]}"
        )
        help = f"use single quotes, '{meant}', or write `/` for each backslash"
        yield _warning(spec, "NS243", message, place, help)
    elif "\n" in path:
        yield _warning(spec, "NS243", "`path` has the end of a line in it", place, "write it on one line")


def batches(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS265, NS617: a step takes no more than the training examples, where their number is known without opening the data."""
    known = known_data(spec)
    if known is not None:
        yield from too_few(spec, training_share(known.training_examples, spec.data.value))


def too_few(spec: Spec, examples: int) -> Iterator[Diagnostic]:
    """An error where the training examples are fewer than the batches of a step, a warning where a step takes them all."""
    train = spec.train.value
    batch, several, there = train.batch_size, train.accumulate, counted(examples, "training example")
    if several > examples and several > 1:
        message = f"a step takes {several:,} batches, and there are {there}"
        help = f"lower `accumulate`: {examples:,} at most"
        cause = Contradiction((Agreement("train.accumulate", None),))
        yield Diagnostic("NS265", message, spec.source, spec.train.at("accumulate"), help=help, cause=cause)
    elif train.examples_per_step > examples and several > 1:
        message = f"a step of {several:,} batches of {batch:,} is more than the {there}: every epoch is one step with smaller batches"
        yield _warning(spec, "NS617", message, spec.train.at("accumulate"), "lower `accumulate` or `batch_size`")
    elif batch > examples:
        message = f"a batch of {batch:,} is more than the {there}: every epoch is one step with all"
        help = f"set `batch_size` to a part of {examples:,}, or take more examples"
        yield _warning(spec, "NS617", message, spec.train.at("batch_size"), help)


def _warning(spec: Spec, code: str, message: str, place: Span, help: str, layer: str | None = None) -> Diagnostic:
    return Diagnostic(code, message, spec.source, place, layer=layer, help=help, severity="warning")


PASSES = (axes, sizes, angles, escapes, batches)
