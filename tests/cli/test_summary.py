"""The summary: savings checked by hand, and a table that fits where it is read."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from netspec.analysis.plan import Plan
from netspec.analysis.summary import Savings, savings
from netspec.repair.check import check_source
from netspec.text.source import Source
from tests.cli.run import ROOT, here, netspec
from tests.lowering.grammar import specs


def plan(body: str) -> Plan:
    found = check_source(Source("x.yaml", f"netspec: 1\nname: x\n{body}")).plan
    assert found is not None
    return found


def test_lenet_by_hand() -> None:
    found = check_source(Source("x", (ROOT / "specs" / "lenet5.yaml").read_text())).plan
    assert found is not None
    assert savings(found) == Savings(
        fully_connected=(28 * 28 * 1 + 1) * (28 * 28 * 6) + (14 * 14 * 6 + 1) * (10 * 10 * 16),
        local=(5 * 5 * 1 + 1) * (28 * 28 * 6) + (5 * 5 * 6 + 1) * (10 * 10 * 16),
        shared=(5 * 5 * 1 + 1) * 6 + (5 * 5 * 6 + 1) * 16,
        undiminished=(24 * 24 * 16 + 1) * 120,
        downsampled=(5 * 5 * 16 + 1) * 120,
    )


def test_depthwise_without_bias_under_batch_norm_by_hand() -> None:
    found = plan(
        "input: [9, 9, 4]\n"
        "blocks: [{conv: {filters: 4, kernel: 3, stride: 2, groups: depthwise, norm: batch}}, {pool: {window: all}}]\n"
        "fc: [{units: 5, bias: false}]\n"
    )
    assert savings(found) == Savings((9 * 9 * 4 + 1) * 64, 9 * 64, 9 * 4, 7 * 7 * 4 * 5, 4 * 5)


def test_without_convolution_nothing_is_saved() -> None:
    found = plan("input: [1000, 1000, 1]\nfc: [100]\n")
    assert found.parameters == (1000 * 1000 + 1) * 100 == 100_000_100
    assert savings(found) == Savings(0, 0, 0, 0, 0)


def test_without_fc_downsampling_saves_nothing_in_it() -> None:
    found = plan("input: [8, 8, 1]\nblocks: [{conv: {filters: 2, kernel: 3}, pool: {window: 2}}]\n")
    assert (savings(found).undiminished, savings(found).downsampled) == (0, 0)


def test_a_window_that_fits_only_what_pooling_pads_has_no_undiminished_network() -> None:
    found = plan(
        "input: [5, 5, 1]\n"
        "blocks: [{pool: {window: 2, stride: 1, padding: 1}}, {conv: {filters: 4, kernel: 6}}]\n"
        "fc: [10]\n"
    )
    assert (savings(found).undiminished, savings(found).downsampled) == (0, 0)


def test_joins_without_downsampling_by_hand() -> None:
    found = plan(
        "input: [8, 8, 2]\n"
        "blocks:\n"
        "  - conv: {filters: 4, kernel: 3, padding: 1, stride: 2}\n"
        "    shortcut: {type: add, projection: slice}\n"
        "  - branches: [{conv: {filters: 2, kernel: 1}}, []]\n"
        "    join: concat\n"
        "    pool: {window: all, norm: batch}\n"
        "fc: [5]\n"
    )
    dense = (8 * 8 * 2 + 1) * 64 + (4 * 4 * 4 + 1) * 32
    assert savings(found) == Savings(dense, 19 * 64 + 5 * 32, 19 * 4 + 5 * 2, (8 * 8 * 6 + 1) * 5, (6 + 1) * 5)


def test_branches_that_agree_only_when_downsampled_have_no_undiminished_network() -> None:
    found = plan(
        "input: [9, 9, 4]\n"
        "blocks: [{branches: [{conv: {filters: 4, kernel: 3, stride: 2}}, {pool: {window: 3, stride: 2}}], join: concat}]\n"
        "fc: [5]\n"
    )
    assert (savings(found).undiminished, savings(found).downsampled) == (0, 0)


@pytest.mark.slow
@given(specs())
@settings(max_examples=100, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_every_valid_spec_has_a_summary(text: str) -> None:
    with isolated_file(text) as name:
        facts = json.loads(here("summary", name, "--format", "json").stdout)
        table = here("summary", name)
    assert table.exit_code == 0
    # in the table a block's name stands once, above its layers
    assert all(layer["name"].rpartition(".")[2] in table.stdout for layer in facts["layers"])
    assert sum(layer["parameters"] for layer in facts["layers"]) == facts["parameters"]


@contextmanager
def isolated_file(text: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drawn.yaml"
        path.write_text(text)
        yield str(path)


def test_json_is_pinned(golden: Callable[[str, str], None]) -> None:
    done = netspec("summary", "specs/lenet5.yaml", "--format", "json")
    golden("summary/lenet5.json", json.dumps(json.loads(done.stdout), indent=1) + "\n")


def test_a_table_for_no_terminal_is_ascii_at_80_columns() -> None:
    for name in ("lenet5", "vgg16", "mobilenet-v1"):
        done = netspec("summary", f"specs/{name}.yaml", COLUMNS="200")
        assert done.stdout.isascii()
        assert max(map(len, done.stdout.splitlines())) <= 80


JOINED = """netspec: 1
name: joined
input: [16, 16, 8]
defaults: {conv: {kernel: 3, padding: 1, norm: batch}}
blocks:
  - repeat: 20
    conv: [{filters: 16, first: {stride: 2}}, {filters: 16, activation: none, gate: {units: 2}}]
    shortcut: {type: add, drop: [0, 0.5]}
    activation: relu
  - branches: [{conv: {filters: 8}}, [{pool: {window: 3, stride: 1, padding: 1}}, {conv: {filters: 4}}], []]
    join: concat
  - conv: {filters: 28, repeat: 19}
