"""Patterns of layers' names: what `train.freeze` and `rate_factors` of an optimizer are about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from netspec.language.fields import Type, key, number

Factors = tuple[tuple[str, float], ...]
"""Patterns, each with its factor, in the order that they are written."""


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """The names that a pattern is about: `*` stands for any letters, dots too, `?` for one, `[12]` for one of these.

    >>> matching("block[12].*", ("block1.conv1", "block2.pool", "block3.conv1")), matching("fc1", ("fc1", "fc10"))
    (['block1.conv1', 'block2.pool'], ['fc1'])
    """
    if not {*pattern} & {*"*?["}:  # as most are; to compile a pattern takes 0.1 ms
        return [name for name in names if name == pattern]
    return [name for name in names if fnmatchcase(name, pattern)]


def any_matching(patterns: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    """The names that one of the patterns is about."""
    given = tuple(names)
    return frozenset(name for pattern in patterns for name in matching(pattern, given))


def factor(factors: Factors, name: str) -> float:
    """The factor of a layer: of the last pattern that its name fits; 1 without one.

    >>> factor((("block*", 0.1), ("block3.*", 0.5)), "block3.conv1"), factor((("block*", 0.1),), "fc1")
    (0.5, 1.0)
    """
    return next((value for pattern, value in reversed(factors) if matching(pattern, (name,))), 1.0)


def ways(names: Sequence[str]) -> list[str]:
    """Patterns that these names suggest: each name, and all that stands in one block or branch.

    >>> ways(("block1.conv1", "block1.pool", "fc1"))
    ['block1.*', 'block1.conv1', 'block1.pool', 'fc1']
    """
    found: dict[str, None] = {}
    for name in names:
        steps = name.split(".")
        found |= dict.fromkeys(".".join(steps[:n]) + ".*" for n in range(1, len(steps)))
        found[name] = None
    return [*found]


_WORDS = "names of layers, or patterns of them"


def patterns() -> Type:
    """A list of patterns of layers' names, or one."""
    item = {"type": "string", "errorMessage": "expected the name of a layer, or a pattern like `block1.*`"}
    schema = {
        "type": ["string", "array"],
        "if": {"type": "array"},
        "then": {"items": item, "minItems": 1},
    }
    words = f"a list of {_WORDS} like `block1.*`"
    return Type(schema, words, lambda value: (value,) if isinstance(value, str) else tuple(value), of_layers=True)


def rate_factors() -> Any:
    """The key `rate_factors`, which every optimizer has."""
    value = replace(number(above=0), expected="a number greater than 0; `freeze` keeps layers as they are")
    factors = Type(
        {"type": "object"},
        f"a mapping from {_WORDS} to a number greater than 0",
        lambda given: tuple((pattern, float(one)) for pattern, one in given.items()),
        values=value,
        of_layers=True,
    )
    return key(
        factors,
        "What the learning rate of these layers is multiplied by, warm-up, schedule and decay included; the last pattern that a "
        "name fits decides, and a layer that none fits has 1.",
        (),
        default_words="1 for every layer",
        also=("rates", "layer_rates", "layer_lr", "lr_mult", "lr_multipliers", "lr_multiplier", "param_groups"),
        examples=({"block1.*": 0.1},),
    )
