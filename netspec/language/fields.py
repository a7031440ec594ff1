"""How one key of the format is written down: its type, its default, its documentation, once.

The JSON Schema, the typed settings, the format reference and the editor's hover are all made from these.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

Pair = tuple[int, int]
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Type:
    """What a value may be."""

    schema: Schema
    expected: str
    """For a person, after "expected": `a whole number of at least 1`."""
    parse: Callable[[Any], Any] = lambda value: value
    """A plain value that the schema admits, as the typed settings hold it."""
    section: type | None = None
    """The dataclass of a nested mapping."""
    variants: Mapping[str, type] = dataclasses.field(default_factory=dict)
    """The dataclasses to choose from by the key `type`."""
    named: str | None = None
    """What the choice is called where it is written down once for all its keys."""
    short: str | None = None
    """The key of the section that a value stands for which is no mapping."""
    refers: str | None = None
    """The mapping that is written down elsewhere: a layer kind, or `block`; see `netspec.language.sections`."""
    listed: bool = False
    """Whether a list of those may stand there."""
    words: tuple[str, ...] = ()
    """Beside a mapping, the words that may stand there."""
    values: Type | None = None
    """Of a mapping whose keys are free: what stands at each of them."""
    of_layers: bool = False
    """Whether what is written there, or the free keys, are patterns of layers' names."""


@dataclass(frozen=True, slots=True)
class Key:
    """The facts of one key."""

    name: str
    type: Type
    doc: str
    required: bool
    default: object
    default_words: str
    """The default as the reference shows it, where it depends on other keys."""
    also: tuple[str, ...]
    """What other systems call it: a typo hint for those who come from them."""
    examples: tuple[object, ...]
    field: str = ""
    """The dataclass's own name for it, which is another where Python has no such name."""


REQUIRED = object()


def key(
    type: Type,
    doc: str,
    default: object = REQUIRED,
    *,
    default_words: str = "",
    also: tuple[str, ...] = (),
    examples: tuple[object, ...] = (),
) -> Any:
    """A dataclass field that carries the facts of a key of the format.

    A word that Python keeps for itself has a line below it as a field: the key `from` is the field `from_`.
    """
    facts = (type, doc, default is REQUIRED, default, default_words, also, examples)
    if default is REQUIRED:
        return dataclasses.field(metadata={"key": facts})
    if callable(default):
        return dataclasses.field(default_factory=default, metadata={"key": facts})
    return dataclasses.field(default=default, metadata={"key": facts})


def keys(section: type) -> tuple[Key, ...]:
    """The keys of a section or layer kind, in the order of the format."""
    return _keys(section)


def keys_by_name(section: type) -> dict[str, Key]:
    """The keys of a section or layer kind, to be looked up."""
    return _keys_by_name(section)


@cache
def _keys_by_name(section: type) -> dict[str, Key]:
    return {key.name: key for key in keys(section)}


@cache
def _keys(section: type) -> tuple[Key, ...]:
    """Those of a section itself before those that it shares with others."""
    fields = {field.name: field for field in dataclasses.fields(section)}
    written = {name for name, field in fields.items() if "key" in field.metadata}
    written -= set(getattr(section, "left_out", ()))
    own = (name for cls in section.__mro__ for name in inspect.get_annotations(cls) if name in written)
    words_here = getattr(section, "default_words", {})
    found = []
    for name in dict.fromkeys(own):
        type, doc, required, default, words, also, examples = fields[name].metadata["key"]
        default = None if required else default() if callable(default) else default
        words = words_here.get(name, words)
        found.append(Key(key_of_field(name), type, doc, required, default, words, also, examples, name))
    return tuple(found)


def key_of_field(name: str) -> str:
    """The key of the format that a field of a dataclass is.

    >>> key_of_field("from_"), key_of_field("batch_size")
    ('from', 'batch_size')
    """
    return name.removesuffix("_")


def whole(minimum: int, maximum: int | None = None) -> Type:
    """A whole number; `true` and `3.0` are none."""
    schema: Schema = {"type": "integer", "minimum": minimum}
    if maximum is None:
        return Type(schema, f"a whole number of at least {minimum}")
    return Type(schema | {"maximum": maximum}, f"a whole number from {minimum} to {maximum}")


