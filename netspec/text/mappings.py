"""From a mapping made in Python to the text of a spec: what is wrong with it then has a place to be told of."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

import yaml

from netspec.text.scalars import resolve
from netspec.text.source import Source

NAME = "<mapping>"
"""What findings call it."""


class _Dumper(yaml.SafeDumper):
    """Writes no aliases: each value stands where it is used."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Quoted where it would be read as something else: PyYAML writes by the rules of YAML 1.1, specs are YAML 1.2."""
    try:
        plain = resolve(text) == text
    except OverflowError:
        plain = False
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


def _number(dumper: yaml.SafeDumper, value: object) -> yaml.ScalarNode:
    """What counts as a number without being one of Python's own, as NumPy's scalars do; all else is refused."""
    if isinstance(value, Integral):
        return dumper.represent_int(int(value))
    if isinstance(value, Real):
        return dumper.represent_float(float(value))
    dumper.represent_undefined(value)
    raise AssertionError


_Dumper.add_representer(str, _string)
_Dumper.add_multi_representer(object, _number)
for other in (set, bytes):  # PyYAML has tags for them, a spec has not
    _Dumper.add_representer(other, yaml.SafeDumper.represent_undefined)
_Dumper.add_multi_representer(PurePath, lambda dumper, path: _string(dumper, str(path)))
_Dumper.add_multi_representer(MappingProxyType, lambda dumper, mapping: dumper.represent_dict(dict(mapping)))


def source_of(mapping: Mapping[str, Any]) -> Source:
    """The text of a spec that is given as a mapping of plain values. Raises TypeError for a value that no spec can hold.

    >>> print(source_of({"name": "1e3", "input": [28, 28, 1], "fc": [{"units": 10}]}).text, end="")
    name: "1e3"
    input: [28, 28, 1]
    fc:
    - {units: 10}
    """
    try:
        text = yaml.dump(
            mapping, Dumper=_Dumper, sort_keys=False, default_flow_style=None, allow_unicode=True, width=1000
        )
    except yaml.representer.RepresenterError as error:
        _, value = error.args
        raise TypeError(f"a spec cannot hold {value!r}, of type {type(value).__name__}") from None
    except RecursionError:
        raise TypeError("a spec cannot hold a value that contains itself") from None
    return Source(NAME, text)
