"""What was likely meant where the text itself is not YAML: guesses, each of which `repair` proves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from netspec.analysis.report import Report
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Family
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netspec.diagnostics.edits import edited
from netspec.repair import lines, signs
from netspec.text import reader
from netspec.text.causes import (
    Cause,
    Conflict,
    MergeKey,
    RepeatedKey,
    SecondDocument,
    Syntax,
    Tab,
    Tag,
    Unclosed,
    UnknownAlias,
)
from netspec.text.source import Source, Span

WIDTHS = (2, 4, 6, 8)
"""How many spaces a tab may stand for."""
CHARACTERS = 2_000_000
"""How much text is parsed again for one fault: 0.05 s."""
READ, READ_CHARACTERS = 32, 200_000
"""How many texts that can be parsed are read, and how much text: nine of ten guesses that are right are among the first two, and all but a few
in a thousand among the first thirteen."""
FURTHER = 3
"""How many changes are tried with which the text is no YAML yet, but for a later slip."""
CLOSERS = {"]": "[", "}": "{"}
NOTICED = "noticed here"


def fixes(report: Report, finding: Diagnostic, cause: Cause) -> Iterator[Fix]:
    """Guesses for a fault of the text, the likeliest first: those with which the text has no fault, then fewer, or a later one."""
    faults = sum(CODES[other.code].family is Family.TEXT for other in report.diagnostics)
    parsed = read = 0
    seen: set[str] = set()
    better: list[Fix] = []
    further: list[Fix] = []
    stop = reader.stops_at(report.source.text)
    for fix in chain(_likely(report.source, finding, cause), _any_sign(report.source, finding)):
        text = edited(report.source, fix.edits)
        if text in seen:
            continue
        seen.add(text)
        parsed += len(text) + 100
        if parsed > CHARACTERS or read == READ or read * len(text) > READ_CHARACTERS:
            break
        if not reader.parses(text):
            if len(further) < FURTHER and _only_signs(report.source, fix) and reader.stops_at(text) > stop:
                further.append(fix)
            continue
        read += 1
        left = len(reader.read(Source(report.source.name, text))[1])
        if not left:
            yield fix
        elif left < faults:
            better.append(fix)
    yield from better or further


def _only_signs(source: Source, fix: Fix) -> bool:
    """Whether a change adds signs, which open nothing, and takes none away."""
    return all(
        not source.excerpt(edit.span).strip() and edit.text.strip() in (",", ":", "}", "]") for edit in fix.edits
    )


def conflict(report: Report, finding: Diagnostic, cause: Conflict) -> Iterator[Fix]:
    """Of a conflict one side, then the other; of a marker without the others nothing."""
    source, (first, *between, last) = report.source, (*cause.lines, *cause.lines[-1:])
    if len(cause.lines) < 3:
        for number in cause.lines:
            yield Fix(f"remove line {number}", (_without(number, number),))
        return
    between = between[:-1]
    names = [
        source.lines[number - 1][7:].strip() or words for number, words in ((first, "this side"), (last, "the other"))
    ]
    yield Fix(f"keep the version of `{names[0]}`", (_without(first, first), _without(between[0], last)))
    yield Fix(f"keep the version of `{names[1]}`", (_without(first, between[-1]), _without(last, last)))


def _without(first: int, last: int) -> Edit:
    """The text without these lines."""
    return Edit(Span(first, 1, last + 1, 1), "")


def _likely(source: Source, finding: Diagnostic, cause: Cause) -> Iterator[Fix]:
    """What each kind of fault most often comes from."""
    line = finding.span.line
    if isinstance(cause, Tab):
        yield from _untabbed(source)
    elif isinstance(cause, RepeatedKey):
        yield from lines.once(source, [line, line - 1])
        if re.fullmatch(r"[\w-]+:\s*", source.lines[line - 1]):
            first = finding.labels[0].span.line
            yield Fix(f"join it with what stands under line {first}", (Edit(Span(line, 1, line + 1, 1), ""),))
        for number in (line, line - 1):
            yield from lines.itemized(source, number)
        yield from (replace(fix, applicability="display") for fix in _single(source, finding))
        yield from (replace(fix, applicability="display") for fix in _renamed(source, finding))
    elif isinstance(cause, Tag | MergeKey):
        yield from _dropped(source, finding)
        yield from _quoted(source, line)
    elif isinstance(cause, UnknownAlias):
        key = re.search(r"([\w-]+): *$", source.lines[line - 1][: finding.span.column - 1])
        values = re.findall(rf"\b{key[1]}: (\{{[^{{}}\n]*\}}|[\w.]+)", source.text) if key else ()
        for value in dict.fromkeys(values):
            yield Fix(f"write `{value}`", (Edit(finding.span, value),))
        yield from _quoted(source, line)
    elif isinstance(cause, SecondDocument):
        for number in range(line, 0, -1):
            if re.fullmatch(r"(---|\.\.\.)\s*", source.lines[number - 1]):
                yield Fix(f"remove line {number}", (Edit(Span(number, 1, number + 1, 1), ""),))
    elif isinstance(cause, Unclosed):
        if source.lines[line - 1][finding.span.column - 1] in "'\"":
            yield from signs.guesses(source, [line], (signs.quotes,))
        yield from _closed(source, finding.span)
    elif isinstance(cause, Syntax):
        near = [number for number in (line, line - 1, line - 2, line + 1) if 1 <= number <= len(source.lines)]
        yield from lines.fences(source)
        yield from lines.remarks(source)
        yield from signs.everywhere(source, signs.lookalikes)
        yield from signs.everywhere(source, signs.equals)
        yield from _comma_ended(source, finding)
        for guess in (_repunctuated, _separated, _unclosed, lines.itemized):
            for number in near[:3] if guess is lines.itemized else near:
                yield from guess(source, number)
        for guess in (_named, _completed):
            for number in near:
                yield from guess(source, number)
        yield from lines.strays(source, near)
        yield from lines.indented(source, [number for number in near if number <= line])
        yield from _quoted(source, line)


def _dropped(source: Source, finding: Diagnostic) -> Iterator[Fix]:
    """Without a tag; without a merge key and its value."""
    span, line = finding.span, source.lines[finding.span.line - 1]
    written = line[span.column - 1 : span.end_column - 1]
    pattern = r"\s*" if isinstance(finding.cause, Tag) else r"\s*:\s*\*?[\w-]*(,\s*)?"
    after = re.match(pattern, line[span.end_column - 1 :])
    assert after is not None
    start, end = span.start, span.end_column + after.end()
    if isinstance(finding.cause, MergeKey) and not (line[: span.column - 1] + line[end - 1 :]).strip():
        yield Fix(f"remove line {span.line}", (Edit(Span(span.line, 1, span.line + 1, 1), ""),))
    yield Fix(f"remove `{written}`", (Edit(start._replace(end_column=end), ""),))


def _any_sign(source: Source, finding: Diagnostic) -> Iterator[Fix]:
    """One sign changed where the fault was noticed, where it began, and in the lines around, the nearest first."""
    first = finding.span.line
    began = [label.span.line for label in finding.labels]
    around = sorted(range(1, len(source.lines) + 1), key=lambda number: (abs(number - first), number))
    numbers = dict.fromkeys([first, *began, *(number for number in around if -lines.ABOVE <= number - first <= 1)])
    yield from signs.guesses(source, numbers)
    yield from lines.indented(source, list(numbers))
    yield from lines.once(source, numbers)
    yield from lines.strays(source, numbers)
    for number in numbers:
        if 1 < number <= first + 1:
            yield lines.swapped(source, number - 1)
    if key := re.match(r" *(?:- )?\{?([\w-]+)", source.lines[first - 1]):
        yield from lines.headed(source, first, key[1])


def blamed(finding: Diagnostic, fix: Fix) -> Diagnostic:
    """The finding where the repair was proved: a parser notices a slip only at what comes after it."""
    if not isinstance(finding.cause, Syntax):
        return finding
    span, text = fix.edits[0].span, fix.edits[0].text
    if text in CLOSERS and span.column == span.end_column and (at := _opener(finding.source, span, text)) is not None:
        message = f"the bracket `{finding.source.lines[at.line - 1][at.column - 1]}` is not closed"
        return replace(finding, code="NS007", message=message, span=at, labels=(Label(finding.span, NOTICED),))
    if span.line == finding.span.line:
        return finding
    return replace(
        finding, span=_words_at(finding.source, span), labels=(Label(finding.span, NOTICED), *finding.labels)
    )


def _opener(source: Source, at: Span, closer: str) -> Span | None:
    """The bracket that a closing one, put in at a place, closes."""
    depth = 0
    for number in range(at.line, 0, -1):
        line = source.lines[number - 1]
        for column in range(at.column - 1 if number == at.line else len(line), 0, -1):
            depth += {closer: 1, CLOSERS[closer]: -1}.get(line[column - 1], 0)
            if depth < 0:
                return Span(number, column, number, column + 1)
    return None


def _words_at(source: Source, at: Span) -> Span:
    """What an edit replaces; of one that adds, the words on both sides."""
    line = source.lines[at.line - 1]
    if at.end_line > at.line or line[at.column - 1 : at.end_column - 1].strip():
        return Span(at.line, at.column, at.line, len(line) + 1) if at.end_line > at.line else at
    before = re.search(r"\S*\s*$", line[: at.column - 1])
    after = re.match(r"\s*[^\s,\]}]*", line[at.end_column - 1 :])
    assert before is not None
    assert after is not None
    start = at.column - len(before[0].lstrip() if before.start() == 0 else before[0])
    return Span(at.line, start, at.line, at.end_column + after.end())


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


def _comma_ended(source: Source, finding: Diagnostic) -> Iterator[Fix]:
    """A comma at the end of every line, inside the brackets that are open, to which the next line adds a value."""
    at = finding.span._replace(column=finding.span.end_column)
    opened = max(filter(None, (_opener(source, at, closer) for closer in CLOSERS)), default=None)
    if opened is None:
        return
    ends: list[Edit] = []
    before, depth, open_ended = opened, 0, True
    for number in range(opened.line, len(source.lines) + 1):
        line = re.sub(r"(^|\s)#.*", "", source.lines[number - 1]).rstrip()
        content = line[opened.column - 1 :] if number == opened.line else line
        if not content.strip():
            continue
        if number > opened.line and content.lstrip()[0] not in "]}," and not open_ended:
            ends.append(Edit(before, ","))
        depth += sum(map(content.count, "[{")) - sum(map(content.count, "]}"))
        if depth <= 0:
            break
        before, open_ended = Span(number, len(line) + 1, number, len(line) + 1), content[-1] in ",[{:"
    if ends and depth <= 0:
        numbers = [str(edit.span.line) for edit in ends]
        where = f"line {numbers[0]}" if len(ends) == 1 else f"lines {', '.join(numbers[:-1])} and {numbers[-1]}"
        yield Fix(f"add a comma at the end of {where}", tuple(ends))


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
        title = f"remove the `{source.excerpt(span)}` of line {span.line}"
        if not before.strip():
            below = next(
                (n for n in range(span.line, len(source.lines)) if lines.indent(source.lines[n]) <= span.column - 1),
                len(source.lines),
            )
            end_of_text = (len(source.lines), len(source.lines[-1]) + 1)
            yield Fix(title, (Edit(Span(span.line, 1, *min((below + 1, 1), end_of_text)), ""),))
        elif comma := re.search(r",\s*$", before):
            yield Fix(title, (Edit(Span(span.line, comma.start() + 1, span.line, end), ""),))
        else:
            gap = re.match(r",\s*", line[end - 1 :])
            yield Fix(title, (Edit(Span(span.line, span.column, span.line, end + (gap.end() if gap else 0)), ""),))


REQUIRED = ("filters", "kernel", "window", "units", "height", "width", "channels")


def _renamed(source: Source, finding: Diagnostic) -> Iterator[Fix]:
    """One of two equal keys as a key that must be there."""
    for span in (finding.span, *(label.span for label in finding.labels)):
        for name in REQUIRED:
            yield Fix(f"write `{name}` in line {span.line}", (Edit(span, name),))


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


def _named(source: Source, number: int) -> Iterator[Fix]:
    """A value without its key, with the key that has this value elsewhere, with `type`, then with any that the text has."""
    found = re.match(r" *(?:- )*:\s+(.+)", source.lines[number - 1])
    if found is None:
        return
    at = Span(number, (column := source.lines[number - 1].index(":") + 1), number, column)
    alike = re.findall(rf"([\w-]+): {re.escape(found[1])}(?![\w.])", source.text)
    for name in dict.fromkeys([*alike, "type", *re.findall(r"([a-z_]+): \S", source.text)]):
        yield Fix(f"write `{name}`", (Edit(at, name),))


def _completed(source: Source, number: int) -> Iterator[Fix]:
    """The beginning of a key on a line of its own, as a key that the text has elsewhere, with its value there."""
    found = re.fullmatch(r"\s*(?:- )*([a-z_]+)\s*", source.lines[number - 1])
    if found is None:
        return
    at = Span(number, found.start(1) + 1, number, found.end(1) + 1)
    for pair in dict.fromkeys(re.findall(rf"\b{found[1]}[a-z_]*: (?:[\w.-]+|\[[^\[\]\n]*\])", source.text)):
        yield Fix(f"write `{pair}`", (Edit(at, pair),))


def _quoted(source: Source, number: int) -> Iterator[Fix]:
    """The value in quotes."""
    line = source.lines[number - 1]
    found = re.match(r"\s*(?:- )*[\w-]+:\s+", line)
    value = line[found.end() :].rstrip() if found else ""
    if found and value and value[0] not in "'\"[{":
        text = "'" + value.replace("'", "''") + "'"
        span = Span(number, found.end() + 1, number, found.end() + len(value) + 1)
        yield Fix(f"write {text}", (Edit(span, text),))
