"""Loads a compiled network without netspec: it needs jax, numpy, safetensors and flatbuffers.

    from load import load                       # this file, from the directory it stands in

    network = load()
    probabilities = network.predict(network.variables, images)          # (batch, height, width, channels) -> (batch, classes)
    names = [network.classes[i] for i in probabilities.argmax(1)]       # where the network was compiled of a run
    state, metrics = network.train_step(network.state, images, labels)  # labels (batch,) int32

Every file, this one too, is held against the SHA-256 in `manifest.json` first: one altered byte, and nothing is
computed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
from jax import export
from safetensors.numpy import load as arrays


class Corrupt(Exception):
    """A file of the directory is missing, or is not what was written."""


@dataclass
class Network:
    """What the directory holds. Arrays are flat dicts by path, such as `params/fc1/kernel`."""

    manifest: dict[str, Any]
    classes: tuple[str, ...] | None
    """What the columns of the probabilities are, and so what label 0, 1, ... is; None where that is not known."""
    preprocessing: dict[str, Any]
    """What the raw images have to be, and what is done to them inside."""
    predict: Any
    variables: dict[str, jax.Array]
    train_step: Any = None
    """None, as is `state`, where the network has no vector of logits to train."""
    state: dict[str, jax.Array] | None = None


def load(folder: str | Path = Path(__file__).parent) -> Network:
    """The network in `folder`, verified. Raises Corrupt."""
    manifest, files = verify(Path(folder))
    # Options are names of one version's compiler, and another would refuse them.
    same = manifest["versions"]["jax"] == jax.__version__ and manifest["compiled_on"] == jax.default_backend()
    options = manifest["compiler_options"] if same else {}
    parts: dict[str, Any] = {}
    for name in manifest["functions"]:
        call = export.deserialize(bytearray(files[f"{name}.stablehlo"])).call
        parts[name] = jax.jit(call, donate_argnums=0 if name == "train_step" else (), compiler_options=options)
    parts |= {name: jax.device_put(arrays(files[f"{name}.safetensors"])) for name in manifest["arrays"]}
    classes = manifest["classes"]
    return Network(manifest, classes and tuple(classes), manifest["preprocessing"], **parts)


def verify(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The manifest and the files it names, where each is as it was written. Raises Corrupt."""
    try:
        digest, _, body = (folder / "manifest.json").read_bytes().partition(b"\n")
        # What is looked up by its own hash is the thing that was hashed.
        manifest = json.loads({fingerprint(body).encode(): body}[digest])
        files = {}
        for name, wanted in manifest["files"].items():
            data = (folder / name).read_bytes()
            files[name] = {fingerprint(data): data}[wanted]
    except OSError as error:
        raise Corrupt(f"{error.filename}: {error.strerror}") from None
    except KeyError as error:
        raise Corrupt(f"{folder}: a file was altered: none has the SHA-256 {error}") from None
    return manifest, files


def fingerprint(data: bytes) -> str:
    """SHA-256 as 64 digits."""
    return hashlib.sha256(data).hexdigest()
