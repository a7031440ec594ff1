"""The functions of one number that follow a sum, once for all that compute them: lowering, exports, comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar

from netspec.language.fields import boolean, key, number
from netspec.language.kind import Shape


@dataclass(frozen=True, kw_only=True)
class Activation:
    """A function of one number."""

    type: ClassVar[str]
    formula: ClassVar[str]
    non_decreasing: ClassVar[bool] = True
    """Whether it commutes with a maximum: max f(x) = f(max x). gelu, silu and their kin dip below zero first."""
    never_negative: ClassVar[bool] = False
    """Whether none of its values lies below zero: behind it, zeros around a map win no maximum."""
    relu_like: ClassVar[bool] = False
    """Whether it halves the variance, for which He initialization makes up."""
    kept: ClassVar[int] = 1
    """Arrays that its derivative is computed from."""

    @property
    def arguments(self) -> dict[str, float]:
        """The numbers that the formula names."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def parameters(self, features: int) -> dict[str, Shape]:
        """The trained arrays, by name."""
        return {}

    def described(self) -> str:
        """`leaky_relu 0.1`: what it is, and the arguments that are not the usual ones."""
        usual = type(self)()
        own = [f"{value:g}" for name, value in self.arguments.items() if value != getattr(usual, name)]
        return " ".join((self.type, *own))


@dataclass(frozen=True, kw_only=True)
class NoActivation(Activation):
    """The sum itself."""

    type: ClassVar[str] = "none"
    formula: ClassVar[str] = "x"
    kept: ClassVar[int] = 0


@dataclass(frozen=True, kw_only=True)
class Relu(Activation):
    """max(x, 0)."""

    type: ClassVar[str] = "relu"
    formula: ClassVar[str] = "max(x, 0)"
    never_negative: ClassVar[bool] = True
    relu_like: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class LeakyRelu(Activation):
    """x, below 0 `slope`*x (Maas and others, 2013)."""

    type: ClassVar[str] = "leaky_relu"
    formula: ClassVar[str] = "x where x > 0, else slope*x"
    relu_like: ClassVar[bool] = True

    slope: float = key(
        number(0), "The slope below 0.", 0.01, also=("negative_slope", "alpha", "leak"), examples=(0.1, 0.2)
    )


@dataclass(frozen=True, kw_only=True)
class Elu(Activation):
    """x, below 0 `alpha`*(exp(x) - 1) (Clevert and others, 2016)."""

    type: ClassVar[str] = "elu"
    formula: ClassVar[str] = "x where x > 0, else alpha*(exp(x) - 1)"
    relu_like: ClassVar[bool] = True

    alpha: float = key(number(0), "What it falls to below 0, negated.", 1.0, examples=(0.5,))


@dataclass(frozen=True, kw_only=True)
class Gelu(Activation):
    """x times the share of a normal distribution below x (Hendrycks and Gimpel, 2016)."""

    type: ClassVar[str] = "gelu"
    formula: ClassVar[str] = "x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))"
    """Where `approximate`; else x/2*(1 + erf(x/sqrt(2)))."""
    non_decreasing: ClassVar[bool] = False
    relu_like: ClassVar[bool] = True
    kept: ClassVar[int] = 2

    approximate: bool = key(boolean(), "By tanh; false is the exact one, by erf.", True)

    def described(self) -> str:
        """`gelu`, `gelu exact`."""
        return self.type if self.approximate else f"{self.type} exact"


@dataclass(frozen=True, kw_only=True)
class Silu(Activation):
    """x*sigmoid(x), also called swish (Ramachandran and others, 2017)."""

    type: ClassVar[str] = "silu"
    formula: ClassVar[str] = "x/(1 + exp(-x))"
    non_decreasing: ClassVar[bool] = False
    relu_like: ClassVar[bool] = True
    kept: ClassVar[int] = 2


@dataclass(frozen=True, kw_only=True)
class Sigmoid(Activation):
    """From 0 to 1."""

    type: ClassVar[str] = "sigmoid"
    formula: ClassVar[str] = "1/(1 + exp(-x))"
    never_negative: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class Tanh(Activation):
    """From -1 to 1."""

    type: ClassVar[str] = "tanh"
    formula: ClassVar[str] = "tanh(x)"


@dataclass(frozen=True, kw_only=True)
class Softplus(Activation):
    """A smooth relu."""

    type: ClassVar[str] = "softplus"
    formula: ClassVar[str] = "log(1 + exp(x))"
    never_negative: ClassVar[bool] = True
    relu_like: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class Relu6(Activation):
    """Relu, at most 6 (Krizhevsky, 2010)."""

    type: ClassVar[str] = "relu6"
    formula: ClassVar[str] = "min(max(x, 0), 6)"
    never_negative: ClassVar[bool] = True
    relu_like: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class HardSigmoid(Activation):
    """Three straight lines like sigmoid (Howard and others, 2019)."""

    type: ClassVar[str] = "hard_sigmoid"
    formula: ClassVar[str] = "min(max(x + 3, 0), 6)/6"
    never_negative: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class HardSwish(Activation):
    """x*hard_sigmoid(x) (Howard and others, 2019)."""

    type: ClassVar[str] = "hard_swish"
    formula: ClassVar[str] = "x*min(max(x + 3, 0), 6)/6"
    non_decreasing: ClassVar[bool] = False
    relu_like: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class Mish(Activation):
    """x*tanh(softplus(x)) (Misra, 2019)."""

    type: ClassVar[str] = "mish"
    formula: ClassVar[str] = "x*tanh(log(1 + exp(x)))"
    non_decreasing: ClassVar[bool] = False
    relu_like: ClassVar[bool] = True
    kept: ClassVar[int] = 2


@dataclass(frozen=True, kw_only=True)
class Selu(Activation):
    """A scaled elu that keeps mean 0 and variance 1 (Klambauer and others, 2017)."""

    type: ClassVar[str] = "selu"
    formula: ClassVar[str] = "1.0507009873554805*(x where x > 0, else 1.6732632423543772*(exp(x) - 1))"


@dataclass(frozen=True, kw_only=True)
class Prelu(Activation):
    """x, below 0 times a trained slope a channel, 0.25 in the beginning (He and others, 2015)."""

    type: ClassVar[str] = "prelu"
    formula: ClassVar[str] = "x where x > 0, else slope*x"
    non_decreasing: ClassVar[bool] = False
    """A trained slope may be negative."""
    relu_like: ClassVar[bool] = True

    def parameters(self, features: int) -> dict[str, Shape]:
        """`slope` (features,)."""
        return {"slope": (features,)}


ACTIVATIONS: Mapping[str, type[Activation]] = {
    cls.type: cls
    for cls in (
        *(NoActivation, Relu, LeakyRelu, Elu, Gelu, Silu, Sigmoid, Tanh, Softplus),
        *(Relu6, HardSwish, HardSigmoid, Mish, Selu, Prelu),
    )
}
