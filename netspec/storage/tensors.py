"""Named arrays and facts about them in one safetensors file, in which no flipped byte goes unnoticed.

The file is plain safetensors, readable by every reader of that format. Its one metadata key `netspec` holds
sorted JSON `{"hash": …, "metadata": …}`; `hash` is the SHA-256 of every byte of the file except its own 64
digits, which stand at a fixed place. So length prefix, header, padding and data are all covered, and nothing
is parsed before the check. It guards against accidents, not against an attacker.

safetensors 0.8.0 itself notices no flipped data byte, saves arrays that are not C-contiguous in the wrong
order (safetensors#825), loads no bfloat16 as numpy, and orders several metadata keys differently each time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_OPENING = rb'{"__metadata__":{"netspec":"{\"hash\":\"'
_START = 8 + len(_OPENING)  # after the length of the header, 8 bytes
_END = _START + 64

_DTYPES = {
    **{"BOOL": "bool", "F16": "float16", "F32": "float32", "F64": "float64", "C64": "complex64"},
    **{f"I{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
}
_EXTENSION_DTYPES = {"BF16": "bfloat16", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2"}


MOST_LEVELS = 64
"""How deep metadata may be: what netspec writes has a dozen."""


class Corrupt(Exception):
    """A file does not hold what was written into it; `path` is None for bytes."""

    def __init__(self, path: Path | None, reason: str) -> None:
        super().__init__(f"{path or 'the bytes given'}: {reason}")
        self.path = path
        self.reason = reason


def save_bytes(tensors: Mapping[str, Array], metadata: Mapping[str, object]) -> bytes:
    """The file's bytes: the same for equal content, whatever the order of keys or the layout in memory.

    Takes booleans, integers, floats (bfloat16 and float8 too) and complex64; an array of another kind is
    refused by safetensors. `metadata` is what JSON can hold: ValueError for NaN and infinity. It comes back
    as JSON reads it: tuples as lists, keys as strings.
    """
    from safetensors.numpy import save

    facts = {"hash": "0" * 64, "metadata": metadata}
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    data = save({name: _plain(array) for name, array in tensors.items()}, {"netspec": text})
    if data[8:_START] != _OPENING:
        raise AssertionError(f"safetensors laid the header out in a new way: {data[8:_END]!r}")
    view = memoryview(data)
    return b"".join((view[:_START], _hash(data), view[_END:]))


def not_finite(tensors: Mapping[str, Array]) -> str | None:
    """The name of the first array that holds a number that is not finite."""
    for name, array in tensors.items():
        if not np.issubdtype(array.dtype, np.integer) and not np.isfinite(array).all():
            return name
    return None


def require_finite(tensors: Mapping[str, Array]) -> None:
    """Raises ValueError, naming it, where an array holds a number that is not finite."""
    if (name := not_finite(tensors)) is not None:
        raise ValueError(f"`{name}` holds a number that is not finite: it is not saved")


def load(source: Path | bytes) -> tuple[dict[str, Array], dict[str, Any]]:
    """The tensors (C-contiguous, native byte order, writable) and the metadata.

    Raises Corrupt where one byte is not as `save_bytes` made it, OSError where `source` cannot be read.
    """
    path, data = (None, source) if isinstance(source, bytes) else (source, source.read_bytes())
    _verify(data, path)
    from safetensors import SafetensorError, deserialize

    try:
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        tensors = {
            name: np.frombuffer(fact["data"], _dtype(fact["dtype"])).reshape(fact["shape"])
            for name, fact in deserialize(data)  # type: ignore[no-untyped-call]
        }
        metadata = json.loads(header["__metadata__"]["netspec"], parse_constant=_no_number)["metadata"]
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Corrupt(path, f"its checksum is right, its content is not: {error}") from None
    if not isinstance(metadata, dict) or _deeper(metadata, MOST_LEVELS):
        raise Corrupt(path, f"its checksum is right, its content is not: no mapping of at most {MOST_LEVELS} levels")
    return tensors, metadata


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _deeper(value: object, levels: int) -> bool:
    """Whether lists and mappings lie in each other on more than so many levels."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(levels == 0 or _deeper(item, levels - 1) for item in inner)


def _verify(data: bytes, path: Path | None) -> None:
    if not data:
        raise Corrupt(path, "the file is empty")
    if data[8:_START] != _OPENING:
        raise Corrupt(path, "it does not begin as a file written by netspec does")
    if data[_START:_END] != _hash(data):
        raise Corrupt(path, "its content does not match its SHA-256: it was cut short or altered")


def _hash(data: bytes) -> bytes:
    """SHA-256 of all but the place of the hash itself, as 64 lower-case digits."""
    view = memoryview(data)
    digest = hashlib.sha256(view[:_START])
    digest.update(view[_END:])
    return digest.hexdigest().encode()


def _plain(array: Array) -> Array:
    """The same values, C-contiguous and little-endian. (`ascontiguousarray` turns shape () into (1,).)"""
    array = np.asarray(array)
    return np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")


def _dtype(code: str) -> np.dtype[Any]:
    """The numpy type that the format calls `code`."""
    if code not in _EXTENSION_DTYPES:
        return np.dtype(_DTYPES[code])
    import ml_dtypes  # comes with JAX

    extension: np.dtype[Any] = np.dtype(getattr(ml_dtypes, _EXTENSION_DTYPES[code]))
    return extension
