"""Many files are checked by several processes: the same findings in the same order, and a bug stays an exception."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from netspec.cli import many

from .run import ROOT, netspec

SCRIPT = """
import os
from netspec.cli import many

os.sched_getaffinity = lambda _: {0, 1}
names = [str(i) for i in range(many.MANY)]

def pid(name):
    return name, os.getpid()

def fails(name):
    raise RuntimeError(name)

results = many.each(pid, names)
assert [name for name, _ in results] == names
assert os.getpid() not in {pid for _, pid in results}
assert {pid for _, pid in many.each(pid, names[1:])} == {os.getpid()}
parent = os.getpid()

def killed(name):
    if name == "40" and os.getpid() != parent:
        os.kill(os.getpid(), 9)
    return name

assert many.each(killed, names) == names
try:
    many.each(fails, names)
except RuntimeError as error:
    print("failed at", error)
"""


def test_results_keep_their_order_and_exceptions_come_through() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "failed at 0\n", done.stderr


def test_a_folder_of_many_specs_is_told_of_as_its_files_are(tmp_path: Path) -> None:
    for i in range(many.MANY):
        text = f"netspec: 1\nname: n{i}\ninput: [8, 8, 1]\nfc: [{i}]\n"  # the first has no units
        (tmp_path / f"{i:03}.yaml").write_text(text if i % 9 else text.replace("input", "inptu"))
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    together = netspec("validate", str(tmp_path), "--format", "json")
    assert together.returncode == 1
    files = sorted(tmp_path.iterdir())
    apart = [
        json.loads(netspec("validate", str(file), "--format", "json").stdout) for file in files if "00" in file.name
    ]
    found = [one for report in apart for one in report["diagnostics"]]
    assert len(found) >= 2
    names = {one["file"] for one in found}
    assert [one for one in json.loads(together.stdout)["diagnostics"] if one["file"] in names] == found
