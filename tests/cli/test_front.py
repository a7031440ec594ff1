"""Commands that check and show: exit codes, formats, and that nothing heavy is imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.run import ROOT, netspec

GOOD = "netspec: 1\nname: good\ninput: [8, 8, 1]\nfc: [10]\n"
BAD = "netspec: 1\nname: bad\ninput: [8, 8, 1]\nblocks:\n  - conv: {filters: 4, kernel: 9}\nfc: [10]\n"
WARNED = "netspec: 1\nname: warned\ninput: [8, 8, 1]\nblocks:\n  - conv: {filters: 4, kernel: 3, stride: 2}\nfc: [10]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("good", GOOD), ("bad", BAD), ("warned", WARNED)):
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["good.yaml"], 0),
        (["warned.yaml"], 0),
        (["--strict", "warned.yaml"], 1),
        (["bad.yaml"], 1),
        (["good.yaml", "bad.yaml"], 1),
        (["missing.yaml"], 2),
        (["missing.yaml", "bad.yaml"], 2),
        ([], 2),
        (["--format", "nonsense", "good.yaml"], 2),
        (["."], 1),
        (["--budget", "parameters=100", "good.yaml"], 1),
        (["--budget", "parameters=1k", "good.yaml"], 0),
        (["--budget", "parameters", "good.yaml"], 2),
    ],
)
def test_exit_codes(arguments: list[str], status: int, folder: Path) -> None:
    done = netspec("validate", *arguments, cwd=folder)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_json_is_the_contract(folder: Path) -> None:
    found = json.loads(netspec("validate", "--format", "json", "bad.yaml", "good.yaml", cwd=folder).stdout)
    assert (found["version"], found["files"], found["errors"], found["warnings"]) == (1, 2, 1, 0)
    (diagnostic,) = found["diagnostics"]
    assert diagnostic["code"] == "NS301"
    assert (diagnostic["file"], diagnostic["line"], diagnostic["column"]) == ("bad.yaml", 5, 32)
    assert (diagnostic["end_line"], diagnostic["end_column"]) == (5, 33)
    assert diagnostic["layer"] == "block1.conv1"


def test_standard_input() -> None:
    done = netspec("validate", "-", stdin=BAD)
    assert done.returncode == 1
    assert "<stdin>:5:32" in done.stdout


def test_an_environment_that_only_validates_needs_nothing_else() -> None:
    code = """
import sys
sys.argv = ["netspec", *sys.argv[1:]]
from netspec.cli.main import main
try:
    main()
except SystemExit as end:
    assert end.code == 0, end.code
heavy = {"jax", "jaxlib", "numpy", "optax", "PIL", "netspec.lowering", "netspec.training", "junitparser"}
loaded = sorted(heavy & set(sys.modules))
assert not loaded, loaded
"""
    for arguments in (["validate", "specs/lenet5.yaml"], ["summary", "specs/lenet5.yaml", "--format", "json"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_validate_and_json_summary_load_no_rich() -> None:
    code = "import sys; from netspec.cli import main, validate, summary, specs; assert 'rich' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_import_netspec_loads_nothing() -> None:
    code = (
        "import sys; before = set(sys.modules); import netspec; assert not {'yaml', 'jax', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_summary_is_the_contract() -> None:
    found = json.loads(netspec("summary", "specs/lenet5.yaml", "--format", "json").stdout)
    assert found["grammar"] == {"N": [1, 1], "M": 2, "K": 3, "text": "INPUT -> [CONV -> POOL]*2 -> FC*3"}
    assert found["layers"][0] == {
        "name": "block1.conv1",
        "kind": "conv",
        "input": [28, 28, 1],
        "output": [28, 28, 6],
        "parameters": 156,
        "macs": 117600,
        "activation_bytes": 18816,
        "receptive_field": [5, 5],
        "arithmetic": "(28 - 5 + 2*2)/1 + 1 = 28",
        "fc_parameters": 3692640,
        "line": 8,
    }
    assert found["layers"][4]["input"] == [400]
    assert (found["parameters"], found["macs"], found["weight_bytes"]) == (61706, 416520, 246824)
    assert found["receptive_field"] == [16, 16]
    assert found["training_bytes"] > 3 * found["weight_bytes"]


@pytest.mark.parametrize("form", ["table", "markdown", "csv"])
def test_summary_for_people(form: str, golden: object) -> None:
    done = netspec("summary", "specs/lenet5.yaml", "--format", form)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= (80 if form == "table" else 200)
    golden(f"summary/lenet5.{form}", done.stdout)  # type: ignore[operator]


def test_summary_of_a_broken_spec_shows_why(folder: Path) -> None:
    done = netspec("summary", "bad.yaml", cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert "NS301" in done.stderr


def test_the_schema_is_current() -> None:
    assert json.loads(netspec("schema").stdout) == json.loads((ROOT / "netspec.schema.json").read_text())


def test_explain() -> None:
    done = netspec("explain", "ns301")
    assert done.returncode == 0
    assert "(W - F + 2P)/S + 1" in done.stdout
    for short in ("301", "error[NS301]"):
        assert netspec("explain", short).stdout == done.stdout
    every = netspec("explain").stdout
    assert "NS301" in every
    family = [line for line in every.splitlines() if line.startswith("NS3")]
    assert netspec("explain", "ns3").stdout.splitlines() == family
    assert netspec("explain", "NS399").returncode == 2


def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "netspec", "summary", "specs/vgg19.yaml"],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 3
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m netspec explain | head -1"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_a_mistyped_command_is_helped() -> None:
    done = netspec("sumary", "specs/lenet5.yaml")
    assert done.returncode == 2
    assert "Did you mean 'summary'?" in done.stderr


def test_every_command_has_help_with_an_example() -> None:
    from netspec.cli.main import COMMANDS

    for name in COMMANDS:
        done = netspec(name, "--help")
        assert done.returncode == 0, done.stderr
        assert f"Example: netspec {name}" in done.stdout


def test_colour_is_for_terminals() -> None:
    assert "\x1b" not in netspec("validate", "-", stdin=BAD).stdout
    assert "\x1b" in netspec("validate", "-", stdin=BAD, FORCE_COLOR="1").stdout
    assert "\x1b" not in netspec("validate", "-", stdin=BAD, FORCE_COLOR="1", NO_COLOR="1").stdout
