"""What a command says on standard error, and how it ends when it cannot go on."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click

from netspec.diagnostics.diagnostic import Diagnostic, told
from netspec.diagnostics.render import renderer
from netspec.diagnostics.render.cells import shown, wrapped

if TYPE_CHECKING:
    from rich.box import Box
    from rich.console import Console, RenderableType

    from netspec.analysis.plan import Plan
    from netspec.data.splits import Images
    from netspec.training.trained import TrainedNetwork

INSTALL = "pip install 'netspec-compiler[train]'"
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


def console() -> Console:
    """A console for results on standard output. No text is markup: a class may be called `[bold]`."""
    from rich.console import Console

    colour = coloured(sys.stdout)
    return Console(
        width=width(sys.stdout),
        no_color=not colour,
        force_terminal=colour,
        highlight=False,
        emoji=False,
        markup=False,
    )


def drawn(stream: TextIO) -> bool:
    """Whether lines and bars may be drawn with more than ASCII: on a terminal that reads UTF-8."""
    return stream.isatty() and (stream.encoding or "").lower().replace("-", "") == "utf8"


def ruled() -> Box:
    """The frame of a table: a rule below its head and above its foot."""
    from rich import box

    fine = drawn(sys.stdout)
    rule = " \u2500\u2500 " if fine else " -- "
    return box.Box(f"    \n    \n{rule}\n    \n    \n{rule}\n    \n    \n", ascii=not fine)


def lines(*parts: RenderableType) -> None:
    """Prints parts of a result one below the other, without the padding at the right that is for nobody."""
    screen = console()
    with screen.capture() as captured:
        for part in parts:
            screen.print(part)
    text = "\n".join(line.rstrip() for line in captured.get().rstrip().split("\n"))
    click.echo(text, color=coloured(sys.stdout))


def safe(text: str) -> str:
    """A name from outside as a terminal may show it."""
    return shown(text)


def fitted(text: str, stream: TextIO, indent: str = "  ") -> str:
    """A line of plain words for a stream: on a terminal in as many lines as its width asks for, the others indented."""
    if not stream.isatty():
        return text
    first, *rest = wrapped(text, width(stream))
    return "\n".join([first, *(indent + line for line in wrapped(" ".join(rest), width(stream) - len(indent)) if line)])


def show(diagnostics: Sequence[Diagnostic]) -> None:
    """Diagnostics in full, on standard error, but for hints; nothing where there are none."""
    if told(diagnostics):
        text = renderer("full")(diagnostics, (), color=coloured(sys.stderr), width=width(sys.stderr))
        click.echo(text, err=True, nl=False, color=coloured(sys.stderr))


def warn(code: str, message: str, help: str | None = None) -> None:
    """A warning that has no place in a spec."""
    _say("yellow", f"warning[{code}]", message)
    if help is not None:
        _say("green", "help", help)


def tell(found: Diagnostic) -> None:
    """A finding whose place is in no spec."""
    _say({"error": "red", "warning": "yellow"}[found.severity], f"{found.severity}[{found.code}]", found.message)
    if found.help is not None:
        _say("green", "help", found.help)


def error(code: str, message: str, help: str | None = None) -> None:
    """An error that has no place in a spec."""
    _say("red", f"error[{code}]", message)
    if help is not None:
        _say("green", "help", help)


def fail(code: str, message: str, help: str | None, *, status: int) -> NoReturn:
    """An error that has no place in a spec, and the end."""
    error(code, message, help)
    raise SystemExit(status)


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


def require_training() -> None:
    """Exits where the extra `train` is not installed."""
    missing = [package for module, package in TRAINING.items() if find_spec(module) is None]
    if missing:
        click.echo(f"this command needs {', '.join(missing)}: {INSTALL}", err=True)
        raise SystemExit(3)


def require_finite(numbers: Any, what: str) -> None:
    """Exits where a number that a network gave is infinite or none: nobody could read it."""
    import numpy as np

    if not np.isfinite(numbers).all():
        fail("NS625", f"{what} is not finite: the weights are so large that it overflows", None, status=1)


def load_run(run: str, which: str = "model") -> TrainedNetwork:
    """The network of a run directory, of a model or of a checkpoint; exits where there is none."""
    from netspec.runs.directory import NotARun
    from netspec.storage.tensors import Corrupt
    from netspec.training.trained import load

    path = Path(run)
    try:
        return load(path, which, lambda message: warn("NS607", message))
    except NotARun as error:
        fail(error.code, str(error), error.help, status=2 if error.absent else 1)
    except Corrupt as error:
        help = "load the best by validation with --checkpoint best, or train again"
        if which == "best":
            help = "load the network as it ended: leave --checkpoint out"
        if path.is_file():
            help = "name the directory of its run, or another of the checkpoints there"
        fail("NS605", str(error), help, status=1)
    except OSError as error:
        fail("NS602", f"`{run}`: {error.strerror or error}", None, status=2)
    except ValueError:  # a NUL in the name
        fail("NS602", f"`{run}`: no file can have this name", None, status=2)


def require_images(plan: Plan, given: str | None, record: Mapping[str, Any] | None = None) -> Images:
    """The images of a plan: those that `--data` gives, else those of the run of `record`, else those that the spec names.

    Shows the warnings that they give rise to; exits where they are none that can be used.
    """
    from netspec.cli import given_data
    from netspec.data import splits
    from netspec.runs.directory import data_path

    given_data.require_files(plan.spec.data.value.source, given)
    path = Path(given) if given is not None else data_path(record) if record is not None else None
    found = splits.read(plan, path)
    findings = found if isinstance(found, list) else found.warnings
    given_data.show(findings, given, None if path is None else record)
    if isinstance(found, list):
        raise SystemExit(1)
    return found
