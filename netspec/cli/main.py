"""The command `netspec`: which commands there are, and the one place where a bug is caught.

A command's module is imported when that command runs, so that `validate` pays for nothing of `train`.
"""

from __future__ import annotations

import errno
import os
import platform
import sys
import traceback
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import version

import click

COMMANDS: dict[str, str] = {
    "validate": "netspec.cli.validate:validate",
    "summary": "netspec.cli.summary:summary",
    "explain": "netspec.cli.explain:explain",
    "schema": "netspec.cli.schema:schema",
    "compile": "netspec.cli.compile:compile_",
    "train": "netspec.cli.train:train",
    "evaluate": "netspec.cli.evaluate:evaluate",
    "predict": "netspec.cli.predict:predict",
    "report": "netspec.cli.report:report",
}
"""Each command's function, in the order of `netspec --help`."""


class Commands(click.Group):
    """A group whose commands are imported late."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), function)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a hint where the name is nearly right."""
        close = get_close_matches(args[0], COMMANDS, 1) if args and args[0] not in COMMANDS else []
        if close and not args[0].startswith("-"):
            ctx.fail(f"No such command '{args[0]}'. Did you mean '{close[0]}'?")
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="netspec-compiler", prog_name="netspec")
def netspec() -> None:
    """Describes, checks and trains convolutional networks written in YAML."""


def main() -> None:
    """Runs the command line and exits: 0 done, 1 the input was found wrong, 2 wrong usage, 3 the environment or a bug."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        netspec(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        _leave(error.exit_code)
    except (click.exceptions.Exit, SystemExit) as error:
        code = error.exit_code if isinstance(error, click.exceptions.Exit) else error.code
        _leave(code if isinstance(code, int) else 0)
    except (click.Abort, KeyboardInterrupt):
        _leave(130)
    except OSError as error:
        _leave(_environment(error))
    except Exception:
        _leave(_bug())


def _environment(error: OSError) -> int:
    """One line for what the system refused. A reader that has gone (`| head`) needs no word."""
    if error.errno == errno.EPIPE:
        return 3
    where = f"{error.filename}: " if error.filename else ""
    click.echo(f"netspec: {where}{error.strerror or error}", err=True)
    return 3


def _bug() -> int:
    click.echo(traceback.format_exc(), err=True)
    versions = f"netspec {version('netspec-compiler')}, Python {platform.python_version()}, {platform.platform()}"
    click.echo(f"this is a bug in netspec ({versions}); please report it with the lines above", err=True)
    return 3


def _leave(status: int) -> None:
    """Exits; what cannot be written any more makes no second noise."""
    try:
        sys.stdout.flush()
    except OSError as error:
        status = status or _environment(error)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)
