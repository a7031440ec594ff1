"""Characters that a spec must not hold: they do not show, or make a line show as something else."""

from __future__ import annotations

import re
import unicodedata

from netspec.text.source import Fault, Source

FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # C0 without tab, LF and CR; DEL; C1 with NEL
    "\u2028-\u202e\u2066-\u2069"  # line and paragraph separator, bidirectional controls
    "\ud800-\udfff\ufeff\ufffe\uffff]"  # surrogates, byte order mark, noncharacters
)
"""NEL, LS and PS end a line for libyaml but not in YAML 1.2: without them, everyone counts the same lines."""


def forbidden_characters(source: Source) -> list[Fault]:
    """One fault for each forbidden character, at the first place where it stands."""
    first: dict[str, int] = {}
    for match in FORBIDDEN.finditer(source.text):
        first.setdefault(match[0], match.start())
    help = "remove it"
    return [
        Fault(
            "NS004",
            f"{described(character)} cannot stand in a spec",
            source.span(start, start + 1),
            help=help,
        )
        for character, start in first.items()
    ]


def described(character: str) -> str:
    """A character that cannot be shown, in words.

    >>> described("\\x1b"), described("\\u202e")
    ('the control character `U+001B`', 'the character `U+202E` (right-to-left override)')
    """
    code = f"`U+{ord(character):04X}`"
    name = unicodedata.name(character, "").lower()
    return f"the character {code} ({name})" if name else f"the control character {code}"


def shown(text: str, length: int = 60) -> str:
    r"""Text fit for one line of a message: on one line, with what cannot be shown escaped, and not long.

    >>> shown("a\n\x1b[31mb")
    'a\\n\\x1b[31mb'
    """
    return escaped(text if len(text) <= length else text[: length - 1] + "…")


def escaped(text: str) -> str:
    r"""Text of any length with what cannot be shown escaped; of a file's name, the bytes that are not UTF-8 too.

    >>> escaped("caf" + b"\xe9".decode(errors="surrogateescape") + "\n")
    'caf\\xe9\\n'
    """
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    return f"\\x{ord(char) - 0xDC00:02x}" if "\udc80" <= char <= "\udcff" else char.encode("unicode_escape").decode()
