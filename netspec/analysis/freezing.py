"""What is kept of a network, and what trains at another rate: patterns of layers that fit none, fit in vain, or fit all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netspec.analysis.causes import Agreement, Contradiction, FitsInVain, FitsNoLayer
from netspec.analysis.plan import Plan
from netspec.analysis.shapes import Shapes
from netspec.diagnostics.diagnostic import ALIKE, Diagnostic, Label, and_more
from netspec.diagnostics.render.wording import counted
from netspec.language.patterns import matching, ways
from netspec.language.spec import Spec
from netspec.language.spelling import by_likeness
from netspec.text.nodes import Mapping, Path, Scalar, walk
from netspec.text.nodes import Sequence as Items
from netspec.text.source import Span

FREEZE: Path = ("train", "freeze")
FACTORS: Path = ("train", "optimizer", "rate_factors")
SHOWN = 24
"""How many names one finding lists."""
NEAR = 3
"""How many of them it proposes."""


@dataclass(frozen=True)
class Written:
    """A pattern as it stands in a spec."""

    text: str
    span: Span
    path: Path
    """Of the value, or of the factor whose key it is."""
    removal: str
    """What taking it out is called."""

    @property
    def is_key(self) -> bool:
        """Whether it is the key of a factor."""
        return self.path[:-1] == FACTORS


def written(spec: Spec) -> Iterator[Written]:
    """The patterns of a spec, in the order of the text in each of the two keys."""
    freeze, factors = walk(spec.root, FREEZE), walk(spec.root, FACTORS)
    if isinstance(freeze, Scalar) and spec.train.value.freeze:
        yield Written(freeze.text, freeze.span, FREEZE, f"remove `freeze: {spec.source.excerpt(freeze.span)}`")
    for number, item in enumerate(freeze.items if isinstance(freeze, Items) and spec.train.value.freeze else ()):
        if isinstance(item, Scalar):
            yield Written(item.text, item.span, (*FREEZE, number), f"remove `{item.text}`")
    sound = isinstance(factors, Mapping) and spec.train.value.optimizer.rate_factors
    for entry in factors.entries if isinstance(factors, Mapping) and sound else ():
        removal = f"remove `{entry.name}: {spec.source.excerpt(entry.value.span)}`"
        yield Written(entry.name, entry.key.span, (*FACTORS, entry.name), removal)


def names(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS266: each pattern fits a layer."""
    there = [layer.name for layer in spec.layers]
    if not spec.whole or not there:
        return
    in_vain = [pattern for pattern in written(spec) if not matching(pattern.text, there)]
    for number, pattern in enumerate(in_vain[:ALIKE], 1):
        yield and_more(_fits_none(spec, pattern, there), len(in_vain) - number if number == ALIKE else 0)


def _fits_none(spec: Spec, pattern: Written, there: Sequence[str]) -> Diagnostic:
    ends = [f"*.{name.rpartition('.')[2]}" for name in there if "." in name] if pattern.text.startswith("*") else []
    near = (*by_likeness(pattern.text, [*ways(there), *dict.fromkeys(ends)])[:NEAR],)
    more = f" and {counted(len(there) - SHOWN, 'more layer')}" if len(there) > SHOWN else ""
    return Diagnostic(
        "NS266",
        f"`{pattern.text}` fits the name of no layer",
        spec.source,
        pattern.span,
        notes=(f"the names are {', '.join(f'`{name}`' for name in there[:SHOWN])}{more}",),
        help=f"write `{near[0]}`" if near else "write the name of a layer, or a pattern like `block1.*`",
        cause=FitsNoLayer(pattern.path, near),
    )


def effects(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS267, NS268: something is left to train, and each pattern changes something."""
    given = [*written(spec)]
    if not given or not shapes.complete or not shapes.layers or spec.input is None:
        return
    plan = Plan(spec, spec.input.value.shape, shapes.layers)
    if plan.frozen and plan.parameters and not plan.trained_parameters:
        yield _all_frozen(plan)
        return
    for number, pattern in enumerate(given):
        if matching(pattern.text, (layer.name for layer in plan.layers)):
            yield from _in_vain(plan, pattern, given[number + 1 :])


def _all_frozen(plan: Plan) -> Diagnostic:
    """The help leaves the last layer that could be trained."""
    *others, last = [layer.name for layer in plan.layers if layer.shapes]
    in_blocks = all(name.startswith("block") for name in others) and not last.startswith("block")
    kept = ["block*"] if in_blocks and others else others
    text = f"[{', '.join(kept)}]"
    agreements = (Agreement("train.freeze", text), Agreement("train.freeze", None))
    return Diagnostic(
        "NS267",
        f"all {plan.parameters:,} parameters are frozen: nothing is left to train",
        plan.spec.source,
        plan.spec.train.at("freeze"),
        help=f"set `freeze: {text}`" if others else "remove `freeze`",
        cause=Contradiction(agreements if others else agreements[1:]),
    )


def _in_vain(plan: Plan, pattern: Written, later: Sequence[Written]) -> Iterator[Diagnostic]:
    fitting = [layer for layer in plan.layers if matching(pattern.text, (layer.name,))]
    trained = [layer for layer in fitting if layer.shapes]
    message, labels = None, tuple[Label, ...]()
    if pattern.is_key and trained and not any(map(plan.trains, trained)):
        message = f"the layers that `{pattern.text}` fits are frozen: they have no rate"
        labels = (Label(plan.spec.train.at("freeze"), "frozen here"),)
    elif not trained and (pattern.is_key or not any(layer.statistics for layer in fitting)):
        message = f"no layer that `{pattern.text}` fits has parameters"
    elif pattern.is_key:
        others = [one.text for one in later]
        if all(any(matching(other, (layer.name,)) for other in others) for layer in trained):
            message = f"a later pattern decides for every layer that `{pattern.text}` fits"
    if message is not None:
        yield Diagnostic(
            "NS268",
            message,
            plan.spec.source,
            pattern.span,
            labels=labels,
            help=pattern.removal,
            cause=FitsInVain(pattern.path),
            severity="warning",
        )


def beginning(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS269: what is frozen has values that somebody wanted."""
    if spec.train.value.freeze and spec.train.value.from_ is None and "from" not in spec.train.places:
        yield Diagnostic(
            "NS269",
            "`freeze` keeps layers at random values: the training begins from nothing",
            spec.source,
            spec.train.at("freeze"),
            help="add `from` with a run, a model or a weights file, or remove `freeze`",
            severity="warning",
        )


PASSES = (names, effects, beginning)
"""The passes that find patterns of layers which are wrong or do nothing."""
