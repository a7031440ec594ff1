"""An import from beginning to end: a file becomes a spec, and its arrays a file of weights."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from netspec.analysis.plan import Plan
from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.errors import SpecError
from netspec.importing.graph import Graph, Unsaid
from netspec.importing.reading import finding, read, told
from netspec.importing.recovery import Recovered, Refused, recovered, spec_name
from netspec.text.source import Source

MOST_CUTS = 60
"""How many places before what cannot be said are tried as the end of a partial import."""


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

    def save(self, spec: str | Path, weights: str | Path | None = None) -> None:
        """Writes the spec, and the weights as safetensors of float32. Raises OSError; ValueError where there are none, or both are one file."""
        from netspec.storage.writing import write_atomic

        if weights is not None:
            if os.path.realpath(weights) == os.path.realpath(spec):
                raise ValueError(f"{spec} cannot hold both the spec and the weights")
            write_atomic(Path(weights), weights_file(self))
        write_atomic(Path(spec), self.text.encode())


def imported(file: str, *, weights: str | None = None, arrays: bool = False, partial: bool = False) -> Imported:
    """The spec of a network that another system wrote, proved to be the same network; with `arrays` its weights too.

    `weights` is a file of weights beside it, where the system has such. Nothing of the file is executed. With `partial`, what
    the format cannot say is left out, and named; else SpecError names it. Raises UnreadableSpec too.
    """
    graph, source = read(file, weights)
    return spec_of(graph, file, source, arrays=arrays or weights is not None, partial=partial)


def spec_of(graph: Graph, file: str, source: Source | None, *, arrays: bool, partial: bool) -> Imported:
    """The spec of a graph that was read. Raises SpecError."""
    unsaid = list(graph.unsaid)
    if unsaid and not partial:
        raise SpecError([finding(one, file, source) for one in unsaid])
    try:
        graph, found = graph.needed(), recovered(graph, _head(graph, file, unsaid))
    except Refused as refused:
        if not partial:
            raise SpecError([finding(one, file, source) for one in refused.unsaid]) from None
        graph, found = _cut(graph, file, [*unsaid, *refused.unsaid])
        unsaid += refused.unsaid
    warnings = tuple(replace(finding(one, file, source), severity="warning") for one in unsaid)
    with told(file, source):
        weights = named_arrays(graph, found, file) if arrays else None
    return Imported(found.text, found.plan, warnings, weights)


def _head(graph: Graph, file: str, unsaid: list[Unsaid]) -> str:
    """What stands before the network, with what was left out as comments."""
    name = spec_name(graph.name)
    lines = [
        "netspec: 1",
        f"name: {name}",
        f"description: Imported from {spec_name(Path(file).stem)}{Path(file).suffix} ({graph.system}).",
    ]
    notes = [*graph.notes]
    if graph.inference:
        notes.append("this is an export for inference: it has no dropout, and norms may be folded into convolutions")
    lines += [f"# {note}" for note in notes]
    lines += [f"# not imported: {one.origin.name}: {one.message}".replace("\n", " ") for one in unsaid]
    return "\n".join(lines) + "\n"


def _cut(graph: Graph, file: str, unsaid: list[Unsaid]) -> tuple[Graph, Recovered]:
    """The network up to what cannot be said. Raises SpecError where nothing comes before it."""
    names = {one.origin.name for one in unsaid}
    end = next((n for n, op in enumerate(graph.ops, 1) if op.origin.name in names), len(graph.ops))
    for output in range(end - 1, max(0, end - MOST_CUTS), -1):
        part = replace(graph, output=output).needed()
        try:
            return part, recovered(part, _head(graph, file, unsaid))
        except Refused:
            continue
    raise SpecError([finding(one, file, None) for one in unsaid])


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
    problem = _misfit(found.plan, made)
    if problem is not None:
        raise SpecError([finding(Unsaid("NS292", problem, graph.ops[-1].origin), file, None)])
    return made


def _misfit(plan: Plan, arrays: dict[str, Any]) -> str | None:
    """The first array that the network needs and does not get."""
    for layer in plan.layers:
        for part, shapes in (("params", layer.shapes), ("state", layer.statistics)):
            for name, shape in shapes.items():
                array = arrays.get(f"{part}/{layer.name}/{name}")
                if array is None:
                    return f"the weights have no `{name}` for what becomes `{layer.name}`"
                if tuple(array.shape) != shape:
                    return f"the weights have {tuple(array.shape)} for `{name}` of `{layer.name}`, which is {shape}"
    return None


def weights_file(found: Imported) -> bytes:
    """The weights as a file of safetensors, float32."""
    import numpy as np

    from netspec.storage.tensors import save_bytes

    if found.arrays is None:
        raise ValueError("the weights were not asked for")
    arrays = {name: np.asarray(array, np.float32) for name, array in found.arrays.items()}
    return save_bytes(arrays, {"weights": 1, "spec": found.text})
