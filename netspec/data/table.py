"""Image folders with a table of labels: `train/…` and `test/…`, and beside them `labels.csv`.

Its first line is `file` and the names of the labels; each other one is an image, by its path from the folder that the table
is in, and its labels: 0 and 1, or numbers. Every image has a line, and every line an image.
"""

from __future__ import annotations

import csv
import os
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from netspec.data import images
from netspec.data.checks import Shape
from netspec.data.class_folders import pixels
from netspec.data.dataset import Dataset, Split
from netspec.data.files import nearest, reason, size_of, there
from netspec.data.labels import dataset, kept, names_problem, shape_problem, value_problem
from netspec.data.loading import MEMORY, Loading
from netspec.data.problem import Problem, Refused, problem
from netspec.data.text_array import number_of

TABLE = "labels.csv"
PARTS = ("train", "test")
LARGEST = 1 << 28
"""Bytes of a table: that of a million images with forty labels has a third of it."""
NEEDED = "write a line `file,NAME,...`, then a line for each image: `train/0001.png,1,0`"


@dataclass
class Lines:
    """The lines of a part."""

    files: list[str] = field(default_factory=list)
    numbers: array[float] = field(default_factory=lambda: array("d"))
    """Their labels, one after the other: a tenth of what lists of them take."""
    lines: array[int] = field(default_factory=lambda: array("q"))

    @property
    def labels(self) -> NDArray[np.float64]:
        """(files, labels)."""
        return np.asarray(self.numbers, np.float64).reshape(len(self.files), -1)


def load(
    folder: Path, input_shape: Shape, outputs: int | None, labelled: str, resize: bool, loading: Loading = MEMORY
) -> Dataset:
    """The data set of the images under `folder`, labelled by its table; `labelled` is `data.labels`.

    Raises:
        Refused: everything that is wrong with the table, then with the images.
    """
    table = folder / TABLE
    images.require_mode(folder, input_shape[2])
    names, parts = _read(table)
    width = len(names)
    wrong = [shape_problem((1, width), labelled, outputs, table, "line 1"), names_problem(names, None, table, "line 1")]
    problems = [one for one in wrong if one is not None]
    problems += [one for part in parts.values() for one in _values(part, labelled, table)]
    problems += _without_a_line(folder, parts)
    problems += [
        problem("NS510", table, f"has no line for an image in `{part}/`") for part in PARTS if not parts[part].files
    ]
    if problems:
        raise Refused(*problems)
    found = pixels(folder, [part.files for part in parts.values()], input_shape, resize, loading, problems)
    train, test = (Split(own, kept(part.labels, labelled)) for own, part in zip(found, parts.values(), strict=True))
    return dataset(train, test, names, folder, loading.say)


def _read(table: Path) -> tuple[tuple[str, ...], dict[str, Lines]]:
    """The names of the labels, and the lines of each part."""
    if not there(table):
        raise Refused(problem("NS501", table, "is missing: it labels the images", help=NEEDED))
    if size_of(table, "list the images in it") > LARGEST:
        raise Refused(problem("NS504", table, f"is larger than {LARGEST:,} bytes", help="use `source: npz`"))
    parts = {part: Lines() for part in PARTS}
    problems: list[Problem] = []
    seen: set[str] = set()
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            head = [cell.strip() for cell in next(lines, [])]
            if len(head) < 2 or head[0].casefold() != "file":
                raise Refused(
                    problem(
                        "NS555",
                        table,
                        "does not begin with `file` and the names of labels",
                        where="line 1",
                        help=NEEDED,
                    )
                )
            for row in lines:
                if any(map(str.strip, row)):
                    wrong = _take(row, lines.line_num, len(head), parts, seen, table)
                    problems += [wrong] if wrong is not None else []
    except UnicodeDecodeError:
        raise Refused(problem("NS555", table, "is not UTF-8", help="save it as UTF-8")) from None
    except csv.Error as error:
        raise Refused(
            problem("NS555", table, f"is no table of comma-separated values ({error})", help=NEEDED)
        ) from None
    except OSError as error:
        raise Refused(problem("NS501", table, reason(error))) from None
    if problems:
        raise Refused(*problems)
    return tuple(head[1:]), parts


def _take(
    row: list[str], line: int, cells: int, parts: dict[str, Lines], seen: set[str], table: Path
) -> Problem | None:
    """Adds a line to its part, or says what is wrong with it."""
    if len(row) != cells:
        fact = f"has {len(row)} cells, and the first line {cells}"
        return problem("NS555", table, fact, where=f"line {line}", help=NEEDED)
    path = _plain(row[0].strip().replace("\\", "/"))
    part = parts.get(path.partition("/")[0])
    if part is None or (".." in path and ".." in path.split("/")):
        fact = f"`{path}` lies in neither `train/` nor `test/`"
        help = "write the path from the folder of the table: `train/0001.png`"
        return problem("NS555", table, fact, where=f"line {line}", help=help)
    if path in seen:
        fact, help = f"`{path}` has a line already", "keep one of the two"
        return problem("NS555", table, fact, where=f"line {line}", help=help)
    try:
        numbers = [*map(number_of, row[1:])]
    except ValueError:
        bad = next(cell for cell in row[1:] if not _is_number(cell))
        fact, help = f"`{bad}` is no number", "write a number for each label"
        return problem("NS555", table, fact, where=f"line {line}", help=help)
    seen.add(path)
    part.files.append(path)
    part.numbers.extend(numbers)
    part.lines.append(line)
    return None


def _plain(path: str) -> str:
    """A path as its files are listed: without `.` and doubled or ending strokes. Only where there may be one is it taken apart."""
    odd = "//" in path or "/." in path or path.startswith(".") or path.endswith("/") or not path
    return str(PurePosixPath(path)) if odd else path


def _is_number(cell: str) -> bool:
    try:
        number_of(cell)
    except ValueError:
        return False
    return True


def _values(part: Lines, labelled: str, table: Path) -> Iterator[Problem]:
    """What is wrong with the labels of a part: the first of them, by its line."""
    labels = part.labels
    if not labels.size or value_problem(labels, labelled, table, None) is None:
        return
    for line, row in zip(part.lines, labels, strict=True):
        wrong = value_problem(row[None], labelled, table, None)
        if wrong is not None:
            yield problem(wrong.code, table, wrong.fact, where=f"line {line}", help=wrong.help)
            return


def _without_a_line(folder: Path, parts: dict[str, Lines]) -> Iterator[Problem]:
    """NS556 where an image has no line, or a line no image: by the names alone, before one is opened."""
    for part, rows in parts.items():
        found = set(_files(folder, part))
        listed = set(rows.files)
        if missing := sorted(listed - found):
            near = nearest(missing[0], found - listed)
            help = f"write `{near}`, which is there" if near else "remove its line, or add the image"
            yield problem("NS556", folder / TABLE, f"`{missing[0]}` is not there{_more(missing)}", help=help)
        if over := sorted(found - listed):
            help = "give it a line, or move it out of the folder"
            yield problem("NS556", folder / over[0], f"has no line in `{TABLE}`{_more(over)}", help=help)


def _more(names: list[str]) -> str:
    return f", and {len(names) - 1:,} more" if len(names) > 1 else ""


def _files(folder: Path, part: str) -> Iterator[str]:
    """The files of a part by their paths from the folder, without what systems leave behind."""
    start = str(folder)
    for above, below, names in os.walk(folder / part):
        below[:] = [name for name in below if not images.left_behind(name)]
        within = os.path.relpath(above, start).replace(os.sep, "/")
        yield from (f"{within}/{name}" for name in names if not images.left_behind(name))
