"""For people: each diagnostic with the lines it is about, marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from shlex import quote

from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Family
from netspec.diagnostics.diagnostic import Diagnostic, Fix
from netspec.diagnostics.render.cells import shown, wrapped
from netspec.diagnostics.render.excerpt import Mark, Page, excerpt
from netspec.diagnostics.render.palette import Paint
from netspec.diagnostics.render.suggestion import again_suggested, suggestion
from netspec.diagnostics.render.wording import Counts, count, counted, tally, worst_first
from netspec.text.source import Span

MESSAGE_CELLS = 40
"""A message is not wrapped to less, however narrow the terminal."""
LISTED = 20
"""How many files the table names at most; `--format json` has them all."""


def render(diagnostics: Sequence[Diagnostic], files: Sequence[str], *, color: bool, width: int) -> str:
    """Every diagnostic with its source, the worst file first; then a summary."""
    paint = Paint(color)
    before: set[Fix] = set()
    blocks = ["\n".join(_block(found, paint, width, before)) for found in worst_first(diagnostics)]
    table = ["\n".join(_files(tally(diagnostics), paint))]
    return "\n\n".join([*blocks, *filter(None, table), "\n".join(_summary(diagnostics, files, paint))]) + "\n"


def _block(found: Diagnostic, paint: Paint, width: int, before: set[Fix]) -> Iterator[str]:
    """One diagnostic. Of a fix that repairs others too, and was shown with one of them `before`, the title will do."""
    page = Page(paint, len(str(_last_line(found))), width)
    kind = f"{found.severity}[{found.code}]"
    first, *rest = wrapped(shown(found.message), max(width - len(kind) - 2, MESSAGE_CELLS))
    yield paint(kind, found.severity) + paint(f": {first}", "strong")
    for line in rest:
        yield " " * (len(kind) + 2) + paint(line, "strong")
    if not found.placed:
        if found.help:
            yield paint("help", "help") + f": {shown(found.help)}"
        return
    place = f"{shown(found.source.name)}:{found.span.line}:{found.span.column}"
    yield f"{' ' * page.gutter}{paint('-->', 'gutter')} {place}"
    marks = _marks(found) if found.source.text else {}
    if marks:
        yield page.rule()
        yield from excerpt(found.source.lines, marks, page)
    remarks = [("note", note) for note in found.notes]
    if found.help and found.help not in (fix.title for fix in found.fixes):
        remarks.append(("help", found.help))
    if remarks:
        yield page.rule()
    for kind, text in remarks:
        yield from _remark(kind, text, page)
    for fix in found.fixes:
        again = len(fix.edits) > 1 and fix in before
        yield from [again_suggested(fix, page)] if again else suggestion(fix, found.source.lines, page)
    before.update(found.fixes)


def _last_line(found: Diagnostic) -> int:
    """The greatest line number that is shown."""
    edits = (edit.span.end_line + edit.text.count("\n") for fix in found.fixes for edit in fix.edits)
    return max(found.span.line, *(label.span.line for label in found.labels), *edits, 1)


def _marks(found: Diagnostic) -> dict[int, list[Mark]]:
    """What to mark, by line; with the last line of text before it where the marked line is blank."""
    lines = found.source.lines
    marks: dict[int, list[Mark]] = {}

    def add(span: Span, glyph: str, style: str, label: str | None) -> None:
        number = min(span.line, len(lines))
        end = span.end_column - 1 if span.end_line == span.line else len(lines[number - 1].rstrip())
        mark = Mark(span.column - 1, end, glyph, style, label, span.end_line > span.line)
        marks.setdefault(number, []).append(mark)

    add(found.span, "^", found.severity, found.label)
    for label in found.labels:
        add(label.span, "-", "gutter", label.message)
    first = min(marks)
    if not lines[first - 1].strip():
        text_before = (number for number in range(first - 1, 0, -1) if lines[number - 1].strip())
        marks |= {number: [] for number in [next(text_before, first)] if number < first}
    return marks


def _remark(kind: str, text: str, page: Page) -> Iterator[str]:
    """A note or a help, its further lines hung under the first."""
    lines = wrapped(shown(text), page.room - len(f"{kind}: "))
    yield page.rule(f"{page.paint(kind, 'help' if kind == 'help' else 'strong')}: {lines[0]}", "=")
    for line in lines[1:]:
        yield " " * (page.gutter + len(f" = {kind}: ")) + line


def _files(counts: dict[str, Counts], paint: Paint) -> Iterator[str]:
    """A table of the files with findings, where there are several."""
    if len(counts) < 2:
        return
    yield paint("errors  warnings  file", "strong")
    for name, its in list(counts.items())[:LISTED]:
        cells = ((its.errors, 6, "error"), (its.warnings, 10, "warning"))
        row = (paint(f"{number:>{room}}", style) if number else f"{'-':>{room}}" for number, room, style in cells)
        yield f"{''.join(row)}  {shown(name)}"
    if len(counts) > LISTED:
        yield f"and {len(counts) - LISTED} more with errors or warnings"


def _summary(diagnostics: Sequence[Diagnostic], files: Sequence[str], paint: Paint) -> Iterator[str]:
    counts = count(diagnostics, files)
    found = [paint(counted(counts.errors, "error"), "error")] if counts.errors else []
    found += [paint(counted(counts.warnings, "warning"), "warning")] if counts.warnings else []
    of_data = bool(diagnostics) and all(CODES[found.code].family is Family.DATA for found in diagnostics)
    where = "the data" if of_data else counted(counts.files, "file")  # what is damaged there is no spec
    yield f"{', '.join(found) or paint('no errors', 'help')} in {where}"
    if repairs := [found.source for found in diagnostics if any(fix.safe for fix in found.fixes)]:
        names = {source.name if source.path else "" for source in repairs}
        file = shown(quote(next(iter(names)))) if len(names) == 1 and "" not in names else "FILE"
        yield f"{len(repairs)} can be repaired by: netspec validate --fix {file}"
    codes = Counter(found.code for found in diagnostics if found.severity == "error")
    if codes:
        yield f"For more about an error: netspec explain {codes.most_common(1)[0][0]}"
