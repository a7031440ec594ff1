"""What is wrong with one value hides nothing else: held for every key of the format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from netspec.analysis.check import examine
from netspec.language.fields import Key, keys
from netspec.language.kind import Kind
from netspec.language.kinds import KINDS
from netspec.language.top import Top
from netspec.language.vocabulary import section_of
from netspec.text.source import Source

SPEC: dict[str, Any] = {
    "netspec": 1,
    "name": "two",
    "input": {"height": 9, "width": 9, "channels": 4},
    "blocks": [
        {"conv": {"filters": 4, "kernel": 3, "padding": 1}, "pool": {"window": 1}},
        {"conv": {"filters": 4, "kernel": 30}},
        {"conv": {"filters": 0, "kernel": 1}},
    ],
    "fc": [{"units": 10}, 10],
}
WINDOW, FILTERS = "30x30 kernel does not fit", "`filters` cannot be `0`"
"""What is said of the two later mistakes."""
DECIDE = {
    "filters",
    "kernel",
    "stride",
    "padding",
    "dilation",
    "groups",
    "first",
    "window",
    "units",
    "repeat",
    "height",
    "width",
    "channels",
    "input",
    "defaults",
    "blocks",
    "conv",
    "pool",
    "branches",
    "join",
    "shortcut.type",
    "shortcut",
}
"""The keys on which the shape that the second block reads depends: of a wrong one, only the structure behind it is known."""
UNSOUND = ("qqqq", [], [[[]]], {"qqqq": []})
ALIKE = ("activation", "norm")
"""Choices that stand in many places, and are written down once: one place of each with all its types will do."""

Path = tuple[str | int, ...]


def places(cls: type, path: Path, spec: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every key of the format, each with a spec in which the mapping stands that has it."""
    for key in keys(cls):
        here = (*path, key.name)
        yield here, spec
        if key.name == "blocks":
            yield from places_below(key, (*here, 0), spec) if not path else ()
        elif key.name == "fc" and not path:
            yield from places_below(key, (*here, 0), spec)
        elif key.name not in ("branches", *(ALIKE if path != ("blocks", 0, "conv") else ())):
            yield from places_below(key, here, spec)


def places_below(key: Key, path: Path, spec: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    types = key.type.variants or {None: section_of(key)}
    for type, section in types.items():
        if section is None:
            continue
        given = key.name in ("first", "projection")  # what they lack, the layer or the block has
        needed = {one.name: one.examples[0] for one in keys(section) if one.required and one.examples and not given}
        made = deepcopy(spec)
        value = at(made, path[:-1]).get(path[-1], {}) if isinstance(path[-1], str) else at(made, path)
        put(made, path, needed | (value if isinstance(value, dict) else {}) | ({"type": type} if type else {}))
        if type:
            yield (*path, "type"), made
        yield from places(section, path, made)


def at(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def put(tree: Any, path: Path, value: object) -> None:
    at(tree, path[:-1])[path[-1]] = value


PLACES = list(places(Top, (), SPEC))


def test_every_key_is_a_place() -> None:
    names = {path[-1] for path, _ in PLACES}
    assert {"alpha", "b1", "reduction", "mixup", "patience", "at_least", "projection", "count_padding"} <= names


@pytest.mark.parametrize("value", UNSOUND, ids=["word", "nothing", "list", "mapping"])
def test_a_wrong_value_hides_no_later_mistake(value: object) -> None:
    hidden, tried = [], 0
    for path, spec in PLACES:
        made = deepcopy(spec)
        put(made, path, value)
        found = examine(Source("spec.yaml", json.dumps(made))).diagnostics
        errors = [finding.message for finding in found if finding.severity == "error"]
        decides = bool({path[-1], ".".join(map(str, path[-2:]))} & DECIDE)
        later = {FILTERS} if decides else {FILTERS, WINDOW}
        if path == ("blocks",) or all(WINDOW in error or FILTERS in error for error in errors):
            continue  # the later mistakes are not there, or the value is one like others
        tried += 1
        hidden += [(path, errors) for one in later if not any(one in error for error in errors)]
    assert tried > 100
    assert hidden == []


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS.values() if kind.shaped_by is not None], ids=lambda kind: kind.name
)
def test_no_shape_depends_on_the_other_keys(kind: Kind) -> None:
    """A kind says which keys decide about shapes: the examples of all others leave every shape as it is."""
    decide, shapes, tried = (*(kind.shaped_by or ()), "name"), _shapes(deepcopy(SPEC)), 0
    others = [key for key in keys(kind.settings) if key.name not in decide]
    for name, example in [(key.name, example) for key in others for example in key.examples]:
        spec = deepcopy(SPEC)
        layer = spec["fc"][0] if kind.name == "fc" else spec["blocks"][0][kind.name]
        layer[name] = example
        if found := _shapes(spec):
            tried += 1
            assert found == found | shapes, name
    assert tried


def _shapes(spec: dict[str, Any]) -> dict[str, Any]:
    """What each layer gives, by its name; nothing where a value does not fit this network."""
    spec["blocks"] = spec["blocks"][:1]
    plan = examine(Source("spec.yaml", json.dumps(spec))).plan
    return {} if plan is None else {layer.name: layer.output for layer in plan.layers}
