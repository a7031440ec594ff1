"""A plan as a module of Flax (nnx) in code, and where in it each of netspec's arrays lies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.analysis.plan import Plan
from netspec.export.code.fit import fitted
from netspec.export.code.flow import Call, calls, flattened, images_of, shapes, within
from netspec.export.code.names import Names, class_name
from netspec.export.code.program import Words
from netspec.export.flax.kinds import KINDS
from netspec.export.flax.layer import Layer
from netspec.export.flax.steps import TARGET, step
from netspec.export.layouts import Layout

MODULE = ("eval", "iter_children", "iter_modules", "perturb", "set_attributes", "sow", "train")
"""What every module of Flax has."""
TAKEN = ("self", "rngs", "jax", "jnp", "nnx", *MODULE)
WITHIN = ("norm", "dropout", "drop", "squeeze", "excite")
"""What modules within a layer add to its name: no other may be called so."""
FLATTEN = Layer("{0}.reshape({0}.shape[0], -1)")


def program(plan: Plan) -> list[Call[Layer]]:
    """Normalized images to logits. Raises Unsupported."""
    return calls(plan, Words(KINDS, step, TARGET, flattened, (*TAKEN, *within(plan, WITHIN))), FLATTEN)


def module(plan: Plan) -> str:
    """The text of a module with one class, formatted. Raises Unsupported."""
    found = program(plan)
    made = [
        f"self.{call.layer.name} = {call.layer.made}" for call in found if call.layer is not None and call.layer.made
    ]
    run = [f"{call.to} = {call.code}" for call in found if call.code != call.to]
    body = [
        f"class {class_of(plan)}(nnx.Module):",
        f'    """{shapes(plan)}."""',
        "",
        "    def __init__(self, rngs: nnx.Rngs) -> None:",
        *(fitted(line, 8) for line in made or ["pass"]),
        "",
        f"    def __call__(self, {images_of(found)}: jax.Array) -> jax.Array:",
        *(fitted(line, 8) for line in run),
        f"        return {found[-1].to}",
    ]
    numpy = ["import jax.numpy as jnp"] if re.search(r"\bjnp\.", "\n".join(run)) else []
    head = f'"""{plan.name} in Flax. Maps are (batch, height, width, channels)."""'
    return "\n".join([head, "", "import jax", *numpy, "from flax import nnx", "", "", *body, ""])


def class_of(plan: Plan) -> str:
    """The name of the class."""
    return Names(TAKEN).given(class_name(plan.name))


def arrays(plan: Plan) -> Iterator[tuple[str, str, str, Layout | None]]:
    """Each array: layer, netspec's name, and its path in the module, where it is laid out as in netspec."""
    for call in program(plan):
        if call.layer is not None:
            for own, word in call.layer.arrays.items():
                if own in call.of.shapes or own in call.of.statistics:
                    yield call.of.name, own, f"{call.layer.name}/{word}", None
