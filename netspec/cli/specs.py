"""Specs as commands get them: from a file or standard input, with what `--set` changes."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

import click

from netspec.analysis.check import Report, costed
from netspec.analysis.plan import Plan, PlannedLayer
from netspec.cli import messages
from netspec.diagnostics.errors import SpecError
from netspec.language.override import Aliased, NoItem, Override, override
from netspec.language.spelling import likest
from netspec.project.configuration import told_of, wrong_budget
from netspec.repair.check import check_source, readable_source, sound_plan
from netspec.text.recognition import RUN_SPEC
from netspec.text.source import Source

EXAMPLES = {"--set": "train.epochs=3", "--budget": "parameters=60k"}


def is_run(name: str) -> bool:
    """Whether the name is that of a run directory."""
    return (Path(name) / RUN_SPEC).is_file()


def of_run(name: str) -> str:
    """The spec that a name stands for: of a run directory its own."""
    return str(Path(name) / RUN_SPEC) if is_run(name) else name


def read(name: str) -> Source:
    """The text of a file, or of standard input for `-`. Raises UnreadableSpec."""
    source = readable_source(name)
    messages.current().files.append(source.name)
    return source


def key_value(option: str, item: str) -> tuple[list[str], str]:
    """The path and the value of `KEY=VALUE`; a usage error where it is none."""
    key, equals, value = item.partition("=")
    if not equals or not value.strip() or not re.fullmatch(r"[a-z_][a-z0-9_]*(\.([a-z_][a-z0-9_]*|\d{1,6}))*", key):
        raise click.UsageError(f"{option} {messages.safe(item)}: write KEY=VALUE, as in {EXAMPLES[option]}")
    return key.split("."), value


def written(source: Source, option: str, items: Sequence[str], prefix: str = "") -> tuple[Source, list[Override]]:
    """The source with the `KEY=VALUE` items of an option in its text, one after the other."""
    made = []
    for item in items:
        path, value = key_value(option, item)
        try:
            change = override(source, f"{option} {item}", [*([prefix] if prefix else []), *path], value)
        except Aliased as error:
            raise click.UsageError(f"{option} {messages.safe(item)}: {error}; change it in the file.") from None
        except NoItem as error:
            raise click.UsageError(f"{option} {messages.safe(item)}: {error}.") from None
        if change is not None:
            made.append(change)
            source = change.source
    return source, made


def require_budgets(items: Sequence[str]) -> None:
    """Refuses budgets that no spec could have: a usage error once, rather than a finding in every file."""
    for item in items:
        if why := wrong_budget(*key_value("--budget", item)):
            raise click.UsageError(f"--budget {messages.safe(item)}: {messages.safe(why)}.")


def check(source: Source, overrides: Sequence[Override] = (), *, hints: bool = False) -> Report:
    """The report on a source; what it says of overridden values is told of the file as it is. `hints` get their fixes too."""
    return told_of(check_source(source, hints=hints), overrides)


def load(name: str, overrides: Sequence[str] = ()) -> Report:
    """The report on one file, with the `--set` overrides written into its text."""
    return check(*written(read(name), "--set", overrides))


def require_plan(name: str, overrides: Sequence[str] = ()) -> Plan:
    """The plan of a file; its warnings are told. Raises SpecError where it has none."""
    report = load(name, overrides)
    plan = sound_plan(report)
    messages.tell(report.for_network)
    return plan


LISTED = 12
"""How many layers are named where there is none of a name."""


def require_layer(plan: Plan, name: str, kinds: Collection[str] | None = None) -> PlannedLayer:
    """The layer of that name, of one of `kinds` where they are given. A usage error where there is none."""
    found = {layer.name: layer for layer in plan.layers}
    names = [layer.name for layer in plan.layers if kinds is None or layer.kind in kinds]
    if name in names:
        return found[name]
    # `summary` heads a repeated block with its first and its last copy
    blocks = tuple(f"{part}." for part in name.replace("…", "...").split(" ... "))
    inside = [one for one in names if one.startswith(blocks)]
    close = None if inside else likest(name, names)
    names = inside or names
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    instead = f"did you mean {close}?" if close else f"choose among {', '.join(names[:LISTED])}{more}."
    wrong = "there is no such layer"
    if inside:
        wrong = "it is a block of layers"
    if name in found:
        wrong = f"it is `{', '.join(found[name].settings.described())}`"
    raise click.UsageError(f"--layer {messages.safe(name)}: {wrong}; {instead}")


def require_costs(name: str, overrides: Sequence[str] = ()) -> tuple[Plan, Report]:
    """The plan of a file, or of a run directory, though it exceed its budgets, and the report. Raises SpecError where all else is wrong."""
    report = load(of_run(name), overrides)
    plan = costed(report)
    if plan is None:
        raise SpecError(report.for_network)
    return plan, report
