"""What was likely meant where the text itself is not YAML: guesses, each of which `repair` proves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from netspec.analysis import relay, retype
from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netspec.diagnostics.edits import edited
from netspec.text import reader
from netspec.text.source import Source, Span

WIDTHS = (2, 4, 6, 8)
"""How many spaces a tab may stand for."""
CHARACTERS = 200_000
"""How much text is read again for one fault."""


def fixes(report: Report, finding: Diagnostic) -> Iterator[Fix]:
    """Guesses for a fault of the text, the likeliest first: those with which the text has no fault, then fewer."""
    faults = sum(other.code.startswith("NS0") for other in report.diagnostics)
    read = 0
    seen: set[str] = set()
    better = []
    for fix in chain(_likely(report.source, finding), _any_sign(report.source, finding)):
        text = edited(report.source.text, fix.edits)
        if text in seen:
            continue
        seen.add(text)
        read += len(text) + 100
        if read > CHARACTERS:
            break
        if not reader.parses(text):
            continue
        left = len(reader.read(Source(report.source.name, text))[1])
        if not left:
            yield fix
        elif left < faults:
            better.append(fix)
    yield from better


def _likely(source: Source, finding: Diagnostic) -> Iterator[Fix]:
    """What each kind of fault most often comes from."""
    line = finding.span.line
    if finding.code == "NS006":
        yield from _untabbed(source)
    elif finding.code == "NS010":
        for number in (line, line - 1):
            yield from relay.itemized(source, number)
        yield from _single(source, finding)
    elif finding.code == "NS007":
        if source.lines[line - 1][finding.span.column - 1] in "'\"":
            yield from retype.guesses(source, [line], (retype.quotes,))
        yield from _closed(source, finding.span)
    elif finding.code != "NS011":
        near = [number for number in (line, line - 1, line - 2, line + 1) if 1 <= number <= len(source.lines)]
        for guess in (_repunctuated, _separated, _unclosed, relay.itemized):
            for number in near[:3] if guess is relay.itemized else near:
                yield from guess(source, number)
        yield from relay.indented(source, [number for number in near if number <= line])
        yield from _quoted(source, line)


def _any_sign(source: Source, finding: Diagnostic) -> Iterator[Fix]:
    """One sign changed where the fault was noticed, where it began, and in the lines around, the nearest first."""
    first = finding.span.line
    began = [label.span.line for label in finding.labels]
    around = sorted(range(1, len(source.lines) + 1), key=lambda number: (abs(number - first), number))
    numbers = dict.fromkeys([first, *began, *(number for number in around if -relay.ABOVE <= number - first <= 1)])
    yield from retype.guesses(source, numbers)
    yield from relay.indented(source, list(numbers))
    yield from relay.once(source, numbers)
    yield from relay.strays(source, numbers)
    for number in numbers:
        if 1 < number <= first + 1:
            yield relay.swapped(source, number - 1)
    if key := re.match(r" *([\w-]+):", source.lines[first - 1]):
        yield from relay.headed(source, first, key[1])


def blamed(finding: Diagnostic, fix: Fix) -> Diagnostic:
    """The finding on the line whose repair was proved: a parser notices a slip only at what comes after it."""
    line = fix.edits[0].span.line
    if line == finding.span.line or finding.code in ("NS006", "NS007", "NS010"):
        return finding
    text = finding.source.lines[line - 1]
    start = len(text) - len(text.lstrip(" "))
    span = Span(line, start + 1, line, max(len(text.rstrip()), start) + 1)
    label = Label(finding.span, "noticed here")
    return replace(finding, span=span, labels=(label, *finding.labels))


def _untabbed(source: Source) -> Iterator[Fix]:
    """Spaces for the tabs: as wide as they may be, or as deep as lines near by are."""
    tabbed = [
        (number, line[: len(line) - len(line.lstrip(" \t"))])
        for number, line in enumerate(source.lines, 1)
        if "\t" in line[: len(line) - len(line.lstrip(" \t"))]
    ]
    spans = [Span(number, 1, number, len(indent) + 1) for number, indent in tabbed]
    for width in WIDTHS:
        edits = (Edit(span, indent.replace("\t", " " * width)) for span, (_, indent) in zip(spans, tabbed, strict=True))
        yield Fix(f"write {width} spaces for each tab", tuple(edits))


SLIPS = (
    (r"(?<=[\w\]})'\"])( +)(?=[\w-]+: )", ",", "add a comma"),
    (r"(?<=\w)( +)(?=\d+[\],])", ",", "add a comma"),
    (r"(?<=,)( *,)()", "", "remove a comma"),
    (r"^ *(-)(?=[\w{])", "- ", "write `- `"),
)
"""What is often left out or typed twice: the pattern, whose group is replaced, or kept behind a comma."""


def _repunctuated(source: Source, number: int) -> Iterator[Fix]:
    """A comma, a space or an opening bracket more or less."""
    line = source.lines[number - 1]
    for pattern, text, title in SLIPS:
        for found in re.finditer(pattern, line):
            start, end = found.span(1)
            if text == ",":
                end = start
            yield Fix(title, (Edit(Span(number, start + 1, number, end + 1), text),))
    for opener, closer in ("{}", "[]"):
        if line.count(closer) > line.count(opener):
            for found in re.finditer(r": |^ *- ", line):
                at = found.end() + 1
                yield Fix(f"add `{opener}`", (Edit(Span(number, at, number, at), opener),))


def _unclosed(source: Source, number: int) -> Iterator[Fix]:
    """The brackets that a line leaves open, closed at its end."""
    line = source.lines[number - 1]
    text = re.split(r"\s#", line)[0].rstrip()
    opened: list[str] = []
    for sign in text:
        if sign in "[{":
            opened.append("]" if sign == "[" else "}")
        elif opened and sign == opened[-1]:
            opened.pop()
    if opened:
        closers = "".join(reversed(opened))
        at = len(text) + 1
        yield Fix(f"add `{closers}`", (Edit(Span(number, at, number, at), closers),))


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
                (n for n in range(span.line, len(source.lines)) if relay.indent(source.lines[n]) <= span.column - 1),
                len(source.lines),
            )
            end_of_text = (len(source.lines), len(source.lines[-1]) + 1)
            yield Fix(title, (Edit(Span(span.line, 1, *min((below + 1, 1), end_of_text)), ""),))
        elif comma := re.search(r",\s*$", before):
            yield Fix(title, (Edit(Span(span.line, comma.start() + 1, span.line, end), ""),))
        else:
            gap = re.match(r",\s*", line[end - 1 :])
            yield Fix(title, (Edit(Span(span.line, span.column, span.line, end + (gap.end() if gap else 0)), ""),))


def _closed(source: Source, span: Span) -> Iterator[Fix]:
    """The closing sign at the end of a line, the opening one's own first."""
    opener = source.lines[span.line - 1][span.column - 1]
    closer = {"[": "]", "{": "}"}.get(opener, opener)
    last = span.line + (8 if opener in "[{" else 0)
    for number in range(span.line, min(last, len(source.lines)) + 1):
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
