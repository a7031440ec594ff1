"""A module of PyTorch as a spec, by what PyTorch itself exports of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from netspec.diagnostics.errors import SpecError
from netspec.importing.graph import Origin, Unsaid
from netspec.importing.imported import Imported, spec_of
from netspec.importing.reading import finding, read


def from_torch(module: Any, images: Any, *, partial: bool = False) -> Imported:
    """The spec and the weights of a module for images (batch, channels, height, width), a tensor: see `netspec.from_torch`.

    The module runs once on the images, as PyTorch's own export does it. Raises SpecError.
    """
    import torch

    name = type(module).__name__
    try:
        program = torch.export.export(module, (images,))
    except Exception as error:  # whatever the author's code raises
        what = f"PyTorch does not export it: {str(error).splitlines()[0][:160] if str(error) else type(error).__name__}"
        raise SpecError([finding(Unsaid("NS292", what, Origin("")), name, None)]) from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.pt2"
        torch.export.save(program, path)
        graph, _ = read(str(path), called=name)
        return spec_of(graph, name, None, arrays=True, partial=partial, asks="`partial=True`")
