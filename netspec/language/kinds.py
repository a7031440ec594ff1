"""The layer kinds. Adding one: see CONTRIBUTING.md."""

from __future__ import annotations

from netspec.language.added import PROJECTION, STEPS
from netspec.language.conv import CONV
from netspec.language.fc import FC
from netspec.language.gate import GATE
from netspec.language.join import ADD, CONCAT
from netspec.language.kind import Kind
from netspec.language.pool import POOL

KINDS: dict[str, Kind] = {kind.name: kind for kind in (CONV, POOL, FC, GATE, PROJECTION, ADD, CONCAT, STEPS)}


def in_block() -> dict[str, Kind]:
    """The kinds that may stand in a block, in the order in which they run there."""
    return {name: kind for name, kind in KINDS.items() if kind.place == "block"}


def written() -> dict[str, Kind]:
    """The kinds that have a key of their name, in `defaults` too."""
    return {name: kind for name, kind in KINDS.items() if kind.place != "added"}


def at_least_one() -> str:
    """What a block needs, in words.

    >>> at_least_one()
    'at least one of `conv`, `pool`, `branches`, `blocks`'
    """
    return f"at least one of {', '.join(f'`{name}`' for name in (*in_block(), 'branches', 'blocks'))}"
