"""The layers in a terminal: the table of `netspec summary`, and where the parameters are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from netspec.analysis.figures import percent, short, short_bytes
from netspec.analysis.nesting import Block, Bridge, Leaf, Run, Split, nested, spread
from netspec.analysis.plan import Plan, PlannedLayer
from netspec.cli import messages
from netspec.diagnostics.render.cells import wrapped
from netspec.language.kind import dimensions
from netspec.language.kinds import KINDS

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

WIDE = 136
"""Columns of a terminal in which every fact has a column of its own."""
EDGES = 2
"""Columns at the sides of a table, and three between two of its columns."""
BAR = 22
MOST, LARGEST = 20, 15
"""More bars than that are not read: the largest of them are drawn."""


@dataclass(frozen=True, slots=True)
class Row:
    """A layer, or the heading of a block whose layers are the rows below it."""

    name: str
    said: str
    layer: PlannedLayer
    """The one that gives what the row gives."""
    parameters: int
    macs: int
    depth: int = 0
    heading: bool = False


def described(layer: PlannedLayer) -> str:
    """A layer in a few words: `conv 5x5 /2, relu`."""
    return ", ".join(layer.settings.described())


def rows_of(run: Run, prefix: str = "", depth: int = 0) -> Iterator[Row]:
    """A row a layer; blocks that are more than a chain have a heading, and those that are alike are shown once."""
    for part in run:
        if isinstance(part, Leaf):
            for number, layer in enumerate(part.layers):
                yield from (_row(one, prefix, depth) for one in (layer, *part.gates[number : number + 1]))
        elif isinstance(part, Block):
            shown = not depth or len(part.copies) > 1
            if shown:
                yield _heading(part, prefix, depth)
            yield from rows_of(part.run, f"{part.names[0]}." if shown else prefix, depth + shown)
        else:
            for branch in part.branches if isinstance(part, Split) else (part.run,):
                yield from rows_of(branch, prefix, max(depth, 1))
            if isinstance(part, Bridge) and part.projection is not None:
                yield _row(part.projection, prefix, depth)
            yield _row(part.join, prefix, depth)


def _row(layer: PlannedLayer, prefix: str, depth: int) -> Row:
    return Row(layer.name.removeprefix(prefix), described(layer), layer, layer.parameters, layer.macs, depth)


def _heading(block: Block, prefix: str, depth: int) -> Row:
    times = f"{len(block.copies)} of these in a row" if len(block.copies) > 1 else ""
    said = times if block.same else f"{times}; the first is shown"
    macs = sum(layer.macs for layer in block.layers)
    name = spread(block.names).removeprefix(prefix)
    return Row(name, said, block.copies[-1][-1], block.parameters, macs, depth, heading=True)


def layers(plan: Plan, stream: TextIO) -> Table:
    """In a narrow terminal a layer has two lines or three, and its memory and fully connected equivalent no column."""
    from rich.table import Table

    wide = messages.width(stream) >= WIDE
    rows = list(rows_of(nested(plan)))
    figures = _figures(plan, rows, wide)
    taken = EDGES + sum(max(map(len, column)) + 3 for column in figures)
    table = Table(
        box=messages.ruled(stream), pad_edge=False, show_footer=True, footer_style="bold", header_style="bold"
    )
    table.add_column("layer", footer="total", overflow="fold")
    if wide:
        table.add_column("what")
        table.add_column("arithmetic", style="dim")
    for header, *_, footer in figures:
        table.add_column(
            header, footer=footer, justify="right", no_wrap=True, style="dim" if header == "if fc" else None
        )
    for row, *cells in zip(rows, *(column[1:-1] for column in figures), strict=True):
        words = _wide(row, stream) if wide else [_narrow(row, stream, messages.width(stream) - taken)]
        table.add_row(*words, *cells)
    return table


def _figures(plan: Plan, rows: list[Row], wide: bool) -> list[list[str]]:
    """The columns of numbers: head, a cell a row, foot."""
    dense = [short(row.layer.fc_parameters) if row.layer.shares_weights and not row.heading else "" for row in rows]
    memory = [short_bytes(row.layer.activation_bytes) for row in rows]
    return [
        ["output", *(dimensions(row.layer.output) for row in rows), ""],
        ["parameters", *(f"{row.parameters:,}" if row.parameters else "" for row in rows), f"{plan.parameters:,}"],
        ["MACs", *(short(row.macs) if row.macs else "" for row in rows), short(plan.macs)],
        *([["if fc", *dense, ""], ["memory", *memory, ""]] if wide else []),
        ["sees", *(dimensions(row.layer.receptive_field) for row in rows), ""],
    ]


def _title(row: Row, stream: TextIO) -> Text:
    from rich.text import Text

    name = "  " * row.depth + shown(row.name, stream)
    return Text(name, style="bold" if row.heading else KINDS[row.layer.kind].colour.terminal)


def shown(name: str, stream: TextIO) -> str:
    """Text with an ellipsis that the stream can show."""
    return name if messages.drawn(stream) else name.replace("\u2026", "...")


def _wide(row: Row, stream: TextIO) -> list[str | Text]:
    return [_title(row, stream), row.said, "" if row.heading else row.layer.arithmetic]


def _narrow(row: Row, stream: TextIO, room: int) -> Text:
    """Name and words on one line where there is room for them, else one below the other; then the arithmetic."""
    text, indent = _title(row, stream), "  " * (row.depth + 1)
    beside = text.cell_len + 2 + len(row.said) <= room
    lines = [] if beside else wrapped(row.said, room - len(indent))
    text.append(f"  {row.said}" * beside + "".join(f"\n{indent}{line}" for line in lines), style="not bold default")
    arithmetic = wrapped(row.layer.arithmetic, room - len(indent)) if not row.heading else ()
    return text.append("".join(f"\n{indent}{line}" for line in arithmetic), style="not bold dim default")


def shares(plan: Plan, stream: TextIO) -> Text:
    """Where the parameters and the multiply-adds are: a bar for each layer or framed block that has any, of many for the largest."""
    from rich.text import Text

    top = [row for row in rows_of(nested(plan)) if row.depth == 0 and row.parameters]
    largest = sorted(top, key=lambda row: _share(row, plan), reverse=True)[: LARGEST if len(top) > MOST else None]
    bars = [(shown(row.name, stream), _style(row), row.parameters, row.macs) for row in top if row in largest]
    if left := [row for row in top if row not in largest]:
        parameters, macs = sum(row.parameters for row in left), sum(row.macs for row in left)
        bars.append((f"the other {len(left)}", "default", parameters, macs))
    named = max((len(name) for name, *_ in bars), default=0)
    glyph = "\u2588" if messages.drawn(stream) else "#"
    text = Text(f"{'':<{named}}  {'share of parameters':<{BAR + 7}}share of MACs", style="bold")
    for name, style, *parts in bars:
        text.append(f"\n{name:<{named}}  ", style=f"not bold {style}")
        for part, whole in zip(parts, (plan.parameters, plan.macs), strict=True):
            text.append(
                f"{glyph * round(BAR * part / max(whole, 1)):<{BAR}} {percent(part, whole):>4}  ", style="not bold"
            )
    return text


def _share(row: Row, plan: Plan) -> float:
    """Its share of the parameters or of the multiply-adds, whichever is more."""
    return max(row.parameters / max(plan.parameters, 1), row.macs / max(plan.macs, 1))


def _style(row: Row) -> str:
    return "default" if row.heading else KINDS[row.layer.kind].colour.terminal
