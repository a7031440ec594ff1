"""The arrays that a run, one of its checkpoints, a model or another weights file holds, by netspec's names.

A name is that of a model file: `params/fc1/kernel`, `state/block1.conv1/mean`. What netspec wrote is held against its SHA-256;
a file of another program is plain safetensors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from netspec.runs.checkpoint import BEST, Checkpoint, of_content
from netspec.runs.content import of_checkpoint, of_model
from netspec.runs.directory import NotARun, RunDirectory, variables_of
from netspec.storage import tensors
from netspec.storage.tensors import Array, Corrupt


@dataclass(frozen=True, eq=False)
class Weights:
    """The arrays of one file."""

    path: Path
    """The file that was read, absolute."""
    sha256: str
    """Of all its bytes, 64 digits."""
    arrays: Mapping[str, Array]
    names: str = "netspec"
    """Whose names the arrays have, where the file says so: as `export --names`."""


def read(path: Path) -> Weights:
    """The weights at a path: of a run directory its model, while it has none its newest valid checkpoint.

    Raises NotARun where there is nothing to read, Corrupt where a file is damaged or holds something else, OSError.
    """
    if not path.is_dir():
        return _of_file(path)
    directory = RunDirectory(path)
    if directory.model.exists():
        return _of_file(directory.model)
    checkpoints = directory.checkpoints()
    reasons = []
    for name in (*(f"step-{step:08d}.safetensors" for step in reversed(checkpoints.steps())), BEST):
        try:
            return _of_file(checkpoints.folder / name)
        except Corrupt as error:
            reasons.append(f"; `{name}`: {error.reason}")
        except FileNotFoundError:
            continue
    if reasons:
        raise Corrupt(checkpoints.folder, f"none of its checkpoints is valid{''.join(reasons)}")
    raise NotARun("NS640", f"`{path}` has neither `{directory.model.name}` nor a checkpoint", absent=True)


def _of_file(path: Path) -> Weights:
    data = path.read_bytes()
    try:
        arrays, names = _arrays(path, data)
    except Corrupt as error:  # it was read from bytes
        raise Corrupt(path, error.reason) from None
    return Weights(path.absolute(), hashlib.sha256(data).hexdigest(), arrays, names)


def _arrays(path: Path, data: bytes) -> tuple[Mapping[str, Array], str]:
    """The arrays of a network in a file's bytes, and whose names they have. Raises Corrupt."""
    if not tensors.is_netspecs(data):
        return tensors.load_plain(data), "netspec"
    arrays, content = tensors.load(data)
    if "checkpoint" in content:
        checkpoint: Checkpoint = of_content(path, arrays, content)
        if (reason := of_checkpoint(checkpoint)) is not None:
            raise Corrupt(path, reason)
        return variables_of(checkpoint), "netspec"
    if "netspec" in content and (reason := of_model(content)) is not None:
        raise Corrupt(path, reason)
    return arrays, str(content.get("names", "netspec"))