fc: [10]
"""


def test_a_table_is_nested_and_shows_once_what_is_alike(tmp_path: Path) -> None:
    path = tmp_path / "joined.yaml"
    path.write_text(JOINED)
    done = netspec("summary", str(path))
    assert done.stdout.isascii()
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    end = lines.index(next(line for line in lines if line.startswith(" total")))
    first = [line.split() for line in lines[:end] if re.match(r" {1,3}[a-z][\w.]+ .*\dx\d+$", line)]
    names = "block1 conv1 conv2 conv2.gate projection add block2 conv1 conv2 conv2.gate add block21 branch1.conv1 "
    names += "branch2.block1.pool branch2.block2.conv1 concat block22.conv1 block22.conv2"
    assert [words[0] for words in first][:18] == names.split()
    assert "   19 of these in a row; the first is" in lines
    assert first[6][:3] == ["block2", "...", "block20"]
    assert int(first[6][4].replace(",", "")) == 19 * (2 * (9 * 16 * 16 + 32) + 2 * 16 * 2 + 2 + 16)
    assert "N = 2*21, 19; M = 22; K = 1; input 16x16x8" in lines
    shares = lines[lines.index(next(line for line in lines if "share of parameters" in line)) + 1 :]
    assert shares[15].startswith("the other 8 ")
    assert len(netspec("summary", str(path), "--format", "csv").stdout.splitlines()) == 1 + 20 * 4 + 1 + 4 + 19 + 1


def test_what_exceeds_a_budget_is_shown_and_marked(tmp_path: Path) -> None:
    for name, line in (
        ("over-budget", "budget parameters: 421,642 of 100,000 (422%), exceeded"),
        ("short-sighted", "budget receptive_field: at least 8x8, not reached"),
    ):
        done = netspec("summary", f"specs/broken/{name}.yaml")
        assert done.returncode == 1
        assert "error[NS40" in done.stderr
        assert done.stdout.splitlines()[-1] == line
    done = netspec("summary", "specs/broken/memory.yaml", "--format", "json")
    assert (done.returncode, json.loads(done.stdout)["training_bytes"]) == (1, 700_644_640)
    done = netspec("diagram", "specs/broken/memory.yaml", "-o", str(tmp_path / "net.svg"))
    assert (done.returncode, (tmp_path / "net.svg").exists()) == (1, True)
    done = netspec("summary", "specs/broken/wrong-input.yaml")
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize("columns", [60, 80, 140])
@pytest.mark.parametrize("name", ["lenet5", "vgg16"])
def test_a_table_fits_its_terminal(name: str, columns: int) -> None:
    shown = on_terminal(["summary", f"specs/{name}.yaml"], columns)
    assert "\x1b[" in shown
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    assert max(map(len, lines)) <= columns
    assert ("if fc" in shown) == (columns == 140)
    for words in ("block1.conv1", "weight sharing", "total"):
        assert any(words in line for line in lines)


def on_terminal(arguments: list[str], columns: int) -> str:
    """What a command writes to a terminal of that many columns."""
    mine, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    unset = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "netspec", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=its, stdout=its, stderr=its)
    os.close(its)
    parts = []
    while True:
        try:
            part = os.read(mine, 65536)
        except OSError:  # EIO: the other side is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(mine)
    assert process.wait(timeout=60) == 0
    return b"".join(parts).decode().replace("\r\n", "\n")
