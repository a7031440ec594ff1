"""Large pages: asked for once, by the commands that train, and only where asking helps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from netspec.cli import huge_pages


@pytest.fixture
def enabled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "enabled"
    path.write_text("always [madvise] never\n")
    monkeypatch.setattr(huge_pages, "ENABLED", path)
    monkeypatch.setattr(os, "confstr", lambda name: "glibc 2.36")
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    return path


def test_they_are_asked_for_beside_what_the_user_set(enabled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert huge_pages.variables() == {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.check=1")
    assert huge_pages.variables() == {"GLIBC_TUNABLES": "glibc.malloc.check=1:glibc.malloc.hugetlb=1"}


@pytest.mark.parametrize("given", ["glibc.malloc.hugetlb=0", "glibc.malloc.hugetlb=1"])
def test_what_the_user_says_of_them_stays(enabled: Path, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIBC_TUNABLES", given)
    assert huge_pages.variables() == {}


@pytest.mark.parametrize("library", ["glibc 2.34", "", "musl 1.2", "glibc unknown"])
def test_not_of_another_library(enabled: Path, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "confstr", lambda name: library)
    assert huge_pages.variables() == {}


def test_not_where_they_come_anyway_or_never(enabled: Path) -> None:
    for mode in ("[always] madvise never", "always madvise [never]"):
        enabled.write_text(mode)
        assert huge_pages.variables() == {}
    enabled.unlink()
    assert huge_pages.variables() == {}


@pytest.mark.skipif(not huge_pages.variables(), reason="this system gives no large pages on request")
@pytest.mark.parametrize(("command", "times"), [("train", 1), ("bench", 1), ("validate", 0), ("--version", 0)])
def test_a_command_that_trains_begins_again_once(command: str, times: int) -> None:
    code = (
        "import os, sys; from netspec import __main__ as front; begin = os.execve\n"
        "os.execve = lambda *given: (print('again', flush=True), begin(*given))\n"
        "front.start()"
    )
    given = [sys.executable, "-c", code, command, "--help"]
    done = subprocess.run(given, capture_output=True, text=True, check=True)
    assert done.stdout.count("again") == times
    assert "Usage: " in done.stdout or "netspec" in done.stdout
