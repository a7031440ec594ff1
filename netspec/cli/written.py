"""Files that a command writes where its user says: what is there stays, but with `--overwrite`, and what was written is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import messages
from netspec.diagnostics.render.wording import counted

if TYPE_CHECKING:
    from netspec.analysis.plan import Plan


def overwrite(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--overwrite`."""
    return click.option("--overwrite", is_flag=True, help="Write over files that are there already.")(command)


def require_free(path: str | None, overwrite: bool, name: str = "--output", meant: str = "") -> None:
    """A usage error where a file is at the path of this option, unless it may be written over; `meant` helps further."""
    if path not in (None, "-") and not overwrite and Path(str(path)).is_file():
        raise click.BadParameter(
            f"{messages.safe(str(path))} is there already; --overwrite writes over it.{meant}", param_hint=name
        )


def write(path: str, data: bytes) -> None:
    """Makes `data` the content of the file at `path`, or raises OSError and leaves it as it was."""
    from netspec.storage.writing import write_atomic

    write_atomic(Path(path), data)


def say(path: str, what: str) -> None:
    """On standard error: the file, and what it holds now."""
    click.echo(f"{messages.safe(path)}: {what}", err=True)


def say_next(what: str) -> None:
    """On standard error: what comes next."""
    click.echo(f"next: {what}", err=True)


def size(plan: Plan) -> str:
    """How large a network is, in words."""
    return f"{counted(len(plan.layers), 'layer')}, {plan.parameters:,} parameters"
