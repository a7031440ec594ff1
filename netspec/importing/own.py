"""The spec that a file of netspec's own holds, where the network beside it is that spec's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from netspec.importing.graph import Drop, Graph, Op, Pool
from netspec.importing.of_plan import graph_of
from netspec.importing.recovery import Recovered, named
from netspec.importing.same import matched
from netspec.language.added import Projection
from netspec.language.norms import BatchNorm, Scaled
from netspec.language.steps import Dropout
from netspec.repair.check import check_source
from netspec.text.source import Source

NOT_ITS = "the spec in its metadata was not taken: as far as the network in the file can be read, it is another"


def of_spec(*graphs: Graph) -> tuple[Graph, Recovered] | None:
    """The spec that a file holds with the first of the graphs of it that is the spec's network; None where none is.

    What an export for inference leaves out counts for nothing: dropout, the momentum of batch norms, and whether a factor of 1
    or a summand of 0 is trained.
    """
    text = graphs[0].spec or ""
    plan = check_source(Source("spec.yaml", text), fixes=False, hints=False).plan
    if plan is None:
        return None
    whole = graph_of(plan)
    written = _for_inference(whole, alike=True)
    for graph in graphs:
        needed = graph.needed()
        pairs = matched(_for_inference(needed, alike=True), written)
        if isinstance(pairs, int):
            continue
        layers = named(pairs, written)
        norms = {its: op.settings for its, op in enumerate(_for_inference(whole).ops, 1)}
        made = _with_norms(_for_inference(needed), {mine: norms[its] for mine, (its, _) in layers.items()})
        if made is not None:
            return made, Recovered(text, plan, layers)
    return None


def _for_inference(graph: Graph, alike: bool = False) -> Graph:
    """A graph without what runs in training alone; with `alike`, norms have nothing that an export cannot say."""
    numbers, kept = {0: 0}, list[Op]()
    for number, op in enumerate(graph.ops, 1):
        if isinstance(op.settings, Dropout | Drop):
            numbers[number] = numbers[op.reads[0]]
            continue
        settings: Any = op.settings
        if isinstance(settings, Projection) and settings.way == "pool":  # a pooling, and channels of zeros
            shape = (*op.shape[:2], graph.shape(op.reads[0])[2])
            window = Pool("average", settings.stride, settings.stride, (0, 0))
            kept.append(Op(window, tuple(numbers[n] for n in op.reads), shape, op.origin))
            settings, op = replace(settings, way="slice", stride=(1, 1)), replace(op, reads=(number,))
            numbers[number] = len(kept)
            if shape == op.shape:
                continue
        if alike and isinstance(settings, Scaled):
            settings = replace(settings, scale=True, shift=True)
            settings = replace(settings, momentum=BatchNorm().momentum) if isinstance(settings, BatchNorm) else settings
        kept.append(replace(op, settings=settings, reads=tuple(numbers[n] for n in op.reads)))
        numbers[number] = len(kept)
    return replace(graph, ops=kept, output=numbers[graph.output])


def _with_norms(graph: Graph, norms: dict[int, Any]) -> Graph | None:
    """The graph with the arrays that the spec's norms have; None where one without has other numbers than 1 and 0."""
    ops = list(graph.ops)
    for number, settings in norms.items():
        op = ops[number - 1]
        if not isinstance(settings, Scaled):
            continue
        lacks = [name for name in ("scale", "shift") if name in op.arrays and not getattr(settings, name)]
        if any((op.arrays[name]() != (name == "scale")).any() for name in lacks):
            return None
        ops[number - 1] = replace(op, arrays={name: one for name, one in op.arrays.items() if name not in lacks})
    return replace(graph, ops=ops)
