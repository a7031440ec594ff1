"""What to cut where a budget is exceeded: the largest value of one setting that fits, found by bisection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from math import log2
from operator import itemgetter

from netspec.analysis import shapes
from netspec.analysis.budgets import COSTS, Cost, limit_of, ranked
from netspec.analysis.causes import CostExceeded, FieldTooSmall
from netspec.analysis.check import plan_of
from netspec.analysis.plan import Plan
from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netspec.language.edits import insert, written
from netspec.language.spec import Spec
from netspec.repair.changes import Change, numbers
from netspec.repair.usual import LARGEST
from netspec.text.nodes import Mapping

LAYERS = 4_000
"""How many layers are inferred for one finding: about 0.08 s."""
CANDIDATES = 4
"""How many of the costliest layers are tried."""


def exceeded(report: Report, finding: Diagnostic, cause: CostExceeded) -> Iterator[Fix]:
    """The settings of the costliest layers that can be cut, then the budget itself.

    The smallest cut comes first, where half the share in the cost counts as much as half the value.
    """
    plan, cost = _plan(report), _cost(cause)
    spec = plan.spec
    limit = getattr(spec.budget.value, cost.key)
    found = [(_effect(plan, cost, change), change.fix(spec)) for change in _cuts(plan, cost, limit)]
    proposed = sorted(found, key=itemgetter(0))[:2]
    if cost.key == "memory":
        proposed = sorted([*proposed, *_smaller_batch(plan, cost, limit)], key=itemgetter(0))
    yield from (fix for _, fix in proposed)
    raised = limit_of(cost, cost.of(plan))
    yield Fix(f"raise `{cost.key}` to {raised}", (Edit(spec.budget.at(cost.key), raised),))


def _effect(plan: Plan, cost: Cost, change: Change) -> float:
    share = next(cost.share(plan, layer) for layer in plan.layers if layer.name == change.layer.name)
    return change.size - log2(share or 1)


def _plan(report: Report) -> Plan:
    """The plan that exceeds its budget: all its shapes are known."""
    assert report.spec is not None
    assert report.shapes is not None
    plan = plan_of(report.spec, report.shapes)
    assert plan is not None
    return plan


def _cost(cause: CostExceeded) -> Cost:
    return next(cost for cost in COSTS if cost.key == cause.key)


def blamed(report: Report, finding: Diagnostic, cause: CostExceeded) -> Diagnostic:
    """The finding at a setting larger than in any published network, where that alone exceeds the budget."""
    plan, cost = _plan(report), _cost(cause)
    found = _oddest(plan, cost, getattr(plan.spec.budget.value, cost.key))
    if found is None:
        return finding
    label = Label(finding.span, f"the budget of {cost.noun}")
    return replace(finding, span=found.layer.at(found.field), layer=found.layer.name, labels=(label,))


def _oddest(plan: Plan, cost: Cost, limit: int) -> Change | None:
    """The usual value for the most unusual setting, where it brings the cost within the budget."""
    changes = [
        Change(layer.layer, field, (usual, usual) if isinstance(getattr(layer.settings, field), tuple) else usual)
        for layer in plan.layers[:LAYERS]
        for field, usual in LARGEST.items()
        if field in layer.layer.places and max(numbers(getattr(layer.settings, field, 0))) > usual
    ]
    for change in sorted(changes, key=lambda change: -change.size)[:CANDIDATES]:
        small = Change(change.layer, change.field, (1, 1) if isinstance(change.value, tuple) else change.value)
        for tried in (change, small):
            cheaper = _planned(plan, tried.applied(plan.spec))
            if cheaper is not None and cost.of(cheaper) <= limit:
                return change
    return None


def _cuts(plan: Plan, cost: Cost, limit: int) -> Iterator[Change]:
    """The largest units or filters of each of the costliest layers that fit. The last layer's are the classes."""
    trials = LAYERS // len(plan.layers)
    seen: set[int] = set()
    odd = _oddest(plan, cost, limit)
    if odd is not None:
        yield from islice(_usual(plan, cost, limit, odd), 1)
        return
    sizing = [layer for layer in plan.layers if hasattr(layer.settings, "filters") or hasattr(layer.settings, "units")]
    for layer in ranked(plan, cost)[:CANDIDATES]:
        field = "filters" if hasattr(layer.settings, "filters") else "units"
        if layer not in sizing[:-1] or id(layer.layer.node) in seen or field not in layer.layer.places:
            continue
        seen.add(id(layer.layer.node))
        low, high = 0, getattr(layer.settings, field)
        while low + 1 < high and trials > 0:
            trials -= 1
            middle = (low + high) // 2
            changed = _planned(plan, Change(layer.layer, field, middle).applied(plan.spec))
            low, high = (middle, high) if changed and cost.of(changed) <= limit else (low, middle)
        if low:
            yield Change(layer.layer, field, low)


