"""Blocks that are bridged, split and repeated: the first fix is what was meant, whatever of its kind was written."""

from __future__ import annotations

import pytest

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.edits import edited
from netspec.repair.check import check_source
from netspec.text.source import Source

HEAD = "netspec: 1\nname: x\ninput: [32, 32, 3]\n"
SAME = "defaults: {conv: {kernel: 3, padding: 1}}\n"
BEGIN = "blocks:\n  - conv: {filters: 16, kernel: 3, padding: 1}\n"
END = "  - pool: {type: average, window: all}\nfc: [10]\n"


def found(text: str) -> Diagnostic:
    """The one finding that is no hint."""
    (one,) = (one for one in check_source(Source("x.yaml", text)).diagnostics if one.severity != "hint")
    return one


def stage(stride: str, shortcut: str = "add", more: str = "") -> str:
    return f"  - repeat: 3\n    conv: [{{filters: 32, {stride}}}, {{filters: 32, activation: none}}]\n    shortcut: {shortcut}\n{more}"


def branches(*listed: str, join: str) -> str:
    return "  - branches:\n" + "".join(f"      - {one}\n" for one in listed) + f"    join: {join}\n"


POINT = "conv: {filters: 16, kernel: 1}"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        # a stride that each repetition would have
        (SAME + BEGIN + stage("stride: 2"), SAME + BEGIN + stage("first: {stride: 2}")),
        (SAME + BEGIN + stage("stride: 2", "{type: add, projection: skip}"), SAME + BEGIN + stage("first: {stride: 2}", "{type: add, projection: skip}")),
        # what a block says of its convolutions, or of its shortcut
        (SAME + BEGIN + stage("dilation: 1", more="    stride: 2\n"), SAME + BEGIN + stage("dilation: 1, first: {stride: 2}")),
        (SAME + BEGIN + stage("dilation: 1", more="    first: {stride: 2}\n"), SAME + BEGIN + stage("dilation: 1, first: {stride: 2}")),
        (SAME + BEGIN + stage("dilation: 1", more="    drop: 0.1\n"), SAME + BEGIN + stage("dilation: 1", "{type: add, drop: 0.1}")),
        # a word for a key within the mapping, which is alike another word
        (SAME + BEGIN + stage("dilation: 1", "conv"), SAME + BEGIN + stage("dilation: 1", "{type: add, projection: conv}")),
        (SAME + BEGIN + stage("dilation: 1", "{type: projection}"), SAME + BEGIN + stage("dilation: 1", "{type: add, projection: conv}")),
        # sides that do not agree
        (BEGIN + branches(POINT, "- pool: {window: 3}\n        - " + POINT, join="concat"),
         BEGIN + branches(POINT, "- pool: {window: 3, stride: 1, padding: 1}\n        - " + POINT, join="concat")),
        (BEGIN + branches(POINT, "conv: {filters: 24, kernel: 3}", "conv: {filters: 32, kernel: 3}", join="add"),
         BEGIN + branches(POINT.replace("16", "32"), "conv: {filters: 32, kernel: 3, padding: 1}", "conv: {filters: 32, kernel: 3, padding: 1}", join="add")),
        (SAME + BEGIN + "  - conv: [{filters: 8, kernel: 1}, {filters: 8}, {filters: 16, kernel: 1}]\n    shortcut: add\n",
         SAME + BEGIN + "  - conv: [{filters: 8, kernel: 1, padding: 0}, {filters: 8}, {filters: 16, kernel: 1, padding: 0}]\n    shortcut: add\n"),
        (BEGIN + "  - blocks: [{conv: {filters: 32, kernel: 1}}]\n    shortcut: {type: add, projection: {stride: 2}}\n",
         BEGIN + "  - blocks: [{conv: {filters: 32, kernel: 1, stride: 2}}]\n    shortcut: {type: add, projection: {stride: 2}}\n"),
        # a padding for larger kernels
        (SAME + BEGIN + branches(POINT, "conv: [{filters: 8, kernel: 1}, {filters: 8}]", join="concat"),
         SAME + BEGIN + branches("conv: {filters: 16, kernel: 1, padding: 0}", "conv: [{filters: 8, kernel: 1, padding: 0}, {filters: 8}]", join="concat")),
        # `first` for all layers
        (SAME.replace("1}", "1, first: {stride: 2}}") + BEGIN + stage("dilation: 1"),
         SAME + BEGIN + stage("dilation: 1, first: {stride: 2}").replace("none", "none, first: {stride: 2}")),
        # groups that nobody wrote, and an order for several layers
        (BEGIN + "  - conv: {filters: 24, kernel: 3, norm: group}\n", BEGIN + "  - conv: {filters: 24, kernel: 3, norm: {type: group, groups: 8}}\n"),
        ("defaults: {conv: {norm: batch, order: [norm, conv]}}\n" + BEGIN + "  - conv: {filters: 8, kernel: 3, dropout: 0.1}\n",
         "defaults: {conv: {norm: batch, order: [norm, activation, conv, dropout]}}\n" + BEGIN + "  - conv: {filters: 8, kernel: 3, dropout: 0.1}\n"),
        # pooling that rounds up, where that is the same
        (BEGIN + "    pool: {window: 3, stride: 2, ceil_mode: true}\n", BEGIN + "    pool: {window: 3, stride: 2, padding: same}\n"),
        (BEGIN + "    pool: {window: 2, ceil_mode: true}\n", BEGIN + "    pool: {window: 2}\n"),
    ],
)  # fmt: skip
def test_the_first_fix_is_what_was_meant(written: str, meant: str) -> None:
    finding = found(HEAD + written + END)
    assert edited(finding.source, finding.fixes[0].edits) == HEAD + meant + END
    assert finding.fixes[0].applicability == "unsafe"