def number(
    minimum: float | None = None,
    maximum: float | None = None,
    *,
    above: float | None = None,
    below: float | None = None,
) -> Type:
    """A finite number from `minimum` to `maximum`, or greater than `above` and less than `below`."""
    schema: Schema = {"type": "number"}
    words = []
    if minimum is not None:
        schema["minimum"] = minimum
        words.append(f"of at least {minimum:g}")
    if above is not None:
        schema["exclusiveMinimum"] = above
        words.append(f"greater than {above:g}")
    if maximum is not None:
        schema["maximum"] = maximum
        words.append(f"at most {maximum:g}")
    if below is not None:
        schema["exclusiveMaximum"] = below
        words.append(f"less than {below:g}")
    return Type(schema, " ".join(["a number", " and ".join(words)]).strip(), float)


def boolean() -> Type:
    """True or false."""
    return Type({"type": "boolean"}, "`true` or `false`")


def string() -> Type:
    """Any text."""
    return Type({"type": "string"}, "a string")


def name(characters: str, words: str) -> Type:
    """A name of these characters that begins with a letter, a digit or `_`."""
    pattern = f"^[A-Za-z0-9_][{characters}]*$"
    return Type({"type": "string", "pattern": pattern, "maxLength": 200}, f"a name of {words}")


def choice(*names: str) -> Type:
    """One of a few words."""
    return Type({"enum": list(names)}, "one of " + ", ".join(f"`{name}`" for name in names))


_AT_LEAST_0: Schema = {"minimum": 0, "errorMessage": "expected a number of at least 0"}


def _expecting(type: Type) -> Schema:
    """What a part of a value expects, where that is not what the whole does."""
    return {"errorMessage": f"expected {type.expected}"}


def _pair(value: int | list[int]) -> Pair:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def pair(minimum: int, *words: str) -> Type:
    """One whole number or `[height, width]`, or one of a few words that stay as they are."""
    schema: Schema = {
        "type": ["integer", "array", *(["string"] if words else [])],
        "if": {"type": "array"},
        "then": {"items": whole(minimum).schema | _expecting(whole(minimum)), "minItems": 2, "maxItems": 2},
        "else": {"minimum": minimum},
    }
    if words:
        schema["else"] |= {"if": {"type": "string"}, "then": {"enum": list(words)}}
    expected = f"a whole number of at least {minimum}, or [height, width]"
    expected += "".join(f", or `{word}`" for word in words)
    return Type(schema, expected, lambda value: value if isinstance(value, str) else _pair(value))


def whole_or(minimum: int, *words: str) -> Type:
    """A whole number or one of a few words."""
    schema: Schema = {
        "type": ["integer", "string"],
        "if": {"type": "string"},
        "then": {"enum": list(words)},
        "else": {"minimum": minimum},
    }
    alternatives = ", ".join(f"`{word}`" for word in words)
    return Type(schema, f"a whole number of at least {minimum}, or {alternatives}")


def positive_or(*words: str) -> Type:
    """A list of numbers greater than 0, or one of a few words."""
    item = number(above=0)
    schema: Schema = {
        "type": ["array", "string"],
        "if": {"type": "array"},
        "then": {"items": item.schema | _expecting(item), "minItems": 1},
        "else": {"enum": list(words)},
    }
    alternatives = "".join(f", or `{word}`" for word in words)
    expected = f"a list of numbers greater than 0{alternatives}"
    return Type(schema, expected, lambda value: value if isinstance(value, str) else tuple(map(float, value)))


