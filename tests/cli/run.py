"""The command line as a person starts it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from netspec.cli.main import netspec as command

ROOT = Path(__file__).parent.parent.parent


def netspec(
    *arguments: str, stdin: str | None = None, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs `netspec` with these arguments; no colour unless `environment` asks for it."""
    variables = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "NO_COLOR")}
    return subprocess.run(
        [sys.executable, "-m", "netspec", *arguments],
        input=stdin if stdin is not None else "",
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env=variables | {"PYTHONPATH": str(ROOT)} | environment,
        timeout=300,
        check=False,
    )


def here(*arguments: str, stdin: bytes | None = None) -> Result:
    """The same in this process, where JAX is loaded already; an exception is a bug."""
    done = CliRunner().invoke(command, arguments, prog_name="netspec", input=stdin)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done
