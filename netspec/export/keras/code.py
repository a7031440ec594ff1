"""A plan as a functional model of Keras in code."""

from __future__ import annotations

import re

from netspec.analysis.plan import Plan
from netspec.export.code.fit import fitted
from netspec.export.code.flow import images_of, shapes
from netspec.export.code.names import Names
from netspec.export.keras.program import TAKEN, program


def module(plan: Plan) -> str:
    """The text of a module with one function, formatted. Raises Unsupported."""
    calls = program(plan)
    lines = [
        f"{images_of(calls)} = inputs = keras.Input({plan.input})",
        *(f"{call.to} = {call.code}" for call in calls),
        f'return keras.Model(inputs, {calls[-1].to}, name="{plan.name}")',
    ]
    used = " ".join(lines)
    names = [name for name in ("layers", "ops") if re.search(rf"\b{name}\.", used)]
    return "\n".join(
        [
            f'"""{plan.name} in Keras. Maps are (batch, height, width, channels)."""',
            "",
            "import keras",
            *([f"from keras import {', '.join(names)}"] if names else []),
            "",
            "",
            f"def {function_of(plan)}() -> keras.Model:",
            f'    """{shapes(plan)}."""',
            *(fitted(line, 4) for line in lines),
            "",
        ]
    )


def function_of(plan: Plan) -> str:
    """The name of the function."""
    return Names(TAKEN).given(plan.name)
