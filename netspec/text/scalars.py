"""What an unquoted scalar means: the core schema of YAML 1.2 (YAML 1.2.2, section 10.3.2)."""

from __future__ import annotations

import re

DIGITS = 100
"""The longest integer read. Beyond it no count means anything, while products of a few such counts still
fit a float's range check and the 4,300 digits that Python agrees to print."""

_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **{sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
}

_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def resolve(text: str) -> bool | int | float | str | None:
    """The value of a plain scalar. `1e999` is infinite, as `.inf` is: what may be so is for its key to say.

    Raises OverflowError for an integer of more than 100 digits.

    >>> [resolve(text) for text in ("010", "0x10", "1e-3", "no", "1:30", "1_000", "")]
    [10, 16, 0.001, 'no', '1:30', '1_000', None]
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _DECIMAL.fullmatch(text):
        return _integer(text, 10)
    if _OCTAL.fullmatch(text):
        return _integer(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return _integer(text[2:], 16)
    return float(text) if _FLOAT.fullmatch(text) else text


def _integer(text: str, base: int) -> int:
    digits = text.lstrip("+-").lstrip("0")
    # An octal digit is less than a decimal one: the first test spares int() a text it refuses or is slow on.
    if len(digits) > DIGITS * 10 // 9 + 1 or abs(value := int(text, base)) >= 10**DIGITS:
        raise OverflowError(f"an integer of more than {DIGITS} digits")
    return value
