"""`netspec export`: a trained network, or the network of a spec, as other systems load it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from netspec.cli import computing, messages, options, specs
from netspec.cli.outcome import Outcome

PACKAGES: dict[str, dict[str, str]] = {"onnx": {"onnx": "onnx"}, "safetensors": {}, "torch": {}}
"""What is written of a run, and what it needs besides what training does: modules, and the packages that have them."""
CODE = ("pytorch-code", "keras-code")
"""What is written of a spec."""
OWN = {
    "layout": ("onnx",),
    "normalized": ("onnx",),
    "logits": ("onnx",),
    "names": ("safetensors",),
    "checkpoint": (*PACKAGES,),
}
"""The options that are for some targets alone."""


@click.command(
    short_help="Write a network as other systems load it.",
    epilog="Example: netspec export runs/digits-1 --to onnx -o digits.onnx",
)
@click.argument("file", type=options.FILE)
@click.option("--to", "target", required=True, type=click.Choice([*PACKAGES, *CODE]), help="What is written.")
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
@click.option(
    "--names",
    type=click.Choice(["netspec", "torch", "keras"]),
    help="Whose names and layouts arrays have.  [default: netspec]",
)
@options.checkpoint
@options.forms()
def export(file: str, target: str, output: str, **own: Any) -> Outcome:
    """Write a network as other systems load it, without netspec. The same network gives the same bytes.

    FILE is a run directory or a model file; for code a spec, `-` for standard input, or a run directory.

    \b
    onnx          what `predict` computes, for any number of images, with names of classes
    safetensors   the arrays, with --names torch or keras as these have them
    torch         the state dict of the module that pytorch-code writes, as safetensors
    pytorch-code  a module of PyTorch with the same layers
    keras-code    a functional model of Keras; a layer that Keras has not is refused
    """
    given = {name: value for name, value in own.items() if value and (name, value) != ("checkpoint", "model")}
    for name in given:
        if target not in OWN[name]:
            raise click.UsageError(f"--{name} is not for --to {target}, but for {', '.join(OWN[name])}.")
    data = _code(file, target, output) if target in CODE else _trained(file, target, output, given)
    if output == "-":
        return Outcome(result=lambda _: [data])
    from netspec.storage.writing import write_atomic

    write_atomic(Path(output), data)
    return Outcome()


def _code(file: str, target: str, output: str) -> bytes:
    """The network of a spec."""
    if output != "-" and os.path.realpath(output) == os.path.realpath(specs.of_run(file)):
        raise click.BadParameter("that is the spec itself", param_hint="--output")
    plan = specs.require_plan(specs.of_run(file))
    from netspec.workflows.export import code

    return code(plan, target).encode()


def _trained(run: str, target: str, output: str, given: dict[str, Any]) -> bytes:
    """The network of a run."""
    messages.require_extra("export", PACKAGES[target])
    computing.begin()
    from netspec.runs.directory import is_part
    from netspec.workflows.export import trained
    from netspec.workflows.runs import load

    if output != "-" and is_part(Path(output), Path(run)):
        raise click.BadParameter("that is a file of the run itself", param_hint="--output")
    network = load(run, given.pop("checkpoint", "model"), messages.tell)
    if network.plan.spec.train.value.precision != "float32":
        click.echo("trained in bfloat16; what is written computes in float32: the last digits differ", err=True)
    return trained(network, target, given)
