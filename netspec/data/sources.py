"""The entry point: from the spec's `data` to a checked data set, or to everything that is wrong with it.

Nothing is ever downloaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from netspec.data import cifar10, class_folders, digits, idx, images, npz, table
from netspec.data.checks import Shape, count_problems
from netspec.data.dataset import Dataset
from netspec.data.files import at_home, is_folder, names_in, nearest, reason, there
from netspec.data.loading import Loading
from netspec.data.problem import Advice, Problem, Refused, problem
from netspec.language.data import SOURCES


class Settings(Protocol):
    """What is read of the spec's `data`."""

    @property
    def source(self) -> str:
        """One of `language.data.SOURCES`."""

    @property
    def path(self) -> Path | None:
        """Where the files are, resolved; None: where they usually are."""

    @property
    def resize(self) -> bool:
        """Whether images of another size are resized."""

    @property
    def labels(self) -> str:
        """What the labels are: `class`, `several` or `numbers`."""

    @property
    def two(self) -> bool:
        """Whether the network tells two classes apart by one output."""

    @property
    def loading(self) -> Loading:
        """Whether the images are read as a whole or while they are used."""


@dataclass(frozen=True)
class Reader:
    """How the files of a source are known and read."""

    load: Callable[[Path, Shape, int | None, Settings], Dataset]
    holds: Callable[[Path], bool]
    """Whether a place has any of its files."""
    archive: Callable[[Path], Path | None] = lambda _: None
    """The npz that a place has it in; None where it is in other files."""
    inside: Path | None = None
    """What it is called where it comes with netspec, and no path leads to it."""
    places: tuple[str, ...] = ()
    """Where others put it. `{keras}` is Keras's folder."""
    help: str = ""
    """What to do where it is not in any of `places`: the end of an NS501."""


MNIST, FASHION = ("MNIST",), ("FashionMNIST",)
TORCHVISION = (*MNIST, *FASHION, "KMNIST", "EMNIST")
"""The folders of torchvision's data sets below its `root`."""

MNIST_NAMES = tuple("0123456789")
FASHION_NAMES = tuple(
    "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot".split(",")  # noqa: SIM905  short
)


CLASSES: dict[str, tuple[str, ...]] = {
    "digits": digits.NAMES,
    "mnist": MNIST_NAMES,
    "fashion-mnist": FASHION_NAMES,
    "cifar-10": cifar10.CLASSES,
}
"""The names of the classes, by label, of the sources that have names of their own."""


def load(settings: Settings, input_shape: Shape, outputs: int | None) -> Dataset | list[Problem]:
    """The data set that `settings` describes; its warnings are in it.

    `input_shape` is (height, width, channels), `outputs` how many names the labels have, if the network says it. What
    comes back in place of a data set is every independent error, at most 20 of a code and how many more.
    """
    try:
        path = _place(settings.source, settings.path)
        read = partial(READERS[settings.source].load, path, input_shape, outputs, settings)
        known = SOURCES[settings.source].known
        return _counted(path, known.classes if known else None, outputs, settings.two, read)
    except Refused as refused:
        return images.summary(refused.problems)


def _counted(path: Path, classes: int | None, outputs: int | None, two: bool, read: Callable[[], Dataset]) -> Dataset:
    """What `read` gives; where the number of classes is known, `outputs` is held against it."""
    problems = [] if classes is None else count_problems(classes, outputs, path, two=two)
    try:
        dataset = read()
    except Refused as refused:
        raise Refused(*problems, *refused.problems) from None
    if problems:
        raise Refused(*problems)
    return dataset


def _place(name: str, path: Path | None) -> Path:
    """Where the files of the source are."""
    reader = READERS[name]
    if reader.inside is not None:
        return reader.inside
    if path is not None:
        return _named(path, name)
    if not reader.places:
        raise Refused(Problem("NS501", f"`source: {name}` needs `path`", help="set `path` in `data`"))
    places = usual_places(name)
    for place in places:
        if reader.holds(place):
            return place
    listed = ", ".join(f"`{place}`" for place in places)
    raise Refused(Problem("NS501", f"`{name}` was not found. Looked in {listed}", help=reader.help))


def _named(path: Path, name: str) -> Path:
    """The `path` that the spec names, if it is there and of the right kind."""
    source = SOURCES[name]
    try:
        path.stat()
    except (OSError, ValueError) as error:
        help = _elsewhere(path)
        advice = None if help else Advice.NAME_THE_PLACE
        help = help or "`path` is relative to the spec"
        raise Refused(problem("NS501", path, reason(error), help=help, advice=advice)) from None
    if source.suffix and path.is_dir():
        raise _of_another(path, f"is a folder; give the path of its `{source.suffix}` file")
    if not source.suffix and not path.is_dir() and not READERS[name].holds(path):
        raise _of_another(path, "is a file; give the path of the folder it is in")
    return path


def _of_another(path: Path, fact: str) -> Refused:
    """What is at a path is not what the source reads; named is the one that reads it."""
    other = _read_by(path)
    help = f"set `source: {other}` in `data`" if other else None
    return Refused(problem("NS501", path, fact, help=help, other_source=other))


def _elsewhere(path: Path) -> str | None:
    """What was meant where nothing is at a path: the nearest name at its first missing step, or what was not replaced in it."""
    if "\\" in str(path):
        return "write `/` between folders"
    if "$" in str(path):
        return "write the path out: variables are not replaced in it, only a leading `~` is"
    missing = next(step for step in (*reversed(path.parents), path) if not there(step))
    near = nearest(missing.name, names_in(missing.parent))
    return f"write `{near}`, which is there, for `{missing.name}`" if near else None


