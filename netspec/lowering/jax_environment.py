"""The environment variables that JAX reads, as far as a run depends on them. Imports no JAX: this comes before it does.

Each is of one of three kinds (decision 23): set aside, for netspec holds what it sets; of no matter to a result; and all
others, those of later versions too, which stand in a run's record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping

SET_ASIDE = (
    # another result
    *("JAX_ENABLE_X64", "JAX_EXPLICIT_X64_DTYPES", "JAX_NUMPY_DTYPE_PROMOTION", "JAX_NUMPY_RANK_PROMOTION"),
    *("JAX_DEFAULT_DTYPE_BITS", "JAX_DEFAULT_MATMUL_PRECISION", "JAX_ALLOW_F16_REDUCTIONS", "JAX_SOFTMAX_CUSTOM_JVP"),
    *("JAX_DEFAULT_PRNG_IMPL", "JAX_ENABLE_CUSTOM_PRNG", "JAX_LEGACY_PRNG_KEY", "JAX_THREEFRY_PARTITIONABLE"),
    *("JAX_RANDOM_SEED_OFFSET", "JAX_HIGH_DYNAMIC_RANGE_GUMBEL", "EAGER_CONSTANT_FOLDING"),
    *("JAX_USE_DIRECT_LINEARIZE", "JAX_CUSTOM_VJP3", "JAX_REMAT3", "JAX_SCAN3"),
    # made to find a program's mistakes: what netspec does on purpose would end a command
    *("JAX_DISABLE_JIT", "JAX_DEBUG_NANS", "JAX_DEBUG_INFS", "JAX_DEBUG_KEY_REUSE", "JAX_CHECK_TRACER_LEAKS"),
    *("JAX_ENABLE_CHECKS", "JAX_NO_TRACING", "JAX_NO_EXECUTION", "JAX_THREAD_GUARD"),
    *("JAX_ARRAY_GARBAGE_COLLECTION_GUARD", "JAX_CHECK_STATIC_INDICES", "JAX_DISALLOW_MESH_CONTEXT_MANAGER"),
    *(f"JAX_ERROR_CHECKING_BEHAVIOR_{kind}" for kind in ("DIVIDE", "NAN", "OOB")),
    *(f"JAX_TRANSFER_GUARD{way}" for way in ("", "_DEVICE_TO_DEVICE", "_DEVICE_TO_HOST", "_HOST_TO_DEVICE")),
)

OF_NO_MATTER = (
    # which device there is: a record has its kind
    *("JAX_PLATFORM", "JAX_CUDA_VISIBLE_DEVICES", "JAX_ROCM_VISIBLE_DEVICES", "JAX_ONEAPI_VISIBLE_DEVICES"),
    # what is kept, said and shown
    *("JAX_COMPILATION_CACHE", "JAX_ENABLE_COMPILATION_CACHE", "JAX_PERSISTENT_CACHE", "JAX_RAISE_PERSISTENT_CACHE"),
    *("JAX_LOG", "JAX_DEBUG_LOG", "JAX_EXPLAIN_CACHE", "JAX_DUMP", "JAX_INCLUDE_DEBUG", "JAX_INCLUDE_FULL_TRACEBACKS"),
    *("JAX_TRACEBACK", "JAX_TRACER_ERROR", "JAX_SEND_TRACEBACK", "JAX_HLO_SOURCE", "JAX_SOURCE_URL", "JAX_PPRINT"),
    *("JAX_COMPILER_DETAILED_LOGGING", "JAX_CAPTURED_CONSTANTS", "JAX_CHECK_PROXY_ENVS"),
)
"""How the names begin of those that change no result."""

BESIDE = (
    *("XLA_FLAGS", "LIBTPU_INIT_ARGS", "NVIDIA_TF32_OVERRIDE", "CUBLAS_WORKSPACE_CONFIG"),
    *("NPROC", "NPY_DISABLE_CPU_FEATURES"),
)
"""What the libraries below JAX read, numpy too: `NPROC` is how many threads XLA divides its work among."""


def set_aside(environment: MutableMapping[str, str]) -> list[str]:
    """Takes out what netspec holds at a value of its own, and names it."""
    return [name for name in SET_ASIDE if environment.pop(name, "")]


def recorded(environment: Mapping[str, str]) -> dict[str, str]:
    """What may change the last bits of a result, by name.

    >>> recorded({"XLA_FLAGS": "--xla_cpu_enable_fast_math=true", "JAX_LOG_COMPILES": "1", "HOME": "/root"})
    {'XLA_FLAGS': '--xla_cpu_enable_fast_math=true'}
    """
    return {name: environment[name] for name in sorted(_relevant(environment)) if environment[name]}


def _relevant(environment: Mapping[str, str]) -> Iterator[str]:
    for name in environment:
        if name in BESIDE or (name.startswith("JAX_") and name not in SET_ASIDE and not name.startswith(OF_NO_MATTER)):
            yield name
