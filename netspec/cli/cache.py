"""What netspec keeps between runs, as far as commands have to do with it."""

from __future__ import annotations

from functools import cache

from netspec.cli import messages


def keep_programs() -> None:
    """Lets JAX keep what it compiles; for commands that compute, before they import JAX."""
    from netspec.tuning import cache as kept

    kept.keep_programs(warn)


@cache
def warn(message: str) -> None:
    """Says what is wrong with the cache, once."""
    messages.warn("NS616", message)
