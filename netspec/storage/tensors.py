"""Named arrays and facts about them in one safetensors file, in which no flipped byte goes unnoticed.

The file is plain safetensors, readable by every reader of that format. Its one metadata key `netspec` holds
sorted JSON `{"hash": …, "metadata": …}`; `hash` is the SHA-256 of every byte of the file except its own 64
digits, wherever in the header safetensors puts them. So length prefix, header, padding and data are all covered, and of
the header alone is anything parsed before the check. It guards against accidents, not against an attacker.

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

_DIGITS = 64

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

    def text(digits: str) -> str:
        return json.dumps(
            {"hash": digits, "metadata": metadata}, sort_keys=True, separators=(",", ":"), allow_nan=False
        )

    # What stands for the hash until it is known occurs nowhere else: it is made from all that might hold it.
    mark = hashlib.sha256(repr((text(""), sorted(tensors))).encode("utf-8", "backslashreplace")).hexdigest()
    data = save({name: _plain(array) for name, array in tensors.items()}, {"netspec": text(mark)})
    place = data.index(mark.encode())
    view = memoryview(data)
    return b"".join((view[:place], _hash(data, place), view[place + _DIGITS :]))


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
    facts = _verified(data, path)
    from safetensors import SafetensorError

    try:
        tensors = _deserialized(data)
        metadata = json.loads(facts, parse_constant=_no_number)["metadata"]
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Corrupt(path, f"its checksum is right, its content is not: {error}") from None
    if not isinstance(metadata, dict) or _deeper(metadata, MOST_LEVELS):
        raise Corrupt(path, f"its checksum is right, its content is not: no mapping of at most {MOST_LEVELS} levels")
    return tensors, metadata


def is_netspecs(data: bytes) -> bool:
    """Whether a file's bytes begin as those that netspec writes do: then they have a checksum."""
    try:
        return "netspec" in json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return False


def load_plain(data: bytes) -> dict[str, Array]:
    """The tensors of a safetensors file of any program, which has no checksum. Raises Corrupt where it is none."""
    from safetensors import SafetensorError

    try:
        return _deserialized(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise Corrupt(None, f"it is no safetensors file, or was cut short ({error})") from None


def _deserialized(data: bytes) -> dict[str, Array]:
    from safetensors import deserialize

    return {
        name: np.frombuffer(fact["data"], _dtype(fact["dtype"])).reshape(fact["shape"])
        for name, fact in deserialize(data)  # type: ignore[no-untyped-call]
    }


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _deeper(value: object, levels: int) -> bool:
    """Whether lists and mappings lie in each other on more than so many levels."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(levels == 0 or _deeper(item, levels - 1) for item in inner)


def _verified(data: bytes, path: Path | None) -> str:
    """What the metadata key `netspec` holds, of a file whose hash is right."""
    if not data:
        raise Corrupt(path, "the file is empty")
    end = 8 + int.from_bytes(data[:8], "little")
    try:
        facts: str = json.loads(data[8:end])["__metadata__"]["netspec"]
        digits = json.loads(facts)["hash"].encode()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise Corrupt(
            path, "it does not begin as a file written by netspec does, or was cut short or altered"
        ) from None
    place = data.find(digits, 8, end)
    if len(digits) != _DIGITS or place < 0 or digits != _hash(data, place):
        raise Corrupt(path, "its content does not match its SHA-256: it was cut short or altered")
    return facts


def _hash(data: bytes, place: int) -> bytes:
    """SHA-256 of all but the hash itself, which stands at `place`, as 64 lower-case digits."""
    view = memoryview(data)
    digest = hashlib.sha256(view[:place])
    digest.update(view[place + _DIGITS :])
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
