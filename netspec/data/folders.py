"""Checks on the names of class folders and parts: not writable in a report, nearly equal, or another name for `train` or `test`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from unicodedata import normalize

from netspec.data.files import is_folder, letters, names_in, nearest
from netspec.data.problem import Problem, problem
from netspec.diagnostics.render.wording import counted
from netspec.text.characters import FORBIDDEN, described

OTHERS = {"train": ("training",), "test": ("testing", "val", "valid", "validation", "dev", "eval")}
"""What other systems call the two parts; `Train` and `TEST` are taken for them too."""

HELD_OUT = ("val", "valid", "validation", "dev")

UNWRITABLE = re.compile(rf"{FORBIDDEN.pattern}|[\t\n\r]")
"""What no class name may hold: what no spec may, and what would break its line in a report."""


def unwritable(part: Path, names: Iterable[str]) -> Iterator[Problem]:
    """NS530 where the name of a class could not be written into a report: it is not UTF-8, or has control characters."""
    for name in names:
        if unshown := UNWRITABLE.search(name):
            bad = unshown[0]
            fact = "is not UTF-8" if "\udc80" <= bad <= "\udcff" else f"has {described(bad)}"
            fact = f"the name of this class folder {fact}: no report could hold it"
            yield problem("NS530", part / name, fact, help="rename the folder")


def unknown(test: Path, names: Iterable[str], classes: tuple[str, ...]) -> list[Problem]:
    """NS511 where the test part has folders that the training part has not, with the nearest name of each."""
    unknown = sorted(set(names) - set(classes))
    if not unknown:
        return []
    fact = f"has {', '.join(f'`{name}`' for name in unknown[:5])}, which `train` has not"
    pairs = [(name, near) for name in unknown[:5] if (near := nearest(name, classes)) is not None]
    help = " and ".join(f"rename `{name}` to `{near}`" for name, near in pairs) or None
    return [problem("NS511", test, fact, where=counted(len(unknown), "class folder"), help=help)]


def nearly_equal(train: Path, classes: tuple[str, ...]) -> list[Problem]:
    """NS531 where two classes have names that differ by case, by Unicode form or by outer spaces alone."""
    first: dict[str, str] = {}
    pairs = [(other, name) for name in classes if (other := first.setdefault(letters(name), name)) != name]
    if not pairs:
        return []
    named = ", ".join(f"`{a}` and `{b}`" for a, b in map(_told_apart, pairs[:5]))
    more = f" and {len(pairs) - 5} more pairs" if len(pairs) > 5 else ""
    fact = f"classes whose names differ by no more than case, Unicode form or outer spaces: {named}{more}"
    help = "put their images into one folder, unless two classes are meant"
    return [problem("NS531", train, fact, help=help, warning=True)]


def _told_apart(pair: tuple[str, str]) -> tuple[str, str]:
    """Two names as they are; their letters as escapes where they would look the same."""
    a, b = pair
    if normalize("NFC", a) != normalize("NFC", b):
        return pair
    return a.encode("unicode_escape").decode(), b.encode("unicode_escape").decode()


def instead(place: Path, part: str) -> str:
    """What helps where the folder of a part is missing: the one that stands for it, or the place where it is."""
    present = _folders(place)
    here = next((name for name in present if name.casefold() in (part, *OTHERS[part])), None)
    if here is not None:
        return f"rename `{here}` to `{part}`"
    if not {name.casefold() for name in present} & {"train", "test"}:
        inner = [name for name in present if is_folder(place / name / "train")]
        if inner:
            return f"give the path of its folder `{inner[0]}`, which has `train`"
        if place.name in OTHERS and is_folder(place.resolve().parent / "train"):
            return "give the path of the folder above, which has `train`"
    return "make `train/<class>/` and `test/<class>/`"


def unread(place: Path) -> Iterator[Problem]:
    """NS532 where a third part lies beside `train` and `test`: nothing reads it."""
    for name in _folders(place):
        if name.casefold() in HELD_OUT:
            fact = "is not read: validation takes the share `data.validation` of `train`"
            help = "move its images into `train` or `test`, or remove it"
            yield problem("NS532", place / name, fact, help=help, warning=True)


def _folders(place: Path) -> list[str]:
    return [name for name in names_in(place) if is_folder(place / name)]
