"""How text looks on a terminal: what is drawn for a character, and how many cells that takes."""

from __future__ import annotations

from unicodedata import category, east_asian_width

TAB = "    "
"""Tabs are drawn four cells wide wherever they stand, so that a line and the carets under it agree."""


def shown(text: str) -> str:
    """The text with everything invisible made visible.

    Control characters, bidirectional overrides, lone surrogates and strange spaces are escaped: what a spec
    contains can neither steer a terminal nor hide from its reader.

    >>> shown("a\\x1b[31mb\\u202ec")
    'a␛[31mb\\\\u202ec'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(drawn, text))


def drawn(char: str) -> str:
    """What stands for one character."""
    code = ord(char)
    if 0xFE00 <= code <= 0xFE0F:
        return ""  # variation selectors: terminals disagree on the width they give an emoji
    if char.isprintable():
        return char
    if char == "\t":
        return TAB
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def cells(text: str) -> int:
    """How many terminal cells `text`, already `shown`, takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(char: str) -> int:
    if category(char) in ("Mn", "Me") or 0x1160 <= ord(char) <= 0x11FF:
        return 0  # marks, and the vowels and finals that join a Hangul syllable, sit on what is before them
    return 2 if east_asian_width(char) in "WF" else 1


def wrapped(text: str, room: int) -> list[str]:
    """`text`, already `shown`, in lines of at most `room` cells; a longer word keeps a line of its own.

    A chain of shapes breaks before its arrows: a layer stays beside its shape.

    >>> wrapped("one two three", 8)
    ['one two', 'three']
    >>> wrapped("input 8x8x1 -> conv 6x6x4", 20)
    ['input 8x8x1', '-> conv 6x6x4']
    """
    lines: list[str] = []
    links = text.split(" -> ")
    whole = len(links) > 1 and all(cells(link) + len("-> ") <= room for link in links)
    words = [links[0], *(f"-> {link}" for link in links[1:])] if whole else text.split(" ")
    for word in words:
        if lines and cells(lines[-1]) + 1 + cells(word) <= room:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines
