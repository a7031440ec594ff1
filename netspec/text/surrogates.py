"""A character beyond U+FFFF as JSON escapes it: two escapes, of which libyaml refuses each as half a character.

A pair is masked before libyaml reads the text, by escapes of the same length that no sound spec has, and put in for its mask in
what libyaml gives: every place stays where it is.
"""

from __future__ import annotations

import re

_PAIR = re.compile(
    r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u[fF]{4}\\u[fF]{4}|\\.", re.DOTALL
)
"""A pair, what looks like its mask, or another escape: what follows a backslash begins none."""
_MASK = r"\uffff\uffff"
_MASKED = re.compile(r"\\u[fF]{4}\\u[fF]{4}|\uffff\uffff")


def masked(text: str) -> str:
    r"""The text with its pairs of escapes masked.

    >>> masked(r'"\ud83d\ude00", "\\ud83d", "\ud83d"')
    '"\\uffff\\uffff", "\\\\ud83d", "\\ud83d"'
    """
    if "\\ud" not in text and "\\uD" not in text:
        return text
    return _PAIR.sub(lambda found: _MASK if found[1] else found[0], text)


def unmasked(value: str, written: str, *, escapes: bool) -> str:
    r"""A scalar that libyaml gave, with its pairs in place of their masks: as characters where its style has escapes.

    `written` is the scalar as it stands in the text. What was written as a mask stays one.

    >>> unmasked("a\uffff\uffff", r'"a\ud83d\ude00"', escapes=True)
    'a😀'
    """
    if "\uffff\uffff" not in value and _MASK not in value:
        return value
    pairs = (found for found in _PAIR.finditer(written) if len(found[0]) == len(_MASK))

    def pair(mask: re.Match[str]) -> str:
        found = next(pairs, None)
        if found is None or found[1] is None:
            return mask[0]
        return chr(0x10000 + ((int(found[1], 16) - 0xD800) << 10) + int(found[2], 16) - 0xDC00) if escapes else found[0]

    return _MASKED.sub(pair, value)
