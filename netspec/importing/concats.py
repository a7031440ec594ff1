"""Concatenations that begin as another does read that one: what a densely connected block gives, layer by layer."""

from __future__ import annotations

from dataclasses import replace

from netspec.importing.graph import Graph, Op
from netspec.importing.same import flat_reads, is_join


def nested(graph: Graph) -> Graph:
    """The graph in which each concatenation reads the longest one before it that it begins with."""
    known: dict[tuple[int, ...], int] = {}
    ops = list[Op]()
    for number, op in enumerate(graph.ops, 1):
        if is_join(op, "concat"):
            flat = flat_reads(graph, op)
            longest = next((n for n in range(len(flat) - 1, 1, -1) if flat[:n] in known), None)
            if longest is not None and op.reads[0] != known[flat[:longest]]:
                op = replace(op, reads=(known[flat[:longest]], *flat[longest:]))
            known.setdefault(flat, number)
        ops.append(op)
    return replace(graph, ops=ops).needed()
