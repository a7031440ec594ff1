"""What a norm is, once for all that compute it: its arguments, its trained arrays, its running statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from netspec.language.causes import NormGroupsDoNotDivide
from netspec.language.fields import boolean, key, number, whole
from netspec.language.kind import Problem, Shape


@dataclass(frozen=True, kw_only=True)
class Norm:
    """What is done to a map or vector before its activation."""

    type: ClassVar[str]
    words: ClassVar[str]
    """In a list of what a layer does."""
    centred: ClassVar[bool] = False
    """Whether it takes the mean of each feature away, and with it a bias before it."""
    kept: ClassVar[int] = 1
    """Arrays of the output's size that its gradient is computed from."""

    def parameters(self, features: int) -> dict[str, Shape]:
        """The trained arrays by name."""
        return {}

    def statistics(self, features: int) -> dict[str, Shape]:
        """The running statistics by name."""
        return {}

    def problem(self, features: int) -> Problem | None:
        """What does not go with so many features."""
        return None

    def averaged(self, batch: int, cells: int, features: int) -> int | None:
        """How many numbers a mean is of, which is taken away; None where none is."""
        return None


@dataclass(frozen=True, kw_only=True)
class NoNorm(Norm):
    """None."""

    type: ClassVar[str] = "none"
    words: ClassVar[str] = ""
    kept: ClassVar[int] = 0


def _eps() -> float:
    eps: float = key(
        number(above=0),
        "Added to the variance before its root is taken.",
        1e-5,
        also=("epsilon",),
        examples=(1e-3,),
    )
    return eps


@dataclass(frozen=True, kw_only=True)
class Scaled(Norm):
    """A norm with a trained factor and a trained summand for each feature."""

    scale: bool = key(boolean(), "Multiplies each feature by a trained number, 1 in the beginning.", True)
    shift: bool = key(
        boolean(), "Adds a trained number to each feature, 0 in the beginning.", True, also=("center", "beta")
    )

    def parameters(self, features: int) -> dict[str, Shape]:
        """`scale` and `shift`, (features,) each."""
        return {name: (features,) for name in ("scale", "shift") if getattr(self, name)}


@dataclass(frozen=True, kw_only=True)
class BatchNorm(Scaled):
    """Each feature over the batch and all positions, in inference by running statistics (Ioffe and Szegedy, 2015)."""

    type: ClassVar[str] = "batch"
    words: ClassVar[str] = "batch norm"
    centred: ClassVar[bool] = True

    eps: float = _eps()
    momentum: float = key(
        number(0, below=1),
        "The share of the old running statistic that stays in a step. PyTorch's momentum is 1 minus this.",
        0.9,
        examples=(0.99,),
    )

    def statistics(self, features: int) -> dict[str, Shape]:
        """`mean` and `variance`, (features,) each."""
        return {"mean": (features,), "variance": (features,)}

    def averaged(self, batch: int, cells: int, features: int) -> int:
        """Those of a feature in the batch."""
        return batch * cells


@dataclass(frozen=True, kw_only=True)
class LayerNorm(Scaled):
    """The features of each position, or of a vector (Ba and others, 2016)."""

    type: ClassVar[str] = "layer"
    words: ClassVar[str] = "layer norm"

    eps: float = _eps()

    def averaged(self, batch: int, cells: int, features: int) -> int:
        """Those of a position."""
        return features


@dataclass(frozen=True, kw_only=True)
class InstanceNorm(Scaled):
    """Each feature of each image over its positions (Ulyanov and others, 2016)."""

    type: ClassVar[str] = "instance"
    words: ClassVar[str] = "instance norm"
    centred: ClassVar[bool] = True

    eps: float = _eps()

    def averaged(self, batch: int, cells: int, features: int) -> int:
        """Those of a feature in an image."""
        return cells


@dataclass(frozen=True, kw_only=True)
class GroupNorm(Scaled):
    """Groups of neighbouring features of each image over its positions (Wu and He, 2018)."""

    type: ClassVar[str] = "group"
    words: ClassVar[str] = "group norm"

    groups: int = key(whole(1), "How many groups; they divide the features.", 32, also=("num_groups",), examples=(8,))
    eps: float = _eps()

    def problem(self, features: int) -> Problem | None:
        """NS309 where the groups do not divide the features."""
        if features % self.groups == 0:
            return None
        arithmetic = f"{features} features / {self.groups} groups leaves {features % self.groups}"
        message = f"the {self.groups} groups of its norm do not divide the {features} features"
        most = max(n for n in range(1, min(self.groups, features) + 1) if features % n == 0)
        help = f"write `norm: {{type: group, groups: {most}}}`"
        return Problem(
            "NS309", "norm.groups", message, (arithmetic,), help, NormGroupsDoNotDivide(features, self.groups)
        )

    def averaged(self, batch: int, cells: int, features: int) -> int:
        """Those of a group in an image."""
        return cells * features // self.groups


@dataclass(frozen=True, kw_only=True)
class LocalResponseNorm(Norm):
    """x / (k + alpha/size * sum of x^2)^beta over `size` neighbouring features (Krizhevsky and others, 2012), as ONNX has it."""

    type: ClassVar[str] = "local_response"
    words: ClassVar[str] = "local response norm"
    kept: ClassVar[int] = 3

    size: int = key(whole(1), "How many neighbouring features are summed.", 5, also=("n",), examples=(5,))
    alpha: float = key(number(above=0), "The weight of their mean square.", 1e-4, examples=(5e-4,))
    beta: float = key(number(above=0), "The exponent.", 0.75, examples=(0.5,))
    k: float = key(number(above=0), "Added to the sum.", 1.0, also=("bias",), examples=(2,))


NORMS: Mapping[str, type[Norm]] = {
    cls.type: cls for cls in (NoNorm, BatchNorm, LayerNorm, InstanceNorm, GroupNorm, LocalResponseNorm)
}
