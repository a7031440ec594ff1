"""Where the mistake behind a shape error most likely is: a layer fails where it stands, for what stands before it."""

from __future__ import annotations

from dataclasses import replace

from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Diagnostic, Fix, Label
from netspec.language.causes import GroupsDoNotDivide, WindowDoesNotFit
from netspec.language.kind import dimensions
from netspec.language.spec import Layer
from netspec.repair import shapes
from netspec.repair.changes import numbers
from netspec.repair.fewer import Blocks
from netspec.repair.shapes import FIELDS, Search
from netspec.repair.usual import LARGEST, roundness
from netspec.text.source import Span


def blamed(report: Report, finding: Diagnostic, cause: WindowDoesNotFit | GroupsDoNotDivide) -> Diagnostic:
    """The finding at what most likely caused it, where that stands elsewhere and the evidence is plain.

    One axis of the input, where only it is too small; a repetition, where an earlier copy fits; an earlier setting
    larger than in any published network, where the failing one is not; the less round of two counts that do not divide.
    """
    search = shapes.search(report, finding)
    if search is None:
        return finding
    place, why = _less_round(search) if isinstance(cause, GroupsDoNotDivide) else _too_small(search)
    if place is None or place == finding.span:
        return finding
    label = Label(
        finding.span, "here it does not divide" if isinstance(cause, GroupsDoNotDivide) else "here it does not fit"
    )
    others = tuple(other for other in finding.labels if other.span.line not in (place.line, finding.span.line))
    return replace(finding, span=place, label=why, labels=(label, *others))


def at_fix(finding: Diagnostic, fix: Fix) -> Diagnostic:
    """A contradiction with the data's source, at the source where that is what its first repair changes."""
    edit, *others = fix.edits
    if others or not edit.text or edit.span.line == finding.span.line:
        return finding
    return replace(finding, span=edit.span, labels=(Label(finding.span, "given here"), *finding.labels))


def _too_small(search: Search) -> tuple[Span | None, str | None]:
    """Where the mistake behind a window that does not fit most likely is, and what to say there."""
    if _odd(search.layer) > 1:
        return None, None
    return next(filter(lambda found: found[0], (_narrow(search), _oversized(search), _repeated(search))), (None, None))


def _narrow(search: Search) -> tuple[Span | None, str | None]:
    assert search.spec.input is not None
    located, size = search.spec.input, search.spec.input.value
    side = max(size.height, size.width)
    name = "height" if size.height < size.width else "width"
    square = replace(located, value=replace(size, height=side, width=side))
    if size.height == size.width or not search.holds(replace(search.spec, input=square), strictly=False):
        return None, None
    return located.places[name].value, f"the {name} is too small for these layers"


def _oversized(search: Search) -> tuple[Span | None, str | None]:
    oddest: tuple[float, Span | None, str | None] = (1.0, None, None)
    for layer, planned in zip(search.spec.layers[: search.at], search.inferred.layers, strict=False):
        field = max(FIELDS, key=lambda field: _oddness(layer, field))
        odd = _oddness(layer, field)
        if odd > oddest[0] and search.solved(layer, field) is not None:
            why = f"`{layer.name}` leaves {dimensions(planned.output[:2])} of {dimensions(planned.input[:2])}"
            oddest = odd, layer.at(field), why
    return oddest[1:]


def _odd(layer: Layer) -> float:
    return max(_oddness(layer, field) for field in ("kernel", "window", "dilation"))


def _oddness(layer: Layer, field: str) -> float:
    value = getattr(layer.settings, field, 0)
    return max(numbers(value)) / LARGEST[field] if field in layer.places else 0.0


def _repeated(search: Search) -> tuple[Span | None, str | None]:
    repetition = next(Blocks(search.spec, search.at).repetitions(), None)
    if repetition is None:
        return None, None
    return repetition[0].span, f"{repetition[1]} fit{'s' * (repetition[1] == 1)}"


def _less_round(search: Search) -> tuple[Span | None, str | None]:
    channels, giver = search.channels()
    settings = search.layer.settings
    groups, filters = settings.groups, settings.filters  # type: ignore[union-attr]
    if giver is None or "filters" not in giver.places or groups == "depthwise":
        return None, None
    if min(roundness(groups), roundness(filters)) <= roundness(channels):
        return None, None
    return giver.at("filters"), f"`{giver.name}` gives {channels} channels"