def _read_by(path: Path) -> str | None:
    """The source that reads what is at `path`."""
    if not path.is_dir():
        return next((name for name, source in SOURCES.items() if source.suffix and path.suffix == source.suffix), None)
    if idx.place_of(path):
        return "idx"
    return "images" if is_folder(path / "train") else None


def usual_places(name: str) -> list[Path]:
    """Where a known source is looked for, in order: `$NETSPEC_DATA`, netspec's cache, Keras's, Debian's."""
    chosen = os.environ.get("NETSPEC_DATA")
    keras = os.environ.get("KERAS_HOME") or "~/.keras"
    others = [place.format(keras=f"{keras}/datasets") for place in READERS[name].places]
    first = [f"{chosen}/{name}"] if chosen else []
    return [at_home(Path(place)) for place in (*first, f"~/.cache/netspec/{name}", *others)]


def _load_idx(path: Path, shape: Shape, outputs: int | None, settings: Settings) -> Dataset:
    """The idx files of a folder, where they may be any set's; of several sets below it none is meant."""
    place = idx.place_of(path)
    if place is None and (below := [name for name in TORCHVISION if idx.place_of(path, (name,))]):
        help = f"give the path of its folder `{below[0]}`" + (
            f" or {', '.join(map('`{}`'.format, below[1:]))}" if below[1:] else ""
        )
        raise Refused(problem("NS501", path, "has no idx files itself", help=help))
    return idx.load(place or path, shape, outputs, loading=settings.loading)


def _load_mnist(path: Path, shape: Shape, outputs: int | None, settings: Settings) -> Dataset:
    """The idx files of a folder; or `mnist.npz`, which is what Keras stores of it."""
    archive = _archive(path)
    if archive is not None:
        return npz.load(archive, shape, outputs, MNIST_NAMES, loading=settings.loading)
    return idx.load(idx.place_of(path, MNIST) or path, shape, outputs, MNIST_NAMES, settings.loading)


def _load_fashion_mnist(path: Path, shape: Shape, outputs: int | None, settings: Settings) -> Dataset:
    return idx.load(idx.place_of(path, FASHION) or path, shape, outputs, FASHION_NAMES, settings.loading)


def _load_images(path: Path, shape: Shape, outputs: int | None, settings: Settings) -> Dataset:
    """Class folders; where the labels are no classes, a table of labels."""
    if settings.labels != "class":
        return table.load(path, shape, outputs, settings.labels, settings.resize, settings.loading)
    return class_folders.load(path, shape, outputs, settings.resize, two=settings.two, loading=settings.loading)


def _whole(path: Path, settings: Settings, read: Callable[[], Dataset]) -> Dataset:
    """What `read` gives, which reads as a whole. Raises Refused: NS518 it is to be streamed."""
    if settings.loading.how == "stream":
        fact = f"`{settings.source}` is small, and read as a whole"
        raise Refused(problem("NS518", path, fact, help="leave `loading` out"))
    return read()


def _archive(path: Path) -> Path | None:
    """Keras's file, where there is one and no idx files."""
    archive = path if path.suffix == ".npz" else path / "mnist.npz"
    return archive if there(archive) and idx.place_of(path, MNIST) is None else None


def pixel_type(settings: Settings) -> np.dtype[Any] | None:
    """The type of a source's pixels as they are kept, uint8 or float32, where a header says it and can be read."""
    try:
        archive = READERS[settings.source].archive(_place(settings.source, settings.path))
        return None if archive is None else npz.pixel_type(archive)
    except Refused:
        return None


def _has_mnist(place: Path) -> bool:
    return bool(idx.place_of(place, MNIST)) or there(place / "mnist.npz") or (place.suffix == ".npz" and there(place))


_FOUR = "put its four idx files, with or without `.gz`, in `$NETSPEC_DATA/{}` or `~/.cache/netspec/{}`"

READERS: dict[str, Reader] = {
    "digits": Reader(
        lambda path, shape, _, settings: _whole(path, settings, lambda: digits.load(shape)),
        lambda _: True,
        inside=digits.NAME,
    ),
    "idx": Reader(_load_idx, lambda place: idx.place_of(place) is not None),
    "npz": Reader(
        lambda path, shape, outputs, settings: npz.load(
            path, shape, outputs, labelled=settings.labels, loading=settings.loading
        ),
        there,
        archive=lambda path: path,
    ),
    "images": Reader(_load_images, is_folder),
    "mnist": Reader(
        _load_mnist,
        _has_mnist,
        archive=_archive,
        places=("{keras}/mnist", "{keras}/mnist.npz", "/usr/share/datasets/mnist"),
        help=_FOUR.format("mnist", "mnist") + ", or run `keras.datasets.mnist.load_data()` once",
    ),
    "fashion-mnist": Reader(
        _load_fashion_mnist,
        lambda place: idx.place_of(place, FASHION) is not None,
        places=("{keras}/fashion-mnist", "/usr/share/datasets/fashion-mnist"),
        help="on Debian and Ubuntu `apt install dataset-fashion-mnist`; else "
        + _FOUR.format("fashion-mnist", "fashion-mnist")
        + " (https://github.com/zalandoresearch/fashion-mnist)",
    ),
    "cifar-10": Reader(
        lambda path, shape, _, settings: _whole(path, settings, lambda: cifar10.load(path, shape)),
        cifar10.holds,
        places=("{keras}", "{keras}/cifar-10-batches-py-target", "/usr/share/datasets/cifar-10"),
        help="unpack the binary version in `$NETSPEC_DATA/cifar-10` or `~/.cache/netspec/cifar-10`"
        " (https://www.cs.toronto.edu/~kriz/cifar.html)",
    ),
}
