"""A layer one step at a time, as inference runs it: what it does itself, its bias, and each step that follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import jax

from netspec.language.activations import NoActivation
from netspec.language.norms import NoNorm
from netspec.language.steps import Dropout, Stepped
from netspec.lowering.around import finish, through
from netspec.lowering.kinds import Run, lowering

ALONE: dict[str, Any] = {
    "norm": NoNorm(),
    "activation": NoActivation(),
    "dropout": Dropout(),
    "order": None,
    "bias": False,
}
"""The settings of a layer that does nothing but what it does itself."""


def stepwise(run: Run, *arrays: jax.Array) -> Iterator[tuple[str, jax.Array]]:
    """What each step gives, (batch, ..., features), by its name: the layer's kind, `bias`, then norm and activation in their order.

    `arrays` are what stands behind the layer's leading steps. The steps are those of the layer's lowering, and so the last
    one gives what the layer gives. A layer that has no such steps, as a gate, is one step.
    """
    layer, settings = run.stage.layer, run.settings
    if not isinstance(settings, Stepped):
        yield layer.kind, lowering(layer.kind).apply(run, *arrays)[0]
        return
    known = {field.name for field in fields(settings)}
    own: Any = replace(settings, **{name: value for name, value in ALONE.items() if name in known})
    x, _ = lowering(layer.kind).apply(_with(run, own), *arrays)
    yield layer.kind, x
    if getattr(settings, "bias", False):
        x, _ = finish(_with(run, replace(own, bias=True)), x)
        yield "bias", x
    for step in settings.following:
        if step != "dropout":
            x, _ = through(run, x, (step,))
            yield step, x


def _with(run: Run, settings: Any) -> Run:
    """The run of the same layer with other settings."""
    return replace(run, stage=replace(run.stage, layer=replace(run.stage.layer, settings=settings)))
