"""What weighted sums share: a bias, norm, activation and dropout, a number of copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from netspec.language.activations import Activation, Relu
from netspec.language.fields import boolean, key, whole
from netspec.language.kind import Shape
from netspec.language.norms import Norm
from netspec.language.steps import Dropout, Stepped, activation_key, dropout_key, norm_key


@dataclass(frozen=True, kw_only=True)
class Weighted(Stepped):
    """A weighted sum that is followed by bias, norm, activation and dropout, in this order unless `order` says otherwise."""

    bias: bool = key(
        boolean(),
        "Adds a trained number to each feature map or unit.",
        None,
        default_words="true; false under `norm: batch` and `instance`, unless the activation stands between",
        also=("use_bias",),
    )
    norm: Norm = norm_key("Normalization before the activation.")
    activation: Activation = activation_key("The function after the sum and norm.", Relu)
    dropout: Dropout = dropout_key("The share of units switched off in training, after the activation.")
    repeat: int = key(whole(1), "How many of these in a row.", 1, also=("repeats", "times"), examples=(2,))

    default_words: ClassVar[dict[str, str]] = {}

    def __post_init__(self) -> None:
        if self.bias is None:
            activation_between = self.steps.index(self.kind) < self._at("activation") < self._at("norm")
            object.__setattr__(self, "bias", not self.norm.centred or activation_between)

    @property
    def bias_is_lost(self) -> bool:
        """Whether a norm that takes the mean away follows the sum at once, and with it any bias."""
        return self.norm.centred and self.following[:1] == ("norm",)

    def _at(self, step: str) -> int:
        return self.steps.index(step) if step in self.steps else -1

    @classmethod
    def completed(cls, given: dict[str, Any], activation: Activation | None, last: bool) -> Self:
        """The settings with the activation of `defaults`."""
        return cls(**({"activation": activation} if activation else {}) | given)

    def _trained(self, kernel: Shape, inputs: int) -> dict[str, Shape]:
        """Kernel (..., inputs, features), bias, and what norm and activation train."""
        bias = {"bias": kernel[-1:]} if self.bias else {}
        return {"kernel": kernel} | bias | self.around(inputs, kernel[-1])
