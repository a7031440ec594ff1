"""The rules of the house: which way imports point, what stands in the repository, what is indexed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from netspec.language.data import SOURCES

ROOT = Path(__file__).parent.parent
ROOMS = (
    "text",
    "diagnostics",
    "language",
    "analysis",
    "repair",
    "project",
    "editor",
    "storage",
    "importing",
    "kernels",
    "lowering",
    "data",
    "runs",
    "training",
    "tuning",
    "export",
    "report",
    "workflows",
    "api",
    "cli",
)
BY_NAME = {
    "analysis/plan.py": {"report"},  # a notebook shows the picture of a plan
    "language/conv.py": {"analysis", "lowering"},  # a kind says which modules run it and choose for it
    "language/fc.py": {"lowering"},
    "language/pool.py": {"analysis", "lowering"},
    "language/gate.py": {"lowering"},
    "language/join.py": {"lowering"},
    "language/added.py": {"lowering"},
}
"""The files that name modules of later rooms, imported when they are asked for."""
COMPUTING = ("importing", "lowering", "data", "runs", "training", "tuning", "export", "report", "workflows")
ARRAYS = {"storage/tensors.py", "storage/tree.py"}
"""What is written may be text or arrays: these two are for arrays."""
HEAVY = {"jax", "jaxlib", "numpy", "optax", "PIL", "safetensors", "tensorboardX", "ml_dtypes", "jinja2", "filelock"}
PROTOCOL = {"pygls", "lsprotocol"}
"""The language server's own: 0.3 s to load, for one command."""
FILES = sorted((ROOT / "netspec").rglob("*.py"))


def imports(tree: ast.AST) -> set[str]:
    """The modules that a piece of code imports, wherever in it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def when_imported(path: Path) -> ast.Module:
    """The part of a module that runs when it is imported: no functions, nothing for the type checker alone."""
    tree = ast.parse(path.read_text())
    kept = [node for node in tree.body if not isinstance(node, ast.FunctionDef)]
    kept = [node for node in kept if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))]
    return ast.Module(kept, [])


def named(tree: ast.AST) -> set[str]:
    """The modules of netspec whose names stand in strings, with or without what is wanted of them."""
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {word for word in words if re.fullmatch(r"netspec(\.\w+)+(:\w+)?", word)}


def rooms(found: set[str]) -> set[str]:
    return {name.split(".")[1] for name in found if name.startswith("netspec.")} & set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_backwards(room: str) -> None:
    later = set(ROOMS[ROOMS.index(room) + 1 :])
    files = [path for path in FILES if path.relative_to(ROOT / "netspec").parts[0].removesuffix(".py") == room]
    assert files
    for path in files:
        tree, inside = ast.parse(path.read_text()), path.relative_to(ROOT / "netspec").as_posix()
        assert not rooms(imports(tree)) & later, path
        assert rooms(named(tree)) & later == BY_NAME.get(inside, set()), path


def test_the_front_rooms_and_the_command_line_load_nothing_heavy() -> None:
    for path in FILES:
        inside = path.relative_to(ROOT / "netspec")
        room = inside.parts[0]
        if room in COMPUTING or inside.as_posix() in ARRAYS:
            continue
        found = imports(when_imported(path) if room in ("cli", "api.py") else ast.parse(path.read_text()))
        heavy = {name for name in found if name.split(".")[0] in HEAVY}
        assert room == "api.py" or not heavy, (path, heavy)
        assert room == "api.py" or not rooms(found) & set(COMPUTING), path
        if room == "api.py":
            assert not {name.split(".")[0] for name in imports(when_imported(path))} & HEAVY


@pytest.mark.parametrize(
    ("arguments", "own"),
    [
        (["validate", "specs"], ""),
        (["validate", "--fix", "{folder}/x.yaml"], ""),
        (["summary", "specs/vgg16.yaml", "--format", "csv"], ""),
        (["diagram", "specs/vgg16.yaml", "-o", "{folder}/net.svg"], "report"),
        (["import", "tests/importing/files/lenet.prototxt", "-o", "{folder}/net.yaml"], "importing"),
    ],
)
def test_a_fresh_process_loads_nothing_that_computes(arguments: list[str], own: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("netspec: 1\nname: x\ninput: [8, 8, 1]\nfc: [{unitz: 10}]\n")
    arguments = [argument.format(folder=tmp_path) for argument in arguments]
    code = f"""
import sys
from netspec.cli.main import main
sys.argv = ["netspec", *{arguments!r}]
try:
    main()
except SystemExit as end:
    assert end.code in (0, 1), end.code
computing = tuple(f"netspec.{{room}}" for room in {[room for room in (*COMPUTING, "editor") if room != own]!r})
loaded = [name for name in sys.modules if name.split(".")[0] in {HEAVY | PROTOCOL!r} or name.startswith(computing)]
assert not loaded, sorted(loaded)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--fix" not in arguments or "units" in (tmp_path / "x.yaml").read_text()


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_text_names_a_machine() -> None:
    places = re.compile(r"/(?:home|Users|root)/\w+|/(?:work|opt|workspace)/\w+|[A-Z]:\\\\Users", re.ASCII)
    for path in tracked():
        data = path.read_bytes()
        if b"\0" in data or path == Path(__file__):
            continue
        found = places.search(data.decode("utf-8", "replace"))
        assert found is None, (path, found)


