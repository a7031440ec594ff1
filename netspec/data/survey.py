"""What is found out of a data set by looking at every pixel of it once: damage, fingerprint, range."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data import remembered
from netspec.data.dataset import Say, Split, chunks
from netspec.data.problem import Problem, Refused
from netspec.data.streamed import Streamed


@dataclass(frozen=True)
class Survey:
    """Of both parts, the training part first."""

    fingerprint: str
    """SHA-256 over types, shapes, pixels, labels and class names, in hexadecimal: another content, another fingerprint."""
    ends: tuple[tuple[float, float], tuple[float, float]]
    """The least and the largest pixel of each."""
    warnings: tuple[Problem, ...] = ()
    """What could not be kept."""


def survey(train: Split, test: Split, classes: tuple[str, ...], say: Say | None = None) -> Survey:
    """Looks at both parts. Of streamed parts that were surveyed before, as they are now, it is known.

    Raises:
        Refused: every file of a streamed part that is wrong.
    """
    parts = (train, test)
    streamed = [part.images for part in parts if isinstance(part.images, Streamed)]
    if not streamed:
        return _survey(parts, classes, None)
    identities = [images.rows.identity for images in streamed]
    known = remembered.key("survey", *identities, *(part.labels for part in parts), classes)

    def made() -> list[Any]:
        if problems := [problem for images in streamed for problem in images.check()]:
            raise Refused(*problems)
        found = _survey(parts, classes, say)
        return [found.fingerprint, *found.ends]

    warnings: list[Problem] = []
    digest, taught, tested = remembered.kept(known, made, _sound, warnings)
    return Survey(digest, (tuple(taught), tuple(tested)), tuple(warnings))


def _sound(found: Any) -> bool:
    digest, *ends = found
    return (
        isinstance(digest, str)
        and len(ends) == 2
        and all(isinstance(end, float) for low, high in ends for end in (low, high))
    )


def _survey(parts: tuple[Split, Split], classes: tuple[str, ...], say: Say | None) -> Survey:
    digest = hashlib.sha256(repr(classes).encode())
    faults: list[Problem] = []
    ends = []
    for part, named in zip(parts, ("training images", "test images"), strict=True):
        _shape_into(digest, part.images)
        low, high = np.inf, -np.inf
        for chunk in chunks(part.images, faults, say and partial(say, named)):
            digest.update(_little(chunk).data)
            low, high = min(low, float(chunk.min())), max(high, float(chunk.max()))
        _shape_into(digest, part.labels)
        digest.update(_little(part.labels).data if part.labels.size else b"")
        ends.append((low, high))
    if faults:
        raise Refused(*faults)
    return Survey(digest.hexdigest(), (ends[0], ends[1]))


def _shape_into(digest: Any, array: Any) -> None:
    digest.update(f"{array.dtype.newbyteorder('<').str}{tuple(array.shape)}".encode())


def _little(array: NDArray[Any]) -> NDArray[Any]:
    """The array as it is hashed: contiguous, little-endian."""
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
