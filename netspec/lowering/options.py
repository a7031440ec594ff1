"""What this XLA is asked to do differently, where it knows how."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp

CPU_OPTIONS: dict[str, str] = {
    # XLA:CPU's fusion of convolutions into its YNN library costs 1.3-4x in training (jax 0.10.2).
    "xla_cpu_experimental_ynn_fusion_type": "",
    # XLA:CPU drops optimization barriers before it fuses; kept, they decide what is written to memory once instead of
    # being computed again for each tap that reads it (depthwise layers: 7x).
    "xla_disable_hlo_passes": "cse_barrier_expander",
}


@cache
def compiler_options(platform: str) -> dict[str, str]:
    """The options for `jax.jit` on this platform that this version of XLA accepts.

    An unknown option raises when a function is compiled, so each is tried on a small one. (In `XLA_FLAGS` it would
    end the process.)
    """
    return {name: value for name, value in CPU_OPTIONS.items() if platform == "cpu" and _accepted(name, value)}


def _accepted(name: str, value: str) -> bool:
    try:
        jax.jit(lambda x: x, compiler_options={name: value}).lower(jnp.zeros(())).compile()
    except jax.errors.JaxRuntimeError as error:
        if "No such compile option" in str(error):
            return False
        raise
    return True
