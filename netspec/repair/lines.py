"""What a slip can have done to whole lines: moved in or out, lost, doubled, swapped, made a comment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netspec.language.causes import BrokenValue, MissingKey, UnknownKey
from netspec.language.fields import keys
from netspec.language.kinds import KINDS
from netspec.language.top import Top
from netspec.language.vocabulary import lists_with, sections_with
from netspec.repair import signs
from netspec.text.source import Source, Span

ENDLESS = 10**9
ABOVE = 12
"""How many lines before a fault may have caused it."""


def misplaced(report: Report, finding: Diagnostic, cause: UnknownKey | MissingKey | BrokenValue) -> Iterator[Fix]:
    """What may have put a key where it does not belong, or away: an indentation, or a line that became a comment."""
    source, line = report.source, finding.span.line
    written = source.lines[line - 1][finding.span.column - 1 : finding.span.end_column - 1]
    # inside a block only a layer begins, not a section: its name would cut the list in two
    names = (
        [name for name in sections_with(written) if name in KINDS]
        if cause.path[1:] and cause.path[0] == "blocks"
        else None
    )
    rule = cause.keyword if isinstance(cause, BrokenValue) else None
    if rule not in (None, "type", "enum") or (rule == "enum" and "(" not in written):
        return
    yield from once(source, [line])
    if not isinstance(cause, UnknownKey):
        yield from signs.guesses(source, [line], (signs.wrapped, signs.dashes))
    if rule == "type":
        yield from beneath(source, line)
    if rule is not None:
        yield from itemized(source, line)
        return
    if isinstance(cause, UnknownKey) and re.search(r"[^\w-]|^-", written):
        yield from signs.guesses(source, [line])
    if isinstance(cause, UnknownKey) and source.lines[line - 1][: finding.span.column - 1].strip(" {") == "-":
        yield from headed(source, line, written, names)
        yield from signs.guesses(source, [line], (signs.dashes,))
    if isinstance(cause, UnknownKey) and indent(source.lines[line - 1]) == finding.span.column - 1:
        yield from indented(source, [line])
        yield from indented(source, [line], whole=True)
        yield from headed(source, line, written, names)
        for number in (line - 1, line):
            if 1 <= number < len(source.lines):
                yield swapped(source, number)
    for number in range(max(1, line - 2), min(len(source.lines), line + ABOVE) + 1):
        yield from signs.guesses(source, [number], (signs.uncommented,))


def itemized(source: Source, number: int) -> Iterator[Fix]:
    """A line as the first of a new item."""
    line = source.lines[number - 1]
    depth = indent(line)
    if 2 <= depth < ENDLESS and not line.lstrip().startswith("-"):
        yield Fix("begin a new item with `- `", (Edit(Span(number, depth - 1, number, depth + 1), "- "),))


def beneath(source: Source, number: int) -> Iterator[Fix]:
    """The lines below a section's name, up to the next section, as its body."""
    here, sections = indent(source.lines[number - 1]), {key.name for key in keys(Top)}
    last = number
    for line in source.lines[number:]:
        name = re.match(r"([\w-]+):", line)
        if indent(line) < here or (name and name[1] in sections):
            break
        last += 1
    while last > number and not source.lines[last - 1].strip():
        last -= 1
    if last > number and source.lines[number - 1].rstrip().endswith(":"):
        title = f"indent lines {number + 1} to {last} by 2 spaces"
        yield Fix(title, tuple(shifted(source, range(number + 1, last + 1), 2)))


def once(source: Source, numbers: Iterable[int]) -> Iterator[Fix]:
    """Without a line that stands there twice."""
    for number in numbers:
        after = source.lines[number : number + 1]
        if after == source.lines[number - 1 : number] and after[0].strip():
            yield Fix(f"remove line {number + 1}", (Edit(Span(number, 1, number + 1, 1), ""),))


