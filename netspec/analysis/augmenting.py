"""The passes that find augmentations which do not fit the images, the batch or themselves."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis import against_data
from netspec.analysis.causes import Agreement, Contradiction
from netspec.analysis.shapes import Shapes
from netspec.diagnostics.diagnostic import Diagnostic, Label, Severity
from netspec.language.spec import Spec


def cells(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS215: something is left of an image."""
    sized = against_data.sized_by_data(spec).input
    if sized is None:
        return
    smallest = min(sized.value.height, sized.value.width)
    for name in ("crop", "cutout"):
        count = getattr(spec.data.value.augment, name)
        if count is not None and count >= smallest:
            message = f"`{name}: {count}` leaves nothing of images whose shorter side is {smallest}"
            lower = str(smallest // 2) if smallest > 1 else None
            yield _finding(spec, "NS215", name, message, f"lower `{name}`", lower)


def colours(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS262: what is saturated has colours."""
    sized = against_data.sized_by_data(spec).input
    if spec.data.value.augment.saturation is not None and sized is not None and sized.value.channels != 3:
        message = f"`saturation` is of red, green and blue, and the images have {sized.value.channels} of 3 channels"
        yield _finding(spec, "NS262", "saturation", message, "remove `saturation`, or change `contrast`", None)


def mixing(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS263: a batch has another image to mix an image with."""
    settings, train = spec.data.value.augment, spec.train
    if train.value.batch_size > 1:
        return
    for name in ("mixup", "cutmix"):
        if getattr(settings, name) is not None:
            message = f"`{name}` mixes an image with another one of its batch, which has one alone"
            labels = (Label(train.at("batch_size"), "one image a batch"),)
            yield _finding(spec, "NS263", name, message, "raise `batch_size`", None, labels, "warning")


def ranges(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS264: a range begins with its least."""
    for name in ("zoom", "random_resized_crop"):
        found = getattr(spec.data.value.augment, name)
        if found is not None and found[0] > found[1]:
            message = f"`{name}` goes from its least to its largest, and {found[0]:g} is more than {found[1]:g}"
            turned = f"[{found[1]:g}, {found[0]:g}]"
            yield _finding(spec, "NS264", name, message, f"write `{name}: {turned}`", turned)


def _finding(
    spec: Spec,
    code: str,
    name: str,
    message: str,
    help: str,
    value: str | None,
    labels: tuple[Label, ...] = (),
    severity: Severity = "error",
) -> Diagnostic:
    """A finding at a key of `data.augment`, which that value would end; None where the key is to go."""
    key = f"augment.{name}"
    cause = Contradiction((Agreement(f"data.{key}", value),))
    return Diagnostic(
        code, message, spec.source, spec.data.at(key), labels=labels, help=help, cause=cause, severity=severity
    )


PASSES = (cells, colours, mixing, ranges)