@pytest.mark.parametrize(
    "block",
    [
        "  - repeat: 2\n    conv: [{filters: 2x, kernel: 3, padding: 1, stride: 2}]\n    shortcut: add\n",  # each gives more channels
        "  - repeat: 2\n    conv: {filters: 16, kernel: 3, padding: 1, stride: 2}\n",  # a chain that halves
        "  - repeat: 2\n    conv: {filters: 16, kernel: 3, padding: 1, stride: 2, first: {stride: 1}}\n    shortcut: add\n",
        "  - conv: {filters: 16, kernel: 3, padding: same}\n",
    ],
)
def test_what_is_meant_in_every_repetition_is_no_finding(block: str) -> None:
    assert not check_source(Source("x.yaml", HEAD + BEGIN + block + END)).diagnostics


def test_no_fix_leaves_its_own_finding_or_the_text_as_it_is() -> None:
    text = (
        HEAD + BEGIN + branches(POINT, "conv: {filters: 24, kernel: 3}", "conv: {filters: 32, kernel: 3}", join="add")
    )
    for fix in found(text + END).fixes:
        assert check_source(Source("x.yaml", edited(text + END, fix.edits))).ok, fix.title


def test_a_pool_that_rounds_up_otherwise_is_only_shown_without() -> None:
    finding = found(
        HEAD + BEGIN + "    pool: {window: 5, stride: 2, ceil_mode: true}\n" + END
    )  # 15 cells, 16 by `same`
    assert [fix.applicability for fix in finding.fixes] == ["display"]


@pytest.mark.parametrize("written", ["mixup: 0", "rotate: 0", "flip: false", "erase: none"])
def test_what_is_switched_off_is_left_out(written: str) -> None:
    text = f"{HEAD}fc: [10]\ndata: {{source: cifar-10, augment: {{crop: 4, {written}}}}}\n"
    (fix,) = found(text).fixes
    assert (edited(text, fix.edits), fix.applicability) == (text.replace(f", {written}", ""), "unsafe")


def test_a_value_is_exchanged_with_that_of_a_known_key_alone() -> None:
    text = (
        f"{HEAD}fc: [10]\ndata: {{source: cifar-10}}\ntrain: {{schedule: {{type: plateau, factor: 2, min_lr: 1e-5}}}}\n"
    )
    titles = [fix.title for one in check_source(Source("x.yaml", text)).diagnostics for fix in one.fixes]
    assert titles
    assert not any("min_lr" in title for title in titles)
