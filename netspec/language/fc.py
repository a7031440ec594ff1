"""The facts of a fully connected layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from netspec.language.conv import LAYER_NAME
from netspec.language.fields import boolean, choice, key, number, whole
from netspec.language.kind import (
    ACTIVATIONS,
    NORMS,
    Footprint,
    Inference,
    Shape,
    Window,
    elements,
    norm_parameters,
    norm_statistics,
)


@dataclass(frozen=True, kw_only=True)
class Fc:
    """A fully connected layer: each unit sees every input. The last one gives the logits."""

    kind: ClassVar[str] = "fc"

    units: int = key(whole(1), "How many units.", also=("neurons", "out_features", "features", "size"), examples=(10,))
    bias: bool = key(
        boolean(),
        "Adds a trained number to each unit.",
        None,
        default_words="true; false under `norm: batch`",
        also=("use_bias",),
    )
    norm: Literal["none", "batch"] = key(
        choice(*NORMS), "Batch normalization before the activation.", "none", also=("normalization", "batch_norm")
    )
    activation: str = key(
        choice(*ACTIVATIONS),
        "The function after the sum and norm.",
        None,
        default_words="`relu`; `none` for the last",
        also=("activation_function", "act"),
    )
    dropout: float = key(
        number(0, below=1),
        "The share of units switched off in training, after the activation.",
        0.0,
        also=("drop", "drop_rate"),
        examples=(0.5,),
    )
    repeat: int = key(whole(1), "How many of these in a row.", 1, also=("repeats", "times"), examples=(2,))
    name: str | None = key(
        LAYER_NAME, "The layer's name.", None, default_words="`fc1`, `fc2`, ...", also=("id",), examples=("logits",)
    )

    @classmethod
    def completed(cls, given: dict[str, Any], activation: str | None, last: bool) -> Self:
        """The settings with the defaults that depend on others; the last layer's activation is its own or none."""
        given.setdefault("bias", given.get("norm", "none") != "batch")
        given.setdefault("activation", "none" if last else activation or "relu")
        return cls(**given)

    def infer(self, input: Shape) -> Inference:
        """`units`, whatever the input: a map is flattened in the order (height, width, channels)."""
        inputs = elements(input)
        total = sum(elements(shape) for shape in self.parameters((inputs,)).values())
        norm = f" + {2 * self.units}" if self.norm == "batch" else ""
        return Inference((self.units,), f"{inputs}*{self.units}{f' + {self.units}' * self.bias}{norm} = {total}")

    def parameters(self, input: Shape) -> dict[str, Shape]:
        """Kernel (inputs, units), bias, and batch norm's scale and shift."""
        bias = {"bias": (self.units,)} if self.bias else {}
        return {"kernel": (elements(input), self.units)} | bias | norm_parameters(self.norm, self.units)

    def statistics(self, input: Shape) -> dict[str, Shape]:
        """Batch norm's running mean and variance."""
        return norm_statistics(self.norm, self.units)

    def macs(self, input: Shape, output: Shape) -> int:
        """Inputs x units."""
        return elements(input) * self.units

    def reach(self, input: Shape) -> Window:
        """Everything: (0, 0) stands for the whole input."""
        return Window((0, 0), (1, 1))

    def footprint(self, input: Shape) -> Footprint:
        """That of a weighted sum."""
        return Footprint.of_sum(self.norm, self.activation, self.dropout)
