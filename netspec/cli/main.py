"""The command `netspec`: which commands there are, and the one place where a bug is caught.

A command's module is imported when that command runs, so that `validate` pays for nothing of `train`.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from netspec.cli.outcome import Outcome
from netspec.cli.rendering import present
from netspec.diagnostics.errors import Misuse, NetspecError
from netspec.diagnostics.render.cells import shown
from netspec.language.spelling import likest
from netspec.text.docstring import docstring

COMMANDS: dict[str, str] = {
    "validate": "netspec.cli.validate:validate",
    "summary": "netspec.cli.summary:summary",
    "diff": "netspec.cli.diff:diff",
    "explain": "netspec.cli.explain:explain",
    "schema": "netspec.cli.schema:schema",
    "diagram": "netspec.cli.diagram:diagram",
    "trace": "netspec.cli.trace:trace",
    "import": "netspec.cli.importing:import_",
    "compile": "netspec.cli.compile:compile_",
    "train": "netspec.cli.train:train",
    "bench": "netspec.cli.bench:bench",
    "evaluate": "netspec.cli.evaluate:evaluate",
    "predict": "netspec.cli.predict:predict",
    "report": "netspec.cli.report:report",
    "export": "netspec.cli.export:export",
    "lsp": "netspec.cli.lsp:lsp",
}
"""Each command's function, in the order of `netspec --help`."""

STARTED = time.monotonic()
"""When this process began, but for Python's own start of some 20 ms."""
ENVIRONMENT = 3
"""The exit code where the environment or netspec itself failed."""


class NoReader(Exception):
    """Standard output is read no more (`| head`). click itself would end with 1, which says that a spec is wrong."""


@contextmanager
def _readers() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise NoReader from None


class Commands(click.Group):
    """A group whose commands are imported late."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does: this is where `--help` writes."""
        with _readers():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """As click does, and shows what comes of it; what the user can mend is an outcome too."""
        with _readers():
            try:
                outcome = super().invoke(ctx)
            except NetspecError as error:
                outcome = Outcome(error.diagnostics, status=error.status)
            except Misuse as error:
                name = ctx.invoked_subcommand or ""
                command = self.get_command(ctx, name) or self
                raise click.UsageError(str(error), click.Context(command, ctx, name)) from None
            ctx.exit(present(ctx, outcome))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), function)
        return _documented(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a hint where the name is nearly right."""
        close = likest(args[0], COMMANDS) if args and args[0] not in COMMANDS else None
        if close and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}. Did you mean '{close}'?")
        return super().resolve_command(ctx, args)


def _documented(command: click.Command) -> click.Command:
    """With the help that click would have had of a docstring, were docstrings there (`PYTHONOPTIMIZE=2`)."""
    if command.help is None and command.callback is not None:
        command.help = docstring(command.callback)
    return command


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Example: netspec validate specs/lenet5.yaml
Completion: eval "$(_NETSPEC_COMPLETE=bash_source netspec)"
            (zsh_source for zsh, fish_source for fish)""",
)
@click.version_option(package_name="netspec-compiler", prog_name="netspec", message="%(prog)s %(version)s")
def netspec() -> None:
    """Check, compile and train convolutional networks that are written in YAML."""


_documented(netspec)


def main() -> None:
    """Runs the command line and exits: 0 done, 1 the input was found wrong, 2 wrong usage, 3 the environment or a bug.

    Signals are `netspec.__main__`'s: 130 after SIGINT, 143 after SIGTERM and 129 after SIGHUP.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = netspec(prog_name="netspec", standalone_mode=False)
        sys.stdout.flush()
        _leave(status)
    except click.ClickException as error:
        # what a command line holds steers no terminal; the attribute is final for those who type-check
        vars(error)["message"] = "\n".join(map(shown, error.message.split("\n")))
        error.show()
        _leave(error.exit_code)
    except SystemExit as error:  # of click, which completes a command line for a shell
        _leave(error.code if isinstance(error.code, int) else 0)
    except NoReader:
        _leave(ENVIRONMENT)
    except (click.Abort, KeyboardInterrupt):
        _leave(128 + signal.SIGINT)
    except OSError as error:
        _leave(_environment(error))
    except ImportError as error:
        _leave(_uninstalled(error))
    except Exception:
        _leave(_bug())


def _environment(error: OSError) -> int:
    """One line for what the system refused. A reader that has gone (`| head`) needs no word."""
    if error.errno == errno.EBADF and error.filename is None:
        click.echo("netspec: standard output is closed", err=True)
    elif error.errno != errno.EPIPE:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"netspec: {shown(f'{where}{error.strerror or error}')}", err=True)
    return ENVIRONMENT


def _uninstalled(error: ImportError) -> int:
    """One line for a package that is missing, broken or of a version without what is taken from it."""
    from netspec.cli.messages import INSTALL

    module = error.name or ""
    if module.partition(".")[0] in ("", "netspec"):
        return _bug()
    # what netspec says of YAML's C library has the command in it already
    advice = "" if module == "yaml.cyaml" else f": {INSTALL}"
    click.echo(f"netspec: {error}{advice}", err=True)
    return ENVIRONMENT


def _bug() -> int:
    from netspec.cli.messages import bug

    click.echo(bug(), err=True)
    return ENVIRONMENT


def _leave(status: int) -> None:
    """Exits; what cannot be written any more makes no second noise."""
    try:
        sys.stdout.flush()
    except OSError as error:
        status = status or _environment(error)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)
