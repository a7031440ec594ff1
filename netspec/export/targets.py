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


WRITERS: dict[str, Callable[..., bytes]] = {"onnx": onnx}
"""(network, **options): the bytes of a file. Each raises Unsupported."""
