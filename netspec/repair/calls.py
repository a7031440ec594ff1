"""A layer, an optimizer or a schedule as the call that makes it in Keras or PyTorch: `Conv2d(3, 16, 5)`, `Adam(lr=1e-3)`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netspec.diagnostics.diagnostic import Edit, Fix
from netspec.language.edits import written
from netspec.language.fields import Key, keys
from netspec.language.kinds import KINDS
from netspec.language.meant import called_elsewhere, meant_word
from netspec.language.other_systems import NEEDLESS, POOLS, POSITIONS, VARIANT_POSITIONS, squeezed
from netspec.language.top import Block
from netspec.text.nodes import Scalar

LONGEST = 300
"""Of how many characters a call is read."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call, its values as YAML."""

    name: str
    values: tuple[str, ...]
    named: tuple[tuple[str, str], ...]


def read(text: str) -> Call | None:
    """The call that a text is; None for any other text.

    >>> read("nn.Conv2d(3, 16, kernel_size=(3, 3))")
    Call(name='Conv2d', values=('3', '16'), named=(('kernel_size', '[3, 3]'),))
    >>> read("3 x 3")
    """
    if len(text) > LONGEST or not re.fullmatch(r"[A-Za-z_][\w.]*\(.*\)", text):
        return None
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    values = [_value(tree, each) for each in tree.args] if isinstance(tree, ast.Call) else [None]
    named = [(each.arg or "", _value(tree, each.value)) for each in tree.keywords] if isinstance(tree, ast.Call) else []
    if None in values or any(value is None or not name for name, value in named):
        return None
    name = text.partition("(")[0].rpartition(".")[2]
    return Call(name, tuple(filter(None, values)), tuple((name, value or "") for name, value in named))


def _value(call: ast.expr, node: ast.expr) -> str | None:
    """A value of a call as YAML: a number as it is written, a name without its module. A call stands for nothing:
    `model.parameters()`."""
    try:
        value = ast.literal_eval(node)
    except ValueError:
        called = node.func if isinstance(node, ast.Call) else node
        return "" if isinstance(called, ast.Attribute) and called.attr == "parameters" else None
    if isinstance(value, bool | int | float | str):
        return written(value) if isinstance(value, bool | str) else ast.unparse(node)
    return written(list(value)) if isinstance(value, tuple | list) else None


def as_layer(node: Scalar, kind: str) -> Iterator[Fix]:
    """A call as the layer of a kind that stands in its place."""
    text = _layer(node.text, kind)
    if text is not None:
        yield Fix(f"write `{text}`", (Edit(node.span, text),))


def as_block(node: Scalar) -> Iterator[Fix]:
    """A call as a block with the layer that it makes."""
    for key in keys(Block):
        text = _layer(node.text, key.name) if key.name in KINDS else None
        if text is not None:
            yield Fix(f"write `{key.name}: {text}`", (Edit(node.span, f"{{{key.name}: {text}}}"),))


def as_variant(node: Scalar, key: Key) -> Iterator[Fix]:
    """A call as the `type` that it makes, with its settings."""
    call = read(node.text)
    type = meant_word(call.name, list(key.type.variants)) if call else None
    facts = keys(key.type.variants[type]) if type else ()
    usual = tuple(fact.name for fact in facts)
    positions = VARIANT_POSITIONS.get(type or "", VARIANT_POSITIONS.get(key.name, usual))
    settings = _settings(call, facts, positions) if call and type else None
    if settings is not None:
        text = "{" + ", ".join((f"type: {type}", *settings)) + "}" if settings else str(type)
        yield Fix(f"write `{text}`", (Edit(node.span, text),))


def as_section(node: Scalar, section: type) -> Iterator[Fix]:
    """A call as the section whose keys it names: `dict(source="mnist")`, `EarlyStopping(patience=3)`."""
    call = read(node.text)
    settings = _settings(call, keys(section), ()) if call else None
    if settings:
        text = "{" + ", ".join(settings) + "}"
        yield Fix(f"write `{text}`", (Edit(node.span, text),))


def _layer(text: str, kind: str) -> str | None:
    """The settings of a layer, as YAML; None where a text makes none of the kind, or what the kind has no key for.
    What stands between the brackets may stand alone: `filters=8, kernel=3`."""
    call = read(text) or read(f"{kind}({text})")
    if call is None:
        return None
    made, positions = POSITIONS.get(call.name, (call.name.lower(), ()))
    type, window = POOLS.get(squeezed(call.name), (None, None))
    if kind != ("pool" if window else made) or not (window or call.values or call.named):
        return None
    if window:
        return f"{{type: {type}, window: {window}}}"
    settings = _settings(call, keys(KINDS[kind].settings), positions)
    if settings is None:
        return None
    settings = (f"type: {type}", *settings) if type == "average" else settings
    short = re.fullmatch(r"units: (\d+)", ", ".join(settings))
    return short[1] if short else "{" + ", ".join(settings) + "}"


def _settings(call: Call, facts: Sequence[Key], positions: Sequence[str]) -> tuple[str, ...] | None:
    """`key: value` for all that a call says; None where the format has no key for one, or more than one."""
    if len(call.values) > len(positions):
        return None
    found: dict[str, str] = {}
    for name, value in (*zip(positions, call.values, strict=False), *call.named):
        key = called_elsewhere(name, facts)
        if name in NEEDLESS or value == "":
            continue
        if key is None or key in found:
            return None
        options = next(fact.type.schema.get("enum") for fact in facts if fact.name == key)
        found[key] = (meant_word(value, options) or value) if options and value not in options else value
    return tuple(f"{key}: {value}" for key, value in found.items())
