"""Image files and arrays for a trained network: what does not fit it is told, what hardly can is warned of."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli import messages
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import OfFile
from netspec.text.files import STDIN

if TYPE_CHECKING:
    import numpy as np

    from netspec.data.problem import Problem
    from netspec.training.trained import TrainedNetwork

LARGEST_INPUT = 1 << 28
"""Bytes of standard input: more than the largest image that is read takes, however it is stored."""
LISTED = 5
"""How many of the files of a folder that are no images are named."""


def given(
    network: TrainedNetwork, names: Sequence[str], resize: bool, problems: list[Problem]
) -> Iterator[tuple[str, np.ndarray]]:
    """The images that fit, each with its name: of files, of folders, of standard input for `-`.

    Each file stands for itself: what is wrong with one goes to `problems`, which `tell` is for.
    """
    for name in names:
        if name == "-":
            yield from _one(network, resize, problems, Path(STDIN), _standard_input())
        elif os.path.isdir(name):  # noqa: PTH112  of a name that the system refuses, it says no
            yield from _folder(network, resize, problems, Path(name))
        else:
            yield from _one(network, resize, problems, Path(name))


def tell(network: TrainedNetwork, problems: Sequence[Problem]) -> int:
    """Tells what was wrong, and gives the exit status: 2 where a file could not be read, 1 where one is wrong, 0."""
    from netspec.data.images import summary

    own = tuple(replace(problem, help=_help(network, problem)) for problem in problems)
    for problem in summary(own):
        messages.error(problem.code, problem.message, problem.help)
    codes = {problem.code for problem in own}
    return 2 if any(CODES[code].of_file is OfFile.ABSENT for code in codes) else int(bool(codes))


def _help(network: TrainedNetwork, problem: Problem) -> str | None:
    """What helps a training set helps no single image: its spec is the run's, and nobody's file is to be removed."""
    from netspec.data.formats import SAVE_AS_PNG
    from netspec.data.pixels import is_array

    wrong = CODES[problem.code].of_file
    files = "give an image file or a .npy array, or - for standard input"
    if problem.path is not None and is_array(problem.path):
        return problem.help or (files if wrong is OfFile.FORMAT else None)
    size = "x".join(map(str, network.plan.input[:2]))
    resize = f"add --resize, or give an image of {size} pixels"
    if problem.help == SAVE_AS_PNG:
        return problem.help
    own = {OfFile.FORMAT: files, OfFile.DAMAGE: "replace it", OfFile.SIZE: resize}
    return own.get(wrong, problem.help) if wrong else problem.help


def _folder(
    network: TrainedNetwork, resize: bool, problems: list[Problem], folder: Path
) -> Iterator[tuple[str, np.ndarray]]:
    """The images below a folder in the order of their names; what is no image is passed over, and said."""
    from netspec.data.files import reason
    from netspec.data.formats import SAVE_AS_PNG
    from netspec.data.images import left_behind
    from netspec.data.problem import problem

    def unreadable(error: OSError) -> None:
        problems.append(problem("NS501", Path(error.filename), reason(error)))

    found, others = 0, []
    for above, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not left_behind(name))
        for path in (Path(above, name) for name in sorted(files) if not left_behind(name)):
            before = len(problems)
            yield from _one(network, resize, problems, path)
            # what is an image of a format that is not read is no stray file
            if [CODES[new.code].of_file for new in problems[before:] if new.help != SAVE_AS_PNG] == [OfFile.FORMAT]:
                del problems[before:]
                others.append(path.name)
            else:
                found += 1
    if others:
        more = "" if len(others) <= LISTED else f" and {len(others) - LISTED:,} more"
        click.echo(messages.safe(f"{folder}: {', '.join(others[:LISTED])}{more}: no images, passed over"), err=True)
    if not found:
        problems.append(problem("NS510", folder, "has no images"))


def _one(
    network: TrainedNetwork, resize: bool, problems: list[Problem], path: Path, content: bytes | None = None
) -> Iterator[tuple[str, np.ndarray]]:
    """The images of one file; `content` is what it holds where `path` is but a name for it."""
    from netspec.data.files import reason
    from netspec.data.pixels import is_array, named
    from netspec.data.problem import Refused, problem

    trained = network.trained_on
    try:
        if not is_array(path, content):
            images = [(str(path), trained.image(path, resize, content))]
        else:
            stack = trained.arrays(path, content)
            if (fact := trained.other_scale(stack)) is not None:
                messages.warn("NS517", f"`{path}` {fact}", "give pixel values as the training data have them")
            images = named(path, stack)
    except Refused as refused:
        problems.extend(refused.problems)
    except OSError as error:
        problems.append(problem("NS501", path, reason(error)))
    else:
        yield from images


def _standard_input() -> bytes:
    """All of standard input; a usage error where it is closed, empty or larger than an image or an array should be."""
    if sys.stdin is None:
        raise click.UsageError("standard input is closed, and `-` stands for an image there.")
    content = sys.stdin.buffer.read(LARGEST_INPUT + 1)
    if not content:
        raise click.UsageError("standard input is empty, and `-` stands for an image there.")
    if len(content) > LARGEST_INPUT:
        raise click.UsageError(f"standard input has more than {LARGEST_INPUT:,} bytes: give the name of a file.")
    return content
