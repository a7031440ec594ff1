"""What is read by people is there where Python leaves docstrings out."""

from __future__ import annotations

import pytest

from tests.cli.run import netspec


@pytest.mark.parametrize("arguments", [("--help",), ("train", "--help"), ("schema",)], ids=" ".join)
def test_help_and_schema_are_the_same_without_docstrings(arguments: tuple[str, ...]) -> None:
    plain, stripped = netspec(*arguments), netspec(*arguments, PYTHONOPTIMIZE="2")
    assert (stripped.returncode, stripped.stdout, stripped.stderr) == (plain.returncode, plain.stdout, plain.stderr)
