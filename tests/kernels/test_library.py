"""Which instruction set runs, and what is said where it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec.diagnostics.errors import DeviceError
from netspec.kernels import library
from netspec.lowering import foreign


@pytest.fixture(autouse=True)
def _chosen_anew() -> Iterator[None]:
    library.chosen.cache_clear()
    yield
    library.chosen.cache_clear()
    library.loaded.cache_clear()


def test_off_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETSPEC_KERNELS", "off")
    assert library.chosen() is None
    assert library.identity() is None


def test_a_pin_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    if library.loaded() is None:
        pytest.skip("there are no compiled kernels")
    monkeypatch.setenv("NETSPEC_KERNELS", "baseline")
    assert library.identity() == f"{library.VERSION} baseline"


def test_a_pin_that_is_none_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETSPEC_KERNELS", "mmx")
    with pytest.raises(DeviceError, match="`NETSPEC_KERNELS=mmx` cannot be: it is one of `off`, `baseline`"):
        library.chosen()


def test_without_a_library_there_are_none_and_a_pin_cannot_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for file in (tmp_path / "absent.so", tmp_path / "of_another_system.so"):
        if "another" in file.name:
            file.write_bytes(b"no library")
        library.loaded.cache_clear()
        library.chosen.cache_clear()
        monkeypatch.setattr(library, "FILE", file)
        monkeypatch.delenv("NETSPEC_KERNELS", raising=False)
        assert library.chosen() is None
        library.chosen.cache_clear()
        monkeypatch.setenv("NETSPEC_KERNELS", "baseline")
        with pytest.raises(DeviceError, match="this installation has no compiled kernels"):
            library.chosen()


def test_none_is_called_where_there_are_several_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """XLA would gather the whole batch on each."""
    monkeypatch.setattr(foreign.jax, "device_count", lambda: 2)
    assert foreign.instructions() is None
