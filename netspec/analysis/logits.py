"""The passes that find what bends the numbers of the last layer, which the loss takes as they are."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.causes import OnLogits
from netspec.analysis.shapes import Shapes
from netspec.diagnostics.diagnostic import Diagnostic
from netspec.language.spec import Layer, Spec

LEFT = {
    "relu": "no logit is below 0",
    "softplus": "no logit is below 0",
    "elu": "no logit is below -1",
    "gelu": "no logit is below -0.17",
    "silu": "no logit is below -0.28",
    "leaky_relu": "a logit below 0 is a hundredth of what was summed",
    "sigmoid": "every logit is from 0 to 1",
    "tanh": "every logit is from -1 to 1",
}
"""What an activation leaves of the logits."""


def activation(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS230: with cross-entropy, of a softmax or of sigmoids, the logits are the sums themselves."""
    layer, name = _last(spec, shapes), "activation"
    if layer is None or spec.train.value.loss.type not in ("cross_entropy", "binary_cross_entropy"):
        return
    function = getattr(layer.settings, name, None)
    if function is not None and name in layer.settings.following:  # type: ignore[union-attr]
        left = LEFT.get(function.type, "not every logit can be")
        message = f"`{layer.name}` gives the logits, and `{name}: {function.type}` bends them: {left}"
        yield _warning(spec, "NS230", message, layer, name, "none")


def dropout(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS231: no logit is switched off."""
    layer, name = _last(spec, shapes), "dropout"
    share = getattr(layer.settings, name, None) if layer is not None else None
    if layer is not None and share is not None and name in layer.settings.following:  # type: ignore[union-attr]
        message = (
            f"`{layer.name}` gives the logits, and `{name}: {share.rate:g}` switches off that share of them in training"
        )
        yield _warning(spec, "NS231", message, layer, name, "0")


def _last(spec: Spec, shapes: Shapes) -> Layer | None:
    """The layer that gives the logits, where it is known: a last `fc`, or the convolution to one cell of a spec that trains."""
    last = spec.layers[-1] if spec.layers and spec.whole else None
    if last is None or last.block is None:
        return last
    trained = {"data", "train"} & spec.given.keys()
    return last if trained and shapes.complete and shapes.layers[-1].output[:2] == (1, 1) else None


def _warning(spec: Spec, code: str, message: str, layer: Layer, key: str, value: str) -> Diagnostic:
    return Diagnostic(
        code,
        message,
        spec.source,
        layer.at(key),
        layer=layer.name,
        help=f"give it `{key}: {value}`",
        cause=OnLogits(spec.layers.index(layer), key, value),
        severity="warning",
    )


PASSES = (activation, dropout)
