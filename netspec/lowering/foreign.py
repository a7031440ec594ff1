"""Calls of the compiled kernels inside JAX's functions.

Where they may be called: on CPU, in a process that sees one device. XLA cannot divide a call that it knows nothing of, and
would gather the batch of all devices on each.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from netspec import kernels

TARGETS = (
    *("netspec_convolution", "netspec_convolution_input", "netspec_convolution_weights"),
    *("netspec_norm", "netspec_norm_gradient"),
)


def instructions() -> str | None:
    """The instruction set of the kernels that may be called here; None where none may. Raises DeviceError."""
    if jax.default_backend() != "cpu" or jax.device_count() > 1 or kernels.chosen() is None:
        return None
    _register()
    return kernels.chosen()


@cache
def _register() -> None:
    library = kernels.loaded()
    for name in TARGETS:
        jax.ffi.register_ffi_target(name, jax.ffi.pycapsule(getattr(library, name)), platform="cpu")


def call(target: str, shapes: Sequence[tuple[int, ...]], arrays: Sequence[jax.Array], integers: Sequence[int]) -> Any:
    """The kernel's results, float32 arrays of these shapes, for arrays that are taken as float32; a list where they are several.

    Under `vmap` it is called once for each, one after the other.
    """
    results = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    function = jax.ffi.ffi_call(target, results if len(results) > 1 else results[0], vmap_method="sequential")
    return function(*(x.astype(jnp.float32) for x in arrays), integers=cast(Any, np.array(integers, np.int64)))
