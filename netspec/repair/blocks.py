"""What repairs a block that says two things at once, the order of a layer's steps, and numbers that follow from channels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil, floor

from netspec.analysis.causes import JoinedTwice, NeedlessProjection
from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netspec.language.causes import NormGroupsDoNotDivide, NoWholeNumber, OneOfTheseKeys, StepsNotOnce
from netspec.language.edits import insert, remove_item, written
from netspec.language.steps import AROUND, with_missing
from netspec.repair.changes import Change
from netspec.repair.values import removal, says_nothing
from netspec.text.nodes import Entry, Mapping, Node, Scalar, Sequence, walk
from netspec.text.source import Span

DIVISORS = 8
"""How many numbers of groups are proposed."""


def one_of_these(report: Report, finding: Diagnostic, cause: OneOfTheseKeys) -> Iterator[Fix]:
    """A block of its own for each, in the order in which they are written; without what has nothing to join."""
    block = walk(report.root, cause.path)
    assert isinstance(block, Mapping)
    entries = [entry for entry in block if entry.name in cause.names]
    if len(entries) == 1:
        yield removal(report.source, block, entries[0], needless=True)
        return
    listed, is_branch = walk(report.root, cause.path[:-1]), cause.path[-2:-1] == ("branches",)
    if is_branch and not block.flow:
        return
    assert isinstance(listed, Sequence)
    edits = [_parted(block, entry, listed.flow or is_branch) for entry in entries[1:]]
    edits += [Edit(block.span.start, "["), Edit(block.span.end, "]")] if is_branch else []
    yield Fix(f"give {' and '.join(f'`{entry.name}`' for entry in entries)} a block each", tuple(edits))


def _parted(block: Mapping, entry: Entry, flow: bool) -> Edit:
    """The entries from this one on as a block of their own."""
    start = entry.key.span
    if not block.flow:
        return Edit(Span(start.line, start.column - 2, start.line, start.column), "- ")
    before = block.entries[block.entries.index(entry) - 1].value.span
    apart = "}, {" if flow else "}\n" + " " * (block.span.column - 3) + "- {"
    return Edit(Span(before.end_line, before.end_column, start.line, start.column), apart)


def steps_not_once(report: Report, finding: Diagnostic, cause: StepsNotOnce) -> Iterator[Fix]:
    """An order that names each step once that the layer has; one that serves any layer, where it stands in `defaults` for several."""
    assert report.spec is not None
    layer = next((layer for layer in report.spec.layers if layer.name == finding.layer), None)
    shared = layer is not None and "order" not in layer.own
    for steps in (cause.steps, *([with_missing(cause.steps, AROUND)] if shared else [])):
        text = written(list(steps))
        yield Fix(f"set `order: {text}`", (Edit(finding.span, text),))


def no_whole_number(report: Report, finding: Diagnostic, cause: NoWholeNumber) -> Iterator[Fix]:
    """The whole numbers next to the product, the nearer first."""
    near = sorted({floor(cause.product), ceil(cause.product)} - {0}, key=lambda n: abs(n - cause.product))
    yield from (Fix(f"set `{cause.key}: {n}`", (Edit(finding.span, str(n)),)) for n in near)


def norm_groups(report: Report, finding: Diagnostic, cause: NormGroupsDoNotDivide) -> Iterator[Fix]:
    """The numbers of groups that divide the features, the usual ones first, of these the largest; then the nearest number of filters
    that the groups divide."""
    assert report.spec is not None
    layer = next(layer for layer in report.spec.layers if layer.name == finding.layer)
    nearest = max(1, round(cause.features / cause.groups)) * cause.groups
    filters = [Change(layer, "filters", nearest).fix(report.spec)] if "filters" in layer.places else []
    if finding.span == layer.at("filters"):
        yield from filters
    place = layer.places.get("norm.groups")
    fitting = [n for n in range(min(cause.groups, cause.features), 0, -1) if cause.features % n == 0]
    fitting.sort(key=lambda n: _is_unusual(n, cause.features))
    for n in fitting[:DIVISORS]:
        if place is not None:
            edit = Edit(place.value, str(n))
        elif (node := _at(report.root, layer.at("norm"))) is not None:
            edit = insert(report.source, node, "groups", str(n))
        else:
            return
        yield Fix(f"set `groups: {n}` of the norm", (edit,))
    yield from filters


def needless_projection(report: Report, finding: Diagnostic, cause: NeedlessProjection) -> Iterator[Fix]:
    """The shortcut without it."""
    assert report.spec is not None
    shortcut = walk(report.spec.layers[cause.layer].groups[-1].node, ("shortcut",))
    entry = shortcut.entry("projection") if isinstance(shortcut, Mapping) else None
    if isinstance(shortcut, Mapping) and entry is not None:
        yield removal(report.source, shortcut, entry, needless=True)


def joined_twice(report: Report, finding: Diagnostic, cause: JoinedTwice) -> Iterator[Fix]:
    """The branches without those that give the same again, only to be shown where these say something; the block without its
    shortcut."""
    assert report.spec is not None
    block = report.spec.layers[cause.layer].groups[-1].node
    branches, entry = walk(block, ("branches",)), block.entry(cause.key) if isinstance(block, Mapping) else None
    if cause.key == "shortcut" and isinstance(block, Mapping) and entry is not None:
        yield removal(report.source, block, entry, needless=True)
    elif isinstance(branches, Sequence):
        if len({item.span for item in branches.items}) < len(branches.items):
            return  # an alias: what it names stands in one place
        edits = tuple(remove_item(report.source, branches, n) for n in cause.again)
        unsaid = all(says_nothing(report.source, branches.items[n]) for n in cause.again)
        what = "the branch" if len(edits) == 1 else f"{len(edits)} branches"
        yield Fix(f"remove {what}", edits, "unsafe" if unsaid else "display")


def _is_unusual(groups: int, features: int) -> tuple[bool, bool]:
    """Whether a norm of so many groups is another one, of each channel alone; whether they are no power of two."""
    return groups == features > 1, groups & (groups - 1) != 0


def blamed(report: Report, finding: Diagnostic, cause: NormGroupsDoNotDivide) -> Diagnostic:
    """The finding at the filters of a layer whose norm stands in `defaults` and fits others."""
    assert report.spec is not None
    layer = next(layer for layer in report.spec.layers if layer.name == finding.layer)
    alike = [other for other in report.spec.layers if other.places.get("norm") == layer.places.get("norm")]
    failing = [other for other in alike if getattr(other.settings, "filters", 0) % cause.groups]
    if (
        "norm.groups" not in layer.places
        or "norm" in layer.own
        or "filters" not in layer.own
        or 2 * len(failing) > len(alike)
    ):
        return finding
    label = Label(finding.span, f"{cause.groups} groups")
    return replace(finding, span=layer.at("filters"), labels=(label, *finding.labels[1:]))


def _at(root: Node | None, place: Span) -> Node | None:
    """The value that stands at a place."""
    if root is None or root.span == place:
        return root
    below = (
        () if isinstance(root, Scalar) else (entry.value for entry in root) if isinstance(root, Mapping) else root.items
    )
    return next((found for node in below if (found := _at(node, place)) is not None), None)
