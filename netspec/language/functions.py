"""What the functions after a layer's sum mean, once for all that compute them: lowering, exports, comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from netspec.language.kind import Shape

EPSILON = 1e-5
"""Batch norm: added to the variance before its root is taken."""
MOMENTUM = 0.9
"""Batch norm: the share of the old running statistic that stays in a step."""
NORMS = ("none", "batch")

FLATTENED = ("height", "width", "channels")
"""The order in which a map becomes a vector: the last one runs fastest."""


@dataclass(frozen=True, slots=True)
class Activation:
    """A function of one number."""

    formula: str
    constants: Mapping[str, float] = field(default_factory=dict)
    """The numbers that the formula names; `approximate` is 1 for the formula given and 0 for the exact one."""
    non_decreasing: bool = True
    """Whether it commutes with a maximum: max f(x) = f(max x). gelu and silu dip below zero first."""
    relu_like: bool = False
    """Whether it halves the variance, for which He initialization makes up."""
    kept: int = 1
    """Arrays that its derivative is computed from."""


ACTIVATIONS: Mapping[str, Activation] = {
    "none": Activation("x", kept=0),
    "relu": Activation("max(x, 0)", relu_like=True),
    "leaky_relu": Activation("x where x > 0, else slope*x", {"slope": 0.01}, relu_like=True),
    "elu": Activation("x where x > 0, else alpha*(exp(x) - 1)", {"alpha": 1.0}, relu_like=True),
    "gelu": Activation(
        "x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))", {"approximate": 1}, False, relu_like=True, kept=2
    ),
    "silu": Activation("x/(1 + exp(-x))", non_decreasing=False, relu_like=True, kept=2),
    "sigmoid": Activation("1/(1 + exp(-x))"),
    "tanh": Activation("tanh(x)"),
    "softplus": Activation("log(1 + exp(x))", relu_like=True),
}


def norm_parameters(norm: str, features: int) -> dict[str, Shape]:
    """Batch norm's trained arrays."""
    return {"scale": (features,), "shift": (features,)} if norm == "batch" else {}


def norm_statistics(norm: str, features: int) -> dict[str, Shape]:
    """Batch norm's running statistics."""
    return {"mean": (features,), "variance": (features,)} if norm == "batch" else {}
