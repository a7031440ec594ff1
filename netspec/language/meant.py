"""What is plainly meant by a key or a value that the format does not have: a slip, or another system's word."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, replace
from typing import Any

from netspec.language.fields import DECIMAL, Key, keys, quantity
from netspec.language.other_systems import BOOLEANS, COUNTING, FOREIGN, KEYS, POOLS, SWITCHES, VALUES, squeezed
from netspec.language.spelling import likest, one_slip
from netspec.text.nodes import Entry, Node, Scalar
from netspec.text.scalars import resolve

DIGITS = re.compile(r"\d+")


def meant_key(name: str, facts: Sequence[Key]) -> str | None:
    """The key that was meant, by what other systems call it or by likeness."""
    if called := called_elsewhere(name, facts):
        return called
    return _slip_of(name, [key.name for key in facts])


def _slip_of(word: str, options: Sequence[str]) -> str | None:
    """The option that a word is alike and says the same as: `conv*2` is no slip of `conv`, nor `cifar-100` of `cifar-10`, nor
    `warmup_epochs` of `warmup`."""
    plain = word.lower().replace("-", "_")
    close = likest(plain, options) if not is_foreign(word) and squeezed(word) not in POOLS else None
    return close if close and DIGITS.findall(close) == DIGITS.findall(word) and not _says_more(plain, close) else None


def is_foreign(word: str) -> bool:
    """Whether a word is one of another system for what the format does not have."""
    return squeezed(word) in FOREIGN or word.lower().replace("_", "") in FOREIGN


def _says_more(word: str, option: str) -> bool:
    """Whether one of the words in a word is none of an option's, but for what says nothing."""
    said = (option.replace("-", "").replace("_", ""), *re.split("[-_]", option))
    return any(part not in COUNTING and likest(part, said) is None for part in re.split(r"[-_\s]+", word) if part)


