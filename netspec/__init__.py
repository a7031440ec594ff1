"""netspec: convolutional networks described in YAML, checked like programs and compiled to JAX.

    check(spec)             what is wrong with a spec, where, and what repairs it
    compile(spec)           its network as JAX functions
    train(spec)             a run directory with the trained network
    load(run)               the trained network back
    evaluate(run)           what it does on its test set
    predict(run, images)    what it says of images
    from_torch(module, x)   the spec and the weights of a PyTorch module

A spec is a path, a mapping or `text=`. What ends one of them is a NetspecError with its `diagnostics`: SpecError, DataError,
RunError, DamagedFile, DeviceError. Importing this costs nothing: each name loads what it needs when it is used (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netspec.api import (
        DamagedFile,
        DataError,
        DeviceError,
        Diagnostic,
        Evaluated,
        Imported,
        LabelsPrediction,
        NetspecError,
        NumbersPrediction,
        Plan,
        Prediction,
        Report,
        Run,
        RunError,
        SpecError,
        TrainableNetwork,
        TrainedNetwork,
        Watcher,
        check,
        compile,
        evaluate,
        from_torch,
        load,
        predict,
        train,
    )

__all__ = [
    "DamagedFile",
    "DataError",
    "DeviceError",
    "Diagnostic",
    "Evaluated",
    "Imported",
    "LabelsPrediction",
    "NetspecError",
    "NumbersPrediction",
    "Plan",
    "Prediction",
    "Report",
    "Run",
    "RunError",
    "SpecError",
    "TrainableNetwork",
    "TrainedNetwork",
    "Watcher",
    "__version__",
    "check",
    "compile",
    "evaluate",
    "from_torch",
    "load",
    "predict",
    "train",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("netspec-compiler")
    if name in __all__:
        return getattr(import_module("netspec.api"), name)
    raise AttributeError(f"module 'netspec' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
