"""What is said where a budget is exceeded: shares in their unit, the mildest repair first."""

from __future__ import annotations

from pathlib import Path

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.repair.check import check_source
from netspec.text.source import Source

NET = "netspec: 1\nname: x\ninput: [8, 8, 1]\nblocks:\n  - conv: {filters: 4, kernel: 3}\nfc: [10]\nbudget: "


def finding(text: str) -> Diagnostic:
    (found,) = check_source(Source("x.yaml", text)).diagnostics
    return found


def test_memory_is_cut_by_the_batch_first() -> None:
    found = finding((Path(__file__).parents[2] / "specs/broken/memory.yaml").read_text())
    titles = [fix.title for fix in found.fixes]
    assert titles == [
        "set `batch_size: 22` in `train`",
        "set `filters: 1` in `block1.conv1`",
        "raise `memory` to 669MiB",
    ]
    assert found.notes[-1].startswith("the largest outputs, of one image: block1.conv1 512.0KiB (44%), ")
    assert found.labels[0].message == "`block1.conv1` has 44% of all outputs"


def test_shares_have_the_unit_of_their_cost() -> None:
    weights = finding(NET + "{weights: 1KiB}\n")
    assert weights.notes == ("bytes: 5,960", "the costliest layers: fc1 5.7KiB (97%), block1.conv1 160B (3%)")
    half = finding(NET + "{weights: 1KiB}\ntrain: {precision: bfloat16}\ndata: {source: npz, path: x.npz}\n")
    assert half.notes[-1] == "the costliest layers: fc1 2.8KiB (97%), block1.conv1 80B (3%)"
    largest = finding(NET + "{activations: 512}\n")
    assert largest.notes[-1] == "the largest layers, input and output: block1.conv1 832B, fc1 616B"
    assert largest.labels[0].message == "`block1.conv1` takes 832B"
    count = finding(NET + "{parameters: 1k}\n")
    assert count.notes == ("the costliest layers: fc1 1,450 (97%), block1.conv1 40 (3%)",)
