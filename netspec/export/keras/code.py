"""A plan as a functional model of Keras, and where in it each of netspec's arrays lies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.analysis.plan import Plan, PlannedLayer
from netspec.export.code.fit import fitted
from netspec.export.code.names import Names, identifier
from netspec.export.code.part import Part
from netspec.export.code.program import IMAGES, Statement, Words, statements
from netspec.export.keras.kinds import KINDS
from netspec.export.keras.steps import TARGET, step
from netspec.export.layouts import Layout
from netspec.export.unsupported import Unsupported
from netspec.language.kind import Shape, dimensions

TAKEN = ("keras", "layers", "ops")
WITHIN = ("norm", "activation", "squeeze", "excite", "squeeze_activation", "excite_activation")
"""What layers within a layer add to its name: no other may be called so."""
FLATTENED = "layers.Flatten()({0})"


def module(plan: Plan) -> str:
    """The text of a module with one function, formatted. Raises Unsupported."""
    found = said(plan)
    first = next((IMAGES for one in found if IMAGES in one.sources), "x")
    last = found[-1].target
    end = FLATTENED.format(last) if plan.layers[-1].output[:-1] == (1, 1) else last
    lines = [
        f"{first} = inputs = keras.Input({plan.input})",
        *(line for one in found for line in _run(one)),
        f'return keras.Model(inputs, {end}, name="{plan.name}")',
    ]
    used = " ".join(lines)
    own = sorted({line for one in found for part in _parts(one) for line in part.imports})
    names = [name for name in ("layers", "ops") if re.search(rf"\b{name}\.", used)]
    return "\n".join(
        [
            f'"""{plan.name} in Keras. Maps are (batch, height, width, channels)."""',
            "",
            "import keras",
            *([f"from keras import {', '.join(names)}"] if names else []),
            *(["", *own] if own else []),
            "",
            "",
            f"def {function_of(plan)}() -> keras.Model:",
            f'    """(batch, {_listed(plan.input)}) to (batch, {_listed(plan.output)}): {dimensions(plan.output)} logits."""',
            *(fitted(line, 4) for line in lines),
            "",
        ]
    )


def function_of(plan: Plan) -> str:
    """The name of the function."""
    return Names(TAKEN).given(plan.name)


def said(plan: Plan) -> list[Statement]:
    """The layers in Keras's words. Raises Unsupported."""
    within = (f"{identifier(layer.name)}_{own}" for layer in plan.layers for own in WITHIN)
    return statements(plan, Words(KINDS, step, _missing, FLATTENED, (*TAKEN, "inputs", *within)))


def arrays(plan: Plan) -> Iterator[tuple[str, str, str, Layout | None]]:
    """Each array: layer, netspec's name, the path in Keras's model, and how it is laid out there, if otherwise."""
    for one in said(plan):
        shapes = {**one.layer.shapes, **one.layer.statistics}
        for part in _parts(one):
            for own, word in part.arrays.items():
                if own in shapes:
                    yield one.layer.name, own, word, _layout(one.layer, own, part, shapes[own])


def _layout(layer: PlannedLayer, name: str, part: Part, shape: Shape) -> Layout | None:
    if name == "kernel" and part.code.startswith("layers.Depthwise"):
        wanted = (*shape[:2], layer.input[2], shape[3] // layer.input[2])
        return Layout(wanted, (0, 1, 2, 3), wanted)
    if name.endswith("slope") and "shared_axes" in part.code:
        wanted = (1, 1, *shape)
        return Layout(wanted, (0, 1, 2), wanted)
    return None


def _missing(layer: PlannedLayer) -> Unsupported:
    return Unsupported(f"layer `{layer.kind}`", TARGET, layer.name)


def _parts(one: Statement) -> tuple[Part, ...]:
    return (*one.lead, *one.said.parts, *one.after)


def _run(one: Statement) -> Iterator[str]:
    """The lines of a layer, one a part."""
    x, own = one.said.given.format(*one.sources), (*one.said.parts, *one.after)
    if one.leads is not None:
        for part in one.lead:
            yield f"{one.leads} = {_applied(part, x)}"
            x = one.leads
    else:
        own = (*one.lead, *own)
    # what is read once more at the end must not be overwritten before
    between = one.name if "{source}" in one.said.result else one.target
    for part in own:
        yield f"{between} = {_applied(part, x)}"
        x = between
    made = one.said.result.format(x, source=one.sources[0])
    if made != one.target:
        yield f"{one.target} = {made}"


def _applied(part: Part, x: str) -> str:
    return part.code.format(x) if "{0}" in part.code else f"{part.code}({x})"


def _listed(shape: Shape) -> str:
    return ", ".join(map(str, shape))
