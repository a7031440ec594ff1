"""What was likely meant where the text itself is not YAML: few guesses, each of which `repair` proves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netspec.text.source import Source, Span

WIDTH = 2
"""How many spaces a tab stands for, and an indentation has, where the lines around say nothing else."""


def fixes(report: Report, finding: Diagnostic) -> Iterator[Fix]:
    """Guesses for a fault of the text, the likeliest first."""
    source = report.source
    if finding.code == "NS006":
        yield _untabbed(source)
    elif finding.code == "NS010":
        yield from _single(source, finding)
    elif finding.code == "NS007":
        yield from _closed(source, finding.span)
    else:
        for line in (finding.span.line, finding.span.line - 1):
            if line >= 1:
                yield from _separated(source, line)
                yield from _quoted(source, line)
                yield from _indented(source, line)


def _untabbed(source: Source) -> Fix:
    edits = []
    for number, line in enumerate(source.lines, 1):
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if "\t" in indent:
            edits.append(Edit(Span(number, 1, number, len(indent) + 1), indent.replace("\t", " " * WIDTH)))
    return Fix("indent with spaces", tuple(edits))


def _single(source: Source, finding: Diagnostic) -> Iterator[Fix]:
    """Without the second of two equal keys, then without the first."""
    for span in (finding.span, *(label.span for label in finding.labels)):
        line = source.lines[span.line - 1]
        before, after = line[: span.column - 1], line[span.column - 1 :]
        value = re.match(r"[^,{}\[\]]*(\[[^\]]*\]|\{[^}]*\})?[^,{}\[\]]*", after)
        assert value is not None
        end = span.column + value.end()
        title = f"remove the `{source.lines[span.line - 1][span.column - 1 : span.end_column - 1]}` of line {span.line}"
        if not before.strip():
            below = next(
                (n for n in range(span.line, len(source.lines)) if _depth(source.lines[n]) <= span.column - 1),
                len(source.lines),
            )
            yield Fix(title, (Edit(Span(span.line, 1, below + 1, 1), ""),))
        elif comma := re.search(r",\s*$", before):
            yield Fix(title, (Edit(Span(span.line, comma.start() + 1, span.line, end), ""),))
        else:
            gap = re.match(r",\s*", line[end - 1 :])
            yield Fix(title, (Edit(Span(span.line, span.column, span.line, end + (gap.end() if gap else 0)), ""),))


def _depth(line: str) -> int:
    """The indentation; endless for a line without content."""
    content = line.strip()
    return len(line) - len(line.lstrip(" ")) if content and not content.startswith("#") else 10**9


def _closed(source: Source, span: Span) -> Iterator[Fix]:
    """The closing sign at the end of a line, the opening one's own first."""
    opener = source.lines[span.line - 1][span.column - 1]
    closer = {"[": "]", "{": "}"}.get(opener, opener)
    for number in range(span.line, min(span.line + 8, len(source.lines)) + 1):
        line = source.lines[number - 1]
        comment = re.search(r"\s+#.*$", line)
        column = (comment.start() if comment else len(line.rstrip())) + 1
        yield Fix(f"add `{closer}`", (Edit(Span(number, column, number, column), closer),))
        for inner in re.finditer(r"[\]},]", line[span.column - 1 :] if number == span.line else line):
            at = inner.start() + (span.column if number == span.line else 1)
            yield Fix(f"add `{closer}`", (Edit(Span(number, at, number, at), closer),))


def _separated(source: Source, number: int) -> Iterator[Fix]:
    """A colon after the first word, or the space that it lacks."""
    line = source.lines[number - 1]
    word = re.match(r"\s*(?:- )*([\w-]+)", line)
    if word is None:
        return
    rest = line[word.end() :]
    at = word.end() + 1
    if not rest.startswith(":"):
        yield Fix(f"write `{word[1]}:`", (Edit(Span(number, at, number, at), ":"),))
    elif rest[1:2].strip():
        yield Fix(f"write `{word[1]}: `", (Edit(Span(number, at + 1, number, at + 1), " "),))


def _quoted(source: Source, number: int) -> Iterator[Fix]:
    """The value in quotes."""
    line = source.lines[number - 1]
    found = re.match(r"\s*(?:- )*[\w-]+:\s+", line)
    value = line[found.end() :].rstrip() if found else ""
    if found and value and value[0] not in "'\"[{":
        text = "'" + value.replace("'", "''") + "'"
        span = Span(number, found.end() + 1, number, found.end() + len(value) + 1)
        yield Fix(f"write {text}", (Edit(span, text),))


def _indented(source: Source, number: int) -> Iterator[Fix]:
    """The indentation of a line near by."""
    line = source.lines[number - 1]
    here = len(line) - len(line.lstrip(" "))
    near = [source.lines[n] for n in (*range(number, number + 2), *range(number - 2, number - 6, -1)) if 0 <= n < len(source.lines)]
    depths = dict.fromkeys(depth for other in near if (depth := _depth(other)) != here and depth < 100)
    for depth in [*depths, *(depth + WIDTH for depth in depths)]:
        fix = Edit(Span(number, 1, number, here + 1), " " * depth)
        yield Fix(f"indent with {depth} spaces", (fix,))