def fences(source: Source) -> Iterator[Fix]:
    """Without the lines by which Markdown sets a text off."""
    numbers = [number for number, line in enumerate(source.lines, 1) if re.fullmatch(r" *(```|~~~)[\w ]*", line)]
    if numbers:
        words = f"line {numbers[0]}" if len(numbers) == 1 else f"lines {' and '.join(map(str, numbers))}"
        yield Fix(f"remove {words}, of Markdown", tuple(Edit(Span(n, 1, n + 1, 1), "") for n in numbers))


def remarks(source: Source) -> Iterator[Fix]:
    """Remarks of C as those of YAML."""
    found = [(number, re.search(r"(?:^|(?<=\s))//+", line)) for number, line in enumerate(source.lines, 1)]
    places = [Span(number, at.start() + 1, number, at.end() + 1) for number, at in found if at]
    if places:
        yield Fix("write `#` for `//`", tuple(Edit(place, "#") for place in places))


def strays(source: Source, numbers: Iterable[int]) -> Iterator[Fix]:
    """Without a line that says nothing of its own, for it has neither a key, nor an item, nor a number."""
    for number in numbers:
        line = source.lines[number - 1]
        if number < len(source.lines) and not re.match(r" *(#|- |$)|.*[:\uff1a\[\]{},\d]", line):
            yield Fix(f"remove line {number}", (Edit(Span(number, 1, number + 1, 1), ""),))


def headed(source: Source, number: int, key: str, names: Sequence[str] | None = None) -> Iterator[Fix]:
    """A line before this one, with the name of the section that has the key, or of the list whose items do."""
    here = indent(source.lines[number - 1])
    item = source.lines[number - 1][here:].startswith("- ")
    depths = sorted({depth for line in source.lines[:number] if (depth := indent(line)) < here + item}, reverse=True)
    found = lists_with(key) if item else sections_with(key)
    for name in found if names is None else names:
        for depth in depths:
            edit = Edit(Span(number, 1, number, 1), " " * depth + f"{name}:\n")
            yield Fix(f"add the line `{name}:`", (edit,))


def swapped(source: Source, number: int) -> Fix:
    """A line and the next one in the other order."""
    lines = source.lines
    one, other = lines[number - 1], lines[number]
    edits = (
        Edit(Span(number, 1, number, len(one) + 1), other),
        Edit(Span(number + 1, 1, number + 1, len(other) + 1), one),
    )
    return Fix(f"swap lines {number} and {number + 1}", edits)


def indent(line: str) -> int:
    """The indentation; endless for a line without content."""
    content = line.strip()
    return len(line) - len(line.lstrip(" ")) if content and not content.startswith("#") else ENDLESS


def indented(source: Source, numbers: list[int], whole: bool = False) -> Iterator[Fix]:
    """Another indentation for one of the lines, or for it and what is deeper: the most frequent ones of the text first."""
    depths = Counter(depth for line in source.lines if (depth := indent(line)) < ENDLESS)
    depths.update(indent(line) + 2 for line in source.lines if line.lstrip().startswith("- "))
    for depth, _ in depths.most_common(5):
        for number in numbers:
            here = indent(source.lines[number - 1])
            if here in (depth, ENDLESS):
                continue
            last = number
            while whole and last < len(source.lines) and here < indent(source.lines[last]) < ENDLESS:
                last += 1
            if whole and last == number:
                continue
            title = f"indent line {number} with {depth} spaces"
            if last > number:
                title = f"indent lines {number} to {last} with {depth} spaces{' and more' * (last > number)}"
            yield Fix(title, tuple(shifted(source, range(number, last + 1), depth - here)))


def shifted(source: Source, numbers: range, by: int) -> Iterator[Edit]:
    """Lines with an indentation deeper by so many spaces."""
    for number in numbers:
        here = indent(source.lines[number - 1])
        if here < ENDLESS:
            yield Edit(Span(number, 1, number, here + 1), " " * max(0, here + by))
