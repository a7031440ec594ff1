"""What a trained network may be written as. The module of a target is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netspec.training.trained import TrainedNetwork


def onnx(network: TrainedNetwork, **form: Any) -> bytes:
    """See `netspec.export.onnx.model.Form`."""
    from netspec.export.onnx.model import Form
    from netspec.export.onnx.run import of_run

    return of_run(network, Form(**form))


def safetensors(network: TrainedNetwork, **names: Any) -> bytes:
    """See `netspec.export.weights`."""
    from netspec.export.weights import of_run

    return of_run(network, **names)


def torch(network: TrainedNetwork) -> bytes:
    """The state dict of the module in PyTorch: without pickle, which could run what somebody has put there."""
    return safetensors(network, names="torch")


def keras(network: TrainedNetwork, normalized: bool = False, logits: bool = False) -> bytes:
    """See `netspec.export.keras.archive`."""
    from netspec.export.keras.archive import of_run

    return of_run(network, normalized=normalized, logits=logits)


def litert(network: TrainedNetwork, normalized: bool = False, logits: bool = False) -> bytes:
    """See `netspec.export.litert`."""
    from netspec.export.litert import of_run

    return of_run(network, normalized=normalized, logits=logits)


WRITERS: dict[str, Callable[..., bytes]] = {
    "onnx": onnx,
    "keras": keras,
    "litert": litert,
    "safetensors": safetensors,
    "torch": torch,
}
"""(network, **options): the bytes of a file. Each raises Unsupported."""
