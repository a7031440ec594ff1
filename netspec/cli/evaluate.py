"""`netspec evaluate`: what a trained network does on the test set."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TextIO

import click

from netspec.analysis.figures import short_loss
from netspec.cli import computing, messages, options
from netspec.cli.outcome import Outcome
from netspec.diagnostics.render.cells import cells

if TYPE_CHECKING:
    from netspec.report.evaluation import Measures


@click.command(
    short_help="Measure a trained network on the test set.",
    epilog="Example: netspec evaluate runs/digits-1 --format json",
)
@click.argument("run", type=options.FILE)
@options.data
@options.checkpoint
@options.forms("table", "json")
def evaluate(run: str, data: str | None, checkpoint: str, form: str) -> Outcome:
    """Measure the network of a run directory on the test set: accuracy, precision and recall, confusion matrix."""
    computing.begin()
    from netspec.workflows.evaluate import evaluate as measure
    from netspec.workflows.runs import load

    found = measure(load(run, checkpoint, messages.tell), data, messages.tell)
    if form == "json":
        return Outcome(result=lambda _: [json.dumps(found.to_json()) + "\n"])
    return Outcome(result=lambda stream: [_table(found.measures, found.loss, stream)])


def _table(measures: Measures, loss: float, stream: TextIO) -> str:
    from rich.table import Table
    from rich.text import Text

    facts = measures.to_json()
    table = Table(box=messages.ruled(stream), pad_edge=False, header_style="bold")
    matrix = Table(box=messages.ruled(stream), pad_edge=False, header_style="bold", padding=(0, SPACE - 1, 0, 0))
    table.add_column("class")
    for name in ("precision", "recall", "F1", "images"):
        table.add_column(name, justify="right")
    for row in facts["classes"]:
        numbers = (f"{row[name]:.3f}" for name in ("precision", "recall", "f1"))
        table.add_row(messages.safe(row["name"]), *numbers, f"{row['support']:,}")
    matrix.add_column("")
    names = [messages.safe(row["name"]) for row in facts["classes"]]
    most = _room(names, messages.width(stream))
    for name in names:
        matrix.add_column(name[:most], justify="right", no_wrap=True)
    for name, counts in zip(names, facts["confusion"], strict=True):
        matrix.add_row(name, *(str(count) if count else "." for count in counts))
    titles = (
        f"accuracy {facts['accuracy']:.2%}   loss {short_loss(loss)}",
        "confusion: rows are true classes, columns predicted",
    )
    return messages.lines(stream, Text(titles[0]), table, Text(f"\n{titles[1]}"), matrix)


SHORTEST = 3
SPACE = 2
"""Cells between two columns of the confusion matrix."""


def _room(names: list[str], width: int) -> int:
    """How many characters of a class's name fit above its column."""
    return max((width - max(map(cells, names)) - SPACE) // len(names) - SPACE, SHORTEST)
