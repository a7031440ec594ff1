"""Which files a command line names: files, folders of them, patterns, less what is left out."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import click

from netspec.cli import messages

ENDINGS = (".yaml", ".yml")


def expand(names: Sequence[str], exclude: Sequence[str] = ()) -> list[str]:
    """Every file that is named, once whatever links lead to it, in the order of the names; what a name stands for is sorted.

    What is not there stays: that is said when it is read. Raises click.UsageError for a folder without specs.
    """
    patterns = [os.path.normpath(pattern) for pattern in exclude]
    found: dict[str, str] = {}
    for name in names:
        for file in _files(name, patterns):
            if not left_out(file, patterns):
                found.setdefault(os.path.realpath(file), file)
    return list(found.values())


def left_out(path: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern matches the path, a folder it lies in, or the end of either.

    >>> left_out("specs/broken/tab.yaml", ["broken"]), left_out("specs/broken/tab.yaml", ["*/tab.*"])
    (True, True)
    >>> left_out("specs/broken.yaml", ["broken"])
    False
    """
    parts = Path(path).parts
    ends = ("/".join(parts[start:end]) for end in range(1, len(parts) + 1) for start in range(end))
    return bool(patterns) and any(fnmatchcase(part, pattern) for part in ends for pattern in patterns)


def _files(name: str, patterns: Sequence[str]) -> Iterator[str]:
    path = Path(name)
    if path.is_dir():
        below = list(_below(path, patterns))
        if not below:
            raise click.UsageError(f"no .yaml or .yml file below {messages.safe(name)}")
        yield from sorted(below)
    elif not path.exists() and glob.has_magic(name) and (matches := sorted(glob.glob(name, recursive=True))):  # noqa: PTH207
        yield from matches
    else:
        yield name


def _below(folder: Path, patterns: Sequence[str]) -> Iterator[str]:
    """The specs below a folder. Not those in folders that begin with a dot or are left out: they are not entered."""
    for place, folders, files in os.walk(folder):
        folders[:] = [sub for sub in folders if not sub.startswith(".") and not left_out(f"{place}/{sub}", patterns)]
        yield from (str(Path(place, file)) for file in files if Path(file).suffix in ENDINGS)
