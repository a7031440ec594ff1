"""`netspec trace`: one cell of a layer worked out by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from netspec.cli import computing, messages, options, specs, written
from netspec.cli.outcome import Outcome

if TYPE_CHECKING:
    from rich.text import Text

    from netspec.report.trace.worked import Window, Worked


def _place(_: click.Context, parameter: click.Parameter, at: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\d{1,6}(,\d{1,6})?", at):
        raise click.BadParameter("write a row and a column counted from 0, as in 0,2; of a vector one number")
    return tuple(map(int, at.split(",")))


@click.command(
    short_help="Work out one cell of a layer by hand.",
    epilog="Example: netspec trace specs/lenet5.yaml --layer block1.conv1 --at 0,0",
)
@click.argument("file", type=options.FILE)
@options.layer("The layer, as `netspec summary` calls it.", required=True)
@click.option(
    "--at", metavar="I,J", default="0,0", show_default=True, callback=_place,
    help="Row and column of the cell in what the layer gives; of a vector one number.",
)  # fmt: skip
@click.option("--channel", metavar="C", type=click.IntRange(0), help="Which feature map, 0 by default.")
@click.option("--image", "image", metavar="FILE", type=options.FILE, help="An image file, `.npy` or `.csv`.")
@click.option("--resize", is_flag=True, help="Resize the image to the network's input.")
@click.option("--run", "run", metavar="RUN", type=options.FILE, help="Take the trained variables of this run.")
@options.checkpoint
@click.option(
    "--weights",
    metavar="FILE",
    type=options.FILE,
    help="Take the arrays of this safetensors file whose names and shapes fit.",
)
@click.option("-o", "--output", "output", metavar="SVG", type=options.FILE, help="Draw it too, into this file.")
@written.overwrite
@options.forms("table", "json")
@options.overrides
def trace(
    file: str,
    layer: str,
    at: tuple[int, ...],
    channel: int | None,
    image: str | None,
    resize: bool,
    run: str | None,
    checkpoint: str,
    weights: str | None,
    output: str | None,
    overwrite: bool,
    form: str,
    overrides: tuple[str, ...],
) -> Outcome:
    """Show how one cell of a convolution, a pooling or a fully connected layer comes about: the window, the weights, the
    products, and what becomes of their sum.

    FILE is a spec, `-` for standard input, or a run directory, whose trained variables are then taken. Weights and image are
    drawn by the spec's seed where none are given. The numbers are those of the network itself.
    """
    options.require_svg(output, specs.of_run(file))
    written.require_free(output, overwrite)
    if run is None and specs.is_run(file):
        run = file
    if run is not None and weights is not None:
        raise click.UsageError("--weights are those of a spec, and not of a run: leave one of them out.")
    if run is None and checkpoint != "model":
        raise click.UsageError("--checkpoint is one of a run: name it with --run.")
    computing.begin()
    from netspec.report.trace.picture import draw
    from netspec.report.trace.worked import UNDER, work
    from netspec.workflows import trace as workflow
    from netspec.workflows.runs import load

    plan = specs.require_plan(specs.of_run(file), overrides)
    planned = specs.require_layer(plan, layer, UNDER)
    cell = workflow.cell(planned, at, channel)
    if run is not None:
        computed = workflow.of_run(plan, Path(run), load(run, checkpoint, messages.tell))
    elif weights is not None:
        computed = workflow.of_file(plan, Path(weights), messages.tell)
    else:
        computed = workflow.drawn(plan)
    name, pixels = workflow.image(computed, image, resize, messages.tell)
    worked = work(computed.network, computed.variables, pixels, planned, cell)
    made = {"weights": computed.weights, "image": name}
    if output not in (None, "-"):
        written.write(str(output), draw(worked, plan.name, made).encode())
        written.say(str(output), f"the picture of one cell of {messages.safe(layer)}")

    def result(stream: TextIO) -> Iterator[str]:
        if output == "-":
            yield draw(worked, plan.name, made)
        elif form == "json":
            yield json.dumps({"version": 1, "name": plan.name, **made, **worked.as_json()}) + "\n"
        else:
            yield messages.lines(stream, *_parts(worked, plan.name, made, stream))

    return Outcome(result=result)


def _parts(worked: Worked, name: str, made: dict[str, str], stream: TextIO) -> Iterator[Text]:
    from rich.text import Text

    from netspec.report.trace import grids

    layer, width = worked.layer, messages.width(stream)
    head = Text(f"{layer.name} of {name}", style="bold")
    head.append(f"  {', '.join(layer.settings.described())}", style="not bold")
    head.append(
        f"\nweights: {messages.safe(made['weights'])}; image: {messages.safe(made['image'])}", style="not bold dim"
    )
    yield head.append(f"\n\n{grids.told(worked)}\n", style="not bold default")
    first, rest = grids.shown(worked)
    yield from _windows(worked, first, width)
    if rest is not None:
        yield Text(f"{grids.told_of_rest(worked, rest)}\n")
    yield _steps(worked)
    yield from _map(worked, width)


LABELS = {"input": "input", "weights": "* weights", "products": "= products", "sum": "sum"}
LABEL, BETWEEN = 10, 3
"""Columns of the labels at the left, and between what stands side by side."""


def _windows(worked: Worked, windows: list[Window], width: int) -> Iterator[Text]:
    """Feature maps side by side, as many as fit, each with its cells, weights and products one below the other."""
    from rich.text import Text

    from netspec.report.trace import grids

    for most in range(grids.MOST, 2, -2):  # the least is shown whether it fits or not
        blocks = _blocks(worked, windows, most)
        if max(map(_wide, blocks)) + LABEL <= width:
            break
    while blocks:
        room, row = width - LABEL, [blocks.pop(0)]
        while blocks and sum(_wide(block) + BETWEEN for block in [*row, blocks[0]]) - BETWEEN <= room:
            row.append(blocks.pop(0))
        text = Text()
        for number, (label, *_) in enumerate(row[0]):
            line = Text().append(f"{label:<{LABEL}}", "dim")
            for block in row:
                cells = block[number][1]
                line.append_text(cells).append(" " * (_wide(block) - cells.cell_len + BETWEEN))
            text.append_text(line).append("\n")
        yield text


Block = list[tuple[str, "Text"]]
"""Lines with the labels at their left."""


def _wide(block: Block) -> int:
    return max(line.cell_len for _, line in block)


def _blocks(worked: Worked, windows: list[Window], most: int) -> list[Block]:
    """What is shown of each feature map, with at most so many rows and columns."""
    from rich.text import Text

    from netspec.report.trace import grids

    parts = {"input": [window.cells for window in windows]}
    weights = [window.weights for window in windows if window.weights is not None]
    if weights:
        parts |= {"weights": weights, "products": [window.products for window in windows]}
    cells = {name: grids.together(several, most) for name, several in parts.items()}
    padding = grids.padding(worked.padding, most)
    wide = max(len(word) for several in cells.values() for grid in several for row in grid for word in row)
    # brackets side by side stand apart
    bracketed = [
        len(word)
        for grid in cells["input"]
        for row, flags in zip(grid, padding, strict=True)
        for word, flag in zip(row, flags, strict=True)
        if flag
    ]
    wide = max([wide, *(size + 1 for size in bracketed)])
    sums = grids.written([float(window.products.sum()) for window in windows])
    made = []
    for number, (window, total) in enumerate(zip(windows, sums, strict=True)):
        block: Block = [("", Text(f" channel {window.channel}", "bold"))] if worked.has_channels else []
        for name, several in cells.items():
            lines = _grid(several[number], wide, padding if name == "input" else [], "()", "dim")
            block += [(LABELS[name] if not row else "", line) for row, line in enumerate(lines)]
            block.append(("", Text("")))
        block.pop()
        if weights:
            block.append((LABELS["sum"], Text(f"{total} ".rjust(block[-1][1].cell_len), "bold")))
        made.append(block)
    return made


def _grid(
    cells: Sequence[Sequence[str]], wide: int, marked: Sequence[Sequence[bool]], marks: str, style: str
) -> list[Text]:
    """Rows of numbers so wide; those that are `marked`, if any, stand in marks and in a style."""
    from rich.text import Text

    lines = []
    for number, row in enumerate(cells):
        line = Text()
        for word, flag in zip(row, marked[number] if marked else repeat(False), strict=False):
            left, right = (marks[0], marks[1]) if flag else (" ", " ")
            line.append(f"{left}{word}{right}".rjust(wide + 2), style if flag else "default")
        lines.append(line)
    return lines


def _steps(worked: Worked) -> Text:
    """Each step with the cell after it."""
    from rich.text import Text

    from netspec.report.trace import grids

    values = grids.written([step.value for step in worked.steps])
    words, wide = max(len(step.words) for step in worked.steps), max(map(len, values))
    text = Text()
    for number, (step, value) in enumerate(zip(worked.steps, values, strict=True), 1):
        last = number == len(worked.steps)
        text.append(f"{step.words:<{words}}  ").append(f"{value:>{wide}}\n", "bold green" if last else "default")
        if step.of:
            text.append(f"  {step.of}\n", "dim")
    if worked.gate is not None:
        text.append(f"{grids.told_of_gate(worked.gate)}\n")
    return text


def _map(worked: Worked, width: int) -> Iterator[Text]:
    """The feature map that the cell is in, or what of it is near the cell."""
    from rich.text import Text

    from netspec.report.trace import grids

    at = grids.in_map(worked)
    for most in range(grids.MOST, 2, -2):
        cells, places = grids.given(worked, most)
        marked = [[(i, j) == at for j in places[1]] for i in places[0]]
        lines = _grid(cells, max(len(word) for row in cells for word in row), marked, "[]", "bold green")
        if lines[0].cell_len <= width:
            break
    named = f"channel {worked.cell[2]} of what it gives" if len(worked.layer.output) == 3 else "what it gives"
    near = f" near {','.join(map(str, worked.at))}" if None in (*places[0], *places[1]) else ""
    yield Text("\n").join([Text(f"{named}{near}", style="bold"), *lines])
