"""The tree of a text that is being typed: what the reader refuses is read as far as it can be meant.

The reader stops at the first mistake, since a spec must mean one thing. An editor must say something at every
keystroke: here a bracket that is not closed ends where the lines around it go on, a key without its colon is a key, and
a line that belongs nowhere is passed over. A text that the reader accepts has the same tree here, but for what aliases and escapes
stand for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from netspec.text.filling import (
    BLOCK_SCALAR,
    FLOW_PLAIN,
    KEY,
    PLAIN,
    PROPERTIES,
    QUOTED,
    Open,
    Place,
    node,
    resolved,
    scalar,
    skip,
    span,
)
from netspec.text.nodes import Node, Scalar
from netspec.text.source import Source
from netspec.text.tree import DEPTH

Expected = Literal["line", "key", "value", "item"]
"""What may be typed at the end of a text: a line of its own, a key of `{}`, a key's value, an item of a list."""

TRIES = 100
"""How many lines with an escaped quote a quoted scalar may have: each is read again with the next."""


class Outline:
    """The tolerant tree of a text, and what is open at its end."""

    def __init__(self, text: str) -> None:
        self.source = Source("", text)
        self.lines = self.source.lines
        self.stack: list[Open] = []
        self.expected: Expected | None = "line"
        self._root: Open | Scalar | None = None
        self._line = 0
        while self._line < len(self.lines):
            self._read_line()

    @property
    def root(self) -> Node | None:
        """The tree, or None where there is nothing."""
        for outer, inner in reversed([*zip(self.stack, self.stack[1:], strict=False)]):
            outer.end = max(outer.end, inner.end)
        return None if self._root is None else node(self._root, (0, 0))

    def path(self) -> tuple[str | int, ...] | None:
        """Where the end of the text stands: a step for each open container but the last; None where nowhere."""
        if any(container.lost for container in self.stack):
            return None
        steps = [container.step for container in self.stack[:-1]]
        return tuple(step for step in steps if step is not None)

    def at_column(self, column: int) -> tuple[str | int, ...] | None:
        """The path of the mapping that a key on a line of its own, at this column, would belong to."""
        while self.stack and not self._takes_key(self.stack[-1], column):
            self._pop()
        if not self.stack:
            return () if self._root is None else None
        top = self.stack[-1]
        below = (*(self.path() or ()), *(() if top.step is None else (top.step,)))
        if any(container.lost for container in self.stack):
            return None
        if top.mapping and top.column == column:
            return self.path()
        return below if top.awaits and column > top.column else None

    def list_at_column(self, column: int) -> tuple[str | int, ...] | None:
        """The path of the list that a dash on a line of its own, at this column, would go on with."""
        for number, container in enumerate(self.stack):
            if not container.mapping and not container.flow and container.column == column and not container.lost:
                return tuple(step for above in self.stack[:number] if (step := above.step) is not None)
        return None

    def _takes_key(self, top: Open, column: int) -> bool:
        return not top.flow and top.column <= column and (top.mapping or top.column < column)

    def _read_line(self) -> None:
        number, text = self._line, self.lines[self._line]
        column = len(text) - len(text.lstrip(" \t"))
        self._line += 1
        self.expected = "line"
        rest = text[column:]
        if not rest or rest[0] == "#" or (column == 0 and (text[0] == "%" or text.rstrip() in ("---", "..."))):
            return
        last = number == len(self.lines) - 1
        while text[column : column + 1] == "-" and text[column + 1 : column + 2] in ("", " ", "\t"):
            self._dash(number, column)
            column = skip(text, column + 1)
            self.expected = "item" if last else None
        if column == len(text):
            return
        if found := KEY.match(text, column):
            self._key(number, found)
            column = skip(text, found.end())
            self.expected = "value" if column > found.end() else None
        if column < len(text):
            self._value(number, column)

    def _dash(self, line: int, column: int) -> None:
        """An item of a list whose dashes stand at this column."""
        while self.stack and not self._takes_dash(self.stack[-1], column):
            self._pop()
        top = self.stack[-1] if self.stack else None
        if top is None or top.mapping or top.column != column:
            top = self._push(Open(False, False, column, (line, column), (line, column + 1)))
        top.values.append(None)
        top.awaits = True
        self._ends((line, column + 1))

    def _takes_dash(self, top: Open, column: int) -> bool:
        if top.flow or top.column > column:
            return False
        return not top.mapping or top.column < column or top.awaits

    def _key(self, line: int, found: re.Match[str]) -> None:
        """A key on a line of its own, or behind a dash."""
        column = found.start()
        while self.stack and not self._takes_key(self.stack[-1], column):
            self._pop()
        top = self.stack[-1] if self.stack else None
        if top is None or not top.mapping or (top.column != column and top.awaits):
            top = self._push(Open(True, False, column, (line, column), (line, column)))
        self._add_key(top, scalar(found["key"], (line, column)), (line, found.end()))

    def _add_key(self, top: Open, key: Scalar, end: Place) -> None:
        top.keys.append(key)
        top.behind.append(end)
        top.values.append(None)
        top.awaits = True
        self._ends(end)

    def _push(self, container: Open) -> Open:
        """Opens a container where a value is awaited, or nowhere."""
        if len(self.stack) >= DEPTH or not self._put(container):
            container.lost = True
        self.stack.append(container)
        return container

    def _put(self, value: Open | Scalar) -> bool:
        if not self.stack:
            first = self._root is None
            self._root = value if first else self._root
            return first
        top = self.stack[-1]
        if top.awaits:
            top.values[-1] = value
            top.awaits = False
            return True
        return False

    def _ends(self, end: Place) -> None:
        """The innermost container goes on to here; those around it learn of it when it is closed."""
        if self.stack:
            self.stack[-1].end = max(self.stack[-1].end, end)

    def _pop(self) -> None:
        inner = self.stack.pop()
        self._ends(inner.end)

    def _value(self, line: int, column: int) -> None:
        """What stands behind a key or a dash, or on a line of its own."""
        text = self.lines[line]
        self.expected = None
        column = PROPERTIES.match(text, column).end()  # type: ignore[union-attr]
        if column == len(text) or text[column] == "#":
            return
        if text[column] in "{[":
            self._flow(line, column)
        elif BLOCK_SCALAR.match(text, column):
            self._block_scalar(line, column)
        elif text[column] in "\"'":
            self._quoted(line, column)
        else:
            self._plain(line, column)

    def _deeper(self) -> Iterator[tuple[int, str]]:
        """The lines from the next one on that are blank or indented more than the keys or dashes around."""
        around = self.stack[-1].column if self.stack else -1
        for number in range(self._line, len(self.lines)):
            text = self.lines[number]
            if text.strip() and len(text) - len(text.lstrip(" \t")) <= around:
                return
            yield number, text

    def _plain(self, line: int, column: int) -> None:
        end = PLAIN.match(self.lines[line], column).end()  # type: ignore[union-attr]
        value = scalar(self.lines[line][column:end], (line, column))
        self._ends((line, end))
        if self._put(value):
            self._go_on(value)
        elif self.stack and self.stack[-1].mapping and self.stack[-1].column == column:
            self._add_key(self.stack[-1], value, (line, end))

    def _go_on(self, value: Scalar) -> None:
        """The lines below that the plain scalar goes on in, up to a key, an item or a comment."""
        parts, end = [value.text], (value.span.end_line - 1, value.span.end_column - 1)
        for number, text in self._deeper() if self.stack else ():
            column = len(text) - len(text.lstrip(" \t"))
            if text[column:] and (text[column] in "#-" or KEY.match(text, column)):
                break
            if text[column:]:
                last = PLAIN.match(text, column).end()  # type: ignore[union-attr]
                parts.append(text[column:last])
                end, self._line = (number, last), number + 1
        if len(parts) > 1:
            whole = " ".join(parts)
            start = value.span.line - 1, value.span.column - 1
            self.stack[-1].values[-1] = Scalar(resolved(whole), whole, False, span(start, end))
            self._ends(end)

    def _quoted(self, line: int, column: int) -> None:
        """To the closing quote, if it comes before the text around goes on; else to the end of the line."""
        rest = self.lines[line][column:]
        found = QUOTED.match(rest) or self._closed_below(rest)
        if found:
            inner = found[0][1:-1]
            last = line + found[0].count("\n")
            end = (last, (column if last == line else 0) + len(found[0].rsplit("\n", 1)[-1]))
            self._line = last + 1
        else:
            inner, end = rest[1:], (line, len(self.lines[line]))
        text = re.sub(r"[ \t]*+\n[ \t]*+", " ", inner if rest[0] == '"' else inner.replace("''", "'"))
        self._put(Scalar(text, text, True, span((line, column), end)))
        self._ends(end)

    def _closed_below(self, rest: str) -> re.Match[str] | None:
        """The quoted scalar that `rest` of a line opens, with the lines below that it goes over."""
        parts, tries = [rest], 0
        for _, text in self._deeper():
            parts.append(text)
            if rest[0] in text:
                tries += 1
                if (found := QUOTED.match("\n".join(parts))) or tries == TRIES:
                    return found
        return None

    def _block_scalar(self, line: int, column: int) -> None:
        header = self.lines[line][column:]
        end, parts = (line, len(self.lines[line].rstrip())), [""]
        for number, text in self._deeper():
            if text.strip():
                end = (number, len(text.rstrip()))
            parts.append(text.strip())
            self._line = number + 1
        text = ("\n" if header[0] == "|" else " ").join(parts).strip()
        text += "" if header[1:2] == "-" else "\n"
        self._put(Scalar(text, text, True, span((line, column), end)))
        self._ends(end)

    def _flow(self, line: int, column: int) -> None:
        """A bracket with what is in it, over as many lines as the block around it lets it have."""
        depth = len(self.stack)
        around = self.stack[-1].column if self.stack else -1
        while True:
            text = self.lines[line]
            while (column := skip(text, column)) < len(text) and text[column] != "#":
                column = self._flow_token(line, column, around)
                if len(self.stack) <= depth:
                    self.expected = None
                    return
            if column < len(text) and line == len(self.lines) - 1:
                self.expected = None  # in a comment
            line, column = line + 1, 0
            if line == len(self.lines):
                return
            stripped = self.lines[line].lstrip(" \t")
            inside = len(self.lines[line]) - len(stripped) > around or stripped[:1] in ("]", "}", "")
            if not inside:
                while len(self.stack) > depth:
                    self._pop()
                return
            self._line = line + 1

    def _flow_token(self, line: int, column: int, around: int) -> int:
        """One bracket, comma or scalar of flow style; the column behind it."""
        text = self.lines[line]
        char = text[column]
        top = self.stack[-1] if self.stack else None
        if char in "{[":
            if top is not None and top.flow and not top.mapping and not top.awaits:
                top.values.append(None)
                top.awaits = True
            self._push(Open(char == "{", True, around, (line, column), (line, column + 1)))
            self._ends((line, column + 1))
            self.expected = "key" if char == "{" else "item"
            return column + 1
        assert top is not None
        self._ends((line, column + 1))
        if char in "}]":
            self._pop()
            self.expected = None
            return column + 1
        if char == ",":
            top.awaits = False
            self.expected = "key" if top.mapping else "item"
            return column + 1
        if char == ":":
            self.expected = None
            if top.mapping and top.awaits:
                self.expected, top.behind[-1] = "value", (line, column + 1)
            return column + 1
        return self._flow_scalar(line, column, top)

    def _flow_scalar(self, line: int, column: int, top: Open) -> int:
        text = self.lines[line]
        column = PROPERTIES.match(text, column).end()  # type: ignore[union-attr]
        pattern = QUOTED if text[column : column + 1] in ("'", '"') else FLOW_PLAIN
        found = pattern.match(text, column)
        end = found.end() if found else len(text)
        if end == column:  # nothing that can begin a value
            return min(column + 1, len(text))
        value = scalar(self.lines[line][column:end], (line, column))
        self._ends((line, end))
        if not top.mapping:
            top.values.append(value)
        elif self.expected == "value":
            self._put(value)
        elif self.expected == "key":
            self._add_key(top, value, (line, end))
        self.expected = None
        return end
