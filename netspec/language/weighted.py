"""What layer kinds share: a name; and of weighted sums all that follows the sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from netspec.language.fields import boolean, choice, key, name, number, whole
from netspec.language.functions import ACTIVATIONS, NORMS, norm_parameters, norm_statistics
from netspec.language.kind import Footprint, Shape

LAYER_NAME = name("A-Za-z0-9_.-", "letters, digits, `-`, `_` and `.`")


@dataclass(frozen=True, kw_only=True)
class Named:
    """The key that every layer has."""

    default_words: ClassVar[dict[str, str]] = {"name": "`block1.pool`, ..."}

    name: str | None = key(LAYER_NAME, "The layer's name.", None, also=("id",), examples=("stem", "logits"))

    @classmethod
    def completed(cls, given: dict[str, Any], activation: str | None, last: bool) -> Self:
        """The settings; nothing depends on what stands elsewhere."""
        return cls(**given)


@dataclass(frozen=True, kw_only=True)
class Weighted(Named):
    """A weighted sum that is followed by bias, norm, activation and dropout, in this order."""

    bias: bool = key(
        boolean(),
        "Adds a trained number to each feature map or unit.",
        None,
        default_words="true; false under `norm: batch`",
        also=("use_bias",),
    )
    norm: Literal["none", "batch"] = key(
        choice(*NORMS), "Batch normalization before the activation.", "none", also=("normalization", "batch_norm")
    )
    activation: str = key(
        choice(*ACTIVATIONS), "The function after the sum and norm.", "relu", also=("activation_function", "act")
    )
    dropout: float = key(
        number(0, below=1),
        "The share of units switched off in training, after the activation.",
        0.0,
        also=("drop", "drop_rate"),
        examples=(0.5,),
    )
    repeat: int = key(whole(1), "How many of these in a row.", 1, also=("repeats", "times"), examples=(2,))

    def __post_init__(self) -> None:
        if self.bias is None:
            object.__setattr__(self, "bias", self.norm != "batch")

    @classmethod
    def completed(cls, given: dict[str, Any], activation: str | None, last: bool) -> Self:
        """The settings with the activation of `defaults`."""
        return cls(**({"activation": activation} if activation else {}) | given)

    def _trained(self, kernel: Shape) -> dict[str, Shape]:
        """Kernel (..., inputs, features), bias, and batch norm's scale and shift."""
        bias = {"bias": kernel[-1:]} if self.bias else {}
        return {"kernel": kernel} | bias | norm_parameters(self.norm, kernel[-1])

    def _running(self, features: int) -> dict[str, Shape]:
        """Batch norm's running mean and variance."""
        return norm_statistics(self.norm, features)

    def _after(self) -> tuple[str, ...]:
        """What follows the sum, in words."""
        norm = (f"{self.norm} norm",) if self.norm != "none" else ()
        activation = (self.activation,) if self.activation != "none" else ()
        return (*norm, *activation, *((f"dropout {self.dropout:g}",) if self.dropout else ()))

    def _held(self, turned: int = 0) -> Footprint:
        """What training holds for the sum and what follows it."""
        normed = self.norm == "batch"
        kept = max(int(normed), ACTIVATIONS[self.activation].kept)
        return Footprint(True, kept, 2 * normed, 4 * (self.dropout > 0), turned)
