"""`netspec predict`: what a network says of image files and arrays."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import computing, messages, options
from netspec.cli.outcome import Outcome
from netspec.diagnostics.errors import NetspecError
from netspec.text.files import STDIN

if TYPE_CHECKING:
    from netspec.workflows.predict import AnyPrediction

SHOWN = 3


@click.command(
    short_help="Say which class images show.", epilog="Example: netspec predict runs/digits-1 seven.png --format json"
)
@click.argument("run", type=options.FILE)
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=options.FILE)
@click.option("--resize", is_flag=True, help="Resize images to the network's input.")
@options.checkpoint
@options.forms("table", "json")
def predict(run: str, images: tuple[str, ...], resize: bool, checkpoint: str, form: str) -> Outcome:
    """Say which class images show, and how likely each class is; or which labels are on, or the numbers.

    IMAGE is an image file, a folder of them, `-` for one on standard input, or `.npy` arrays of one image or of several:
    (height, width[, channels]) or (n, height, width, channels), with pixel values as in the training data; or one image as
    rows of numbers in a `.csv`, those of its first channel before those of the next.

    Each file stands for itself. Exit status: 0 all are predicted, 1 one is wrong, 2 one could not be read.
    """
    computing.begin()
    from netspec.workflows.predict import predictions
    from netspec.workflows.runs import load

    network = load(run, checkpoint, messages.tell)
    files = [(Path(STDIN), _standard_input()) if name == "-" else (Path(name), None) for name in images]
    found = predictions(network, files, resize, messages.tell, _passed_over)
    show = _json if form == "json" else _lines
    return Outcome(result=lambda _: show(found))


def _passed_over(line: str) -> None:
    click.echo(messages.safe(line), err=True)


def _lines(found: Iterator[AnyPrediction]) -> Iterator[str]:
    """A line for each, as they come."""
    for one in found:
        yield f"{messages.safe(one.image)}: {_words(one.to_json())}\n"


def _words(facts: dict[str, Any]) -> str:
    """The likeliest classes; the labels that are on, or which comes nearest to it; the numbers."""
    if "numbers" in facts:
        numbers = facts["numbers"].items()
        return ", ".join(f"{messages.safe(name)} {number:.6g}" for name, number in numbers)
    ranked = sorted(facts["probabilities"].items(), key=lambda item: -item[1])
    shown, none = ranked[:SHOWN], ""
    if "labels" in facts:
        on = [item for item in ranked if item[0] in facts["labels"]]
        shown, none = on or ranked[:1], "" if on else "none; nearest is "
    return none + ", ".join(f"{messages.safe(name)} {share:.1%}" for name, share in shown)


def _json(found: Iterator[AnyPrediction]) -> Iterator[str]:
    """All that could be made, then what was wrong with the others."""
    made: list[dict[str, Any]] = []
    wrong = None
    try:
        made.extend(one.to_json() for one in found)
    except NetspecError as error:
        wrong = error
    if made or wrong is None:
        yield json.dumps({"version": 1, "predictions": made}) + "\n"
    if wrong is not None:
        raise wrong


LARGEST_INPUT = 1 << 28
"""Bytes of standard input: more than the largest image that is read takes, however it is stored."""


def _standard_input() -> bytes:
    """All of standard input; a usage error where it is closed, empty or larger than an image or an array should be."""
    if sys.stdin is None:
        raise click.UsageError("standard input is closed, and `-` stands for an image there.")
    content = sys.stdin.buffer.read(LARGEST_INPUT + 1)
    if not content:
        raise click.UsageError("standard input is empty, and `-` stands for an image there.")
    if len(content) > LARGEST_INPUT:
        raise click.UsageError(f"standard input has more than {LARGEST_INPUT:,} bytes: give the name of a file.")
    return content
