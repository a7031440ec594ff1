"""Fixtures for every room."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # in a shell's background job it is ignored, and would be in each process that a test starts and interrupts
    signal.signal(signal.SIGINT, signal.default_int_handler)

if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # as nohup has it
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

settings.register_profile("netspec", deadline=None)  # no test asserts a time
settings.load_profile("netspec")

os.environ.setdefault("NETSPEC_KERNELS", "off")
"""The suite pins what XLA computes, alike on a machine with a compiler and on one without. Where the variable is set, all runs by
what it says; tests of the kernels ask for them by the fixture `kernels`."""

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NETSPEC_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _own_environment() -> Iterator[None]:
    """What a command called in this process says to JAX by variables is not said to the next test's processes."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def kernels() -> Iterator[None]:
    """The compiled kernels of this installation, if it has any, for the tests of a module."""
    from netspec.kernels import library

    with pytest.MonkeyPatch.context() as patch:
        if os.environ.get("NETSPEC_KERNELS") == "off":
            patch.delenv("NETSPEC_KERNELS")
        library.chosen.cache_clear()
        yield
    library.chosen.cache_clear()


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with a file under tests/golden; with NETSPEC_BLESS=1 writes the file instead."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("NETSPEC_BLESS") == "1":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        assert path.exists(), f"{path} is missing: run with NETSPEC_BLESS=1 and read what it wrote"
        assert text == path.read_bytes().decode()

    return compare
