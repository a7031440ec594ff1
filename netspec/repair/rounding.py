"""A pool that rounds up, as other systems say it: `ceil_mode: true`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Edit, Fix
from netspec.language.edits import insert
from netspec.language.geometry import axes
from netspec.language.other_systems import BOOLEANS, OFF, squeezed
from netspec.repair.values import removal, type_of
from netspec.text.nodes import Entry, Mapping, Node, Path, Scalar, plain, walk

WORDS = ("ceilmode", "roundup", "ceil")


def up(report: Report, path: Path, node: Mapping, entry: Entry) -> Iterator[Fix]:
    """`padding: same` where that is the same network; nothing in its place where the windows fit, or where it is switched off.

    Both add their cells at the end where at most one is to be added. Of other sizes nothing here says the same.
    """
    said = entry.value.text.lower() if isinstance(entry.value, Scalar) else ""
    if path[-1:] != ("pool",) or squeezed(entry.name) not in WORDS:
        return
    if BOOLEANS.get(said, said) in OFF:
        yield removal(report.source, node, entry, needless=True)
    elif (
        (read := _read_by(report, path)) is not None
        and node.entry("padding") is None
        and not _has_defaults(report, node)
    ):
        window, stride = (_pair(node, name) for name in ("window", "stride"))
        if window is None:
            return
        valid = axes(read, window, stride or window, "valid")
        same = axes(read, window, stride or window, "same")
        if all(axis.divides for axis in valid):
            yield removal(report.source, node, entry, needless=True)
        elif all(
            up.output == -(-(axis.size - axis.kernel) // axis.stride) + 1 and sum(up.padding) <= 1 - axis.divides
            for up, axis in zip(same, valid, strict=True)
        ):
            edits = [Edit(entry.key.span.to(entry.value.span), "padding: same")]
            title = "write `padding: same`, which gives the same here"
            if (
                type_of(node) == "average" and node.entry("count_padding") is None
            ):  # elsewhere means leave out what is added
                edits.append(insert(report.source, node, "count_padding", "false"))
                title = title.replace(", which", " and `count_padding: false`, which")
            yield Fix(title, tuple(edits))


def _has_defaults(report: Report, node: Mapping) -> bool:
    """Whether the geometry of a pool stands in `defaults` too."""
    defaults = walk(report.root, ("defaults", "pool")) if report.root is not None else None
    names = {entry.name for entry in defaults} if isinstance(defaults, Mapping) else set()
    return any(name in names and node.entry(name) is None for name in ("window", "stride", "padding"))


def _pair(node: Mapping, name: str) -> tuple[int, int] | None:
    """A setting of two whole numbers, however it is written."""
    entry = node.entry(name)
    value = plain(entry.value) if entry is not None else None
    pair = value if isinstance(value, list) else [value, value]
    whole = [cells for cells in pair if isinstance(cells, int) and not isinstance(cells, bool) and cells > 0]
    return (whole[0], whole[1]) if len(pair) == len(whole) == 2 else None


def _read_by(report: Report, path: Path) -> tuple[int, int] | None:
    """The height and width of the map that the layer at a path reads, where they are known and the same for all its copies."""
    spec, found = report.spec, report.shapes
    node: Node | None = walk(report.root, path) if report.root is not None else None
    if spec is None or spec.input is None or found is None or node is None:
        return None
    sizes = {0: spec.input.value.shape} | {n: layer.output for n, layer in enumerate(found.layers, 1)}
    reads = [layer.reads[0] for layer in spec.layers if layer.node is node]
    known = [sizes[value][:2] for value in reads if value in sizes]
    if not known or any(one != other for one, other in pairwise(known)):
        return None
    return known[0][0], known[0][1]
