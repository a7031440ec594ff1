"""Loads a compiled network without netspec: it needs jax, numpy, safetensors and flatbuffers.

    from load import load                       # this file, from the directory it stands in

    network = load()
    answers = network.predict(network.variables, images)                # (batch, height, width, channels) -> (batch, outputs)
    names = [network.classes[i] for i in answers.argmax(1)]             # of classes, where the network was compiled of a run
    state, metrics = network.train_step(network.state, images, labels)  # labels (batch,) int32

An answer is the probability of each class; of one unit, that of the second class; of several labels, that each is on; of numbers,
the numbers. `manifest["output"]` and `manifest["labels"]` say what is given and taken.

Every file, this one too, is held against the SHA-256 in `manifest.json` first: one altered byte, and nothing is
computed. That is for accidents. To import this file is to run it before anything is verified: of a directory that somebody
else may have written to, let netspec verify it from outside, `python -c "from netspec.export.load import load; load('DIR')"`,
and use only what that returns.
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

FORMAT = 1
FUNCTIONS, ARRAYS = ("predict", "train_step"), ("variables", "state")


class Corrupt(Exception):
    """A file of the directory is missing, or is not what was written."""


@dataclass
class Network:
    """What the directory holds. Arrays are flat dicts by path, such as `params/fc1/kernel`."""

    manifest: dict[str, Any]
    classes: tuple[str, ...] | None
    """What the columns of the answers are, and so what label 0, 1, ... is; None where that is not known."""
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
    same = manifest["versions"].get("jax") == jax.__version__ and manifest["compiled_on"] == jax.default_backend()
    options = manifest["compiler_options"] if same else {}
    parts: dict[str, Any] = {}
    try:
        for name in manifest["functions"]:
            call = export.deserialize(bytearray(files[f"{name}.stablehlo"])).call
            parts[name] = jax.jit(call, donate_argnums=0 if name == "train_step" else (), compiler_options=options)
        parts |= {name: jax.device_put(arrays(files[f"{name}.safetensors"])) for name in manifest["arrays"]}
    except Exception as error:  # the libraries raise whatever a wrong byte leads them to
        raise Corrupt(f"{folder}: a file is not what its name says: {error}") from None
    classes = manifest["classes"]
    return Network(manifest, classes and tuple(classes), manifest["preprocessing"], **parts)


def verify(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The manifest and the files it names, where each is as it was written. Raises Corrupt."""
    try:
        digest, _, body = (folder / "manifest.json").read_bytes().partition(b"\n")
        # What is looked up by its own hash is the thing that was hashed.
        manifest = json.loads({fingerprint(body).encode(): body}[digest])
        if (reason := _unreadable(manifest)) is not None:
            raise Corrupt(f"{folder / 'manifest.json'}: {reason}")
        files = {}
        for name, wanted in manifest["files"].items():
            data = (folder / name).read_bytes()
            files[name] = {fingerprint(data): data}[wanted]
    except OSError as error:
        raise Corrupt(f"{error.filename}: {error.strerror}") from None
    except KeyError as error:
        raise Corrupt(f"{folder}: a file was altered: none has the SHA-256 {error}") from None
    except (ValueError, RecursionError):
        raise Corrupt(f"{folder / 'manifest.json'}: it is not JSON") from None
    return manifest, files


def _unreadable(manifest: object) -> str | None:
    """What of the manifest is not as this loader reads it: its SHA-256 says that nothing was altered, not who made it."""
    if not isinstance(manifest, dict) or manifest.get("netspec") != FORMAT:
        return f"it is not of format {FORMAT}, which this loader reads"
    kinds = {
        "files": dict,
        "versions": dict,
        "compiler_options": dict,
        "compiled_on": str,
        "functions": list,
        "arrays": list,
    }
    for key, kind in kinds.items():
        if not isinstance(manifest.get(key), kind):
            return f"`{key}` is not there, or of another type"
    files = manifest["files"]
    if not all(isinstance(wanted, str) and name == Path(name).name for name, wanted in files.items()):
        return "`files` does not give names in this directory their SHA-256"
    for key, among, suffix in (("functions", FUNCTIONS, "stablehlo"), ("arrays", ARRAYS, "safetensors")):
        names = manifest[key]
        if not all(name in among and f"{name}.{suffix}" in files for name in names) or among[0] not in names:
            return f"`{key}` names what is not there"
    return None


def fingerprint(data: bytes) -> str:
    """SHA-256 as 64 digits."""
    return hashlib.sha256(data).hexdigest()
