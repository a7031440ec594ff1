"""Which files a command line names: files, folders of them, patterns, less what is left out."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from netspec.cli import messages
from netspec.project.configuration import Configuration, Configurations, left_out
from netspec.text.recognition import ENDINGS

PACKAGES = ("node_modules",)
"""Folders of other people's files, which are not entered; nor are those whose name begins with a dot."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to be checked."""

    name: str
    """As the command line has it, `-` for standard input."""
    configuration: Configuration
    named: bool
    """Whether it was named by itself: then it is checked even if it does not say that it is a spec."""


def expand(names: Sequence[str], exclude: Sequence[str] = (), stdin: str = "-") -> list[File]:
    """Every file that is named, once whatever links lead to it, in the order of the names; what a name stands for is sorted.

    What is not there, or cannot be looked into, stays: that is said when it is read. `stdin` is the name by which
    standard input is configured and left out. Raises click.UsageError for a folder without YAML files, and for a pattern
    without any file.
    """
    patterns = [os.path.normpath(pattern) for pattern in exclude]
    configurations = Configurations()
    found: dict[str, File] = {}
    for name in names:
        for file, named in _files(name, patterns, configurations):
            path = stdin if file == "-" else file
            configuration = configurations.of(path)
            if not left_out(path, patterns) and not configuration.leaves_out(path):
                place = os.path.realpath(file)
                first = found.setdefault(place, File(file, configuration, named))
                if named and not first.named:
                    found[place] = File(first.name, configuration, named)
    return list(found.values())


def is_folder(name: str) -> bool:
    """Whether a name is that of a folder; one that cannot be looked at is none. Path's own question would raise."""
    return os.path.isdir(name)  # noqa: PTH112


def _files(name: str, patterns: Sequence[str], configurations: Configurations) -> Iterator[tuple[str, bool]]:
    """What a name stands for, each with whether it is named by itself."""
    if is_folder(name):
        below = list(_below(name, patterns, configurations))
        if not below:
            but = f" but what --exclude {' '.join(map(messages.safe, patterns))} leaves out" if patterns else ""
            raise click.UsageError(f"no .yaml or .yml file to check below {messages.safe(name)}{but}")
        yield from sorted(below)
    elif not os.path.exists(name) and glob.has_magic(name):  # noqa: PTH110
        matches = sorted(glob.glob(name, recursive=True))  # noqa: PTH207
        if not matches:
            raise click.UsageError(f"the pattern {messages.safe(name)} matches no file")
        yield from ((match, True) for match in matches)
    else:
        yield name, True


def _below(folder: str, patterns: Sequence[str], configurations: Configurations) -> Iterator[tuple[str, bool]]:
    """The YAML files below a folder, but those that are left out or that git ignores, and the folders that it cannot list.

    Folders that are left out are not entered.
    """
    ignored = _ignored_by_git(folder)
    closed: list[OSError] = []

    def entered(path: str) -> bool:
        name = Path(path).name
        known = name.startswith(".") or name in PACKAGES or path in ignored or left_out(path, patterns)
        return not known and not configurations.of(path).leaves_out(path)

    for place, folders, files in os.walk(folder, onerror=closed.append):
        if place != folder and ".git" in (*folders, *files):
            ignored |= _ignored_by_git(place)  # a repository in another, of which that one knows nothing
        paths = {name: os.path.join(place, name) for name in (*folders, *files)}  # noqa: PTH118 - as os.walk names them
        folders[:] = [name for name in folders if entered(paths[name])]
        yield from (
            (str(Path(paths[name])), False) for name in files if name.endswith(ENDINGS) and paths[name] not in ignored
        )
    yield from ((str(Path(error.filename)), True) for error in closed)


def _ignored_by_git(folder: str) -> set[str]:
    """The files and folders below a folder that git ignores; none where there is no git, or it knows nothing of the folder."""
    import subprocess

    # fsmonitor names a program, which a folder from elsewhere could bring along
    command = ["git", "-c", "core.fsmonitor=false", "ls-files", "-z"]
    command += ["--others", "--ignored", "--exclude-standard", "--directory"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    except OSError:
        return set()
    entries = filter(None, done.stdout.split(b"\0")) if done.returncode == 0 else ()
    return {os.path.join(folder, os.fsdecode(entry).rstrip("/")) for entry in entries}  # noqa: PTH118
