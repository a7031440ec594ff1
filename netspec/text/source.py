"""Text with places in it: a source file, a span of it, and what can be wrong with the text itself."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from netspec.text.causes import Cause


class Span(NamedTuple):
    """A half-open range of characters. Lines and columns count from 1, columns in code points."""

    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def start(self) -> Span:
        """The empty span before it."""
        return Span(self.line, self.column, self.line, self.column)

    @property
    def end(self) -> Span:
        """The empty span behind it."""
        return Span(self.end_line, self.end_column, self.end_line, self.end_column)

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of `other`."""
        return Span(self.line, self.column, other.end_line, other.end_column)


START = Span(1, 1, 1, 1)


@dataclass(frozen=True)
class Source:
    """One decoded text: UTF-8, without its byte order mark."""

    name: str
    """How the user named it: a path as given, or `<stdin>`."""
    text: str = field(repr=False)
    path: Path | None = None
    faults: tuple[Fault, ...] = ()
    """What was wrong with the bytes. Then `text` is for display only, and reading it gives these faults."""
    marked: bool = False
    """Whether the file begins with a byte order mark, which `text` is without."""

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends. Only LF, CRLF and CR end a line, as in YAML 1.2."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(end.end() for end in re.finditer(r"\r\n|\r|\n", self.text))]

    def span(self, start: int, end: int) -> Span:
        """The place of `text[start:end]`."""
        line = bisect_right(self._line_starts, start)
        room, column = len(self.lines[line - 1]), start - self._line_starts[line - 1]
        last = column + end - start
        if column <= last <= room:
            return Span(line, column + 1, line, last + 1)
        return Span(line, min(column, room) + 1, *self._position(end))

    def offset(self, line: int, column: int) -> int:
        """Where in `text` a place is; behind a line's end is at it, behind the last line at the end of the text."""
        if line > len(self.lines):
            return len(self.text)
        return self._line_starts[line - 1] + min(column - 1, len(self.lines[line - 1]))

    def excerpt(self, span: Span) -> str:
        """The text of a place."""
        return self.text[self.offset(span.line, span.column) : self.offset(span.end_line, span.end_column)]

    def _position(self, index: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, index)
        column = index - self._line_starts[line - 1]
        return line, min(column, len(self.lines[line - 1])) + 1


NOWHERE = Source("\0", "")
"""Where a finding stands that is about no text: about a run, a data file, a device. No file can have this name."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with the text, before it has any meaning. `code` is of the family NS0."""

    code: str
    message: str
    span: Span
    related: tuple[tuple[Span, str], ...] = ()
    help: str | None = None
    cause: Cause | None = None
    """What a repair starts from; None where it would have nothing to start from."""
