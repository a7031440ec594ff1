"""What other programs leave in a text: the markers of a merge, the placeholders of a template."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.text.causes import Conflict
from netspec.text.characters import shown
from netspec.text.source import Fault, Source, Span

MARKERS = re.compile(r"(<{7}|>{7}|\|{7})(?: (.*))?|(={7})")
"""The lines by which git, and other systems of versions, set the two sides of a conflict apart."""
FILL_IN = "write the value, or check what the template gives"
_PLACEHOLDER = r"\$?\{\{[^{}\n]*\}\}|\{%[^%\n]*%\}|<%[^%\n]*%>|\$\{[^{}\n]*\}|\$[A-Za-z_]\w*|%\(\w+\)[a-z]|@\w+@|<[A-Za-z_][\w -]*>"
"""Jinja and its kin, ERB, shells and GitHub's jobs, Python's `%`, CMake, and `<N>` for a person to fill in."""
_AS_VALUE = re.compile(rf"(?:^[ \t]*|(?<=[:,\-] )[ \t]*|(?<=\[))({_PLACEHOLDER})")


def conflicts(source: Source) -> list[Fault]:
    """A fault for each conflict of a merge that was left in the text, and for each marker without the others."""
    if "<<<<<<<" not in source.text and ">>>>>>>" not in source.text:
        return []
    found: list[Fault] = []
    open_: list[int] = []
    for number, line in enumerate(source.lines, 1):
        marker = MARKERS.fullmatch(line.rstrip())
        sign = marker[0][0] if marker else ""
        if sign == "<" and open_:
            found.append(_conflict(source, open_))
            open_ = []
        if sign == "<" or (sign in ("|", "=") and open_):
            open_.append(number)
        elif sign == ">":
            found.append(_conflict(source, [*open_, number]))
            open_ = []
    return [*found, _conflict(source, open_)] if open_ else found


def _conflict(source: Source, numbers: list[int]) -> Fault:
    first, *others = (Span(number, 1, number, len(source.lines[number - 1]) + 1) for number in numbers)
    signs = [source.lines[number - 1][0] for number in numbers]
    whole = signs in (["<", "=", ">"], ["<", "|", "=", ">"])
    message = "two versions of these lines were not merged" if whole else "this line is the marker of a merge"
    help = "keep one of them, and remove the three lines of signs" if whole else "remove it"
    related = tuple((place, "the other version" if source.excerpt(place)[0] == "=" else "to here") for place in others)
    return Fault("NS040", message, first, related if whole else (), help, Conflict(tuple(numbers)))


def is_placeholder(text: str) -> bool:
    """Whether a value is what a template has for one.

    >>> is_placeholder("${F}"), is_placeholder("{{ filters }}"), is_placeholder("$5 {{ a }}")
    (True, True, False)
    """
    return re.fullmatch(_PLACEHOLDER, text.strip()) is not None


def placeholders(source: Source, faults: list[Fault]) -> list[Fault]:
    """The faults of a text, or, where the first stands in the line of a placeholder, those of all placeholders."""
    found = list(_placeholders(source))
    return found if any(one.span.line == faults[0].span.line for one in found) else faults


def _placeholders(source: Source) -> Iterator[Fault]:
    for number, line in enumerate(source.lines, 1):
        for match in _AS_VALUE.finditer(re.split(r"(?:^|\s)#", line)[0]):
            message = f"`{shown(match[1])}` is a placeholder of a template that was not filled in"
            yield Fault("NS041", message, Span(number, match.start(1) + 1, number, match.end(1) + 1), help=FILL_IN)
