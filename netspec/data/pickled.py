"""A pickle of plain data and byte arrays, followed without being run.

A pickle is a program. Even an unpickler with an allow-list lets the file choose what numpy's own
reconstruction is fed with, and how large a memo C code allocates. The Python version of CIFAR-10 needs few
opcodes and three names, so `pickletools` splits it and `walk` follows it, with inert records in place of
numpy's objects; any other opcode or name is refused by its offset. Nothing named in the file is looked up.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netspec.data.files import FETCH_AGAIN, reason
from netspec.data.problem import Refused, problem


@dataclass
class Array:
    """What a pickle says of an array; filled by the BUILD opcode."""

    shape: tuple[int, ...] = ()
    type: str = ""
    content: bytes = b""
    fortran: bool = False


@dataclass(frozen=True)
class _Type:
    """What a pickle says of a dtype."""

    name: str


@dataclass(frozen=True)
class _Name:
    """A global that a pickle names."""

    name: str


MOST_STEPS = 1 << 18
"""A published file has 70,000 instructions; each one more costs memory on the stack."""

_RECONSTRUCT = ("numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct")
_NAMES = (*_RECONSTRUCT, "numpy ndarray", "numpy dtype", "_codecs encode")
_MARK = object()
_VALUES = (
    *("BININT", "BININT1", "BININT2", "LONG1", "BINSTRING", "SHORT_BINSTRING", "BINUNICODE"),
    *("SHORT_BINUNICODE", "BINBYTES", "SHORT_BINBYTES"),
)
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY = {"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_TUPLE": tuple}


def walk(path: Path) -> Any:
    """What the pickle builds of dictionaries, lists, tuples, text, integers and byte arrays.

    Raises:
        Refused: NS514 it asks for anything else, NS503 it is damaged, NS504 it does not end. Each with the byte.
    """
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    position = 0
    content = path.read_bytes()
    try:
        for step, (opcode, argument, at) in enumerate(pickletools.genops(io.BytesIO(content))):
            position = at or 0
            if step == MOST_STEPS:
                fact = f"is a pickle of more than {MOST_STEPS:,} instructions"
                raise Refused(problem("NS504", path, fact, where=f"byte {position}", help=FETCH_AGAIN))
            if opcode.name == "STOP":
                if position + 1 != len(content):
                    raise ValueError(f"{len(content) - position - 1:,} bytes follow its end")
                return stack.pop()
            if not _step(opcode.name, argument, stack, memo):
                asked = f"{opcode.name} {argument}".strip()[:80] if opcode.name == "GLOBAL" else opcode.name
                fact = f"is a pickle that asks for `{asked}`; it was not run"
                raise Refused(problem("NS514", path, fact, where=f"byte {position}", help=FETCH_AGAIN))
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        fact = f"is damaged or no pickle ({reason(error)})"
        raise Refused(problem("NS503", path, fact, where=f"byte {position}", help=FETCH_AGAIN)) from None
    raise AssertionError("genops ends with STOP or raises")


def _step(name: str, argument: Any, stack: list[Any], memo: dict[int, Any]) -> bool:
    """One opcode; false if it is not admitted."""
    if name in ("PROTO", "FRAME"):
        pass
    elif name in _VALUES:
        stack.append(argument)
    elif name in _CONSTANTS:
        stack.append(_CONSTANTS[name])
    elif name in _EMPTY:
        stack.append(_EMPTY[name]())
    elif name == "MARK":
        stack.append(_MARK)
    elif name in ("BINPUT", "LONG_BINPUT", "MEMOIZE"):
        memo[len(memo) if name == "MEMOIZE" else argument] = stack[-1]
    elif name in ("BINGET", "LONG_BINGET"):
        stack.append(memo[argument])
    elif name == "GLOBAL":
        stack.append(_Name(argument))
        return argument in _NAMES
    elif name == "STACK_GLOBAL":
        attribute, module = stack.pop(), stack.pop()
        stack.append(_Name(f"{module} {attribute}"))
        return stack[-1].name in _NAMES
    else:
        return _build(name, stack)
    return True


def _build(name: str, stack: list[Any]) -> bool:
    """The opcodes that take values off the stack."""
    if name in ("TUPLE1", "TUPLE2", "TUPLE3"):
        stack.append(tuple(_pop(stack, int(name[-1]))))
    elif name == "TUPLE":
        stack.append(tuple(_to_mark(stack)))
    elif name in ("APPEND", "APPENDS"):
        items = _pop(stack, 1) if name == "APPEND" else _to_mark(stack)
        _as(list, stack[-1]).extend(items)
    elif name in ("SETITEM", "SETITEMS"):
        items = _pop(stack, 2) if name == "SETITEM" else _to_mark(stack)
        _as(dict, stack[-1]).update(zip(map(_key, items[::2]), items[1::2], strict=True))
    elif name == "REDUCE":
        arguments, function = stack.pop(), stack.pop()
        stack.append(_record(function, arguments))
    elif name == "BUILD":
        _fill(stack[-2], stack.pop())
    else:
        return False
    return True


def _pop(stack: list[Any], count: int) -> list[Any]:
    if len(stack) < count:
        raise IndexError("it takes more than it has put down")
    items = stack[-count:]
    del stack[-count:]
    return items


def _to_mark(stack: list[Any]) -> list[Any]:
    items = []
    while (item := stack.pop()) is not _MARK:
        items.append(item)
    return items[::-1]


def _as(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"it uses a {type(value).__name__} as a {kind.__name__}")
    return value


def _key(key: Any) -> Hashable:
    """A key: Python 2's `str`, Python 3's `str` or `bytes`. Tuples are refused: nested ones hash for ever."""
    if isinstance(key, bytes):
        return key.decode("latin-1")
    return _as(str, key)  # type: ignore[no-any-return]


def _record(function: Any, arguments: Any) -> Any:
    """What takes the place of the object that a call would make."""
    name = _as(_Name, function).name
    if name in _RECONSTRUCT:
        return Array()
    if name == "numpy dtype":
        return _Type(_as(str, arguments[0]))
    if name == "_codecs encode":
        return _as(str, arguments[0]).encode("latin-1")
    raise TypeError(f"it calls {name}")


def _fill(target: Any, state: Any) -> None:
    """The state of a dtype (none for bytes) or of an array: version, shape, type, order, content."""
    if isinstance(target, _Type):
        return
    _, shape, kind, fortran, content = _as(tuple, state)
    array = _as(Array, target)
    array.shape = tuple(_as(int, axis) for axis in shape)
    array.type = _as(_Type, kind).name
    array.content = content.encode("latin-1") if isinstance(content, str) else _as(bytes, content)
    array.fortran = bool(fortran)
