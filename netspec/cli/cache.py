"""What netspec keeps between runs, as far as commands have to do with it."""

from __future__ import annotations

from netspec.cli import messages


def keep_programs() -> None:
    """Lets JAX keep what it compiles; for commands that compute, before they import JAX."""
    from netspec.tuning import cache

    cache.keep_programs(lambda message: messages.warn("NS616", message))
