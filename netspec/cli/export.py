"""`netspec export`: a trained network as other systems load it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from netspec.cli import computing, messages, options
from netspec.cli.outcome import Outcome

PACKAGES: dict[str, dict[str, str]] = {"onnx": {"onnx": "onnx"}}
"""What a target needs besides what training does: modules, and the packages that have them."""
OWN = {"layout": ("onnx",), "normalized": ("onnx",), "logits": ("onnx",)}
"""The options that are for some targets alone."""


@click.command(
    short_help="Write a trained network as other systems load it.",
    epilog="Example: netspec export runs/digits-1 --to onnx -o digits.onnx",
)
@click.argument("run", type=options.FILE)
@click.option("--to", "target", required=True, type=click.Choice(list(PACKAGES)), help="What is written.")
@click.option(
    "-o",
    "--output",
    "output",
    metavar="PATH",
    required=True,
    type=options.FILE,
    help="The file to write; - for standard output.",
)
@click.option(
    "--layout",
    type=click.Choice(["nchw", "nhwc"]),
    help="How images lie: channels first, which is usual, or last.  [default: nchw]",
)
@click.option(
    "--normalized", is_flag=True, help="Images are given normalized; else the model does it, and takes raw ones."
)
@click.option("--logits", is_flag=True, help="Give the last layer's numbers, not probabilities.")
@options.checkpoint
@options.forms()
def export(run: str, target: str, output: str, checkpoint: str, **own: Any) -> Outcome:
    """Write a trained network as other systems load it, without netspec.

    RUN is a run directory or a model file. What is written has the same bytes whenever it is written.

    onnx: what `predict` computes, for any number of images, with the names of the classes in its metadata.
    """
    given = {name: value for name, value in own.items() if value}
    for name in given:
        if target not in OWN[name]:
            raise click.UsageError(f"--{name} is not for --to {target}, but for {', '.join(OWN[name])}.")
    messages.require_extra("export", PACKAGES[target])
    computing.begin()
    from netspec.export.targets import WRITERS
    from netspec.runs.directory import is_part
    from netspec.storage.writing import write_atomic
    from netspec.workflows.runs import load

    if output != "-" and is_part(Path(output), Path(run)):
        raise click.BadParameter("that is a file of the run itself", param_hint="--output")
    network = load(run, checkpoint, messages.tell)
    if network.plan.spec.train.value.precision != "float32":
        click.echo("trained in bfloat16; what is written computes in float32: the last digits differ", err=True)
    data = WRITERS[target](network, **given)
    if output == "-":
        return Outcome(result=lambda _: [data])
    write_atomic(Path(output), data)
    return Outcome()
