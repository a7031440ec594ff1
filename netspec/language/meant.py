"""What is plainly meant by a key or a value that the format does not have: a slip, or another system's word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from netspec.language.fields import DECIMAL, Key, quantity
from netspec.language.other_systems import BOOLEANS, VALUES
from netspec.language.spelling import likest, one_slip
from netspec.text.nodes import Entry, Node, Scalar


def meant_key(name: str, facts: Sequence[Key]) -> str | None:
    """The key that was meant, by what other systems call it or by likeness."""
    lowered = name.lower().replace("-", "_")
    for key in facts:
        if lowered == key.name or lowered in key.also:
            return key.name
    return likest(lowered, [key.name for key in facts])


def glued(entry: Entry, facts: Sequence[Key]) -> str | None:
    """A key with its value, where only the colon between them, or its space, is missing: `filters 8`, `filters=8`."""
    value = entry.value
    pair = re.fullmatch(r"([\w-]+)\s*(?::=|[-=]>|[=:;.\uff1a]|\s)\s*(\S.*)", entry.name)
    if pair is None or not isinstance(value, Scalar) or value.text or value.quoted:
        return None
    meant = meant_key(pair[1], facts)
    return f"{meant}: {pair[2]}" if meant else None


def meant_value(node: Node, keyword: str, bound: Any) -> str | None:
    """What a value plainly stands for, where it breaks a rule of the schema: a typo of a word, a word for a boolean, a
    quoted number."""
    if not isinstance(node, Scalar):
        return None
    if keyword == "enum" and isinstance(node.value, str):
        number = node.text if re.fullmatch(r"\d{1,15}", node.text) and node.quoted else None
        return meant_word(node.value, [str(option) for option in bound]) or number
    if keyword != "type":
        return None
    if bound == "boolean":
        lowered = node.text.lower()
        return lowered if lowered in ("true", "false") else BOOLEANS.get(lowered)
    grouped = re.fullmatch(r"\d{1,3}(\.000)+", node.text)  # 1.000 may be a thousand
    if isinstance(node.value, float) and node.value.is_integer() and abs(node.value) < 1e15 and not grouped:
        return str(int(node.value))
    if isinstance(node.value, str):
        bare = re.sub(r"[_, ]", "", node.text)
        if re.fullmatch(r"\d{1,15}|\d{1,3}([_, ]\d{3}){1,4}|\d{1,9}(_\d{1,9})+", node.text) and bound != "array":
            return str(int(bare))
        if re.fullmatch(rf"\d{{1,9}}(\.\d{{1,9}})?({'|'.join(DECIMAL)})", bare):
            return str(quantity(bare))
        if re.fullmatch(r"\d*\.\d+|\d+(\.\d+)?e-?\d+", bare) and "number" in str(bound):
            return bare
    return None


def meant_word(word: str, options: Sequence[str]) -> str | None:
    """The option that a word is a slip of: by another system's name for it, or by likeness."""
    lowered = word.lower()
    for candidate in (lowered, lowered.replace("-", "_"), VALUES.get(lowered.replace("-", "_"), "")):
        if candidate in options:
            return candidate
    close = likest(lowered.replace("-", "_"), options)
    # cifar-100 is no slip of cifar-10, nor fashion-mnist-2 of fashion-mnist
    return close if close and re.findall(r"\d+", close) == re.findall(r"\d+", word) else None


def equally_near(word: str, option: str, options: Iterable[str]) -> tuple[str, ...]:
    """The other options of which a word is one slip away, where `option` is no nearer: any of them may be meant.

    >>> equally_near("adamv", "adam", ("adam", "adamw", "lion"))
    ('adamw',)
    >>> equally_near("reul", "relu", ("relu", "elu"))
    ()
    """
    word = word.lower()
    if word == option or word in VALUES or not one_slip(word, option):
        return ()
    return tuple(other for other in options if other != option and one_slip(word, other))
