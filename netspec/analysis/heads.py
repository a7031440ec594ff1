"""The head of a network, and the passes that find where labels, loss, weights and metrics cannot go together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.analysis.against_data import width_key
from netspec.analysis.causes import Agreement, Contradiction, OtherBound
from netspec.analysis.plan import Plan
from netspec.analysis.shapes import Shapes
from netspec.analysis.watches import watching
from netspec.diagnostics.diagnostic import Diagnostic, Label
from netspec.diagnostics.render.wording import counted
from netspec.language.causes import MissingKey
from netspec.language.data import SOURCES
from netspec.language.heads import HEADS, VALIDATION, Head, Metric, head_of, watched
from netspec.language.spec import Spec
from netspec.text.causes import Cause
from netspec.text.source import Span

BOUNDS = {False: "at_least", True: "at_most"}
"""The bound of a target, by whether less is better."""


def of_plan(plan: Plan) -> Head:
    """The head of a plan's network. A network that ends in a map has that of its labels."""
    return of_spec(plan.spec, plan.output[0] if len(plan.output) == 1 else None)


def of_spec(spec: Spec, outputs: int | None) -> Head:
    """The head of a spec whose last layer gives so many numbers; None where that is not known."""
    return head_of(spec.data.value.labels, outputs, spec.train.value.loss.type)


def _outputs(shapes: Shapes) -> int | None:
    """How many numbers the network gives an image, where that is known."""
    last = shapes.layers[-1].output if shapes.complete and shapes.layers else ()
    return last[-1] if last and (len(last) == 1 or last[:2] == (1, 1)) else None


