"""The pass that sends the input's shape through the layers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from netspec.analysis.plan import PlannedLayer
from netspec.diagnostics.diagnostic import Diagnostic, Label, Severity
from netspec.language.fields import Pair
from netspec.language.kind import Inference, Problem, Settings, Shape, Window, dimensions, elements
from netspec.language.spec import Layer, Spec
from netspec.text.source import Span

TRAIL_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Shapes:
    """How far the shapes go: `complete` where they reach the end."""

    layers: tuple[PlannedLayer, ...]
    complete: bool
    diagnostics: tuple[Diagnostic, ...]


def infer(spec: Spec) -> Shapes:
    """The shapes of all layers up to the first that has none.

    Assumes a spec built from a sound tree or with its unsound layers marked. A layer that fails silences those
    behind it: their inputs are unknown.
    """
    if spec.input is None:
        return Shapes((), False, ())
    shape: Shape = spec.input.value.shape
    planned: list[PlannedLayer] = []
    diagnostics: list[Diagnostic] = []
    field, jump = (1, 1), (1, 1)
    for layer in spec.layers:
        if layer.settings is None:
            return Shapes(tuple(planned), False, tuple(diagnostics))
        settings: Settings = layer.settings
        input = shape if layer.block is not None else (elements(shape),)
        inference, reach = _passed(settings, input)  # type: ignore[arg-type]  # a frozen dataclass hashes
        for problem in inference.problems:
            weak: Severity = "hint" if problem.hint else "warning"
            severity = weak if inference.output is not None else "error"
            diagnostics.append(_diagnostic(spec, layer, problem, severity, planned))
        if inference.output is None or reach is None:
            return Shapes(tuple(planned), False, tuple(diagnostics))
        field, jump = _see(spec, reach, field, jump)
        planned.append(PlannedLayer(layer, settings, input, inference.output, inference.arithmetic, field))
        shape = inference.output
    return Shapes(tuple(planned), spec.whole, tuple(diagnostics))


@lru_cache(maxsize=4_096)
def _passed(settings: Settings, input: Shape) -> tuple[Inference, Window | None]:
    """What a layer makes of its input, and its reach. Kept: a spec is checked again for every fix that is tried."""
    inference = settings.infer(input)
    return inference, settings.reach(input) if inference.output is not None else None


def _see(spec: Spec, reach: Window, field: Pair, jump: Pair) -> tuple[Pair, Pair]:
    """The receptive field and the distance of neighbouring units after a layer, in pixels of the image.

    Source: Dumoulin and Visin, A guide to convolution arithmetic: r' = r + (F - 1)*j, j' = j*S.
    """
    assert spec.input is not None
    if reach.kernel == (0, 0):
        return spec.input.value.shape[:2], jump
    (f0, f1), (s0, s1) = reach.kernel, reach.stride
    return (field[0] + (f0 - 1) * jump[0], field[1] + (f1 - 1) * jump[1]), (jump[0] * s0, jump[1] * s1)


def _diagnostic(
    spec: Spec, layer: Layer, problem: Problem, severity: Severity, before: list[PlannedLayer]
) -> Diagnostic:
    labels = []
    if before and severity == "error":
        last = before[-1]
        labels = [Label(last.layer.span, f"`{last.name}` gives {dimensions(last.output)}")]
    if problem.field in layer.places and problem.field not in layer.own:
        labels.append(Label(layer.span, f"`{layer.name}`"))
    return Diagnostic(
        problem.code,
        f"`{layer.name}`: {problem.message}",
        spec.source,
        _place(layer, problem.field),
        layer=layer.name,
        labels=tuple(labels),
        notes=(*problem.notes, *((trail(spec, before),) if severity == "error" else ())),
        help=problem.help,
        cause=problem.cause,
        severity=severity,
    )


def _place(layer: Layer, field: str) -> Span:
    """Where a setting stands; where it is left out, what it follows from."""
    fields = (field, "window", "kernel") if field == "stride" else (field,)
    return next((layer.places[name].value for name in fields if name in layer.places), layer.span)


def trail(spec: Spec, before: list[PlannedLayer]) -> str:
    """The chain of shapes that led to a layer."""
    assert spec.input is not None
    size = spec.input.value
    steps = [f"input {size.height}x{size.width}x{size.channels}"]
    steps += [f"{layer.name} {dimensions(layer.output)}" for layer in before]
    if len(steps) > TRAIL_LENGTH:
        steps = [steps[0], "...", *steps[-TRAIL_LENGTH + 2 :]]
    return "shapes: " + " -> ".join([*steps, "here"])
