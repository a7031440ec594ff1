"""`netspec import`: what other systems wrote becomes a spec."""

from __future__ import annotations

import os
from pathlib import Path

import click

from netspec.cli import options
from netspec.cli.outcome import Outcome


@click.command(
    "import",
    short_help="Make a spec of another system's network.",
    epilog="Example: netspec import darknet19.cfg -o darknet19.yaml",
)
@click.argument("file", type=options.FILE)
@click.option(
    "-o", "--output", "output", metavar="SPEC", type=options.FILE, help="Write this file instead of standard output."
)
@click.option(
    "--weights",
    "weights",
    metavar="FILE",
    type=options.FILE,
    help="Write the network's weights to this file, as safetensors by netspec's names.",
)
@click.option(
    "--from-weights", "own", metavar="FILE", type=options.FILE, help="Where the weights are, of Darknet's networks."
)
@click.option("--partial", is_flag=True, help="Leave out what the format cannot say, and say what that was.")
@options.forms()
def import_(file: str, output: str | None, weights: str | None, own: str | None, partial: bool) -> Outcome:
    """Make a spec, as a person would write it, of a network that another system wrote.

    FILE is a network of Darknet (.cfg), Caffe (.prototxt), ONNX (.onnx), Keras (.keras, .h5, .json) or PyTorch (.pt2, by
    torch.export.save). Nothing in it is executed. The spec is read again and compared with the source layer by layer. What
    the format cannot say is named, and then nothing is written.
    """
    from netspec.importing.imported import imported, weights_file
    from netspec.storage.writing import write_atomic

    if own is not None and weights is None:
        raise click.BadParameter("say by --weights where they are written", param_hint="--from-weights")
    for path, name in ((output, "--output"), (weights, "--weights")):
        if any(_same(path, one) for one in (file, own)):
            raise click.BadParameter("that is what is imported", param_hint=name)
    if _same(output, weights):
        raise click.BadParameter("the spec is written there", param_hint="--weights")
    found = imported(file, weights=own, arrays=weights is not None, partial=partial)
    if weights is not None:
        write_atomic(Path(weights), weights_file(found))
    if output is None or output == "-":
        return Outcome(found.findings, lambda _: [found.text])
    write_atomic(Path(output), found.text.encode())
    return Outcome(found.findings)


def _same(one: str | None, other: str | None) -> bool:
    """Whether two paths lead to one file, by whatever name."""
    if one is None or other is None:
        return False
    both = Path(one).exists() and Path(other).exists()
    return os.path.realpath(one) == os.path.realpath(other) or (both and Path(one).samefile(other))
