"""Networks that have shapes and costs like others, and nothing to learn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from netspec.analysis.against_data import known_data, width_key
from netspec.analysis.causes import OneUnit
from netspec.analysis.plan import PlannedLayer, training_share
from netspec.analysis.shapes import Shapes
from netspec.analysis.watches import watching
from netspec.diagnostics.diagnostic import Diagnostic, Label
from netspec.language.heads import TWO
from netspec.language.kind import elements
from netspec.language.norms import Norm
from netspec.language.patterns import any_matching
from netspec.language.spec import Spec


def norms(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """The pass: norms at the spec's own batch size."""
    yield from single_values(spec, shapes.layers, spec.train.value.batch_size)


def single_values(spec: Spec, layers: Sequence[PlannedLayer], batch: int) -> Iterator[Diagnostic]:
    """NS223: norms whose mean is that of one number, in batches of `batch` images; one that is frozen takes none of a batch."""
    seen: set[int] = set()
    frozen = any_matching(spec.train.value.freeze, (layer.name for layer in layers if layer.statistics))
    for planned in layers:
        layer = planned.layer
        norm = None if layer.name in frozen else getattr(planned.settings, "norm", None)
        if norm is None or id(layer.node) in seen or _averaged(planned, norm, batch) != 1:
            continue
        seen.add(id(layer.node))
        of_batch = _averaged(planned, norm, 2 * batch) != 1
        remedy = "set `batch_size` to 2 or more, or remove" if of_batch else "remove"
        yield Diagnostic(
            "NS223",
            f"`{layer.name}`: {norm.words} over a single value gives `shift`, whatever the image is",
            spec.source,
            layer.at("norm"),
            layer=layer.name,
            labels=(Label(spec.train.at("batch_size"), "one image a batch"),)
            if of_batch and "batch_size" in spec.train.places
            else (),
            notes=("the mean of one number is the number itself: no gradient reaches the layers before",),
            help=f"{remedy} `norm: {norm.type}`",
        )


def _averaged(planned: PlannedLayer, norm: Norm, batch: int) -> int | None:
    """How many numbers a mean of a layer's norm is of: of what the layer reads where the norm leads."""
    shape = planned.input if "norm" in planned.settings.leading else planned.output
    return norm.averaged(batch, math.prod(shape[:-1]), shape[-1])


def logits(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """The pass: cross-entropy compares several numbers. What says nothing of data or training may have one for another end."""
    if not shapes.complete or not shapes.layers or not {"data", "train"} & spec.given.keys():
        return
    last = shapes.layers[-1]
    loss = spec.train.value.loss.type
    if elements(last.output) != 1 or loss != "cross_entropy" or spec.data.value.labels != "class" or known_data(spec):
        return
    name = width_key(last.layer)
    yield Diagnostic(
        "NS224",
        f"`{last.name}` gives one number an image, and `cross_entropy` one a class: the softmax of one number is always 1",
        spec.source,
        last.layer.at(name) if name else last.layer.span,
        layer=last.name,
        labels=(Label(spec.train.at("loss"), "the loss"),) if "loss" in spec.train.places else (),
        help=f"write `loss: {TWO.losses[0]}` for two classes, or give the last layer a unit for each class",
        cause=OneUnit(last.layer.places[name].value if name else None, name, TWO.losses[0]),
    )


def validation(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """The pass: a validation part of data whose size is known without opening them."""
    if (data := known_data(spec)) is not None:
        examples = data.training_examples
        yield from held_out(spec, examples - training_share(examples, spec.data.value))


def held_out(spec: Spec, count: int) -> Iterator[Diagnostic]:
    """A validation part that is asked for and has no image; `count` is how many it has."""
    share = spec.data.value.validation
    if count or not share:
        return
    watched = {key: of for key, of in watching(spec.train.value).items() if of.startswith("validation")}
    labels = tuple(Label(spec.train.at(key), f"watches `{metric}`") for key, metric in watched.items())
    yield Diagnostic(
        "NS520",
        f"0 validation images: a share of {share:g} of so few is none",
        spec.source,
        spec.data.at("validation"),
        labels=labels,
        help="raise `data.validation`" if watched else "raise `data.validation`, or set it to 0",
        severity="error" if watched else "warning",
    )


PASSES = (norms, logits, validation)
