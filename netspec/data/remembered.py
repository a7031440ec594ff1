"""Small facts about large data sets, which a pass over all pixels has found, in netspec's cache: `data/<key>.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from netspec.storage.cache import folder
from netspec.storage.writing import write_atomic

VERSION = 1


def key(*parts: Any) -> str:
    """The name of facts that depend on `parts`: arrays, and what `repr` tells apart."""
    digest = hashlib.sha256(repr(VERSION).encode())
    for part in parts:
        body = part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode()
        digest.update(f"{type(part).__name__}{len(body)}:".encode() + body)
    return digest.hexdigest()


def kept(key: str, make: Callable[[], Any], sound: Callable[[Any], bool]) -> Any:
    """Plain data: as it was kept, or else made and then kept. What is kept and is not `sound` is made anew.

    A cache that cannot be read or written costs time and changes nothing: nobody is told.
    """
    root = folder()
    file = None if root is None else root / "data" / f"{key}.json"
    if file is not None:
        with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
            found = json.loads(file.read_bytes())
            if sound(found):
                return found
    made = make()
    if file is not None:
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(file, json.dumps(made).encode() + b"\n")
    return made