def _usual(plan: Plan, cost: Cost, limit: int, odd: Change) -> Iterator[Change]:
    """Values no larger than usual that fit, without a warning, the largest first."""
    top = max(numbers(odd.value))
    for value in (*range(min(top, 16), 0, -1), *(top // 2**n for n in range(5))):
        change = Change(odd.layer, odd.field, (value, value) if isinstance(odd.old, tuple) else value)
        changed = change.applied(plan.spec)
        found = shapes.infer(changed) if changed is not None else None
        if found and found.complete and not found.diagnostics and cost.of(replace(plan, layers=found.layers)) <= limit:
            yield change


def _planned(plan: Plan, spec: Spec | None) -> Plan | None:
    if spec is None:
        return None
    found = shapes.infer(spec)
    return Plan(spec, plan.input, found.layers) if found.complete else None


def _smaller_batch(plan: Plan, cost: Cost, limit: int) -> Iterator[tuple[float, Fix]]:
    """The largest batch that fits; every layer has its share in it."""
    train = plan.spec.train
    low, high = 0, train.value.batch_size
    while low + 1 < high:
        middle = (low + high) // 2
        smaller = replace(train, value=replace(train.value, batch_size=middle))
        fits = cost.of(Plan(replace(plan.spec, train=smaller), plan.input, plan.layers)) <= limit
        low, high = (middle, high) if fits else (low, middle)
    if not low:
        return
    section = plan.spec.root.entry("train")
    if "batch_size" in train.places:
        edit = Edit(train.at("batch_size"), str(low))
    elif section is not None and isinstance(section.value, Mapping):
        edit = insert(plan.spec.source, section.value, "batch_size", str(low))
    else:
        edit = insert(plan.spec.source, plan.spec.root, "train", f"{{batch_size: {low}}}")
    size = log2((train.value.batch_size + 1) / (low + 1)) - log2(cost.total(plan))
    yield size, Fix(f"set `batch_size: {low}` in `train`", (edit,))


def farther(report: Report, finding: Diagnostic, cause: FieldTooSmall) -> Iterator[Fix]:
    """The smallest larger kernel or window that sees as far as asked; then what is seen as the budget."""
    plan = _plan(report)
    spec = plan.spec
    least = spec.budget.value.receptive_field
    assert least is not None
    trials = LAYERS // len(plan.layers)
    for layer in reversed([layer for layer in plan.layers if layer.layer.block is not None]):
        field = next((name for name in ("kernel", "window") if name in layer.layer.places), "")
        old = getattr(layer.settings, field, "all")
        if old == "all":
            continue
        for value in range(max(numbers(old)) + 1, min(layer.input[:2]) + 1):
            trials -= 1
            if trials < 0:
                break
            change = Change(layer.layer, field, (value, value))
            wider = _planned(plan, change.applied(spec))
            if wider and all(seen >= wanted for seen, wanted in zip(wider.receptive_field, least, strict=True)):
                yield change.fix(spec)
                break
    seen = written(plan.receptive_field)
    yield Fix(f"lower `receptive_field` to {seen}", (Edit(spec.budget.at("receptive_field"), seen),))
