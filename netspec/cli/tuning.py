"""How the algorithms of a network are chosen: the options that several commands have, and what they do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from netspec.cli import cache, messages, options

if TYPE_CHECKING:
    from netspec.analysis.plan import Plan
    from netspec.data.splits import Images
    from netspec.tuning.autotune import Mode, Tuning

TUNE = click.option(
    "--tune",
    type=click.Choice(["auto", "off", "full"]),
    metavar="HOW",
    default="auto",
    show_default=True,
    help="Choose algorithms by short measurements where they pay (auto), by rules (off), or by long ones (full).",
)
CHOICES = click.option(
    "--choices",
    "pinned",
    metavar="FILE",
    type=options.FILE,
    help="Take the algorithms of a run directory, or of what bench printed as JSON.",
)


def choose(plan: Plan, mode: str, pinned: str | None, *, images: Images | None = None, devices: int = 1) -> Tuning:
    """The choices for a plan; says on standard error what measuring them has changed."""
    from netspec.cli.measuring import Measuring
    from netspec.tuning import autotune

    if pinned is not None:
        return autotune.Tuning(read(plan, Path(pinned)), "pinned")
    with Measuring(f"choosing algorithms for {plan.name}") as shown:
        found = autotune.autotune(plan, _mode(mode), shown.say, cache.warn, images=images, devices=devices)
    if (line := autotune.summary(found)) is not None:
        click.echo(line, err=True)
    return found


def _mode(name: str) -> Mode:
    from netspec.tuning.autotune import Mode

    return next(mode for mode in get_args(Mode) if mode == name)


def read(plan: Plan, path: Path) -> dict[str, Any]:
    """The choices that a file or a run directory holds; exits where they are none of this plan's."""
    from netspec.lowering.planner import Unfit, from_names
    from netspec.runs.directory import PLAN

    file = path / PLAN if path.is_dir() else path
    if file.exists() and not file.is_file():  # a pipe would be waited for
        messages.fail("NS615", f"`{file}` is not a regular file", None, status=2)
    try:
        found = json.loads(file.read_text("utf-8"))
    except OSError as error:
        messages.fail("NS615", f"`{file}`: {error.strerror or error}", None, status=2)
    except (ValueError, RecursionError):
        messages.fail("NS615", f"`{file}` is not JSON", None, status=1)
    record = found.get("record", found) if isinstance(found, dict) else {}
    written = record.get("choices") if isinstance(record, dict) else None
    if not isinstance(written, dict):
        help = "give a run directory, or what `netspec bench --format json` printed"
        messages.fail("NS615", f"`{file}` holds no choices", help, status=1)
    try:
        return from_names(plan, written)
    except Unfit as error:
        messages.fail("NS615", f"`{file}`: {error}", None, status=1)
