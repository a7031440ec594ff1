"""Whether a YAML file is a spec: editors and folders show others too, and of those nothing is to be said."""

from __future__ import annotations

import re

from netspec.text.nodes import Mapping
from netspec.text.outline import Outline
from netspec.text.source import Source

ENDINGS = (".yaml", ".yml")
"""How files end that may be specs."""
SUFFIXES = (".netspec.yaml", ".netspec.yml")
"""How a file's name says that it is a spec, whatever is in it."""

RUN_SPEC = "spec.yaml"
"""A run's own spec, in its directory."""

_KEY = r"""(?:[?&!]\S*+[ \t]++)*+["'`]?netspec["'`]?[ \t]*+(?:[:=：]|[0-9]|\#|$)"""
_AT_LINE_START = re.compile(rf"^{_KEY}", re.MULTILINE | re.IGNORECASE)
_FIRST = re.compile(_KEY, re.MULTILINE | re.IGNORECASE)
_BEFORE = re.compile(r"(?:\s++|[#%].*+|---(?=\s))*+")
"""What may stand before the first key: blank lines, comments, directives, the start of the document."""


def says_spec(source: Source) -> bool:
    """Whether a file says that it is a spec: by a top-level key `netspec`, or by its name.

    It may say so in a broken text and in a wrong form: the key stands at the start of a line or first of all, without its
    colon or with another sign, or in the outermost braces. The same word further in is another file's.

    >>> [says_spec(Source("x.yaml", text)) for text in ("netspec 1", "name: x\\nnetspec:1", "services:\\n  netspec: {}")]
    [True, True, False]
    """
    if source.name.lower().endswith(SUFFIXES):
        return True
    text = "\n".join(source.lines)
    if "netspec" not in text.lower():
        return False
    start = _BEFORE.match(text).end()  # type: ignore[union-attr]
    return bool(_FIRST.match(text, start) or _AT_LINE_START.search(text)) or (
        text.startswith("{", start) and _in_braces(text[start:])
    )


def _in_braces(text: str) -> bool:
    root = Outline(text).root
    return isinstance(root, Mapping) and any(entry.name.lower() == "netspec" for entry in root)
