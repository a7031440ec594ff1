"""Shortcuts, branches and repeated blocks: boxes made of boxes."""

from __future__ import annotations

from itertools import pairwise
from textwrap import wrap

from netspec.analysis.nesting import Block, Bridge, Leaf, Part, Run, Split, spread
from netspec.analysis.plan import Plan, PlannedLayer
from netspec.language.kind import dimensions
from netspec.report.diagram.boxes import BESIDE, CLOSE, Box, beside, large, rows, small
from netspec.report.diagram.glyphs import glyph_of
from netspec.report.diagram.marks import CHARACTER, GAP, LINE, box, plain, titled, wire, words

FORK, RADIUS, PAD, HEAD = 8.0, 9.0, 10.0, 22.0
"""Where a line parts from its box's left; a join's circle; the room within a frame, and for its words."""
CLEAR = 10.0
"""Between what stands one above the other."""


def top(plan: Plan, part: Part, limit: float) -> Box:
    """The box of a part of the network itself: layers are large, blocks have frames."""
    return large(glyph_of(plan, part)) if isinstance(part, Leaf) else _part(plan, part, limit, "", framed=True)


def _run(plan: Plan, run: Run, limit: float, prefix: str) -> Box:
    return rows([_part(plan, part, limit, prefix) for part in run], limit)


def _part(plan: Plan, part: Part, limit: float, prefix: str, *, framed: bool = False) -> Box:
    if isinstance(part, Leaf):
        return small(glyph_of(plan, part, prefix, small=True))
    if isinstance(part, Bridge):
        return _bridge(plan, part, limit, prefix)
    if isinstance(part, Split):
        return _split(plan, part, limit, prefix)
    if framed or len(part.copies) > 1:
        return _frame(plan, part, limit, prefix)
    return _run(plan, part.run, limit, prefix)


def _frame(plan: Plan, block: Block, limit: float, prefix: str) -> Box:
    """A block in a frame; one for all that are alike."""
    inner = _run(plan, block.run, limit - 2 * PAD, f"{block.names[0]}.")
    name, several = spread(block.names).removeprefix(prefix), len(block.copies) > 1
    times = f"{len(block.copies)} of these in a row, " if several else ""
    said = f"{times}{block.parameters:,} parameters{_differing(block)}"
    lines = wrap(said, max(int(max(inner.width, limit - 2 * PAD) / CHARACTER - 1.1 * len(name)), 24)) or [""]
    width = max(inner.width, CHARACTER * (1.1 * len(name) + len(lines[0])) + GAP) + 2 * PAD
    head = HEAD + LINE * (len(lines) - 1)
    height = head + inner.up + inner.down + PAD

    def draw(x: float, y: float, _: float) -> str:
        above = y - inner.up - head
        frame = box("frame several" if several else "frame", x, above, width, height, 6)
        label = f'<tspan class="name">{plain(name)}</tspan> {plain(lines[0])}'
        rest = (words(x + PAD, above + 15 + LINE * n, plain(line)) for n, line in enumerate(lines[1:], 1))
        return frame + words(x + PAD, above + 15, label) + "".join(rest) + inner.draw(x + PAD, y, 0.0)

    return Box(width, inner.up + head, inner.down + PAD, draw)


def _differing(block: Block) -> str:
    """What is to be known of the others where only the first is drawn."""
    first, last = (copy[-1].output for copy in (block.copies[0], block.copies[-1]))
    grown = f", the last gives {dimensions(last)}" if first != last else ""
    return "" if block.same else f"; the first is drawn{grown}"


def _join_words(join: PlannedLayer) -> tuple[str, ...]:
    trained = (f"{join.parameters:,} parameters",) if join.parameters else ()
    return dimensions(join.output), *join.settings.described()[1:], *trained


