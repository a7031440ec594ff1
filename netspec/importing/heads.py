"""What a source says of its labels and its loss: a sigmoid at the end is the loss's, as a softmax is."""

from __future__ import annotations

from dataclasses import replace

from netspec.importing.graph import Graph
from netspec.language.activations import Sigmoid
from netspec.language.heads import CLASS, SEVERAL, TWO, Head
from netspec.language.kind import elements

AT_ITS_END = "the sigmoid at its end"


def headed(graph: Graph) -> Graph:
    """The graph without the sigmoid at its end, with the labels and the loss that it says.

    Where the source says itself by what its result is measured, or the result is a map, a sigmoid stays an activation.
    """
    last = graph.ops[graph.output - 1]
    vector = len(last.shape) == 1 or last.shape[:2] == (1, 1)
    if graph.ended or not vector or not isinstance(last.settings, Sigmoid) or not last.reads[0]:
        return graph
    units = elements(last.shape)
    head = TWO if units == 1 else SEVERAL
    note = f"{AT_ITS_END}: the loss `{head.losses[0]}` of the training has it"
    made = replace(graph, output=last.reads[0], notes=[*graph.notes, note], ended=True)
    says(made, head, head.losses[0])
    return made


def says(graph: Graph, head: Head, loss: str) -> None:
    """Enters in a graph what its source says of its labels and its loss."""
    if head.labels != CLASS.labels:
        graph.data["labels"] = head.labels
    graph.train["loss"] = loss