def test_what_a_package_carries_is_there() -> None:
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    for pattern in setup["package-data"]["netspec"]:
        assert list((ROOT / "netspec").glob(pattern)), pattern


def test_every_decision_is_indexed() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    files = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert re.findall(r"\]\((\d{4}-[a-z-]+\.md)\)", index) == files
    numbers = [int(name[:4]) for name in files]
    assert numbers == sorted(set(numbers))
    for name in files:
        assert (folder / name).read_text().startswith(f"# {int(name[:4])}. ")


def test_the_documentation_names_files_that_are_there() -> None:
    for page in (ROOT / "CONTRIBUTING.md", ROOT / "docs" / "architecture.md", ROOT / "docs" / "robustness.md"):
        for name in re.findall(r"`((?:netspec|tests|specs|docs)/[\w./-]*)`", page.read_text()):
            assert (ROOT / name).exists(), (page.name, name)


def test_lower_bounds_can_be_met_together() -> None:
    """None is below what another package that is asked for needs of it; `.ci/lowest` installs and tries them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(text) for text in (*project["dependencies"], *project["optional-dependencies"]["train"])]
    lowest = {canonicalize_name(one.name): str(one.specifier).removeprefix(">=") for one in wanted}
    compared = 0
    for name in lowest:
        try:
            needs = [Requirement(text) for text in requires(name) or ()]
        except PackageNotFoundError:
            continue
        for need in needs:
            other = canonicalize_name(need.name)
            if other in lowest and (need.marker is None or need.marker.evaluate({"extra": ""})):
                compared += 1
                assert need.specifier.contains(lowest[other]), f"{name} needs {need}"
    assert compared or not find_spec("jax")


CODE = re.compile(r"NS\d+")


def is_code(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(CODE.fullmatch(node.value))


def test_nothing_tests_a_code_by_its_letters() -> None:
    """What follows from a code is a property of it in the catalogue; elsewhere a code is written out where a finding is made."""
    for path in FILES:
        if path.is_relative_to(ROOT / "netspec" / "diagnostics" / "codes") or path.name == "code.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            parts: list[ast.expr] = []
            if isinstance(node, ast.Assign):  # a name for it could be compared
                parts = [node.value]
            elif isinstance(node, ast.Compare):
                parts = [node.left, *node.comparators]
            elif isinstance(node, ast.Tuple | ast.List | ast.Set) and len(node.elts) == sum(map(is_code, node.elts)):
                parts = node.elts
            elif isinstance(node, ast.Dict):
                parts = [key for key in node.keys if key is not None]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and "with" in node.func.attr:
                parts = node.args
            assert not any(map(is_code, parts)), (path, node.lineno, ast.unparse(node))


def test_only_the_room_that_repairs_makes_fixes() -> None:
    for path in FILES:
        called = {node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
        makes = any(isinstance(function, ast.Name) and function.id == "Fix" for function in called)
        assert not makes or path.is_relative_to(ROOT / "netspec" / "repair"), path


def test_nothing_compares_the_name_of_a_source() -> None:
    """What a source is stands in `netspec/language/data.py`."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare):
                values = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
                assert not values & SOURCES.keys(), (path, ast.unparse(node))


def test_one_file_measures_how_alike_words_are() -> None:
    measures = {"difflib.get_close_matches", "difflib.SequenceMatcher"}
    found = {path for path in FILES if imports(ast.parse(path.read_text())) & measures}
    of_lists = ROOT / "netspec" / "analysis" / "comparison.py"  # which layers of two networks are the same
    assert found == {ROOT / "netspec" / "language" / "spelling.py", of_lists}


ENDS = {
    "cli/main.py": "what a command returned is shown, and the process ends with its status",
    "__main__.py": "a signal ends the process on the spot",
    "training/signals.py": "a second interrupt that nobody hears",
    "editor/server.py": "a client that has gone, and signals",
    "editor/worker.py": "a server that has gone",
}
"""Where a process may end, and for what."""


def ends_the_process(tree: ast.AST) -> set[str]:
    """What in a piece of code ends the process, but for what is raised for `main` to show."""
    words = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute | ast.Name)}
    return {
        word
        for word in words
        if word in ("SystemExit", "exit", "quit", "os._exit", "sys.exit", "os.abort")
        or word.endswith(("exceptions.Exit", "click.Abort", "ctx.exit", "context.exit"))
    }


def test_only_main_and_signals_end_the_process() -> None:
    assert ends_the_process(ast.parse("import os, sys\nif x: raise SystemExit(1)\ncontext.exit(2); os._exit(3)")) == {
        "SystemExit",
        "context.exit",
        "os._exit",
    }
    found = {str(path.relative_to(ROOT / "netspec")): ends_the_process(ast.parse(path.read_text())) for path in FILES}
    assert {name for name, ends in found.items() if ends} == ENDS.keys()
