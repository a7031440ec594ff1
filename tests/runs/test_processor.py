"""The processor's name, by whoever asks."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec.runs import processor
from netspec.runs.record import environment
from netspec.tuning.machine import machine

X86 = "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\nflags\t\t: fpu avx2\n\nprocessor\t: 1\nmodel name\t: Other\n"
ARM = "processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd\n"


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    processor.facts.cache_clear()
    machine.cache_clear()


@pytest.mark.parametrize(
    ("text", "name"), [(X86, "Some CPU @ 2.00GHz"), (ARM, platform.machine()), (None, platform.machine())]
)
def test_records_and_measurements_name_the_same_processor(
    text: str | None, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cpuinfo"
    if text is not None:
        path.write_text(text)
    monkeypatch.setattr(processor, "CPUINFO", path)
    processor.facts.cache_clear()
    machine.cache_clear()
    assert environment()["processor"] == machine()["device"] == name
