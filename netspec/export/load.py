"""Loads a compiled network without netspec: it needs jax, numpy and safetensors.

    from load import load                       # this file, from the directory it stands in

    network = load()
    probabilities = network.predict(network.variables, images)          # (batch, height, width, channels) -> (batch, classes)
    state, metrics = network.train_step(network.state, images, labels)  # labels (batch,) int32

Every file is held against the SHA-256 in `manifest.json` first: one altered byte, and nothing is computed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
from jax import export


class Corrupt(Exception):
    """A file of the directory is missing, or is not what was written."""


@dataclass
class Network:
    """What the directory holds. Arrays are flat dicts by path, such as `params/fc1/kernel`."""

    predict: Any
    train_step: Any
    variables: dict[str, jax.Array]
    state: dict[str, jax.Array]
    manifest: dict[str, Any]


def load(folder: str | Path = Path(__file__).parent) -> Network:
    """The network in `folder`, verified. Raises Corrupt."""
    folder = Path(folder)
    manifest = verify(folder)
    predict, train_step = (
        export.deserialize(bytearray((folder / name).read_bytes())) for name in manifest["functions"]
    )
    variables, state = (_arrays(folder / name) for name in manifest["arrays"])
    return Network(jax.jit(predict.call), jax.jit(train_step.call, donate_argnums=0), variables, state, manifest)


def verify(folder: Path) -> dict[str, Any]:
    """The manifest, where every file is as it was written. Raises Corrupt."""
    try:
        text = (folder / "manifest.json").read_bytes()
        digest, _, body = text.partition(b"\n")
        if digest.decode("ascii", "replace") != hashlib.sha256(body).hexdigest():
            raise Corrupt(f"{folder / 'manifest.json'} was altered")
        manifest: dict[str, Any] = json.loads(body)
        for name, wanted in manifest["files"].items():
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != wanted:
                raise Corrupt(f"{folder / name} was altered")
    except FileNotFoundError as error:
        raise Corrupt(f"{error.filename} is missing") from None
    return manifest


def _arrays(path: Path) -> dict[str, jax.Array]:
    from safetensors.numpy import load as read

    return {name: jax.device_put(array) for name, array in read(path.read_bytes()).items()}
