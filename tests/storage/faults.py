"""A disk that fails at a chosen call, and what all tests of faults have in common."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from netspec.storage import writing

FULL = os.environ.get("NETSPEC_FAULTS") == "full"
"""Whether the many are asked for."""
SEED = int(os.environ.get("NETSPEC_FAULTS_SEED") or random.SystemRandom().randrange(1 << 32))
GUARD_SECONDS = 300
"""How long anything may take before it counts as a hang."""
ERRORS = (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EACCES)


class Failing:
    """Does as `os` does, but call number `at` raises, with `forever` all later ones too."""

    def __init__(self, at: int, error: int, *, forever: bool = False) -> None:
        self.at, self.error, self.forever = at, error, forever
        self.calls: list[str] = []

    def _call(self, name: str, *arguments: Any) -> Any:
        number = len(self.calls)
        self.calls.append(name)
        fails = number == self.at or (self.forever and number > self.at)
        if name == "close" or not fails:
            result = getattr(os, name)(*arguments)  # a failing close still closes (close(2))
        if fails:
            raise OSError(self.error, os.strerror(self.error))
        return result

    def open(self, *arguments: Any) -> int:
        return self._call("open", *arguments)  # type: ignore[no-any-return]

    def mkdir(self, *arguments: Any) -> None:
        self._call("mkdir", *arguments)

    def write(self, fd: int, data: memoryview, /) -> int:
        return self._call("write", fd, data)  # type: ignore[no-any-return]

    def fsync(self, fd: int, /) -> None:
        self._call("fsync", fd)

    def close(self, fd: int, /) -> None:
        self._call("close", fd)

    def replace(self, *arguments: Any) -> None:
        self._call("replace", *arguments)

    def unlink(self, *arguments: Any) -> None:
        self._call("unlink", *arguments)


def calls_of(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> list[str]:
    """The calls that `action` makes where all goes well."""
    system = Failing(-1, 0)
    with monkeypatch.context() as patch:
        patch.setattr(writing, "system", system)
        action()
    return system.calls


def dice_of(test: str) -> random.Random:
    """Random numbers of a test's own; a failure shows the seed."""
    print(f"NETSPEC_FAULTS_SEED={SEED}")
    return random.Random(f"{SEED} {test}")
