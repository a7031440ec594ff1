"""Places as the Language Server Protocol counts them: lines and columns from 0, columns in units of an encoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from netspec.text.source import Source, Span

Encoding = Literal["utf-8", "utf-16", "utf-32"]
MARK = "\ufeff"


def _units(text: str, encoding: Encoding) -> int:
    """How many code units the text takes."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-16":
        return len(text) + sum(char > "\uffff" for char in text)
    return len(text.encode(errors="surrogatepass"))


@dataclass(frozen=True)
class Positions:
    """Translates the places of one text. Only LF, CRLF and CR end a line: the protocol's lines are netspec's.

    `mark` says whether the client's text begins with a byte order mark, which the source does not have.
    """

    source: Source
    encoding: Encoding = "utf-16"
    mark: bool = False

    def place(self, line: int, character: int) -> tuple[int, int]:
        """Line and column from 1, in characters. Behind a line's end is at it, behind the text at its end.

        A place within a character is before it.
        """
        lines = self.source.lines
        if line >= len(lines):
            return len(lines), len(lines[-1]) + 1
        text = lines[line]
        left = character - (_units(MARK, self.encoding) if self.mark and line == 0 else 0)
        if text.isascii() or self.encoding == "utf-32":
            return line + 1, max(0, min(left, len(text))) + 1
        for column, char in enumerate(text, 1):
            left -= _units(char, self.encoding)
            if left < 0:
                return line + 1, column
        return line + 1, len(text) + 1

    def position(self, line: int, column: int) -> tuple[int, int]:
        """The protocol's line and column of a place that counts from 1, in characters."""
        lines = self.source.lines
        if line > len(lines):
            line, column = len(lines), len(lines[-1]) + 1
        before = lines[line - 1][: column - 1]
        marked = _units(MARK, self.encoding) if self.mark and line == 1 else 0
        return line - 1, _units(before, self.encoding) + marked

    def range(self, span: Span) -> tuple[tuple[int, int], tuple[int, int]]:
        """The protocol's start and end of a span."""
        return self.position(span.line, span.column), self.position(span.end_line, span.end_column)


def spliced(text: str, encoding: Encoding, start: tuple[int, int], end: tuple[int, int], new: str) -> str:
    """The text with what stands from `start` to `end`, in the protocol's terms, replaced."""
    source = Source("", text)
    positions = Positions(source, encoding)
    first, last = sorted(source.offset(*positions.place(*place)) for place in (start, end))
    return text[:first] + new + text[last:]
