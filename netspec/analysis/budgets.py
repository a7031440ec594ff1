"""The pass that holds costs against the spec's budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from netspec.analysis.causes import CostExceeded, FieldTooSmall
from netspec.analysis.figures import percent, short_bytes
from netspec.analysis.memory import PARTS, training_memory
from netspec.analysis.plan import FLOAT32_BYTES, PRECISION_BYTES, Plan, PlannedLayer
from netspec.diagnostics.diagnostic import Diagnostic, Label

COSTLIEST = 3
NEARLY = 1.01
"""A size is proposed with its unit where that is no more than so many times what is needed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One budgeted cost."""

    code: str
    key: str
    noun: str
    of: Callable[[Plan], int]
    share: Callable[[Plan, PlannedLayer], int]
    """What one layer contributes, to name the costliest, in the unit of the cost."""
    unit: str = ""
    ranking: str = "the costliest layers"
    """What the shares are, in words."""
    whole: str | None = ""
    """What the shares add up to, where that is not the cost; None where their sum is nothing."""

    def total(self, plan: Plan) -> int:
        """What the shares add up to."""
        return sum(self.share(plan, layer) for layer in plan.layers) or 1

    def shown(self, plan: Plan, layer: PlannedLayer) -> str:
        """A layer with its share."""
        share = self.share(plan, layer)
        part = "" if self.whole is None else f" ({percent(share, self.total(plan))})"
        return f"{layer.name} {short_bytes(share) if self.unit else f'{share:,}'}{part}"

    def label(self, plan: Plan, layer: PlannedLayer) -> str:
        """What a layer takes, in words."""
        share = self.share(plan, layer)
        if self.whole is None:
            return f"`{layer.name}` takes {short_bytes(share)}"
        part = percent(share, self.total(plan))
        return f"`{layer.name}` has {part} of {self.whole}" if self.whole else f"`{layer.name}` takes {part}"


def _weight_bytes(plan: Plan, layer: PlannedLayer) -> int:
    return layer.parameters * PRECISION_BYTES[plan.spec.train.value.precision]


COSTS = (
    Cost("NS401", "parameters", "trainable parameters", lambda p: p.parameters, lambda _, x: x.parameters),
    Cost("NS402", "macs", "multiply-adds", lambda p: p.macs, lambda _, x: x.macs),
    Cost("NS403", "weights", "weights", lambda p: p.weight_bytes, _weight_bytes, "bytes"),
    Cost(
        "NS404",
        "activations",
        "activations in the largest layer",
        lambda p: p.peak_activation_bytes,
        lambda _, x: x.held * FLOAT32_BYTES,
        "bytes",
        "the largest layers, input and output",
        None,
    ),
    Cost(
        "NS405",
        "memory",
        "training memory",
        lambda p: p.training_bytes,
        lambda _, x: x.activation_bytes,
        "bytes",
        "the largest outputs, of one image",
        "all outputs",
    ),
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
    shares = {layer.name: cost.share(plan, layer) for layer in plan.layers}
    return sorted((layer for layer in plan.layers if shares[layer.name]), key=lambda x: shares[x.name], reverse=True)


def limit_of(cost: Cost, value: int) -> str:
    """The least budget that `value` is within, as it is written in a spec.

    >>> limit_of(COSTS[4], 692_256_032), limit_of(COSTS[4], 5960), limit_of(COSTS[0], 421_642)
    ('661MiB', '5960', '421642')
    """
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)) if cost.unit else ():
        whole = -(-value // size)
        if whole * size <= value * NEARLY:
            return f"{whole}{unit}"
    return str(value)


def _exceeded(plan: Plan, cost: Cost, value: int, limit: int) -> Diagnostic:
    costliest = ranked(plan, cost)[:COSTLIEST]
    shares = ", ".join(cost.shown(plan, layer) for layer in costliest)
    labels = tuple(Label(layer.layer.span, cost.label(plan, layer)) for layer in costliest[:1])
    has, more, most = (short_bytes(n) if cost.unit else f"{n:,}" for n in (value, value - limit, limit))
    of = "of " if cost.unit else ""
    return Diagnostic(
        cost.code,
        f"the network has {has} {of}{cost.noun}, {more} more than the budget of {most}",
        plan.spec.source,
        plan.spec.budget.at(cost.key),
        labels=labels,
        notes=(*_parts(plan, cost, value), f"{cost.ranking}: {shares}"),
        help=f"make `{costliest[0].name}` smaller, or raise `{cost.key}` to {limit_of(cost, value)}"
        if costliest
        else None,
        cause=CostExceeded(cost.key),
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
        cause=FieldTooSmall(),
    )
