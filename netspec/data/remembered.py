"""Small facts about large data sets, which a pass over all pixels has found, in netspec's cache: `data/<key>.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from netspec.data.problem import Problem
from netspec.storage.cache import folder, not_kept
from netspec.storage.writing import write_atomic

VERSION = 2


def key(*parts: Any) -> str:
    """The name of facts that depend on `parts`: arrays, and what `repr` tells apart."""
    digest = hashlib.sha256(repr(VERSION).encode())
    for part in parts:
        kind, body = type(part).__name__, repr(part).encode()
        if isinstance(part, np.ndarray):
            kind, body = f"{part.dtype.str}{part.shape}", part.tobytes()
        digest.update(f"{kind}{len(body)}:".encode() + body)
    return digest.hexdigest()


def kept(key: str, make: Callable[[], Any], sound: Callable[[Any], bool], warnings: list[Problem] | None = None) -> Any:
    """Plain data: as it was kept, or else made and then kept. What is kept and is not `sound` is made anew.

    A cache that cannot be read or written costs time and changes nothing. NS616 is added to `warnings` where it cannot be written.
    """
    root = folder()
    file = None if root is None else root / "data" / f"{key}.json"
    if file is not None:
        with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
            found = json.loads(file.read_bytes())
            if sound(found):
                return found
    made = make()
    if root is not None and file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(file, json.dumps(made).encode() + b"\n")
        except OSError as error:
            if warnings is not None:
                warnings.append(Problem("NS616", not_kept(root, error), severity="warning"))
    return made
