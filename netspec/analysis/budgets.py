"""The pass that holds costs against the spec's budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from netspec.analysis.figures import percent, short_bytes
from netspec.analysis.memory import PARTS, training_memory
from netspec.analysis.plan import Plan, PlannedLayer
from netspec.diagnostics.diagnostic import Diagnostic, Label

COSTLIEST = 3


@dataclass(frozen=True, slots=True)
class Cost:
    """One budgeted cost."""

    code: str
    key: str
    noun: str
    of: Callable[[Plan], int]
    share: Callable[[PlannedLayer], int]
    """What one layer contributes, to name the costliest."""
    unit: str = ""


COSTS = (
    Cost("NS401", "parameters", "trainable parameters", lambda p: p.parameters, lambda x: x.parameters),
    Cost("NS402", "macs", "multiply-adds", lambda p: p.macs, lambda x: x.macs),
    Cost("NS403", "weights", "weights", lambda p: p.weight_bytes, lambda x: x.parameters, "bytes"),
    Cost(
        "NS404",
        "activations",
        "activations in the largest layer",
        lambda p: p.peak_activation_bytes,
        lambda x: x.activation_bytes,
        "bytes",
    ),
    Cost("NS405", "memory", "training memory", lambda p: p.training_bytes, lambda x: x.activation_bytes, "bytes"),
)


def check(plan: Plan) -> Iterator[Diagnostic]:
    """A diagnostic for each budget that is exceeded. Assumes complete shapes."""
    budget = plan.spec.budget
    for cost in COSTS:
        limit = getattr(budget.value, cost.key)
        if limit is not None and (value := cost.of(plan)) > limit:
            yield _exceeded(plan, cost, value, limit)
    least = budget.value.receptive_field
    if least is not None and any(seen < wanted for seen, wanted in zip(plan.receptive_field, least, strict=True)):
        yield _shortsighted(plan, least)


def ranked(plan: Plan, cost: Cost) -> list[PlannedLayer]:
    """The layers that have a share in a cost, the costliest first."""
    return sorted((layer for layer in plan.layers if cost.share(layer)), key=cost.share, reverse=True)


def _exceeded(plan: Plan, cost: Cost, value: int, limit: int) -> Diagnostic:
    costliest = ranked(plan, cost)[:COSTLIEST]
    total = sum(cost.share(layer) for layer in plan.layers) or 1
    shares = ", ".join(
        f"{layer.name} {cost.share(layer):,} ({percent(cost.share(layer), total)})" for layer in costliest
    )
    labels: tuple[Label, ...] = ()
    if costliest:
        labels = (
            Label(costliest[0].layer.span, f"`{costliest[0].name}` takes {percent(cost.share(costliest[0]), total)}"),
        )
    has, more, most = (short_bytes(n) if cost.unit else f"{n:,}" for n in (value, value - limit, limit))
    of = "of " if cost.unit else ""
    return Diagnostic(
        cost.code,
        f"the network has {has} {of}{cost.noun}, {more} more than the budget of {most}",
        plan.spec.source,
        plan.spec.budget.at(cost.key),
        labels=labels,
        notes=(*_parts(plan, cost, value), f"the costliest layers: {shares}"),
        help=f"make `{costliest[0].name}` smaller, or raise `{cost.key}` to {value}" if costliest else None,
    )


def _parts(plan: Plan, cost: Cost, value: int) -> Iterator[str]:
    """What a size in bytes is the sum of, to the byte."""
    if cost.key == "memory":
        held = training_memory(plan, plan.spec.train.value.batch_size)
        terms = " + ".join(f"{part} {getattr(held, part):,}" for part in PARTS if getattr(held, part))
        yield f"bytes: {terms} = {value:,}"
    elif cost.unit:
        yield f"bytes: {value:,}"


def _shortsighted(plan: Plan, least: tuple[int, int]) -> Diagnostic:
    seen = plan.receptive_field
    return Diagnostic(
        "NS406",
        f"a unit of the last feature map sees {seen[0]}x{seen[1]} pixels, less than the {least[0]}x{least[1]} of the budget",
        plan.spec.source,
        plan.spec.budget.at("receptive_field"),
        notes=("each layer adds (F - 1) times the product of the strides before it",),
        help="add a layer, enlarge a kernel, or let an early layer stride or pool more",
    )
