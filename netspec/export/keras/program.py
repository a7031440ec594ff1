"""A plan as layers of Keras on named values, and where in them each of netspec's arrays lies."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.plan import Plan, PlannedLayer
from netspec.export.code.flow import Call, calls, flattened, within
from netspec.export.code.program import Words
from netspec.export.keras.kinds import KINDS
from netspec.export.keras.layer import Layer
from netspec.export.keras.steps import TARGET, step
from netspec.export.layouts import Layout
from netspec.language.kind import Shape

TAKEN = ("keras", "layers", "ops")
WITHIN = ("norm", "activation", "squeeze", "excite", "squeeze_activation", "excite_activation")
"""What layers within a layer add to its name: no other may be called so."""
FLATTEN = Layer("Flatten")


def program(plan: Plan) -> list[Call[Layer]]:
    """Normalized images to logits. Raises Unsupported."""
    return calls(plan, Words(KINDS, step, TARGET, flattened, (*TAKEN, "inputs", *within(plan, WITHIN))), FLATTEN)


def arrays(plan: Plan) -> Iterator[tuple[str, str, str, Layout | None]]:
    """Each array: layer, netspec's name, the path in Keras's model, and how it is laid out there, if otherwise."""
    for call in program(plan):
        if call.layer is not None:
            shapes = {**call.of.shapes, **call.of.statistics}
            for own, word in call.layer.arrays.items():
                if own in shapes:
                    yield call.of.name, own, f"{call.layer.name}/{word}", _layout(call.of, own, call.layer, shapes[own])


def _layout(layer: PlannedLayer, name: str, made: Layer, shape: Shape) -> Layout | None:
    if name == "kernel" and made.kind == "DepthwiseConv2D":
        wanted = (*shape[:2], layer.input[2], shape[3] // layer.input[2])
        return Layout(wanted, (0, 1, 2, 3), wanted)
    if name.endswith("slope") and "shared_axes" in made.config:
        wanted = (1, 1, *shape)
        return Layout(wanted, (0, 1, 2), wanted)
    return None
