"""What a place in a spec means: the key's documentation, the layer's arithmetic, how much of a budget is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from netspec.analysis.budgets import COSTS, ranked
from netspec.analysis.figures import percent, short, short_bytes
from netspec.analysis.plan import Plan, PlannedLayer, grammar, known_examples, known_steps_per_epoch
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.render.wording import counted
from netspec.editor import facts
from netspec.editor.document import Document
from netspec.editor.place import Pointed, key_of, pointed
from netspec.language.kind import dimensions, elements
from netspec.language.patterns import matching
from netspec.language.reference import described
from netspec.text.nodes import Path, Scalar, walk
from netspec.text.source import Span

SHOWN = 8
"""How many layers one place shows."""


@dataclass(frozen=True, slots=True)
class Hover:
    """What is shown, as Markdown, and what it is about."""

    text: str
    span: Span


def hover(document: Document, line: int, column: int) -> Hover | None:
    """What is at a place (line and column from 1), or None where nothing is known of it."""
    if document.source.faults or not document.is_spec:
        return None
    at = pointed(document.root, line, column)
    parts = [*_findings(document, line, column)]
    if at is not None:
        parts = [*_key(document, at), *parts]
    if not parts:
        return None
    return Hover("\n\n---\n\n".join(parts), at.span if at is not None else Span(line, column, line, column))


def _findings(document: Document, line: int, column: int) -> Iterator[str]:
    """The codes of what is wrong at a place, each with its meaning."""
    codes = []
    for found in document.report.diagnostics:
        span = found.span
        if (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column):
            codes.append(found.code)
    for code in dict.fromkeys(codes):
        yield f"**{code}: {CODES[code].title}**\n\n{CODES[code].meaning}\n\n{CODES[code].why}"


def _key(document: Document, at: Pointed) -> Iterator[str]:
    key = key_of(document.root, at.path)
    if key is not None:
        path = ".".join(step for step in at.path if isinstance(step, str))
        yield f"**`{path}`**\n\n{described(key)}"
        word = at.node.text if isinstance(at.node, Scalar) and not at.on_key else ""
        if doc := facts.words(key).get(word):
            yield f"**`{word}`**: {doc}"
    if layers := _layers(document, at.path):
        yield _described(document, layers)
    if figures := [*_figures(document, at.path)]:
        yield "\n".join(figures)


def _layers(document: Document, path: Path) -> list[PlannedLayer]:
    """The layers that the innermost node around a place says: copies of one, several of a list, what a shortcut adds."""
    for length in range(len(path), 1, -1):
        node = walk(document.root, path[:length])
        ids = {id(node), *map(id, getattr(node, "items", ()))}
        if found := [layer for layer in document.layers if id(layer.layer.node) in ids]:
            return found
    return []


def _described(document: Document, layers: list[PlannedLayer]) -> str:
    lines = []
    for layer in layers[:SHOWN]:
        lines.append(f"**{layer.name}** {dimensions(layer.input)} -> {dimensions(layer.output)}")
        lines.append(f"`{layer.arithmetic}`")
        costs = [f"{layer.parameters:,} parameters"] if layer.parameters else []
        costs += [f"{short(layer.macs)} multiply-adds"] if layer.macs else []
        costs.append(f"sees {dimensions(layer.receptive_field)} pixels")
        lines.append(", ".join(costs))
        lines.append("")
    if len(layers) > SHOWN:
        total = sum(layer.parameters for layer in layers)
        lines.append(f"... {len(layers)} layers, {total:,} parameters together")
    return "  \n".join(lines).rstrip().replace("  \n  \n", "\n\n")


def _figures(document: Document, path: Path) -> Iterator[str]:
    """Where a key's value is spent or reached."""
    if document.plan is not None:
        for beginning, figures in FIGURES.items():
            if path[: len(beginning)] == beginning:
                yield from figures(document.plan, path)


def _of_network(plan: Plan, path: Path) -> Iterator[str]:
    if len(path) == 1:
        yield f"`{grammar(plan.spec)['text']}`"
        yield f"{plan.parameters:,} parameters, {short(plan.macs)} multiply-adds"


def _of_input(plan: Plan, path: Path) -> Iterator[str]:
    yield f"{dimensions(plan.input)}: {elements(plan.input):,} numbers an image"
    if plan.last_map is not None:
        yield f"- a unit of the last map sees {dimensions(plan.receptive_field)} of {dimensions(plan.input[:2])} pixels"


def _of_budget(plan: Plan, path: Path) -> Iterator[str]:
    budget = plan.spec.budget.value
    for cost in COSTS:
        limit = getattr(budget, cost.key)
        if limit is not None and path[1:2] in ((), (cost.key,)):
            used = cost.of(plan)
            yield f"- `{cost.key}`: {used:,} of {limit:,} {cost.unit} used ({percent(used, limit)})".replace("  ", " ")
            for layer in ranked(plan, cost)[:3] if len(path) > 1 else ():
                yield f"  - {cost.shown(plan, layer)}"
    if budget.receptive_field is not None and path[1:2] in ((), ("receptive_field",)):
        seen, least = dimensions(plan.receptive_field), dimensions(budget.receptive_field)
        yield f"- `receptive_field`: the last map sees {seen}, at least {least} asked for"


def _of_training(plan: Plan, path: Path) -> Iterator[str]:
    if path[1:2] in ((), ("batch_size",), ("optimizer",), ("precision",)):
        batch = plan.spec.train.value.batch_size
        yield f"training takes {short_bytes(plan.training_bytes)} at batch {batch}"
    yield from _of_patterns(plan, path)
    examples, steps = known_examples(plan), known_steps_per_epoch(plan)
    if examples is not None and path[1:2] in (("epochs",), ("batch_size",), ("schedule",)):
        yield f"{examples:,} training examples: about {steps:,} steps an epoch"


def _of_patterns(plan: Plan, path: Path) -> Iterator[str]:
    """Which layers a pattern of `freeze` or `rate_factors` is about, and how much is frozen."""
    train, pattern = plan.spec.train.value, None
    if path[1:2] == ("freeze",):
        if plan.frozen:
            frozen = plan.parameters - plan.trained_parameters
            yield f"{frozen:,} of {plan.parameters:,} parameters are frozen, in {counted(len(plan.frozen), 'layer')}"
        number = path[2] if len(path) > 2 else 0
        one = len(path) > 2 or len(train.freeze) == 1
        pattern = train.freeze[number] if one and isinstance(number, int) and number < len(train.freeze) else None
    elif path[2:3] == ("rate_factors",) and len(path) > 3:
        pattern = str(path[3])
    if pattern is not None:
        names = matching(pattern, (layer.name for layer in plan.layers))
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield f"`{pattern}` fits {', '.join(f'`{name}`' for name in names[:SHOWN]) or 'no layer'}{more}"


FIGURES: dict[Path, Callable[[Plan, Path], Iterator[str]]] = {
    ("name",): _of_network,
    ("blocks",): _of_network,
    ("fc",): _of_network,
    ("input",): _of_input,
    ("budget",): _of_budget,
    ("train",): _of_training,
}
"""What the figures are of the network, by the path that a place begins with."""
