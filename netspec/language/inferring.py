"""What layers make of what they read, kept: a spec is written out again for every fix that is tried."""

from __future__ import annotations

from functools import lru_cache

from netspec.language.kind import Inference, Settings, Shape, Window, elements
from netspec.language.kinds import KINDS


@lru_cache(maxsize=16_384)
def one_of_a_kind(settings: Settings) -> Settings:
    """The same object for equal settings."""
    return settings


_INFERRED: dict[tuple[int, tuple[Shape, ...]], tuple[Settings, Inference, Window | None]] = {}
_INFERRED_LIMIT = 50_000


def inferred(settings: Settings, inputs: tuple[Shape, ...]) -> tuple[Inference, Window | None]:
    """What a layer makes of what it reads, and its reach where it fits. Kept: a spec is written out again for every fix that is
    tried. By the settings' identity, for to hash them each time takes longer than to infer.
    """
    kept = _INFERRED.get((id(settings), inputs))
    if kept is not None and kept[0] is settings:
        return kept[1:]
    if len(_INFERRED) == _INFERRED_LIMIT:
        _INFERRED.clear()
    made = settings.infer(*inputs)
    reach = None if made.output is None else settings.reach(*inputs)
    _INFERRED[id(settings), inputs] = settings, made, reach
    return made, reach


def as_read(kind: str, shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """Shapes as a layer of a kind takes them: a map is a vector to one that flattens."""
    return tuple((elements(shape),) for shape in shapes) if KINDS[kind].flattens else shapes
