from __future__ import annotations

import pytest

from netspec.diagnostics import catalogue
from netspec.diagnostics.diagnostic import Diagnostic
from tests.diagnostics.render import examples


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Diagnostic]:
    """The examples, under a catalogue of their own, so that golden files do not follow the real one."""
    for name, code in examples.CATALOGUE.items():
        monkeypatch.setitem(catalogue.CODES, name, code)
    return [example() for example in examples.EXAMPLES]
