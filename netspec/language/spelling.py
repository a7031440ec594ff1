"""How alike two words are: the one measure by which a slip is told from another word."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache

ALIKE = 0.6
"""From which likeness on a word may be a slip of another."""
LONGEST = 100
"""Of how many letters the word is that is looked at in full: none of the format is as long."""
DISTANTLY = 0.3
"""From which likeness on a word is worth trying."""


def likest(word: str, options: Iterable[str], least: float = ALIKE) -> str | None:
    """The option that a word is most alike; the first of several. None where none is alike enough.

    >>> likest("filtres", ("kernel", "filters")), likest("same", ("kernel", "filters"))
    ('filters', None)
    """
    ordered = by_likeness(word, options, least)
    return ordered[0] if ordered else None


def by_likeness(word: str, options: Iterable[str], least: float = ALIKE) -> list[str]:
    """The options that a word is alike, the likest first; equally like ones in their order."""
    letters, length = _letters(word), len(word)
    shares = {}
    for option in options:
        # no more letters are common than the shorter has, nor than those of the word that the option has at all
        common = min(length - (letters & ~_letters(option)).bit_count(), len(option))
        if 2 * common >= least * (length + len(option)) and (share := likeness(word, option)) >= least:
            shares[option] = share
    return sorted(shares, key=lambda option: -shares[option])


@lru_cache(maxsize=8192)
def likeness(word: str, option: str) -> float:
    """The share of letters in blocks that two words have in common.

    >>> likeness("kernle", "kernel"), likeness("tpye", "type"), likeness("units", "pool")
    (0.8333333333333334, 0.75, 0.0)
    """
    return SequenceMatcher(None, option, word).ratio()


@lru_cache(maxsize=8192)
def _letters(word: str) -> int:
    """The set of a word's letters, as bits."""
    bits = 0
    for letter in word[:LONGEST]:
        bits |= 1 << (ord(letter) & 63)
    return bits


def one_slip(a: str, b: str) -> bool:
    """Whether one letter was left out, added, mistyped or swapped with the next.

    >>> one_slip("rellu", "relu"), one_slip("tpye", "type"), one_slip("units", "bias")
    (True, True, False)
    """
    a, b = sorted((a, b), key=len)
    i = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    swapped = a[i : i + 2] == b[i : i + 2][::-1] and a[i + 2 :] == b[i + 2 :]
    return a[i:] == b[i + 1 :] or (len(a) == len(b) and (a[i + 1 :] == b[i + 1 :] or swapped))
