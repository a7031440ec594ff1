"""The table of bad input: each row as a person meets it, a file or a stream and what the command answers.

A row's number is the one that `docs/robustness.md` gives it. Every run is a process of its own that must end
without a hang and without a traceback, in less than 200 MB.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.run import ROOT

pytestmark = pytest.mark.slow
SECONDS = 60
"""How long one process may take before it counts as a hang; the usual one takes less than a second."""
MEMORY_BYTES = 200_000_000
MEASURED = """
import os, resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "netspec", *sys.argv[2:]], check=False, timeout=float(sys.argv[1]))
print("peak-kib", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(done.returncode)
"""


@dataclass(frozen=True)
class Row:
    """What is given, and what must be answered: the exit code, the code and place of the first finding, words of it."""

    number: int
    given: str
    text: bytes | Callable[[Path], object]
    code: str | None
    at: tuple[int, int] | None = None
    says: str = ""
    exit: int = 1
    count: int | None = 1
    arguments: tuple[str, ...] = ("spec.yaml",)


def spec(*lines: str, head: str = "netspec: 1\nname: x\ninput: [8, 8, 1]\n") -> bytes:
    """A spec of which only the given lines matter; they begin at line 4."""
    return (head + "\n".join(lines) + "\n").encode()


def conv(settings: str) -> bytes:
    """A spec whose one convolution, at line 5, has these settings."""
    return spec("blocks:", f"  - conv: {{{settings}}}", "fc: [10]")


def laughs() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    return "\n".join(lines).encode()


def merges() -> bytes:
    lines = ["a0: &a0 {x: 1}", *(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}" for i in range(1, 25))]
    return "\n".join(lines).encode()


GOOD = spec("fc: [10]")
NAMES = ["a%b,c:d.yaml", "two words.yaml", "new\nline.yaml", "ünïcode-日本.yaml", "]]>%0A::error.yaml"]

ROWS = [
    Row(1, "a missing file", lambda folder: None, "NS022", (1, 1), "No such file", exit=2),
    Row(2, "a folder without specs", lambda folder: (folder / "spec.yaml").mkdir(), None, says="no .yaml", exit=2),
    Row(3, "an empty file", b"", "NS001", (1, 1), "empty"),
    Row(4, "comments alone", b"# a\n\n# b\n", "NS001", (1, 1), "empty"),
    Row(5, "a list", b"- a\n- b\n", "NS101", (1, 1), "expected a mapping"),
    Row(5, "a word", b"hello\n", "NS101", (1, 1), "expected a mapping"),
    Row(7, "a pipe", lambda folder: os.mkfifo(folder / "spec.yaml"), "NS022", (1, 1), "pipe", exit=2),
    Row(7, "a device", lambda folder: None, "NS022", (1, 1), "device", exit=2, arguments=("/dev/zero",)),
    Row(8, "a loop of links", lambda folder: (folder / "spec.yaml").symlink_to("spec.yaml"), "NS022", (1, 1), "links", 2),
    Row(9, "10 MB", b"# " + b"x" * 10_000_000, "NS002", (1, 1), "1 MiB"),
    Row(10, "a byte order mark", b"\xef\xbb\xbf" + spec("fc: [ten]"), "NS101", (4, 6), "ten"),
    Row(11, "UTF-16 with a mark", GOOD.decode().encode("utf-16"), "NS003", (1, 1), "UTF-16"),
    Row(12, "UTF-16 without a mark", GOOD.decode().encode("utf-16-le"), "NS003", (1, 1), "UTF-16"),
    Row(12, "UTF-32", GOOD.decode().encode("utf-32-be"), "NS003", (1, 1), "UTF-32"),
    Row(13, "a Latin-1 byte", spec("description: caf\xe9".encode("latin-1").decode("latin-1")).decode().encode("latin-1"), "NS003", (4, 17), "0xE9"),
    Row(14, "a NUL", spec("description: a\0b"), "NS004", (4, 15), "U+0000"),
    Row(15, "an escape code", spec("description: \x1b[31mred"), "NS004", (4, 14), "U+001B"),
    Row(15, "DEL", spec("description: a\x7f"), "NS004", (4, 15), "U+007F"),
    Row(16, "a name that turns its direction", b"netspec: 1\nname: a\xe2\x80\xaeb\n", "NS004", (2, 8), "U+202E", count=None),
    Row(17, "a tab that indents", spec("train:", "\tepochs: 3"), "NS006", (5, 1), "tab", count=None),
    Row(18, "an open bracket", spec("fc: [10", "train: {epochs: 1}"), "NS007", (4, 5), "not closed"),
    Row(18, "an open quote", spec("description: 'it", "fc: [10]"), "NS007", (4, 14), "not closed"),
    Row(19, "`a: b: c`", spec("description: a: b"), "NS008", (4, 15), "quote"),
    Row(20, "a wrong indentation", spec("fc: [10]", "  train: {epochs: 1}"), "NS009", (5, 3), "indent"),
    Row(21, "a key twice", spec("fc: [10]", "fc: [12]"), "NS010", (5, 1), "twice"),
    Row(22, "`1:` and `\"1\":`", spec("fc: [10]", "1: a", '"1": b'), "NS011", (5, 1), "not a string", count=None),
    Row(22, "`1.0:` and `true:`", spec("fc: [10]", "1.0: a", "true: b"), "NS011", (5, 1), "not a string", count=None),
    Row(23, "the key `on`", spec("on: 1"), "NS104", (4, 1), "`on`"),
    Row(23, "the key `null`", spec("fc: [10]", "null: 1"), "NS011", (5, 1), "not a string"),
    Row(24, "`1e-3` is a number", spec("fc: [10]", "train: {optimizer: {type: sgd, learning_rate: 1e-3}}"), None, exit=0, count=0),
    Row(25, "`bias: no`", spec("fc: [{units: 10, bias: no}]"), "NS101", (4, 24), "false"),
    Row(26, "`dropout: 1:30`", spec('fc: [{units: 9, dropout: "1:30"}, 10]'), "NS101", (4, 26), "`1:30`"),
    Row(27, "`010` is ten", spec("fc: [010]"), None, exit=0, count=0),
    Row(27, "`1_000`", spec("fc: [1_000, 10]"), "NS101", (4, 6), "1000"),
    Row(28, "`.nan`", spec("fc: [{units: 10, dropout: .nan}]"), "NS109", (4, 27), "finite"),
    Row(28, "`1e999`", spec("fc: [10]", "train: {gradient_clip: 1e999}"), "NS109", (5, 24), "finite"),
    Row(29, "4,301 digits", spec(f"fc: [{'9' * 4301}]"), "NS020", (4, 6), "digits"),
    Row(29, "5,000 hexadecimal digits", spec(f"fc: [0x{'f' * 5000}]"), "NS020", (4, 6), "digits"),
    Row(30, "10**18 filters", spec("blocks:", f"  - conv: {{filters: {10**18}, kernel: 1}}", "fc: [10]", "budget: {parameters: 1M}"), "NS241", (5, 21), "1,000,000,000,000,000,000 filters", count=2),
    Row(31, "a negative number", conv("filters: -4, kernel: 3"), "NS102", (5, 21), "at least 1"),
    Row(31, "a zero", conv("filters: 0, kernel: 3"), "NS102", (5, 21), "at least 1"),
    Row(31, "`true` is not 1", conv("filters: true, kernel: 3"), "NS101", (5, 21), "whole number"),
    Row(31, "a fraction", conv("filters: 4.5, kernel: 3"), "NS101", (5, 21), "whole number"),
    Row(32, "a date", spec("fc: [2024-01-01]"), "NS101", (4, 6), "2024-01-01"),
    Row(32, "no date", spec("fc: [2024-13-45]"), "NS101", (4, 6), "2024-13-45"),
    Row(33, "a tag that runs a command", b"a: !!python/object/apply:os.system [touch pwned]\n", "NS012", (1, 4), "tag"),
    *(Row(34, tag, f"a: {tag}\n".encode(), "NS012", (1, 4), "tag") for tag in ("!!binary aGk=", "!!set {a}", "!!int abc", "!foo bar")),
    Row(35, "an alias of nothing", b"a: *x\n", "NS016", (1, 4), "`*x`"),
    Row(36, "an alias inside itself", b"a: &x [*x]\n", "NS017", (1, 8), "inside what it stands for"),
    Row(37, "a billion laughs", laughs(), "NS019", None, ""),
    Row(38, "a bomb of merges", merges(), "NS013", (2, 10), "merge", count=None),
    *(Row(39, f"{depth:,} levels", b"[" * depth, "NS018", (1, 65), "deeper") for depth in (1_000, 25_000, 1_000_000)),
    Row(40, "two documents", GOOD + b"---\n" + GOOD, "NS014", (5, 1), "another document"),
    Row(41, "`%YAML 2.0`", b"%YAML 2.0\n---\na: 1\n", "NS015", (1, 1), "%YAML"),
    Row(41, "an unknown directive", b"%FOO bar\n---\na: 1\n", "NS015", (1, 1), "%FOO"),
    Row(42, "half a character", spec('description: "\\ud800"'), "NS021", (4, 15), "one half"),
    Row(43, "`filtres`", conv("filtres: 4, kernel: 3"), "NS104", (5, 12), "write `filters`"),
    Row(44, "an unknown type", spec("blocks:", "  - pool: {type: MaxPoool, window: 2}", "fc: [10]"), "NS103", (5, 18), "`max`"),
    Row(45, "a wrong key in one layer", spec("fc: [{units: 10, filters: 3}]"), "NS104", (4, 18), "`fc` has no key"),
    Row(46, "30 mistakes", spec("blocks:", *["  - conv: {filtres: 4, kernel: 0, stride: -1}"] * 10, "fc: [10]"), "NS104", (5, 12), "", count=30),
    Row(47, "a kernel that does not fit", conv("filters: 4, kernel: 9"), "NS301", (5, 32), "9x9 kernel does not fit the 8x8 input"),
    Row(47, "a stride of 0", conv("filters: 4, kernel: 3, stride: 0"), "NS102", (5, 43), "at least 1"),
]  # fmt: skip


def answer(arguments: list[str], folder: Path, **environment: str) -> tuple[int, str, str]:
    """Exit code, output and errors of `netspec`, which ended in time and kept to its memory."""
    variables = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "NO_COLOR")}
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(SECONDS), *arguments],
        cwd=folder, capture_output=True, check=False, timeout=3 * SECONDS, stdin=subprocess.DEVNULL,
        env=variables | {"PYTHONPATH": str(ROOT)} | environment,
    )  # fmt: skip
    output, errors = done.stdout.decode(errors="surrogateescape"), done.stderr.decode(errors="surrogateescape")
    peak = re.search(r"peak-kib (\d+)\n", errors)
    assert peak is not None, errors
    assert int(peak[1]) * 1024 < MEMORY_BYTES
    assert "Traceback" not in output + errors
    return done.returncode, output, errors.replace(peak[0], "")


def given(row: Row, folder: Path) -> None:
    if callable(row.text):
        row.text(folder)
    else:
        (folder / "spec.yaml").write_bytes(row.text)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.number}-{row.given.replace(' ', '-')}")
def test_row(row: Row, tmp_path: Path) -> None:
    given(row, tmp_path)
    status, output, errors = answer(["validate", *row.arguments, "--format", "json"], tmp_path)
    assert status == row.exit, output + errors
    assert not (tmp_path / "pwned").exists()
    if row.code is None and row.exit == 2:
        assert row.says in errors
        return
    found = json.loads(output)["diagnostics"]
    assert row.count is None or len(found) == row.count, found
    if row.code is None:
        assert not found
        return
    assert found[0]["code"] == row.code
    assert row.at is None or (found[0]["line"], found[0]["column"]) == row.at, found[0]
    words = " ".join([found[0]["message"], found[0].get("help") or ""])
    assert row.says in words


def test_row_47_shows_the_shapes_up_to_the_layer(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_bytes(conv("filters: 4, kernel: 9"))
    assert "shapes: input 8x8x1 -> here" in answer(["validate", "spec.yaml"], tmp_path)[1]


def test_row_6_a_file_without_permission(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_bytes(GOOD)
    (tmp_path / "spec.yaml").chmod(0)
    if os.access(tmp_path / "spec.yaml", os.R_OK):
        pytest.skip("this user may read everything")
    status, output, _ = answer(["validate", "spec.yaml"], tmp_path)
    assert status == 2
    assert "Permission denied" in output


def test_row_42_printing_where_the_terminal_knows_ascii_alone(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_bytes('netspec: 1\nname: "日本"\n'.encode())
    status, output, _ = answer(
        ["validate", "spec.yaml"], tmp_path, LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    assert status == 1
    assert "NS106" in output


@pytest.mark.parametrize("form", ["github", "sarif", "junit", "gitlab", "json", "concise", "full"])
def test_rows_48_and_49_names_that_nobody_would_choose(form: str, tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name).write_bytes(spec('fc: ["::error::forged %0A ]]>"]'))
    status, output, _ = answer(["validate", *NAMES, "--format", form], tmp_path)
    assert status == 1
    if form == "github":
        lines = output.splitlines()
        assert len(lines) == len(NAMES), "one annotation a finding: none is forged"
        assert all(line.startswith("::error file=") for line in lines)


@pytest.mark.parametrize("form", ["full", "json"])
def test_row_50_output_that_cannot_be_written(form: str, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_bytes(spec("fc: [0]"))
    command = f"{sys.executable} -m netspec validate spec.yaml --format {form}"
    for shell, statuses in ((f"{command} > /dev/full", {3}), (f"{command} | true", {0})):
        done = subprocess.run(
            shell, shell=True, cwd=tmp_path, capture_output=True, timeout=SECONDS, check=False,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode in statuses
        assert b"Traceback" not in done.stderr
        assert done.stderr.count(b"\n") <= 1
