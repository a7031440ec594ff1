"""Counts of parameters and multiply-adds, to the last digit that is published."""

from __future__ import annotations

import pytest

import netspec
from tests.known.table import HERE, KNOWN, path


@pytest.mark.parametrize("name", KNOWN)
def test_published_counts(name: str) -> None:
    report = netspec.check(path(name), fixes=False)
    assert report.plan is not None, report.diagnostics
    assert report.plan.parameters == KNOWN[name].parameters
    assert KNOWN[name].giga_macs in (None, f"{report.plan.macs / 1e9:.3f}")


def test_every_file_has_its_figures() -> None:
    assert {file.stem for file in HERE.glob("*.yaml")} <= KNOWN.keys()