def called_elsewhere(name: str, facts: Sequence[Key]) -> str | None:
    """The key that other systems call so, or that is written in other letters."""
    word = squeezed(name)
    if is_foreign(name):
        return None
    for key in facts:
        if word == squeezed(key.name) or word in map(squeezed, key.also) or key.name in KEYS.get(word, ()):
            return key.name
    return None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an entry of a mapping is plainly meant as."""

    entry: Entry
    """As which it is read; in the place of the one that is written."""
    text: str
    """What is to be written."""
    with_value: bool = False
    """Whether that takes the place of the value too."""


def meaning(entry: Entry, facts: Sequence[Key], words: MappingType[str, Collection[str]]) -> Meaning | None:
    """What an unknown key, with its value, plainly means; None where that is not known.

    `words` are the keys that are not there and take one of a few words: a word of one of them tells which key it is.
    """
    value = entry.value
    if isinstance(value, Scalar) and called_elsewhere(entry.name, facts) is None:
        for name, options in words.items():
            if value.text and value.text in options:
                return Meaning(_named(entry, name, value), name)
            if not value.text and entry.name in options:
                return Meaning(_named(entry, name, replace(entry.key)), f"{name}: {entry.name}")
    switch = SWITCHES.get((squeezed(entry.name), value.text.lower())) if isinstance(value, Scalar) else None
    pair = switch or _glued(entry)
    if pair is not None:
        name, _, text = pair.partition(": ")
        meant = (
            name if switch and any(key.name == name for key in facts) else None if switch else meant_key(name, facts)
        )
        if meant:
            span = entry.key.span.to(value.span) if switch else entry.key.span
            return Meaning(
                _named(entry, meant, Scalar(_value(text), text, False, span)), f"{meant}: {text}", bool(switch)
            )
    meant = meant_key(entry.name, facts)
    return Meaning(_named(entry, meant, value), meant) if meant else None


def _named(entry: Entry, name: str, value: Node) -> Entry:
    return Entry(replace(entry.key, value=name, text=name), value)


def _value(text: str) -> bool | int | float | str | None:
    try:
        return resolve(text)
    except OverflowError:
        return text


def _glued(entry: Entry) -> str | None:
    """A key with its value, where only the colon between them, or its space, is missing: `filters 8`, `filters=8`."""
    value = entry.value
    pair = re.fullmatch(r"([\w-]+)\s*(?::=|[-=]>|[=:;.\uff1a]|\s)\s*(\S.*)", entry.name)
    return (
        f"{pair[1]}: {pair[2]}" if pair and isinstance(value, Scalar) and not value.text and not value.quoted else None
    )


def meant_values(node: Node, keyword: str, bound: Any, in_list: bool = False) -> Iterator[str]:
    """What a value may plainly stand for, where it breaks a rule of the schema: a typo of a word, a word for a boolean, a
    quoted number, a number in another notation. What the rule does not admit either was not meant."""
    if isinstance(node, Scalar) and keyword == "enum" and isinstance(node.value, str):
        if word := meant_word(node.value, [str(option) for option in bound]):
            yield word
        if node.quoted and re.fullmatch(r"\d{1,15}", node.text):
            yield node.text
    elif isinstance(node, Scalar) and keyword == "type" and bound == "boolean":
        lowered = node.text.lower()
        yield BOOLEANS.get(lowered, lowered)
    elif isinstance(node, Scalar) and keyword == "type" and "array" not in str(bound):
        yield from _numbers(node.value, node.text, in_list)
    elif (
        isinstance(node, Scalar)
        and keyword == "type"
        and bound != "array"
        and re.fullmatch(r"\d{1,15}(\.0)?", node.text)
    ):
        yield node.text.removesuffix(".0")
    elif isinstance(node, Scalar) and keyword == "pattern":
        yield from _quantities(node.text, bytes="KiB" in bound)


def _numbers(value: object, text: str, in_list: bool) -> Iterator[str]:
    """The same number as YAML and the format write it."""
    grouped = re.fullmatch(r"\d{1,3}(\.000)+", text)  # 1.000 may be a thousand
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 and not grouped:
        yield str(int(value))
    if not isinstance(value, str):
        return
    text = text.translate(MINUS).strip(QUOTES)
    if twice := re.fullmatch(r"(\d{1,9}) +\1", text):  # not a thousand and more in groups of three
        yield from (() if in_list else (twice[1],))
        return
    bare = re.sub(r"[_, ]", "", text)
    groups = "_," if in_list else "_, "  # in a list, what a blank separates are two items
    if re.fullmatch(rf"\d{{1,15}}|[1-9]\d{{0,2}}([{groups}]\d{{3}}){{1,4}}|\d{{1,9}}(_\d{{1,9}})+", text):
        yield str(int(bare))
    if not in_list and re.fullmatch(rf"\d{{1,9}}(\.\d{{1,9}})?({'|'.join(DECIMAL)})", bare):
        yield str(quantity(bare))
    if re.fullmatch(r"-?(\d*\.\d+|\d+)(e-?\d+)?", text.lower()):
        yield text.lower()
    if re.fullmatch(r"0,\d{1,15}|\d{1,3},\d{1,2}", text):
        yield text.replace(",", ".")  # a decimal comma: thousands come in threes, and do not begin with 0
    if power := re.fullmatch(r"(?:(\d+(?:\.\d+)?) ?[x*\u00d7] ?)?10 ?(?:\^|\*\*) ?(-?\d{1,2})", text):
        yield f"{power[1] or 1}e{power[2]}"
    if (power := re.fullmatch(r"(\d{1,3}) ?(?:\^|\*\*) ?(\d{1,2})", text)) and power[1] != "10":
        yield str(int(power[1]) ** int(power[2]))
    if re.fullmatch(r"\d+(\.\d+)? *e *-? *\d+", text.lower()):
        yield text.lower().replace(" ", "")
    if quotient := re.fullmatch(r"(\d{1,9}) ?/ ?([1-9]\d{0,8})", text):
        yield f"{int(quotient[1]) / int(quotient[2]):.15g}"


QUOTES = "\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb`'\" "
"""What word processors write for quotes: YAML takes it for a part of the word."""
MINUS = str.maketrans("\u2212\u2013\u2010\u2011", "----")


def _quantities(text: str, bytes: bool) -> Iterator[str]:
    """A count or size in another notation; KB is 1000 bytes to some, and 1024 to others."""
    found = re.fullmatch(
        r"(\d{1,3}(?:[_, ']\d{3})+|\d+(?:_\d+)*|\d+\.\d+) ?([kmgt]?)(i?)(b?)", text.strip(), re.IGNORECASE
    )
    if found is None or (found[4] and not bytes):
        return
    number, unit = re.sub(r"[_, ']", "", found[1]), found[2].upper().replace("K", "k")
    yield number + (f"{unit.upper()}iB" if unit and found[3] else unit)
    if unit and found[4] and not found[3]:
        yield f"{number}{unit.upper()}iB"


def meant_word(word: str, options: Sequence[str]) -> str | None:
    """The option that a word is a slip of: by another system's name for it, or by likeness."""
    word = word.strip(QUOTES)
    return called_word(word, options) or _slip_of(word, options)


def called_word(word: str, options: Sequence[str]) -> str | None:
    """The option that is called by a word elsewhere, or is that word in other letters."""
    lowered = word.lower()
    for candidate in (lowered, lowered.replace("-", "_"), *VALUES.get(squeezed(word), "").split()):
        if candidate in options:
            return candidate
    return next((option for option in options if squeezed(option) == squeezed(word)), None)


def word_within(word: str, key: Key) -> tuple[str, str, str] | None:
    """The type, the key and the value that a word says of a mapping which is of one of several types.

    >>> from netspec.language.top import Block
    >>> word_within("projection", next(key for key in keys(Block) if key.name == "shortcut"))
    ('add', 'projection', 'conv')
    """
    if called_word(word, [*key.type.variants]) is not None:
        return None
    for type, section in key.type.variants.items():
        for inner in keys(section):
            options = [*inner.type.words, *map(str, inner.type.schema.get("enum", ()))]
            if said := called_word(word, options):
                return type, inner.name, said
    return None


def equally_near(word: str, option: str, options: Iterable[str]) -> tuple[str, ...]:
    """The other options of which a word is one slip away, where `option` is no nearer: any of them may be meant.

    >>> equally_near("adamv", "adam", ("adam", "adamw", "lion"))
    ('adamw',)
    >>> equally_near("reul", "relu", ("relu", "elu"))
    ()
    """
    word = word.lower()
    if word == option or squeezed(word) in VALUES or not one_slip(word, option):
        return ()
    return tuple(other for other in options if other != option and one_slip(word, other))
