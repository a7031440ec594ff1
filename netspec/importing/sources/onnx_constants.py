"""What nodes of ONNX compute of constants alone: shapes at once, values when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Any

from netspec.importing.sizes import Broken

SMALL = 1 << 16
"""Numbers in an array that is computed at once, since it may be a shape."""
MOST = 1 << 29
"""Numbers in an array that is computed at all: 2 GiB of them."""


@dataclass(frozen=True, slots=True)
class Constant:
    """An array that is known, and made when it is asked for."""

    shape: tuple[int, ...]
    make: Callable[[], Any]

    def numbers(self) -> list[Any]:
        """Its values as a list. Raises Broken where they are too many to be a shape or a number."""
        if prod(self.shape) > SMALL:
            raise Broken("an array stands where a shape or a number is needed")
        found: list[Any] = self.make().reshape(-1).tolist()
        return found

    @property
    def scalar(self) -> float | None:
        """Its one number."""
        return float(self.numbers()[0]) if prod(self.shape) == 1 else None


def of_array(array: Any) -> Constant:
    """An array as a constant."""
    return Constant(tuple(array.shape), lambda: array)


FOLDED: dict[str, Callable[[list[Any], dict[str, Any]], Any]] = {}


def _folds(name: str) -> Callable[[Callable[[list[Any], dict[str, Any]], Any]], None]:
    def keep(function: Callable[[list[Any], dict[str, Any]], Any]) -> None:
        FOLDED[name] = function

    return keep


def folded(kind: str, inputs: list[Constant], attributes: dict[str, Any]) -> Constant | None:
    """What a node makes of constants; None where it is not known how."""
    if kind == "ConstantOfShape":
        shape = tuple(inputs[0].numbers())
        value = attributes.get("value")
        if prod(shape) > MOST or min(shape, default=0) < 0:
            raise Broken(f"an array of {shape} is made of one number")
        return Constant(shape, lambda: _full(shape, value))
    function = FOLDED.get(kind)
    if function is None:
        return None
    try:
        shape = _shape_of(kind, inputs, attributes)
    except (ValueError, IndexError, KeyError) as error:
        raise Broken(f"its constants do not fit: {str(error)[:120]}") from None
    if prod(shape) > MOST:
        raise Broken(f"an array of {prod(shape):,} numbers is computed of constants")
    made = cache(lambda: _made(function, inputs, attributes))
    if prod(shape) <= SMALL and all(prod(one.shape) <= SMALL for one in inputs):
        return of_array(made())
    return Constant(shape, made)


def _made(function: Any, inputs: list[Constant], attributes: dict[str, Any]) -> Any:
    try:
        return function([one.make() for one in inputs], attributes)
    except (ValueError, IndexError, KeyError) as error:
        raise Broken(f"its constants do not fit: {str(error)[:120]}") from None


def _shape_of(kind: str, inputs: list[Constant], attributes: dict[str, Any]) -> tuple[int, ...]:
    """The shape that a node gives, before anything is computed."""
    import numpy as np

    shapes = [one.shape for one in inputs]
    if kind in ("Reshape", "Unsqueeze", "Squeeze", "Transpose", "Identity", "Cast", "Shape", "Slice"):
        rest = [one.make() if prod(one.shape) <= SMALL else None for one in inputs[1:]]
        empty = np.broadcast_to(np.float32(0), shapes[0])  # no more than one number in the memory
        return shapes[0] if kind == "Cast" else tuple(np.shape(_laid_out(kind, [empty, *rest], attributes)))
    if kind == "Concat":
        axis = int(attributes["axis"]) % len(shapes[0])
        return (*shapes[0][:axis], sum(one[axis] for one in shapes), *shapes[0][axis + 1 :])
    if kind == "Gather":
        axis = int(attributes.get("axis", 0)) % len(shapes[0])
        return (*shapes[0][:axis], *shapes[1], *shapes[0][axis + 1 :])
    return tuple(np.broadcast_shapes(*shapes))


def _laid_out(kind: str, inputs: list[Any], attributes: dict[str, Any]) -> Any:
    """A view of the first array."""
    import numpy as np

    if kind == "Reshape":  # the shape alone: a view of such an array may need a copy
        count, wanted = inputs[0].size, [int(n) for n in inputs[1].tolist()]
        sizes = [inputs[0].shape[at] if size == 0 else size for at, size in enumerate(wanted)]
        known = prod(size for size in sizes if size >= 0)
        sizes = [count // max(1, known) if size < 0 else size for size in sizes]
        if prod(sizes) != count:
            raise ValueError(f"{count} numbers as {wanted}")
        return np.broadcast_to(np.float32(0), sizes)
    return FOLDED[kind](inputs, attributes)


def _full(shape: tuple[int, ...], value: Any) -> Any:
    import numpy as np

    return np.full(shape, 0.0 if value is None else value.reshape(-1)[0], np.float32 if value is None else value.dtype)


@_folds("Reshape")
def _reshape(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    array, wanted = inputs
    return array.reshape([array.shape[at] if size == 0 else int(size) for at, size in enumerate(wanted.tolist())])


@_folds("Identity")
def _identity(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    return inputs[0]


@_folds("Cast")
def _cast(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    from onnx.helper import tensor_dtype_to_np_dtype

    return inputs[0].astype(tensor_dtype_to_np_dtype(attributes["to"]))


@_folds("Transpose")
def _transpose(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    return inputs[0].transpose(attributes.get("perm"))


def _axes(inputs: list[Any], attributes: dict[str, Any]) -> list[int]:
    return list(inputs[1].tolist() if len(inputs) > 1 else attributes.get("axes") or [])


@_folds("Unsqueeze")
def _unsqueeze(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    import numpy as np

    return np.expand_dims(inputs[0], tuple(_axes(inputs, attributes)))


@_folds("Squeeze")
def _squeeze(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    return inputs[0].squeeze(tuple(_axes(inputs, attributes)) or None)


@_folds("Concat")
def _concat(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    import numpy as np

    return np.concatenate(inputs, attributes["axis"])


@_folds("Slice")
def _slice(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    array, given = inputs[0], [one.tolist() for one in inputs[1:]]
    given += [attributes.get(name) for name in ("starts", "ends", "axes", "steps")[len(given) :]]
    starts, ends, axes, steps = given
    found = [slice(None)] * array.ndim
    for at, (start, end) in enumerate(zip(starts, ends, strict=True)):
        found[axes[at] if axes else at] = slice(start, end, steps[at] if steps else 1)
    return array[tuple(found)]


@_folds("Gather")
def _gather(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    return inputs[0].take(inputs[1], attributes.get("axis", 0))


@_folds("Shape")
def _shape(inputs: list[Any], attributes: dict[str, Any]) -> Any:
    import numpy as np

    return np.asarray(inputs[0].shape[attributes.get("start", 0) : attributes.get("end")], np.int64)


def _arithmetic(name: str) -> None:
    def compute(inputs: list[Any], attributes: dict[str, Any]) -> Any:
        import numpy as np

        return getattr(np, {"Add": "add", "Sub": "subtract", "Mul": "multiply", "Div": "divide", "Sqrt": "sqrt"}[name])(
            *inputs
        )

    FOLDED[name] = compute


for _name in ("Add", "Sub", "Mul", "Div", "Sqrt"):
    _arithmetic(_name)
