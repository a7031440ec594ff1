from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from netspec.text.scalars import resolve

# The table of YAML 1.2.2, section 10.3.2, in its order.
CORE = (
    (r"null|Null|NULL|~", type(None)),
    (r"", type(None)),
    (r"true|True|TRUE|false|False|FALSE", bool),
    (r"[-+]?[0-9]+", int),
    (r"0o[0-7]+", int),
    (r"0x[0-9a-fA-F]+", int),
    (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", float),
    (r"[-+]?(\.inf|\.Inf|\.INF)", float),
    (r"\.nan|\.NaN|\.NAN", float),
)


def core_type(text: str) -> type:
    return next((kind for pattern, kind in CORE if re.fullmatch(pattern, text, re.ASCII)), str)


WORDS = """~ null Null NULL nUll true True TRUE tRUE false False FALSE yes no on off y n Yes NO
0 1 -1 +1 010 -010 00 0o10 0o18 -0o7 0O7 0x1F 0xg 0X1 +0x1 0b1 1_000 1_0.0 1,000 1:30 190:20:30 2024-01-01
2024-13-45 1e-3 1E5 1.e5 1e 1.0 .5 -.5 +.5 1. . .. - + -- .e1 1.5.2 1e5.0 1.0e+999 1e999 -1e999 .inf -.INF
+.Inf .iNF .nan .NaN -.nan nan inf 62k 4MiB 5% << = é ١ 12٣""".split()  # noqa: SIM905


@pytest.mark.parametrize("text", [*WORDS, ""])
def test_types_are_those_of_the_core_schema(text: str) -> None:
    assert type(resolve(text)) is core_type(text)


@given(st.text("0123456789+-._eExoabcdfINFnultr~", max_size=8))
def test_types_are_those_of_the_core_schema_for_any_text(text: str) -> None:
    assert type(resolve(text)) is core_type(text)


# Where ruamel reads more than YAML 1.2 does: underscores, binary, timestamps, signs and dots.
BEYOND = {"1_000", "1_0.0", "0b1", "2024-01-01", "2024-13-45", "=", "<<", "-0o7", "+0x1", ".e1", "-.nan"}


@pytest.mark.parametrize("text", sorted({*WORDS} - BEYOND - {"-"}))
def test_values_are_those_of_ruamel_in_yaml_1_2(text: str) -> None:
    theirs = YAML(typ="safe", pure=True).load(text)
    ours = resolve(text)
    assert type(ours) is type(theirs)
    assert ours == theirs or (ours != ours and theirs != theirs)


@given(st.integers(-(10**99), 10**99))
def test_integers_come_back(number: int) -> None:
    assert resolve(str(number)) == number
    assert resolve(f"{'-' if number < 0 else '+'}000{abs(number)}") == number
    assert resolve(hex(abs(number))) == abs(number)
    assert resolve(oct(abs(number))) == abs(number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_come_back(number: float) -> None:
    assert resolve(repr(number)) == number


def test_numbers_out_of_range() -> None:
    assert resolve("1e999") == math.inf
    assert resolve("9" * 100) == 10**100 - 1
    for text in ("1" + "0" * 100, "9" * 5000, "0x" + "f" * 84, "0x" + "f" * 5000, "0o" + "7" * 111):
        with pytest.raises(OverflowError):
            resolve(text)
