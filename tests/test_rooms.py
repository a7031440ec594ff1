"""The house: which room may import which, and what the linter says where one does not keep to it."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("text", "diagnostics", "language", "analysis", "lowering", "training", "export", "report", "cli")
MODULES = sorted((ROOT / "netspec").glob("*/**/*.py"))


def imported(module: Path) -> set[str]:
    """The rooms a module imports, inside functions too; what stands under TYPE_CHECKING is for the type checker."""
    tree = ast.parse(module.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("netspec.")}


def test_imports_point_to_earlier_rooms() -> None:
    wrong = [
        f"{module.relative_to(ROOT)} imports netspec.{room}"
        for module in MODULES
        for room in imported(module) & set(ROOMS)
        if ROOMS.index(room) > ROOMS.index(module.relative_to(ROOT).parts[1])
    ]
    assert not wrong


@pytest.mark.skipif(find_spec("ruff") is None, reason="ruff comes with the extra dev")
@pytest.mark.parametrize(
    ("place", "code", "rule"),
    [
        ("analysis/plan.py", "import jax\n", "TID251"),
        ("analysis/plan.py", "def late() -> None:\n    import numpy\n", "TID251"),
        ("language/conv.py", "from netspec.lowering import conv\n", "TID251"),
        ("diagnostics/diagnostic.py", "import netspec.cli.main\n", "TID251"),
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
