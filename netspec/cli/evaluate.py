"""`netspec evaluate`: what a trained network does on the test set."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import cache, messages, options

if TYPE_CHECKING:
    from netspec.report.evaluation import Measures


@click.command(
    short_help="Measure a trained network on the test set.",
    epilog="Example: netspec evaluate runs/digits-1 --format json",
)
@click.argument("run", type=options.FILE)
@options.data
@options.checkpoint
@options.formats(["table", "json"])
def evaluate(run: str, data: str | None, checkpoint: str, form: str) -> None:
    """Measure the network of a run directory on the test set: accuracy, precision and recall, confusion matrix."""
    messages.require_training()
    cache.keep_programs()
    from netspec.report.evaluation import measure
    from netspec.training.loop import Trainer

    network = messages.load_run(run, checkpoint)
    found = messages.require_images(network.plan, data, network.record)
    result = Trainer(network, found).evaluate(network.variables, found.test)
    measures = measure(found.test.labels, result.predictions, found.classes)
    if form == "json":
        facts: dict[str, Any] = {"accuracy": result.accuracy, "loss": result.loss} | measures.to_json()
        click.echo(json.dumps(facts))
    else:
        _table(measures, result.loss)


def _table(measures: Measures, loss: float) -> None:
    from rich import box
    from rich.table import Table

    facts = measures.to_json()
    table = Table(
        box=box.SIMPLE_HEAD, title=f"accuracy {facts['accuracy']:.2%}   loss {loss:.4f}", title_justify="left"
    )
    table.add_column("class")
    for name in ("precision", "recall", "F1", "images"):
        table.add_column(name, justify="right")
    for row in facts["classes"]:
        numbers = (f"{row[name]:.3f}" for name in ("precision", "recall", "f1"))
        table.add_row(messages.safe(row["name"]), *numbers, f"{row['support']:,}")
    console = messages.console()
    console.print(table)
    matrix = Table(
        box=box.SIMPLE_HEAD, title="confusion: rows are true classes, columns predicted", title_justify="left"
    )
    matrix.add_column("")
    names = [messages.safe(row["name"]) for row in facts["classes"]]
    for name in names:
        matrix.add_column(name[:5], justify="right")
    for name, counts in zip(names, facts["confusion"], strict=True):
        matrix.add_row(name, *(str(count) if count else "." for count in counts))
    console.print(matrix)