def _join(join: PlannedLayer) -> Box:
    """A circle, with a plus for a sum and bars for a concatenation, and its words beside it."""
    said = _join_words(join)
    strokes = "M-4 0h8M0 -4v8" if join.kind == "add" else "M-3 -4v8M0 -4v8M3 -4v8"
    half = max(RADIUS, CLOSE * len(said) / 2)

    def draw(x: float, y: float, _: float) -> str:
        circle = box(f"cell {join.kind}", x, y - RADIUS, 2 * RADIUS, 2 * RADIUS, RADIUS)
        sign = f'<path class="sign" transform="translate({x + RADIUS:.1f} {y:.1f})" d="{strokes}"/>'
        return titled(f"{join.name}: {', '.join(said)}", (circle, sign, *beside(x + 2 * RADIUS + BESIDE, y, said)))

    return Box(2 * RADIUS + BESIDE + CHARACTER * max(map(len, said)), half, half, draw)


def _bridge(plan: Plan, bridge: Bridge, limit: float, prefix: str) -> Box:
    """What is bridged, and above it the shortcut with its projection; both end in the join."""
    join = _join(bridge.join)
    on = small(glyph_of(plan, Leaf((bridge.projection,)), prefix, small=True)) if bridge.projection else None
    inner = _run(plan, bridge.run, limit - 2 * GAP - join.width, prefix)
    wide = max(inner.width, on.width if on else 0.0)
    at = GAP + wide + GAP
    high = inner.up + CLEAR + (on.down if on else 0.0)
    up = high + (on.up if on else 2.0)

    def draw(x: float, y: float, _: float) -> str:
        over, middle = y - high, x + at + RADIUS
        stops = [(x, y), (x + FORK, y), (x + FORK, over)]
        if on is None:
            arc = wire(*stops[1:], (middle, over), (middle, y - RADIUS), head=True)
        else:
            left = x + GAP + (wide - on.width) / 2
            arc = wire(*stops[1:], (left - 5, over), head=True) + on.draw(left, over, 0.0)
            arc += wire((left + on.width, over), (middle, over), (middle, y - RADIUS), head=True)
        start = wire((x, y), (x + GAP - 4, y), head=True)
        return start + arc + inner.draw(x + GAP, y, 0.0) + _end(inner, x + GAP, y, x + at) + join.draw(x + at, y, 0.0)

    return Box(at + join.width, max(up, join.up), max(inner.down, join.down), draw)


def _end(inner: Box, x: float, y: float, join: float) -> str:
    """The line from the end of what is bridged to the join, which may stand higher."""
    leaves = (x + inner.left_at + 4, y + inner.out)
    if not inner.out:
        return wire(leaves, (join - 1, y), head=True)
    return wire(leaves, (join + RADIUS, y + inner.out), (join + RADIUS, y + RADIUS))


def _split(plan: Plan, split: Split, limit: float, prefix: str) -> Box:
    """Branches one below the other, in the order in which they are joined."""
    join = _join(split.join)
    inner = [_run(plan, run, limit - 3 * GAP - join.width, prefix) for run in split.branches]
    axes = [inner[0].up]
    for above, below in pairwise(inner):
        axes.append(axes[-1] + above.down + CLEAR + below.up)
    outs = [axis + branch.out for axis, branch in zip(axes, inner, strict=True)]
    wide = max(branch.width for branch in inner)
    middle, height = (axes[0] + axes[-1]) / 2, axes[-1] + inner[-1].down
    merge = GAP + wide + 2 * FORK
    at = merge + GAP - FORK

    def draw(x: float, y: float, _: float) -> str:
        first = y - middle
        parts = [wire((x, y), (x + FORK, y)), wire((x + FORK, first + axes[0]), (x + FORK, first + axes[-1]))]
        for run, branch, axis, out in zip(split.branches, inner, axes, outs, strict=True):
            parts.append(wire((x + FORK, first + axis), (x + GAP - 4, first + axis), head=bool(run)))
            parts.append(branch.draw(x + GAP, first + axis, 0.0))
            parts.append(wire((x + GAP + branch.left_at + (4 if run else -4), first + out), (x + merge, first + out)))
        ends = (min(*outs, middle), max(*outs, middle))
        parts.append(wire((x + merge, first + ends[0]), (x + merge, first + ends[1])))
        parts.append(wire((x + merge, y), (x + at - 1, y), head=True))
        return "".join((*parts, join.draw(x + at, y, 0.0)))

    return Box(at + join.width, max(middle, join.up), max(height - middle, join.down), draw)
