"""docs/outputs.md against what commands print and a run leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from netspec.report import page
from tests.cli.run import ROOT, here

SPEC = """\
netspec: 1
name: small
input: [8, 8, 1]
blocks: [{conv: {filters: 2, kernel: 3}}]
fc: [10]
data: {source: digits}
train: {epochs: 2, batch_size: 200}
"""


def documented(section: str) -> tuple[set[str], set[str]]:
    """The keys of a section's table, and those of them that may be absent."""
    text = (ROOT / "docs" / "outputs.md").read_text()
    (body,) = re.findall(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    cells = [line.split(" | ")[0] for line in body.splitlines() if line.startswith("| ") and "`" in line]
    optional = set(re.findall(r"\*`([^`]+)`\*", " ".join(cells)))
    return set(re.findall(r"`([^`]+)`", " ".join(cells))), optional


def paths(value: Any, known: set[str], above: str = "") -> Iterator[str]:
    """The keys of a JSON value, down to those of which the documentation names nothing that is below."""
    if above and not any(path.startswith((f"{above}.", f"{above}[]")) for path in known):
        return
    if isinstance(value, list):
        for item in value:
            yield from paths(item, known, f"{above}[]")
    elif isinstance(value, dict):
        for key, below in value.items():
            name = "NAME" if f"{above}.NAME" in known else key
            path = f"{above}.{name}" if above else name
            yield path
            yield from paths(below, known, path)


def compare(section: str, *values: Any) -> None:
    known, optional = documented(section)
    found = {path for value in values for path in paths(value, known)}
    assert found <= known
    assert known - optional <= found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outputs")
    (folder / "small.yaml").write_text(SPEC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "write", lambda run, *_: (run / page.NAME).touch())  # a second, and tested by itself
        patch.setenv("NETSPEC_CACHE", "off")  # or the command would leave variables to later modules
        done = here("train", str(folder / "small.yaml"), "--output", str(folder / "run"), "--tune", "off")
    assert done.exit_code == 0, done.output
    return folder / "run"


def printed(*arguments: str) -> Any:
    return json.loads(here(*arguments, "--format", "json").stdout)


def test_summary_diff_and_explain(tmp_path: Path) -> None:
    summary = printed("summary", "specs/lenet5.yaml")
    compare("`netspec summary --format json`", summary)
    one = printed("summary", "specs/lenet5.yaml", "--layer", "block2.conv1")
    assert one["layer"] == summary["layers"][2]
    compare("`netspec summary --layer NAME --format json`", one)
    wider = (
        Path("specs/lenet5.yaml").read_text().replace("filters: 16", "filters: 15").replace("epochs: 10", "epochs: 2")
    )
    (tmp_path / "wider.yaml").write_text(wider.replace("type: max", "type: average"))
    compared = printed("diff", "specs/lenet5.yaml", str(tmp_path / "wider.yaml"))
    assert [layer["old"] for layer in compared["layers"]] == summary["layers"]
    for layer in compared["layers"]:
        layer["old"] = layer["new"] = None
    compare("`netspec diff --format json`", compared)
    every = printed("explain")
    compare("`netspec explain --format json`", every)
    assert printed("explain", "NS301") == {"version": 1, **next(c for c in every["codes"] if c["code"] == "NS301")}


def test_evaluate_and_predict(run: Path) -> None:
    import numpy as np

    np.save(run.parent / "two.npy", np.zeros((2, 8, 8), np.uint8))
    compare("`netspec evaluate --format json`", printed("evaluate", str(run)))
    found = printed("predict", str(run), str(run.parent / "two.npy"))
    compare("`netspec predict --format json`", found)
    assert found["predictions"][1]["image"].endswith("two.npy[1]")


def test_trace(run: Path) -> None:
    found = [printed("trace", str(run), "--layer", name) for name in ("block1.conv1", "fc1")]
    compare("`netspec trace --format json`", *found)
    assert [one["weights"] for one in found] == [str(run)] * 2


def test_a_run_directory(run: Path) -> None:
    known, _ = documented("A run directory")
    assert known == {f"{path.name}/" if path.is_dir() else path.name for path in run.iterdir()}
    compare("`metrics.jsonl`", *map(json.loads, (run / "metrics.jsonl").read_text().splitlines()))
    plan = json.loads((run / "plan.json").read_text())
    compare("`plan.json`", {key: plan.pop(key) for key in ("tuning", "record")})
    assert plan == printed("summary", str(run / "spec.yaml"))


def test_the_manifest_of_a_compiled_network(run: Path, tmp_path: Path) -> None:
    done = here("compile", str(run), "-o", str(tmp_path / "out"), "--platform", "cpu")
    assert done.exit_code == 0, done.output
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes().partition(b"\n")[2])
    compare("A compiled network", manifest)
    assert manifest["trained"]
