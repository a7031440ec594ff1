"""The pass that sends the input's shape through the layers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import takewhile

from netspec.analysis.plan import PlannedLayer
from netspec.diagnostics.diagnostic import Diagnostic, Label, Severity
from netspec.language.inferring import as_read, inferred
from netspec.language.kind import Problem, Settings, Shape, Window, dimensions
from netspec.language.spec import Layer, Spec
from netspec.text.source import Span

TRAIL_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Shapes:
    """How far the shapes go: `complete` where they reach the end, and nothing is left out of a layer on the way."""

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
    values: list[Shape] = [spec.input.value.shape]
    views = [Window()]
    planned: list[PlannedLayer] = []
    diagnostics: list[Diagnostic] = []
    for value, layer in enumerate(spec.layers, 1):
        if layer.settings is None:
            return Shapes(tuple(planned), False, tuple(diagnostics))
        settings: Settings = layer.settings
        inputs = as_read(layer.kind, tuple(values[n] for n in layer.reads))
        inference, reach = inferred(settings, inputs)
        for problem in inference.problems:
            if problem.hint and layer.added:  # nobody wrote what it hints at
                continue
            weak: Severity = "hint" if problem.hint else "warning"
            severity = weak if inference.output is not None else "error"
            diagnostics.append(_diagnostic(spec, layer, problem, severity, planned))
        if inference.output is None or reach is None:
            return Shapes(tuple(planned), False, tuple(diagnostics))
        views.append(_see(values[0], reach, _joined([views[n] for n in layer.reads])))
        values.append(inference.output)
        arithmetic, field = inference.arithmetic, views[-1].kernel
        planned.append(PlannedLayer(layer, settings, value, inputs, inference.output, arithmetic, field))
    complete = spec.whole and not any(layer.partial for layer in spec.layers)
    return Shapes(tuple(planned), complete, tuple(diagnostics))


def of_sound_layers(spec: Spec, inferred: Shapes) -> tuple[Spec, Shapes]:
    """A spec and its shapes without what is known of a layer of which something is left out: what is said of settings is
    said of those that were written."""
    if not any(layer.partial for layer in spec.layers):
        return spec, inferred
    layers = tuple(replace(layer, settings=None) if layer.partial else layer for layer in spec.layers)
    planned = tuple(takewhile(lambda each: not each.layer.partial, inferred.layers))
    return replace(spec, layers=layers), replace(inferred, layers=planned)


def _see(image: Shape, reach: Window, read: Window) -> Window:
    """The window that a layer's units lay on the image: their receptive field, and the distance of neighbours.

    Source: Dumoulin and Visin, A guide to convolution arithmetic: r' = r + (F - 1)*j, j' = j*S.
    """
    if reach.kernel == (0, 0):
        return Window((image[0], image[1]), read.stride)
    (f0, f1), (j0, j1), (k0, k1), (s0, s1) = read.kernel, read.stride, reach.kernel, reach.stride
    return Window((f0 + (k0 - 1) * j0, f1 + (k1 - 1) * j1), (j0 * s0, j1 * s1))


def _joined(read: list[Window]) -> Window:
    """What a layer that reads several values sees of the image through them: the largest of each."""
    if len(read) == 1:
        return read[0]
    f0, f1, j0, j1 = map(max, zip(*((*one.kernel, *one.stride) for one in read), strict=True))
    return Window((f0, f1), (j0, j1))


def _diagnostic(
    spec: Spec, layer: Layer, problem: Problem, severity: Severity, before: list[PlannedLayer]
) -> Diagnostic:
    labels = []
    if severity == "error":
        read = [before[n - 1] for n in dict.fromkeys(layer.reads) if n]
        labels = [Label(giver.layer.span, f"`{giver.name}` gives {dimensions(giver.output)}") for giver in read]
    if problem.field in layer.places and problem.field not in layer.own:
        labels.append(Label(layer.span, f"`{layer.name}`"))
    return Diagnostic(
        problem.code,
        f"`{layer.name}`: {problem.message}",
        spec.source,
        _place(layer, problem.field),
        layer=layer.name,
        labels=tuple(labels),
        notes=(*problem.notes, *((_trail(spec, layer, before),) if severity == "error" else ())),
        help=problem.help,
        cause=problem.cause,
        severity=severity,
    )


def _place(layer: Layer, field: str) -> Span:
    """Where a setting stands; where it is left out, what it follows from."""
    fields = (field, "window", "kernel") if field == "stride" else (field, field.partition(".")[0])
    return next((layer.places[name].value for name in fields if name in layer.places), layer.span)


def _trail(spec: Spec, layer: Layer, before: list[PlannedLayer]) -> str:
    """The chain of shapes that led to a layer: what it reads first, what that reads first, and so on."""
    assert spec.input is not None
    steps: list[str] = []
    value = layer.reads[0]
    while value:
        giver = before[value - 1]
        steps.append(f"{giver.name} {dimensions(giver.output)}")
        value = giver.reads[0]
    steps = [f"input {dimensions(spec.input.value.shape)}", *reversed(steps)]
    if len(steps) > TRAIL_LENGTH:
        steps = [steps[0], "...", *steps[-TRAIL_LENGTH + 2 :]]
    return "shapes: " + " -> ".join([*steps, "here"])
