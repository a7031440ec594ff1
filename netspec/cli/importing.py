"""`netspec import`: what other systems wrote becomes a spec."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli import messages, options, written
from netspec.cli.outcome import Outcome

if TYPE_CHECKING:
    from netspec.importing.imported import Imported, Size


def _size(_: click.Context, parameter: click.Parameter, text: str | None) -> Size | None:
    """`--input`: height, width and channels."""
    if text is None:
        return None
    found = re.fullmatch(r"([1-9]\d{0,6})[x×]([1-9]\d{0,6})[x×]([1-9]\d{0,6})", text, re.IGNORECASE)
    if found is None:
        raise click.BadParameter("write height, width and channels, as in 224x224x3")
    return int(found[1]), int(found[2]), int(found[3])


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
@click.option(
    "--input",
    "size",
    metavar="HxWxC",
    callback=_size,
    help="Height, width and channels of the images, where the file leaves them open, as in 224x224x3.",
)
@click.option("--partial", is_flag=True, help="Leave out what the format cannot say, and mark the places in the spec.")
@written.overwrite
@options.forms()
def import_(
    file: str,
    output: str | None,
    weights: str | None,
    own: str | None,
    size: Size | None,
    partial: bool,
    overwrite: bool,
) -> Outcome:
    """Make a spec, as a person would write it, of a network that another system wrote.

    FILE is a network of Darknet (.cfg), Caffe (.prototxt), ONNX (.onnx), Keras (.keras, .h5, .json) or PyTorch (.pt2, by
    torch.export.save). Nothing in it is executed. The spec is read again and compared with the source layer by layer. What
    the format cannot say is named, and then nothing is written.
    """
    from netspec.importing.imported import imported, weights_file

    if own is not None and weights is None:
        raise click.BadParameter("say by --weights where they are written", param_hint="--from-weights")
    for path, name in ((output, "--output"), (weights, "--weights")):
        if any(_same(path, one) for one in (file, own)):
            raise click.BadParameter("that is what is imported", param_hint=name)
    if _same(output, weights):
        raise click.BadParameter("the spec is written there", param_hint="--weights")
    output = None if output == "-" else output
    for path, name in ((output, "--output"), (weights, "--weights")):
        meant = " If the weights are to be read there, say --from-weights." if name == "--weights" else ""
        written.require_free(path, overwrite, name, meant)
    found = imported(file, weights=own, arrays=weights is not None, partial=partial, input=size)
    if weights is not None:
        written.write(weights, weights_file(found))
    if output is None:
        return Outcome(found.findings, lambda _: [found.text])
    written.write(output, found.text.encode())
    messages.tell(found.findings)
    _say(found, file, output, weights)
    return Outcome()


def _say(found: Imported, file: str, output: str, weights: str | None) -> None:
    """What was written, and what comes next."""
    same = "not the whole network of" if found.findings else "held against"
    end = "" if found.findings else ", operation by operation: the same network"
    written.say(output, f"{written.size(found.plan)}; {same} {messages.safe(file)}{end}")
    for note in found.notes:
        click.echo(f"  {messages.safe(note)}", err=True)
    if weights is not None:
        own = messages.safe(os.path.relpath(weights, Path(output).parent))
        written.say(weights, f"its weights; training begins from them by `train: {{from: {own}}}`")
    written.say_next(f"netspec validate {messages.safe(output)}")


def _same(one: str | None, other: str | None) -> bool:
    """Whether two paths lead to one file, by whatever name."""
    if one is None or other is None:
        return False
    both = Path(one).exists() and Path(other).exists()
    return os.path.realpath(one) == os.path.realpath(other) or (both and Path(one).samefile(other))
