"""Typed values as plain JSON, and where two differ."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from netspec.language.fields import key_of_field


class _Absent:
    def __repr__(self) -> str:
        return "absent"


LONGEST = 40
"""Characters of a value in a message."""
ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs between two nested dictionaries; ABSENT where one of them has none."""

    path: str
    old: object
    new: object

    def __str__(self) -> str:
        return f"{self.path}: {_short(self.old)} -> {_short(self.new)}"


def plain(value: object) -> Any:
    """A typed value as JSON has it; a dataclass is its fields, after its `type` where its class has one.

    >>> plain((1, 2.5, None))
    [1, 2.5, None]
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        head = {"type": value.type} if hasattr(value, "type") else {}
        fields = dataclasses.fields(value)
        return head | {key_of_field(field.name): plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"a record holds plain values, received {value!r}")


def changes(old: object, new: object, path: str = "") -> list[Change]:
    """Where two nested plain values differ, in the order of their keys.

    >>> [str(change) for change in changes({"epochs": 3, "fc": [10]}, {"epochs": 5, "fc": [10, 2]})]
    ['epochs: 3 -> 5', 'fc[1]: absent -> 2']
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        below = [(f"{path}.{key}" if path else str(key), key) for key in {**old, **new}]
        pairs = [(name, old.get(key, ABSENT), new.get(key, ABSENT)) for name, key in below]
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple):
        count = max(len(old), len(new))
        ends = [(*values, *[ABSENT] * (count - len(values))) for values in (old, new)]
        pairs = [(f"{path}[{index}]", ends[0][index], ends[1][index]) for index in range(count)]
    else:
        same = old == new and isinstance(old, bool) == isinstance(new, bool)
        return [] if same else [Change(path, old, new)]
    return [change for name, before, after in pairs for change in changes(before, after, name)]


def _short(value: object) -> str:
    """A value in a message: long texts and sections are cut, and no string in a section.

    >>> _short("a" * 50), _short({"type": "step", "boundaries": ["50%", "75%"]})
    ('"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…"', '{"type": "step", "boundaries": ["50%",…')
    """
    text = repr(value) if isinstance(value, _Absent) else json.dumps(value, ensure_ascii=False)
    if len(text) <= LONGEST:
        return text
    if isinstance(value, str):
        return json.dumps(value[: LONGEST - 6], ensure_ascii=False)[:-1] + '…"'
    parts = re.findall(r'"(?:[^"\\]|\\.)*"|[^"]', text)
    ends = itertools.accumulate(map(len, parts))
    return "".join(part for part, end in zip(parts, ends, strict=True) if end < LONGEST).rstrip() + "…"
