"""What a training begins with of a weights file: the arrays whose names and shapes are those of the network.

The rule is by array, and running statistics are arrays as kernels are. The images' own statistics (`state/input`) are never
taken: they follow from the data that the network is trained on, and from `data.normalize`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from netspec.analysis.plan import INPUT, Plan
from netspec.language.kind import Shape, dimensions
from netspec.runs.weights import Weights
from netspec.storage import tensors
from netspec.storage.tensors import Array, Corrupt

Reason = Literal["absent", "shape", "outputs", "type"]


@dataclass(frozen=True, slots=True)
class Anew:
    """An array of the network that is not taken, and so begins with what it is drawn as."""

    name: str
    """`params/fc1/kernel`."""
    reason: Reason
    """`outputs`: the last layer gives another number of them."""
    words: str
    """The reason for a person, with both shapes where they differ."""

    @property
    def layer(self) -> str:
        """The layer's name."""
        return self.name.split("/")[1]


@dataclass(frozen=True, eq=False)
class Beginning:
    """What a training begins with."""

    weights: Weights
    taken: Mapping[str, Array]
    """By name, float32."""
    anew: tuple[Anew, ...]
    unused: tuple[str, ...]
    """The names in the file that the network does not have."""

    def as_json(self) -> dict[str, Any]:
        """What a record holds of it."""
        return {
            "path": str(self.weights.path),
            "sha256": self.weights.sha256,
            "taken": list(self.taken),
            "anew": {one.name: one.words for one in self.anew},
            "unused": list(self.unused),
        }


def shapes(plan: Plan) -> dict[str, Shape]:
    """The arrays of a network by name, in the order of its layers."""
    found: dict[str, Shape] = {}
    for layer in plan.layers:
        found |= {f"params/{layer.name}/{name}": shape for name, shape in layer.shapes.items()}
        found |= {f"state/{layer.name}/{name}": shape for name, shape in layer.statistics.items()}
    return found


def fit(plan: Plan, weights: Weights) -> Beginning:
    """What of the weights begins a training of the plan. Raises Corrupt where a number that would be taken is not finite."""
    wanted, given = shapes(plan), weights.arrays
    last = next((layer.name for layer in reversed(plan.layers) if layer.shapes), "")
    anew = tuple(_anew(wanted, given, last))
    left = {one.name for one in anew}
    with np.errstate(over="ignore"):  # a float64 that float32 cannot hold is told below
        taken = {name: np.asarray(given[name], np.float32) for name in wanted if name not in left}
    if (name := tensors.not_finite(taken)) is not None:
        raise Corrupt(weights.path, f"`{name}` holds a number that is not finite")
    images = f"state/{INPUT}/"
    unused = tuple(name for name in given if name not in wanted and not name.startswith(images))
    return Beginning(weights, taken, anew, unused)


def _anew(wanted: Mapping[str, Shape], given: Mapping[str, Array], last: str) -> Iterator[Anew]:
    for name, shape in wanted.items():
        array = given.get(name)
        if array is None:
            yield Anew(name, "absent", "not in the file")
        elif array.shape != shape and name.startswith(f"params/{last}/") and array.shape[:-1] == shape[:-1]:
            yield Anew(name, "outputs", f"{array.shape[-1]:,} outputs in the file, {shape[-1]:,} here")
        elif array.shape != shape:
            yield Anew(name, "shape", f"{_shown(array.shape)} in the file, {_shown(shape)} here")
        elif not _is_real(array):
            yield Anew(name, "type", f"{array.dtype} in the file, where numbers with a point are needed")


def _shown(shape: Shape) -> str:
    return dimensions(shape) if shape else "one number"


def _is_real(array: Array) -> bool:
    """Whether it holds real numbers with a point: of numpy's types, or of those that ml_dtypes adds."""
    return array.dtype.kind in "fV"
