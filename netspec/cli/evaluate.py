"""`netspec evaluate`: what a trained network does on the test set."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TextIO

import click

from netspec.analysis.figures import measured
from netspec.cli import computing, messages, options
from netspec.cli.outcome import Outcome
from netspec.diagnostics.render.cells import cells
from netspec.language.heads import LOSS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from netspec.workflows.evaluate import Evaluated


@click.command(
    short_help="Measure a trained network on the test set.",
    epilog="Example: netspec evaluate runs/digits-1 --format json",
)
@click.argument("run", type=options.FILE)
@options.data
@options.checkpoint
@options.forms("table", "json")
def evaluate(run: str, data: str | None, checkpoint: str, form: str) -> Outcome:
    """Measure the network of a run directory on the test set.

    Of classes the accuracy, precision and recall, the confusion matrix; of several labels F1 and average precision, of
    numbers the errors and r2.
    """
    computing.begin()
    from netspec.workflows.evaluate import evaluate as measure
    from netspec.workflows.runs import load

    found = measure(load(run, checkpoint, messages.tell), data, messages.tell)
    if form == "json":
        return Outcome(result=lambda _: [json.dumps(found.to_json()) + "\n"])
    return Outcome(result=lambda stream: [_table(found, stream)])


def _table(found: Evaluated, stream: TextIO) -> str:
    from rich.table import Table
    from rich.text import Text

    main, *others = found.head.metrics
    facts = [measured(metric, found.metrics.get(metric.name)) for metric in (main, *others)]
    facts.insert(1, measured(LOSS, found.loss))
    head, rows = found.measures.table
    table = Table(box=messages.ruled(stream), pad_edge=False, header_style="bold")
    for number, name in enumerate(head):
        table.add_column(name, justify="right" if number else "left")
    for row in rows:
        table.add_row(*map(messages.safe, row))
    shown: list[RenderableType] = [Text("   ".join(facts)), table]
    if (confusion := getattr(found.measures, "confusion", None)) is not None:
        title = "confusion: rows are true classes, columns predicted"
        shown += [Text(f"\n{title}"), _matrix([row[0] for row in rows], confusion.tolist(), stream)]
    return messages.lines(stream, *shown)


def _matrix(classes: list[str], confusion: list[list[int]], stream: TextIO) -> RenderableType:
    """True classes against predicted ones."""
    from rich.table import Table

    matrix = Table(box=messages.ruled(stream), pad_edge=False, header_style="bold", padding=(0, SPACE - 1, 0, 0))
    matrix.add_column("")
    names = [messages.safe(name) for name in classes]
    most = _room(names, messages.width(stream))
    for name in names:
        matrix.add_column(name[:most], justify="right", no_wrap=True)
    for name, counts in zip(names, confusion, strict=True):
        matrix.add_row(name, *(str(count) if count else "." for count in counts))
    return matrix


SHORTEST = 3
SPACE = 2
"""Cells between two columns of the confusion matrix."""


def _room(names: list[str], width: int) -> int:
    """How many characters of a class's name fit above its column."""
    return max((width - max(map(cells, names)) - SPACE) // len(names) - SPACE, SHORTEST)
