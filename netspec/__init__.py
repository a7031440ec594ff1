"""netspec: convolutional networks described in YAML, checked like programs and compiled to JAX.

Importing this costs nothing: each name loads what it needs when it is used (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netspec.api import Diagnostic, Report, SpecError, check, compile, load

__all__ = ["Diagnostic", "Report", "SpecError", "__version__", "check", "compile", "load"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("netspec-compiler")
    if name in __all__:
        return getattr(import_module("netspec.api"), name)
    raise AttributeError(f"module 'netspec' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
