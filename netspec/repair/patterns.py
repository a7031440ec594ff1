"""Other patterns of layers for one that fits none, and a spec without one that changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.analysis.causes import FitsInVain, FitsNoLayer
from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netspec.language.edits import remove_item
from netspec.repair.values import removal
from netspec.text.nodes import Mapping, Path, Scalar, Sequence, walk


def fits_no_layer(report: Report, finding: Diagnostic, cause: FitsNoLayer) -> Iterator[Fix]:
    """The names and patterns that it is most alike; else none at all, for whoever wrote it meant some layer."""
    for text in cause.near:
        yield Fix(f"write `{text}`", (Edit(finding.span, _quoted(text)),))
    for fix in _without(report, cause.path, needless=False):
        if not cause.near:
            yield fix


def fits_in_vain(report: Report, finding: Diagnostic, cause: FitsInVain) -> Iterator[Fix]:
    """The spec without it."""
    yield from _without(report, cause.path, needless=True)


def _without(report: Report, path: Path, *, needless: bool) -> Iterator[Fix]:
    """Takes a pattern out: an item of a list, a key with its factor, or `freeze` itself where it has one pattern."""
    holder, last = walk(report.root, path[:-1]), path[-1]
    if isinstance(holder, Sequence) and isinstance(last, int) and len(holder.items) > 1:
        item, edit = holder.items[last], remove_item(report.source, holder, last)
        if isinstance(item, Scalar):
            yield Fix(f"remove `{item.text}`", (edit,), "unsafe" if needless else "display")
    elif isinstance(holder, Sequence):
        yield from _without(report, path[:-1], needless=needless)
    elif isinstance(holder, Mapping) and (entry := holder.entry(str(last))) is not None:
        yield removal(report.source, holder, entry, needless=needless)


def _quoted(text: str) -> str:
    """A pattern as YAML has it everywhere: `*` at the beginning would be an alias, a bracket in a list would end it."""
    return f'"{text}"' if re.search(r"^\*|[\[\]]", text) else text
