"""Text of protocol buffers: fields with values and blocks, each with its place; no schema is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from netspec.importing.graph import Origin
from netspec.importing.sizes import Broken
from netspec.text.source import Source, Span

MOST_LEVELS = 32
TOKEN = re.compile(
    r"""(?P<space>[\s,;]+|\#[^\n]*)|(?P<word>[A-Za-z_][\w.]*)|(?P<sign>[:{}\[\]<>])"""
    r"""|(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<number>[-+]?[\d.][\w.+-]*)"""
)


@dataclass(slots=True)
class Block:
    """A message: its fields in order, of which a name may come several times."""

    span: Span
    fields: list[tuple[str, str | Block, Span]] = field(default_factory=list)

    def all(self, name: str) -> list[str | Block]:
        """What stands under a name."""
        return [value for key, value, _ in self.fields if key == name]

    def block(self, name: str) -> Block:
        """The block of a name; an empty one where there is none."""
        return next((value for value in self.all(name) if isinstance(value, Block)), Block(self.span))

    def blocks(self, name: str) -> list[Block]:
        """All blocks of a name."""
        return [value for value in self.all(name) if isinstance(value, Block)]

    def text(self, name: str, default: str = "") -> str:
        """The first value of a name."""
        return next((value for value in self.all(name) if isinstance(value, str)), default)

    def texts(self, name: str) -> list[str]:
        """All values of a name."""
        return [value for value in self.all(name) if isinstance(value, str)]

    def numbers(self, name: str) -> list[int]:
        """The whole numbers of a name. Raises Broken."""
        return [int(self._number(name, value, int)) for value in self.texts(name)]

    def whole(self, name: str, default: int) -> int:
        """A whole number. Raises Broken."""
        return next(iter(self.numbers(name)), default)

    def real(self, name: str, default: float) -> float:
        """A number. Raises Broken."""
        return next((float(self._number(name, value, float)) for value in self.texts(name)), default)

    def flag(self, name: str, default: bool) -> bool:
        """`true` or `false`."""
        return self.text(name, str(default).lower()) in ("true", "1", "True")

    def at(self, name: str) -> Span:
        """The place of a field, or of the block."""
        return next((span for key, _, span in self.fields if key == name), self.span)

    def _number(self, name: str, text: str, kind: type[int] | type[float]) -> float:
        try:
            return kind(text)
        except ValueError:
            raise Broken(f"`{name}: {text}` is no number", Origin(name, self.at(name))) from None


Token = tuple[str, str, Span]


def parsed(source: Source) -> Block:
    """The message that a text holds. Raises Broken."""
    tokens = [*_tokens(source)]
    block, at = _block(tokens, 0, Span(1, 1, 1, 1), 0)
    if at < len(tokens):
        raise Broken("this closes nothing", Origin(tokens[at][1], tokens[at][2]))
    return block


def _tokens(source: Source) -> Iterator[Token]:
    place = 0
    while place < len(source.text):
        found = TOKEN.match(source.text, place)
        if found is None:
            raise Broken("this is no text of a protocol buffer", Origin("", source.span(place, place + 1)))
        if found.lastgroup != "space":
            yield str(found.lastgroup), found[0], source.span(place, found.end())
        place = found.end()


def _block(tokens: list[Token], at: int, span: Span, level: int) -> tuple[Block, int]:
    if level > MOST_LEVELS:
        raise Broken(f"blocks lie in each other on more than {MOST_LEVELS} levels", Origin("", span))
    made = Block(span)
    while at < len(tokens) and tokens[at][1] not in ("}", ">"):
        kind, name, place = tokens[at]
        if kind != "word" or at + 1 >= len(tokens):
            raise Broken("a field's name is expected here", Origin(name, place))
        at += 1 + (tokens[at + 1][1] == ":")
        if at >= len(tokens):
            raise Broken(f"`{name}` has no value", Origin(name, place))
        at = _value(tokens, at, made, name, place, level)
    return made, at


def _value(tokens: list[Token], at: int, made: Block, name: str, place: Span, level: int) -> int:
    kind, text, span = tokens[at]
    if text in ("{", "<"):
        inner, at = _block(tokens, at + 1, place, level + 1)
        if at >= len(tokens):
            raise Broken(f"the block `{name}` is not closed", Origin(name, place))
        made.fields.append((name, inner, place))
    elif text == "[":
        at += 1
        while at < len(tokens) and tokens[at][1] != "]":
            made.fields.append((name, _plain(*tokens[at][:2]), tokens[at][2]))
            at += 1
        if at >= len(tokens):
            raise Broken(f"the list `{name}` is not closed", Origin(name, place))
    elif kind == "sign":
        raise Broken(f"`{name}` has no value", Origin(name, place))
    else:
        made.fields.append((name, _plain(kind, text), span))
    return at + 1


def _plain(kind: str, text: str) -> str:
    return text[1:-1] if kind == "text" else text
