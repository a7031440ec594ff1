"""Where netspec keeps what it would otherwise work out again: `$NETSPEC_CACHE`, else `netspec` in `$XDG_CACHE_HOME`, else `~/.cache/netspec`."""

from __future__ import annotations

import os
from pathlib import Path


def folder() -> Path | None:
    """Where everything is kept; None where nothing is to be, or where there is no home."""
    chosen = os.environ.get("NETSPEC_CACHE")
    if chosen == "off":
        return None
    if chosen:
        return Path(chosen)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netspec"
    except RuntimeError:  # neither $HOME nor an entry for the user: a container under a number of its own
        return None


def not_kept(root: Path, error: OSError) -> str:
    """What is said of a cache at `root` that cannot be written: the same words for all that is kept, as it is one thing to mend."""
    return f"programs and measurements are not kept in `{root}`: {error.strerror or error}"
