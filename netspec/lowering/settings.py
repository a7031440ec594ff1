"""The settings of JAX on which the numbers of a network depend, held at one value wherever it is traced.

JAX takes them from the environment and from the program around it (`jax.config`). Decision 23 says which are held here, which
a command sets aside, and which a run's record has.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import jax

Given = ParamSpec("Given")
Result = TypeVar("Result")

HELD: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "jax_enable_x64": (jax.enable_x64, False),
    "jax_numpy_dtype_promotion": (jax.numpy_dtype_promotion, "standard"),
    "jax_default_matmul_precision": (jax.default_matmul_precision, None),
    "jax_threefry_partitionable": (jax.threefry_partitionable, True),
    "jax_transfer_guard_host_to_device": (jax.transfer_guard_host_to_device, "allow"),  # constants are put there
}
"""By name: JAX's context manager, and the value."""


def held(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """The function with the settings of HELD, whatever they are around it."""

    @wraps(function)
    def within(*args: Given.args, **keywords: Given.kwargs) -> Result:
        with ExitStack() as stack:
            for name, (setting, value) in HELD.items():
                if getattr(jax.config, name) != value:
                    stack.enter_context(setting(value))
            return function(*args, **keywords)

    return within
