"""One sign more, less or other: what a slip of the finger can have done to a line that is not YAML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from netspec.diagnostics.diagnostic import Edit, Fix
from netspec.text.source import Source, Span

OTHER = {"[": "{", "{": "[", "]": "}", "}": "]"}
Slip = tuple[int, int, str]
"""The columns, from 0, between which a text takes the place of what stands there."""
Kind = Callable[[str], Iterator[Slip]]


def guesses(source: Source, numbers: Iterable[int], kinds: tuple[Kind, ...] | None = None) -> Iterator[Fix]:
    """Every change of one sign in the lines given by their numbers: the likelier kinds first, each in all the lines."""
    lines = [(number, _content(source.lines[number - 1])) for number in numbers]
    seen: set[tuple[int, Slip]] = set()
    for kind in kinds or KINDS:
        for number, line in lines:
            for slip in kind(line):
                if (number, slip) not in seen:
                    seen.add((number, slip))
                    yield _fix(number, line, slip)


def everywhere(source: Source, kind: Kind) -> Iterator[Fix]:
    """Every change of a kind at once, where several lines have the same sign: who writes it once writes it always."""
    fixes = guesses(source, range(1, len(source.lines) + 1), (kind,))
    edits = tuple(edit for fix in fixes for edit in fix.edits)
    if edits and all(a.span[2:] <= b.span[:2] for a, b in pairwise(edits)):
        first = source.excerpt(edits[0].span).strip()
        title = (
            f"write `{edits[0].text.strip()}` for `{first}`" if first and edits[0].text.strip() else "write other signs"
        )
        yield Fix(f"{title} in {len(edits)} places" if len(edits) > 1 else title, edits)


def _content(line: str) -> str:
    """A line without the comment at its end; a comment alone is content, as it may be uncommented."""
    return re.sub(r"(?<=\S)\s+#.*$", "", line).rstrip()


def _fix(number: int, line: str, slip: Slip) -> Fix:
    start, end, text = slip
    old, new = line[start:end].strip(), text.strip()
    if not old and "\n" in text:
        title = "begin a new line"
    elif old and new:
        title = f"write `{new}` for `{old}`"
    elif new or old:
        title = f"add `{new}`" if new else f"remove `{old}`"
    else:
        title = "add a space" if text else "remove the space"
    return Fix(title, (Edit(Span(number, start + 1, number, end + 1), text),))


def _colons(line: str) -> Iterator[Slip]:
    """What stands for a colon, a colon or its space left out."""
    for found in re.finditer(r"(?<=[\w-])( *(?::=|::+|[-=]>|[=;\uff1a]) *| *\.(?= |$) *)(?=\S|$)", line):
        yield *found.span(1), ": " if found.end() < len(line) else ":"
    for found in re.finditer(r"(?<=[\w-]):(?=[^\s,\]}])", line):
        yield found.end(), found.end(), " "
    for found in re.finditer(r"(?:^|[-{,] )\s*[\w-]+()( ?)(?=[\[{]|\S|$)", line):
        yield found.start(1), found.end(2), ": " if found.end() < len(line) else ":"


def equals(line: str) -> Iterator[Slip]:
    """The sign of assignments for a colon, behind the first word of a line."""
    if found := re.match(r" *(?:- )?[\w-]+( *= *)(?=\S)", line):
        yield *found.span(1), ": "


def _brackets(line: str) -> Iterator[Slip]:
    """A bracket of another kind, too many, or too few."""
    for found in re.finditer(r"[\[\]{}]", line):
        yield found.start(), found.end(), OTHER[found[0]]
    for found in re.finditer(r"[()<>]", line):
        for bracket in "[{" if found[0] in "(<" else "]}":
            yield found.start(), found.end(), bracket
    for found in re.finditer(r"[\[\]{}()]", line):
        yield found.start(), found.end(), ""
    for found in re.finditer(r"(?=[,\]}])|$", line):
        yield from ((found.start(), found.start(), bracket) for bracket in "}]")
    for found in re.finditer(r"(?<=[:,-] )(?=[^\s-])|(?<=[\[{])", line):
        yield from ((found.start(), found.start(), bracket) for bracket in "{[")


def _commas(line: str) -> Iterator[Slip]:
    """What stands for a comma, a comma left out or twice, or for the point of a number."""
    for found in re.finditer(r"(?<![\w.])([1-9]\d{0,2}(?:[.,]\d{3})+)(?:[.,]\d+)?(?![\w.])", line):
        if "," in found[0]:  # marks of thousands, and perhaps a decimal one
            yield found.start(), found.end(), re.sub(r"\D", "", found[1])
    for found in re.finditer(r" *[;.,](?: *,)+ *|(?<=[\w\]}'\"]) *[;.] *(?=[\w{\[])", line):
        yield found.start(), found.end(), ", "
    for found in re.finditer(r"(?<=[\w\]}'\"]) (?:and|&) (?=[\w{\[])", line):
        yield found.start(), found.end(), ", "
    for found in re.finditer(r"(?<=[\w\]}'\"])( +)(?=[\w{\[-])", line):
        yield found.start(), found.end(), ", "
    for found in re.finditer(r"(?<=[\]}])(?=[\[{])", line):
        yield found.start(), found.end(), ", "
    for found in re.finditer(r"(?<=\d),(?=\d)", line):
        yield found.start(), found.end(), "."
    for found in re.finditer(r"(?<=\d),\d+(?!\w)|,(?= *[\]}])|,$", line):
        yield found.start(), found.end(), ""


def wrapped(line: str) -> Iterator[Slip]:
    """Brackets of another kind, or none, around a layer or a list; a word in brackets or backticks."""
    for found in re.finditer(r"`([\w .-]*)`|\[([\w-]+)\](?=:)", line):
        yield found.start(), found.end(), found[found.lastindex or 0]
    inner = r"(?:[^\[\](){}]|\[[^\[\](){}]*\])*"
    for found in re.finditer(rf"[\[(]({inner}?[:=]{inner})[\])]", line):
        yield found.start(), found.end(), "{" + re.sub(r"(?<=\w)=(?=\S)", ": ", found[1]) + "}"
    for found in re.finditer(r"\[(\{[^\[\]]*\})\]", line):
        yield found.start(), found.end(), re.sub(r"\}, *\{", ", ", found[1])
    for found in re.finditer(r"[({]([^(){}:]*)[)}]", line):
        yield found.start(), found.end(), f"[{found[1]}]"
    for found in re.finditer(r"(?<=: )[\w-]+: ", line):
        for end in re.finditer(r"(?=, [\w-]+: )|(?=\}|\])|$", line[found.end() :]):
            stop = found.end() + end.start()
            yield found.start(), stop, "{" + line[found.start() : stop] + "}"
    for found in re.finditer(r"(?<=\})(, *[\w-]+: *(?:[^{}\[\],]+|\[[^{}\[\]]*\]))(?=$|[,}\]])", line):
        for place in reversed([brace.start() for brace in re.finditer(r"\}", line[: found.start()])]):
            yield place, found.end(), found[1] + line[place : found.start()]
    for found in re.finditer(r"`", line):
        yield found.start(), found.end(), ""


def lookalikes(line: str) -> Iterator[Slip]:
    """Signs of other keyboards and of word processors: a blank, a colon, a dash or bullet, a number before the line."""
    for found in re.finditer("[\u00a0\u2007\u202f\u3000]+", line):
        yield found.start(), found.end(), " " * len(found[0])
    for found in re.finditer("\uff1a *", line):
        yield found.start(), found.end(), ": "
    for found in re.finditer("[\uff0c\u3001] *", line):
        yield found.start(), found.end(), ", "
    if bullet := re.match(r" *([*+\u2022\u00b7\u2013\u2014] )", line):
        yield *bullet.span(1), "- "
    for pattern in (r"^> ?", r"^\d+[:.)] ?", r" *\\+$"):
        if sign := re.search(pattern, line):
            yield *sign.span(), ""


def _strays(line: str) -> Iterator[Slip]:
    """A sign before the first word; a line break left out."""
    if found := re.match(r" *([^\w\s\"'\[{&*#]+ *)", line):
        yield *found.span(1), ""
    if found := re.match(r"[^\w\s\"'\[{&*#-]|\w(?= +(?:- )*[\w-]+:(?: |$)|#)", line):
        yield 0, 1, ""
    start = len(line) - len(line.lstrip(" "))
    for found in re.finditer(r"(?<=\S)( +)(?=(?:- )*[\w-]+:(?: |$))", line[start:]):
        inner = " " * (start + 2 * line[start:].startswith("- "))
        for indent in dict.fromkeys((inner, " " * start, inner + "  ", " " * max(0, start - 2), "")):
            yield start + found.start(1), start + found.end(1), "\n" + indent


def quotes(line: str) -> Iterator[Slip]:
    """A quote too many, or one that does not end its text."""
    signs = list(re.finditer(r"['\"]", line))
    for found in signs:
        yield found.start(), found.end(), ""
    for found in signs:
        for place in re.finditer(r"(?=[,\]}:])|$", line):
            yield place.start(), place.start(), found[0]


def dashes(line: str) -> Iterator[Slip]:
    """The dash of an item, glued, left out or too many."""
    indent = len(line) - len(line.lstrip(" "))
    if re.match(r" *-[^\s-]", line):
        yield indent + 1, indent + 1, " "
    if indent >= 2 and line[indent : indent + 1] not in ("-", "#"):
        yield indent - 2, indent, "- "
    if line[indent : indent + 2] == "- ":
        yield from ((indent, indent + 2, blank) for blank in ("  ", ""))


def uncommented(line: str) -> Iterator[Slip]:
    """A line that became a comment."""
    if comment := re.match(r" *(# ?)(?=- |[\w-]+:( |$))", line):
        yield *comment.span(1), ""


KINDS: tuple[Kind, ...] = (lookalikes, _colons, dashes, uncommented, wrapped, _commas, _brackets, quotes, _strays)
