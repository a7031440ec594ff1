"""The frameworks in which a network may be written as code."""

from __future__ import annotations

from collections.abc import Callable

from netspec.analysis.plan import Plan
from netspec.export.flax import code as flax
from netspec.export.keras import code as keras
from netspec.export.torch import code as torch

WRITERS: dict[str, Callable[[Plan], str]] = {
    "pytorch-code": torch.module,
    "keras-code": keras.module,
    "flax-code": flax.module,
}
"""The text of a module in Python. Each raises Unsupported."""
