"""What is kept on the disk between runs: compiled programs, how fast the algorithms were, what is known of large data sets.

It lies in the folder that `netspec.storage.cache` names; `NETSPEC_CACHE=off` keeps nothing. It may be removed at any time.

xla/<processor>/               JAX's persistent compilation cache, the least recently used beyond 1 GiB removed
tuning/<machine>/<network>.json  one file a network: what was measured, and what was chosen by it
data/<key>.json                one file a fact: see netspec.data.remembered

A file is replaced as a whole, so that readers and writers need no lock; what two processes measure of one network at a
time is the last one's.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netspec.storage.cache import folder, not_kept
from netspec.storage.writing import write_atomic
from netspec.tuning.machine import machine, processor

Warn = Callable[[str], None]
VERSION = 1
MOST_PROGRAM_BYTES = 2**30


def keep_programs(warn: Warn) -> None:
    """Lets JAX keep compiled programs on the disk, unless its own variables say where; before JAX is imported.

    Without the two thresholds JAX would keep only what took a second to compile. Where the folder cannot be
    written, `warn` is told, and nothing is kept: JAX would warn at every program.
    """
    root = folder()
    if root is None or "JAX_COMPILATION_CACHE_DIR" in os.environ or "JAX_ENABLE_COMPILATION_CACHE" in os.environ:
        return
    place = root / "xla" / processor()
    try:
        place.mkdir(parents=True, exist_ok=True)
        if not os.access(place, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        warn(not_kept(root, error))
        return
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(place)
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
    os.environ.setdefault("JAX_COMPILATION_CACHE_MAX_SIZE", str(MOST_PROGRAM_BYTES))


Seconds = dict[str, dict[str, float]]
"""The seconds of each algorithm, by the part's name."""


@dataclass
class Entry:
    """What is known of one network on this machine."""

    choices: dict[str, Any]
    """The chosen algorithms by layer, as a record has them."""
    parts: Seconds = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)
    """The seconds of a whole step, `model` and `tuned`, where they were compared."""


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


class Measurements:
    """The measurements of this machine."""

    def __init__(self, warn: Warn) -> None:
        """`warn` is told what could not be read or written."""
        root = folder()
        self._warn = warn
        self._key = {**machine(), "processor": processor()}
        self._folder = None if root is None else root / "tuning" / _digest(self._key)

    def entry(self, network: object) -> Entry | None:
        """What is known of a network, named by plain data; None where it was not tuned here."""
        return None if self._folder is None else self._read(self._folder / f"{_digest(network)}.json")

    def parts(self) -> Seconds:
        """What any network has measured: equal layers are measured once."""
        known: Seconds = {}
        if self._folder is not None and self._folder.is_dir():
            for path in sorted(self._folder.glob("*.json")):
                entry = self._read(path)
                for name, seconds in (entry.parts if entry else {}).items():
                    known[name] = known.get(name, {}) | seconds
        return known

    def write(self, network: object, entry: Entry) -> None:
        """Keeps what is known of a network."""
        if self._folder is None:
            return
        body = {"version": VERSION, "machine": self._key, "network": network, **vars(entry)}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            data = json.dumps(body, indent=1).encode() + b"\n"
            write_atomic(self._folder / f"{_digest(network)}.json", data)
        except OSError as error:
            self._warn(not_kept(self._folder.parent.parent, error))

    def _read(self, path: Path) -> Entry | None:
        try:
            content = json.loads(path.read_bytes())
            if content["version"] != VERSION:
                return None
            entry = Entry(_mapping(content["choices"]), _mapping(content["parts"]), _mapping(content["steps"]))
            for seconds in entry.parts.values():
                _numbers(seconds)
            _numbers(entry.steps)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._warn(f"measurements are not read: {path}: {error.strerror or error}")
            return None
        except (ValueError, KeyError, TypeError, RecursionError):
            self._warn(f"{path} is damaged: it is ignored, and replaced by the next measurement")
            return None
        return entry


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError
    return dict(value)


def _numbers(values: Any) -> None:
    if not all(isinstance(value, float) and value > 0 for value in _mapping(values).values()):
        raise ValueError
