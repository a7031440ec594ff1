"""An import from beginning to end: a file becomes a spec, and its arrays a file of weights."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from netspec.analysis.plan import Plan
from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.errors import SpecError
from netspec.importing.graph import Graph, Origin, Unsaid
from netspec.importing.heads import AT_ITS_END, headed
from netspec.importing.own import NOT_ITS, of_spec
from netspec.importing.partial import cut, marked
from netspec.importing.partial import told as said_instead
from netspec.importing.reading import finding, read, told
from netspec.importing.recovery import Recovered, Refused, recovered, spec_name
from netspec.importing.words import comment
from netspec.importing.written import lines
from netspec.text.scalars import resolve
from netspec.text.source import Source

YOURS = "# the source of your data: `npz` stands for arrays of your own"
Size = tuple[int, int, int]
"""Height, width and channels of images."""
TAKEN = ("the spec is the one in its metadata: the network in the file is that spec's",)


@dataclass(frozen=True, slots=True)
class Imported:
    """A network that came from another system."""

    text: str
    """The spec."""
    plan: Plan
    findings: tuple[Diagnostic, ...]
    """Warnings: what a partial import left out."""
    arrays: dict[str, Any] | None
    """The weights by the names that a model has: `params/block1.conv1/kernel`; None where they were not asked for."""
    notes: Sequence[str] = ()
    """What was left out without loss, or could not be known."""

    def save(self, spec: str | Path, weights: str | Path | None = None) -> None:
        """Writes the spec, and the weights as safetensors of float32. Raises OSError; ValueError where there are none, or both are one file."""
        from netspec.storage.writing import write_atomic

        if weights is not None:
            if os.path.realpath(weights) == os.path.realpath(spec):
                raise ValueError(f"{spec} cannot hold both the spec and the weights")
            write_atomic(Path(weights), weights_file(self))
        write_atomic(Path(spec), self.text.encode())


def imported(
    file: str,
    *,
    weights: str | None = None,
    arrays: bool = False,
    partial: bool = False,
    input: Size | None = None,
) -> Imported:
    """The spec of a network that another system wrote, proved to be the same network; with `arrays` its weights too.

    `weights` is a file of weights beside it, where the system has such; `input` the height, width and channels of its images,
    where it leaves them open. Nothing of the file is executed. With `partial`, what the format cannot say is left out, and named;
    else SpecError names it. Raises UnreadableSpec too.
    """
    arrays = arrays or weights is not None
    graph, source = read(file, weights, input, arrays=arrays)
    return spec_of(graph, file, source, arrays=arrays, partial=partial)


def spec_of(
    graph: Graph, file: str, source: Source | None, *, arrays: bool, partial: bool, asks: str = "`--partial`"
) -> Imported:
    """The spec of a graph that was read; `asks` is how a partial import is asked for. Raises SpecError."""
    found = None
    if graph.spec is not None and not graph.unsaid:
        with told(file, source):
            found = of_spec(graph, headed(graph))
    if found is not None:
        graph, taken = found
        with told(file, source):
            weights = named_arrays(graph, taken, file) if arrays else None
        return Imported(taken.text, taken.plan, (), weights, TAKEN)
    if graph.spec is not None:
        graph.notes.append(NOT_ITS)
    return _written(headed(graph), file, source, arrays, partial, asks)


def _written(graph: Graph, file: str, source: Source | None, arrays: bool, partial: bool, asks: str) -> Imported:
    """The spec as a person would write it. Raises SpecError."""
    unsaid, head, tail = list(graph.unsaid), _head(graph, file), _tail(graph)
    if unsaid and not partial:
        raise SpecError([finding(one, file, source) for one in _asking(unsaid, asks)])
    ends = list[Unsaid]()
    try:
        graph = graph.needed()
        found = recovered(graph, head, tail)
    except Refused as refused:
        ends = refused.unsaid
        unsaid += ends
        if not partial:
            raise SpecError([finding(one, file, source) for one in _asking(unsaid, asks)]) from None
        rest = {name: value for name, value in graph.train.items() if name != "loss"}  # which is the whole network's
        notes = [note for note in graph.notes if not note.startswith(AT_ITS_END)]
        bare = replace(graph, data={}, train=rest, notes=notes)
        short = cut(bare, _head(bare, file), _tail(bare), unsaid)
        if short is None:
            raise SpecError([finding(one, file, source) for one in unsaid]) from None
        graph, found = short
    if unsaid:
        unsaid = said_instead(unsaid, graph, ends)
        found = marked(graph, found, unsaid)
    warnings = tuple(replace(finding(one, file, source), severity="warning") for one in unsaid)
    with told(file, source):
        weights = named_arrays(graph, found, file) if arrays else None
    return Imported(found.text, found.plan, warnings, weights, graph.notes)


def _asking(unsaid: list[Unsaid], asks: str) -> list[Unsaid]:
    """What cannot be said; the first says how to import the rest."""
    way = f"{asks} imports the rest, and marks the place in the spec"
    return [replace(one, help=f"{one.help}; {way}" if one.help else way) for one in unsaid[:1]] + unsaid[1:]


def _head(graph: Graph, file: str) -> str:
    """What stands before the network, with what was left out without loss as comments."""
    name = spec_name(graph.name)
    lines = [
        "netspec: 1",
        f"name: {name}" if isinstance(resolve(name), str) else f'name: "{name}"',
        f"description: Imported from {spec_name(Path(file).stem)}{Path(file).suffix} ({graph.system}).",
        *map(comment, graph.notes),
    ]
    return "\n".join(lines) + "\n"


def _tail(graph: Graph) -> str:
    """What stands behind it: what the source says of data and training."""
    if not (graph.data or graph.train):
        return ""
    data = {"source": "npz", **graph.data}
    return "\n".join(["", YOURS, *lines(data, "data", 0), "", *lines(graph.train, "train", 0)]) + "\n"


def named_arrays(graph: Graph, found: Recovered, file: str) -> dict[str, Any]:
    """The arrays of a graph by the names that a model has. Raises SpecError where one is missing or has another shape."""
    layers = {layer.name: layer for layer in found.plan.layers}
    made: dict[str, Any] = {}
    for number, (_, name) in found.named.items():
        op, layer = graph.ops[number - 1], layers[name]
        for array, content in op.arrays.items():
            part = "state" if array in layer.statistics else "params"
            made[f"{part}/{name}/{array}"] = content()
    if graph.normal is not None:
        made |= dict(zip(("state/input/mean", "state/input/deviation"), graph.normal, strict=True))
    misfit = _misfit(found.plan, made)
    if misfit is not None:
        problem, layer_name = misfit
        of = (graph.ops[number - 1].origin for number, (_, name) in found.named.items() if name == layer_name)
        raise SpecError([finding(Unsaid("NS292", problem, next(of, Origin(""))), file, None)])
    return made


def _misfit(plan: Plan, arrays: dict[str, Any]) -> tuple[str, str] | None:
    """The first array that the network needs and does not get, and its layer."""
    for layer in plan.layers:
        for part, shapes in (("params", layer.shapes), ("state", layer.statistics)):
            for name, shape in shapes.items():
                array = arrays.get(f"{part}/{layer.name}/{name}")
                if array is None:
                    return f"the weights have no `{name}` for what becomes `{layer.name}`", layer.name
                if tuple(array.shape) != shape:
                    what = f"the weights have {tuple(array.shape)} for `{name}` of `{layer.name}`, which is {shape}"
                    return what, layer.name
    return None


def weights_file(found: Imported) -> bytes:
    """The weights as a file of safetensors, float32."""
    import numpy as np

    from netspec.storage.tensors import save_bytes

    if found.arrays is None:
        raise ValueError("the weights were not asked for")
    arrays = {name: np.asarray(array, np.float32) for name, array in found.arrays.items()}
    return save_bytes(arrays, {"weights": 1, "spec": found.text})
