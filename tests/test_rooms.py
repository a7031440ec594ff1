"""What the linter says where a room does not keep to the import rule; `test_house.py` holds the code to it."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.skipif(find_spec("ruff") is None, reason="ruff comes with the extra dev")
@pytest.mark.parametrize(
    ("place", "code", "rule"),
    [
        ("analysis/plan.py", "import jax\n", "TID251"),
        ("analysis/plan.py", "def late() -> None:\n    import numpy\n", "TID251"),
        ("language/conv.py", "from netspec.lowering import conv\n", "TID251"),
        ("diagnostics/diagnostic.py", "import netspec.cli.main\n", "TID251"),
        ("editor/hover.py", "import jax\n", "TID251"),
        ("editor/server.py", "from netspec.lowering import conv\n", "TID251"),
        ("editor/hover.py", "from lsprotocol import types\n", "TID253"),
        ("cli/lsp.py", "from netspec.editor import server\n", "TID253"),
        ("editor/server.py", "from lsprotocol import types\n", None),
        ("cli/validate.py", "import jax\n", "TID253"),
        ("cli/summary.py", "from rich.table import Table\n", "TID253"),
        ("cli/train.py", "from netspec.training import run\n", "TID253"),
        ("api.py", "import numpy\n", "TID253"),
        ("cli/train.py", "def late() -> None:\n    import jax\n", None),
        ("lowering/conv.py", "import jax\n", None),
    ],
)
def test_the_linter_refuses_what_breaks_the_rule(place: str, code: str, rule: str | None) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--select", "TID", "--output-format", "concise", "--no-cache"]
    done = subprocess.run(
        [*command, "--stdin-filename", f"netspec/{place}", "-"],
        cwd=ROOT,
        input=code,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == (rule is None), done.stdout + done.stderr
    assert rule is None or f" {rule} " in done.stdout