DECIMAL = {"k": 1000, "M": 1000**2, "G": 1000**3, "T": 1000**4}
BINARY = {"KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}
_QUANTITY = re.compile(r"^(\d+)(?:\.(\d+))?([A-Za-z]*)$")


def quantity(value: int | str) -> int:
    """A count or a size as an integer, rounded down.

    >>> quantity("62k"), quantity("1.5M"), quantity("4MiB"), quantity(7)
    (62000, 1500000, 4194304, 7)
    """
    if isinstance(value, int):
        return value
    match = _QUANTITY.match(value)
    assert match is not None, "the schema admits only quantities"
    digits, fraction, unit = match[1], match[2] or "", match[3]
    scale: int = 10 ** len(fraction)
    return int(digits + fraction) * (DECIMAL | BINARY | {"": 1})[unit] // scale


def _quantity(units: tuple[str, ...], expected: str) -> Type:
    schema: Schema = {
        "type": ["integer", "string"],
        "if": {"type": "string"},
        "then": {"pattern": rf"^\d{{1,30}}(\.\d{{1,30}})?({'|'.join(units)})$"},
        "else": _AT_LEAST_0,
    }
    return Type(schema, expected, quantity)


def count() -> Type:
    """A number of things: `62k`, `1.5M`."""
    return _quantity(tuple(DECIMAL), "a whole number, or one with a unit like `62k`, `1.5M`, `2G`")


def size_bytes() -> Type:
    """A number of bytes: `512KiB`, `4MiB`, `2M`."""
    return _quantity((*DECIMAL, *BINARY), "a number of bytes like `512KiB`, `4MiB`, `2GiB` or `1.5M`")


def steps() -> Type:
    """A number of training steps, or a share of the run: `5%`."""
    schema: Schema = {
        "type": ["integer", "string"],
        "if": {"type": "string"},
        "then": {"pattern": r"^(100|\d{1,2}(\.\d{1,9})?)%$"},
        "else": _AT_LEAST_0,
    }
    return Type(schema, "a number of steps, or a share of the run like `5%`")


def section(cls: type) -> Type:
    """A mapping with the keys of this dataclass."""
    return Type({"type": "object"}, "a mapping", section=cls)


def variant(variants: Mapping[str, type], default: str | None = None, named: str | None = None) -> Type:
    """A mapping whose `type` says which keys it has, or just that type's name. Without a default, a mapping needs its `type`."""
    names = ", ".join(f"`{name}`" for name in variants)
    schema: Schema = {"type": ["string", "object"]} | ({} if default is None else {"default": default})
    return Type(schema, f"one of {names}, or a mapping with that `type`", variants=variants, named=named)


def number_or(cls: type, short: str) -> Type:
    """A number, which stands for the key `short`, or a mapping with the keys of this dataclass."""
    rule = keys_by_name(cls)[short].type
    schema: Schema = {"type": ["number", "object"], "if": {"type": "number"}, "then": _untyped(rule.schema)}
    return Type(schema, f"{rule.expected}, or a mapping", section=cls, short=short)


def several(item: Type, minimum: int, words: str) -> Type:
    """A list of values of one type."""
    rule = item.schema | {"errorMessage": f"expected {item.expected}"}
    schema: Schema = {"type": "array", "items": rule, "minItems": minimum}
    return Type(schema, words, lambda value: tuple(item.parse(one) for one in value))


def number_or_list(single: Type, items: Type, words: str) -> Type:
    """One number, or a list of them; each parses as its own type does."""
    then, below = _untyped(items.schema), _untyped(single.schema)
    schema: Schema = {"type": ["number", "array"], "if": {"type": "array"}, "then": then, "else": below}
    return Type(schema, words, lambda value: (items if isinstance(value, list) else single).parse(value))


def two(item: Type, words: str) -> Type:
    """A list of two."""
    both = several(item, 2, words)
    return replace(both, schema=both.schema | {"maxItems": 2})


def one_or_pair(item: Type, words: str) -> Type:
    """One value, or a list of two."""
    rule = item.schema | {"errorMessage": f"expected {item.expected}"}
    schema: Schema = {
        "type": [item.schema["type"], "array"],
        "if": {"type": "array"},
        "then": {"items": rule, "minItems": 2, "maxItems": 2},
        "else": _untyped(item.schema),
    }

    def parse(value: Any) -> tuple[Any, Any]:
        first, last = value if isinstance(value, list) else (value, value)
        return item.parse(first), item.parse(last)

    return Type(schema, words, parse)


def mapping_of(refers: str, expected: str, *, listed: bool = False, words: tuple[str, ...] = ()) -> Type:
    """A mapping that is written down elsewhere; where `listed`, or a list of those; or one of a few words."""
    types = ["object", *(["array"] if listed else []), *(["string"] if words else [])]
    return Type({"type": types if len(types) > 1 else "object"}, expected, refers=refers, listed=listed, words=words)


def _untyped(schema: Schema) -> Schema:
    """Without `type`, which stands above already: a value of another type is then refused once."""
    return {name: value for name, value in schema.items() if name != "type"}
