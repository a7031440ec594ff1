"""Names and messages that break careless output."""

from __future__ import annotations

from random import Random

FRAGMENTS = (
    "%",
    "%25",
    "%0A",
    ",",
    ":",
    "::",
    "::error file=a::b",
    "##[error]",
    "\n",
    "\r",
    "\r\n",
    "\t",
    " ",
    "]]>",
    "<a>&amp;",
    '"',
    "'",
    "\\",
    "`",
    "\x00",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\u2028",
    "\u202e",
    "\ufeff",
    "\uffff",
    "é",
    "e\u0301",
    "畳",
    "😀",
    "\ud800",
    "\udce9",
    "/",
    "a",
    "spec.yaml",
)


def hostile(count: int) -> list[tuple[str, str]]:
    """`count` pairs of a name and a message, always the same ones."""
    random = Random(0)

    def text() -> str:
        parts = random.choices(FRAGMENTS, k=random.randint(1, 6))
        return "".join([*parts, chr(random.randint(0, 0x10FFFF))])

    return [(text(), text()) for _ in range(count)]
