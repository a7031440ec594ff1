"""Large memory pages for a step's arrays, where Linux gives them on request.

XLA allocates the arrays of a step anew at each step, and what is large goes back to the system in between: the next
step meets a page fault for each page that it touches, one for 2 MiB instead of one for 4 KiB.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "GLIBC_TUNABLES"
TUNABLE = "glibc.malloc.hugetlb"
OLDEST = (2, 35)
"""The first glibc that knows the tunable."""
ENABLED = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def variables() -> dict[str, str]:
    """What the environment needs for malloc to ask for large pages; empty where they do not come by asking, or are set."""
    given = os.environ.get(VARIABLE, "")
    if TUNABLE in given or not _on_request():
        return {}
    return {VARIABLE: ":".join(filter(None, [given, f"{TUNABLE}=1"]))}


def ask_for_large() -> None:
    """Begins this process's program again with `variables()`, for malloc reads them only then; returns where none are needed."""
    needed = variables()
    if needed and sys.executable:
        os.execve(sys.executable, sys.orig_argv, os.environ | needed)


def _on_request() -> bool:
    try:
        library, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
        return (
            library == "glibc"
            and tuple(map(int, version.split("."))) >= OLDEST
            and "[madvise]" in ENABLED.read_text("ascii")
        )
    except (AttributeError, ValueError, OSError):  # no confstr, no such name, no such file: not glibc, or not Linux
        return False
