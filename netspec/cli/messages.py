"""What a command says while it runs, and how text fits the stream it goes to."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TextIO

import click

from netspec.diagnostics.diagnostic import Diagnostic, placeless, told
from netspec.diagnostics.render import renderer
from netspec.diagnostics.render.cells import shown, wrapped

if TYPE_CHECKING:
    from rich.box import Box
    from rich.console import Console, RenderableType

EXTRA = "pip install 'netspec-compiler[{}]'"
INSTALL = EXTRA.format("train")
TRAINING = {
    "jax": "jax",
    "jaxlib": "jaxlib",
    "optax": "optax",
    "numpy": "numpy",
    "safetensors": "safetensors",
    "flatbuffers": "flatbuffers",
    "filelock": "filelock",
    "jinja2": "Jinja2",
    "PIL": "Pillow",
    "tensorboardX": "tensorboardX",
}
"""The modules of the extra `train`, and the packages that have them."""
FRAMES = 8
"""How much of a bug's traceback is shown."""


def coloured(stream: TextIO) -> bool:
    """Whether a person who wants colour reads this stream: https://no-color.org, and FORCE_COLOR."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def width(stream: TextIO) -> int:
    """The columns of a terminal; 80 elsewhere."""
    return shutil.get_terminal_size((80, 24)).columns if stream.isatty() else 80


def console(stream: TextIO) -> Console:
    """A console for results on a stream. No text is markup: a class may be called `[bold]`."""
    from rich.console import Console

    colour = coloured(stream)
    return Console(
        file=stream,
        width=width(stream),
        no_color=not colour,
        force_terminal=colour,
        highlight=False,
        emoji=False,
        markup=False,
    )


def drawn(stream: TextIO) -> bool:
    """Whether lines and bars may be drawn with more than ASCII: on a terminal that reads UTF-8."""
    return stream.isatty() and (stream.encoding or "").lower().replace("-", "") == "utf8"


def ruled(stream: TextIO) -> Box:
    """The frame of a table: a rule below its head and above its foot."""
    from rich import box

    fine = drawn(stream)
    rule = " \u2500\u2500 " if fine else " -- "
    return box.Box(f"    \n    \n{rule}\n    \n    \n{rule}\n    \n    \n", ascii=not fine)


def lines(stream: TextIO, *parts: RenderableType) -> str:
    """Parts of a result one below the other as text for a stream, without the padding at the right that is for nobody."""
    screen = console(stream)
    with screen.capture() as captured:
        for part in parts:
            screen.print(part)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().rstrip().split("\n"))


def safe(text: str) -> str:
    """A name from outside as a terminal may show it."""
    return shown(text)


def fitted(text: str, stream: TextIO, indent: str = "  ") -> str:
    """A line of plain words for a stream: on a terminal in as many lines as its width asks for, the others indented."""
    if not stream.isatty():
        return text
    first, *rest = wrapped(text, width(stream))
    return "\n".join([first, *(indent + line for line in wrapped(" ".join(rest), width(stream) - len(indent)) if line)])


@dataclass
class Told:
    """What a command has told while it runs, and how it is to be told."""

    findings: list[Diagnostic] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    """The specs that were read, by name."""
    form: str | None = None
    """The format of the one document that the findings go into; None where they are told in words, as they come."""
    result_form: str | None = None
    """The format of the result."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What else there is to tell a program: keys of the document, where it is JSON."""

    @staticmethod
    def of(context: click.Context) -> Told:
        """The account of this context's command line; a new one at the first call."""
        account: Told = context.meta.setdefault(__name__, Told())
        return account


def current() -> Told:
    """The account of the running command; outside of a command a new one, which nobody reads."""
    context = click.get_current_context(silent=True)
    return Told() if context is None else Told.of(context)


def tell(findings: Sequence[Diagnostic]) -> None:
    """Findings as they come, but for hints: on standard error in words, or kept for the document that they go into.

    What stands in no text is told once, however many meet it.
    """
    account = current()
    findings = [found for found in told(findings) if found.placed or found not in account.findings]
    account.findings += findings
    if account.form is not None:
        return
    if placed := [found for found in findings if found.placed]:
        text = renderer("full")(placed, (), color=coloured(sys.stderr), width=width(sys.stderr))
        click.echo(text, err=True, nl=False, color=coloured(sys.stderr))
    for found in findings:
        if not found.placed:
            colour = "red" if found.severity == "error" else "yellow"
            _say(colour, f"{found.severity}[{found.code}]", found.message)
            if found.help is not None:
                _say("green", "help", found.help)


def warn(code: str, message: str, help: str | None = None) -> None:
    """A warning that stands in no text."""
    tell([placeless(code, message, help, "warning")])


def _say(colour: str, kind: str, message: str) -> None:
    """One line for a program; for a person at a terminal as many as its width asks for, the others below the first."""
    text = safe(message)
    if sys.stderr.isatty():
        text = f"\n{' ' * (len(kind) + 2)}".join(wrapped(text, max(width(sys.stderr) - len(kind) - 2, 40)))
    click.echo(f"{click.style(kind, colour, bold=True)}: {text}", err=True, color=coloured(sys.stderr))


def bug() -> str:
    """What there is to report of the exception that is being handled, which is one of netspec's own."""
    try:
        from netspec import __version__ as own
    except PackageNotFoundError:
        own = "not installed"
    versions = f"netspec {own}, Python {platform.python_version()}, {platform.platform()}"
    # the innermost frames: what stands above them is click's
    lines = traceback.format_exc(limit=-FRAMES)
    return f"{lines}\nthis is a bug in netspec ({versions}); please report it with the lines above"


class Uninstalled(click.ClickException):
    """A package that a command needs is missing: one line, and the status of a failed environment."""

    exit_code = 3

    def show(self, file: Any = None) -> None:
        """The line as it is."""
        click.echo(self.message, err=True)


def require_training() -> None:
    """Raises Uninstalled where the extra `train` is not there."""
    require_extra("train", TRAINING)


def require_extra(extra: str, packages: Mapping[str, str]) -> None:
    """Raises Uninstalled where one of the modules of an extra is not there; `packages` says what has each."""
    missing = [package for module, package in packages.items() if find_spec(module) is None]
    if missing:
        raise Uninstalled(f"this command needs {', '.join(missing)}: {EXTRA.format(extra)}")