def loss(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS250: the loss compares the last layer's numbers with such labels."""
    labels, outputs, chosen = spec.data.value.labels, _outputs(shapes), spec.train.value.loss.type
    head = of_spec(spec, outputs)
    if chosen in head.losses or "loss" not in spec.train.places:
        return
    others = [other for other in HEADS if other.labels != labels and chosen in other.losses]
    message = f"`{chosen}` does not compare labels {head.takes}, as `labels: {labels}` has them"
    help = f"write `loss: {head.losses[0]}`"
    one: tuple[Agreement, ...] = ()
    if labels == "class" and chosen == "binary_cross_entropy":
        message = (
            f"`{chosen}` tells two classes apart by one number, and the network gives {counted(outputs or 0, 'number')}"
        )
        help += ", or `labels: several` where more than one may be on; for two classes, give the last layer 1 unit"
        one = _one_unit(spec) if outputs == 2 else ()
    elif others:
        help += f", or `labels: {others[0].labels}`"
    yield Diagnostic(
        "NS250",
        message,
        spec.source,
        spec.train.at("loss"),
        labels=_label(spec, "data", "labels", f"takes {_listed(head.losses)}"),
        help=help,
        cause=Contradiction(
            (
                Agreement("train.loss", head.losses[0]),
                *one,
                *(Agreement("data.labels", other.labels) for other in others),
            )
        ),
    )


def _one_unit(spec: Spec) -> tuple[Agreement, ...]:
    """The last layer with one number in the place of one for each of two classes."""
    key = width_key(spec.layers[-1])
    return (Agreement(key, "1", spec.layers[-1].at(key)),) if key and key in spec.layers[-1].places else ()


def source(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS251: the source has such labels."""
    data = spec.data.value
    if not spec.sourced or data.labels in SOURCES[data.source].labels:
        return
    others = [name for name, source in SOURCES.items() if data.labels in source.labels]
    yield Diagnostic(
        "NS251",
        f"`{data.source}` labels an image with its class, and not with `{data.labels}`",
        spec.source,
        spec.data.at("labels"),
        labels=_label(spec, "data", "source", "has classes"),
        help=f"remove `labels`, or name a `source` that may have them: {_listed(others)}",
        cause=Contradiction(
            (Agreement("data.labels", None), *(Agreement("data.source", other) for other in others)), follows_data=True
        ),
    )


def weights(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS252: there is a weight for each class."""
    given, outputs = spec.train.value.class_weights, _outputs(shapes)
    if given is None:
        return
    head, place = of_spec(spec, outputs), spec.train.at("class_weights")
    if head.labels == "numbers":
        message, help = "`class_weights` weigh classes, and `labels: numbers` has none", "remove `class_weights`"
        labels = _label(spec, "data", "labels", "no classes")
        cause = _either(("train.class_weights", None))
        yield Diagnostic("NS252", message, spec.source, place, labels=labels, help=help, cause=cause)
    elif outputs is not None and given != "balanced" and len(given) != head.classes(outputs):
        classes = head.classes(outputs)
        message = f"{counted(len(given), 'weight')} for {classes} {'labels' if head.labels == 'several' else 'classes'}"
        help = f"write {counted(classes, 'weight')}, in their order, or `class_weights: balanced`"
        cause = _either(("train.class_weights", "balanced"))
        yield Diagnostic("NS252", message, spec.source, place, help=help, cause=cause)


def metrics(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS253 and NS254: what is watched, and what the run must reach, measures such labels; and by the bound that fits it."""
    head = of_spec(spec, _outputs(shapes))
    target = spec.train.value.target
    for key, name in watching(spec.train.value).items():
        metric, validated = watched(name)
        if head.metric(metric.name) is None:
            main = f"{VALIDATION if validated else ''}{head.main.name}"
            yield _unmeasured(spec, head, f"{key}.metric", name, main)
    if target is not None:
        found = head.main if target.metric is None else head.metric(target.metric)
        if found is None:
            yield _unmeasured(spec, head, "target.metric", str(target.metric), head.main.name)
        else:
            yield from _bound(spec, found)


def _unmeasured(spec: Spec, head: Head, key: str, name: str, instead: str) -> Diagnostic:
    metric, _ = watched(name)
    message = f"`{name}` does not measure labels {head.takes}"
    if metric in (other for each in HEADS if each.name == head.name for other in each.metrics):
        message = f"`{name}` is 1 whatever the network says: it has no more than {metric.above} outputs"
    return Diagnostic(
        "NS253",
        message,
        spec.source,
        spec.train.at(key),
        labels=_label(spec, "data", "labels", f"are measured by {_listed([one.name for one in head.metrics])}"),
        help=f"write `metric: {instead}`",
        cause=_either((f"train.{key}", instead)),
    )


def _bound(spec: Spec, metric: Metric) -> Iterator[Diagnostic]:
    """The bound that a metric needs is there, and the other one is not."""
    target, wanted, other = spec.train.value.target, BOUNDS[metric.less], BOUNDS[not metric.less]
    has = {name: getattr(target, name) is not None or f"target.{name}" in spec.train.places for name in BOUNDS.values()}
    if has[wanted] and not has[other]:
        return
    better = "less" if metric.less else "more"
    place: Span = spec.train.at(f"target.{other}" if has[other] else "target")
    message = f"a target needs a bound: of `{metric.name}` {better} is better"
    help: str = f"add `{wanted}`"
    cause: Cause = MissingKey(("train", "target"), wanted)
    if has[other]:
        message = f"`{other}` bounds what the run must reach from the wrong side: of `{metric.name}` {better} is better"
        help, cause = f"write `{wanted}` in its place", OtherBound(other, wanted)
        if has[wanted]:
            help, cause = f"remove `{other}`", _either((f"train.target.{other}", None))
    yield Diagnostic("NS254", message, spec.source, place, help=help, cause=cause)


def _listed(names: Sequence[str]) -> str:
    """Names in words.

    >>> _listed(["a", "b", "c"])
    '`a`, `b` or `c`'
    """
    quoted = [f"`{name}`" for name in names]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def _label(spec: Spec, section: str, key: str, words: str) -> tuple[Label, ...]:
    """What the other place says, where the spec has it."""
    located = getattr(spec, section)
    return (Label(located.at(key), words),) if key in located.places else ()


def _either(*agreements: tuple[str, str | None]) -> Contradiction:
    """A contradiction, with the values of keys of which each would end it."""
    return Contradiction(tuple(Agreement(key, value) for key, value in agreements))


PASSES = (loss, source, weights, metrics)
