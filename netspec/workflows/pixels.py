"""Image files and arrays for a trained network: what does not fit it is refused, what hardly can is warned of."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from netspec.data import text_array
from netspec.data.files import reason
from netspec.data.images import left_behind, summary
from netspec.data.pixels import Trained, is_array, named
from netspec.data.problem import Advice, Problem, Refused, problem
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import OfFile
from netspec.diagnostics.diagnostic import placeless
from netspec.diagnostics.errors import DataError
from netspec.language.kind import dimensions
from netspec.workflows.telling import Tell, warning

File = tuple[Path, bytes | None]
"""A file or folder, or what a file holds, under a name for it."""
Image = tuple[str, np.ndarray]
"""(height, width, channels) with its name."""
LISTED = 5
"""How many of the files of a folder that are no images are named."""


@dataclass(frozen=True)
class Pixels:
    """The images of files for a network. Each file stands for itself: what is wrong with one is kept in `problems`."""

    trained: Trained
    resize: bool
    tell: Tell
    passed_over: Callable[[str], None]
    """Takes a line on files of a folder that are no images."""
    problems: list[Problem] = field(default_factory=list)
    arrays: set[Path] = field(default_factory=set)
    """Those of the files that are read as arrays."""

    def of(self, files: Iterable[File]) -> Iterator[Image]:
        """The images that fit. Raises DataError after the last where one of the files was wrong."""
        for path, content in files:
            if content is None and os.path.isdir(path):  # noqa: PTH112  of a name that the system refuses, it says no
                yield from self._folder(path)
            else:
                yield from self._one(path, content)
        if self.problems:
            own = tuple(replace(problem, help=self._help(problem)) for problem in self.problems)
            findings = [placeless(problem.code, problem.message, problem.help) for problem in summary(own)]
            raise DataError(
                findings, status=2 if any(CODES[problem.code].of_file is OfFile.ABSENT for problem in own) else 1
            )

    def _help(self, problem: Problem) -> str | None:
        """What helps a training set helps no single image: its spec is the run's, and nobody's file is to be removed."""
        wrong = CODES[problem.code].of_file
        files = "give an image file or a .npy array, or - for standard input"
        if problem.path in self.arrays:
            fit = "resize the array before: `resize` is for image files" if self.resize else None
            return problem.help or (files if wrong is OfFile.FORMAT else fit if wrong is OfFile.SIZE else None)
        size = dimensions(self.trained.shape[:2])
        resize = f"add --resize, or give an image of {size} pixels"
        if problem.advice is Advice.SAVE_AS_PNG:
            return problem.help
        own = {OfFile.FORMAT: files, OfFile.DAMAGE: "replace it", OfFile.SIZE: resize}
        return own.get(wrong, problem.help) if wrong else problem.help

    def _folder(self, folder: Path) -> Iterator[Image]:
        """The images below a folder in the order of their names; what is no image is passed over, and said."""

        def unreadable(error: OSError) -> None:
            self.problems.append(problem("NS501", Path(error.filename), reason(error)))

        found, others = 0, []
        for above, folders, files in os.walk(folder, onerror=unreadable):
            folders[:] = sorted(name for name in folders if not left_behind(name))
            for path in (Path(above, name) for name in sorted(files) if not left_behind(name)):
                if path.suffix.lower() == text_array.SUFFIX:  # a table of labels, rather than an image
                    others.append(path.name)
                    continue
                before = len(self.problems)
                yield from self._one(path)
                # what is an image of a format that is not read is no stray file
                new = [
                    CODES[one.code].of_file for one in self.problems[before:] if one.advice is not Advice.SAVE_AS_PNG
                ]
                if new == [OfFile.FORMAT]:
                    del self.problems[before:]
                    others.append(path.name)
                else:
                    found += 1
        if others:
            more = "" if len(others) <= LISTED else f" and {len(others) - LISTED:,} more"
            self.passed_over(f"{folder}: {', '.join(others[:LISTED])}{more}: no images, passed over")
        if not found:
            self.problems.append(problem("NS510", folder, "has no images"))

    def _one(self, path: Path, content: bytes | None = None) -> Iterator[Image]:
        """The images of one file."""
        trained = self.trained
        try:
            if not is_array(path, content):
                images = [(str(path), trained.image(path, self.resize, content))]
            else:
                self.arrays.add(path)
                stack = trained.arrays(path, content)
                if (fact := trained.other_scale(stack)) is not None:
                    help = "give pixel values as the training data have them"
                    self.tell(warning("NS517", f"`{path}` {fact}", help))
                images = named(path, stack)
        except Refused as refused:
            self.problems.extend(refused.problems)
        except OSError as error:
            self.problems.append(problem("NS501", path, reason(error)))
        else:
            yield from images
