"""Shapes through a whole network: receptive fields, trails, published counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.analysis.plan import Plan, grammar
from netspec.diagnostics.diagnostic import told
from netspec.repair.check import check_source
from netspec.text.source import Source

SPECS = Path(__file__).parents[2] / "specs"


def plan(text: str) -> Plan:
    report = check_source(Source("spec.yaml", text))
    assert report.plan is not None, report.diagnostics
    return report.plan


def known(name: str) -> Plan:
    return plan((SPECS / f"{name}.yaml").read_text())


PUBLISHED = {
    "lenet5": 61_706,
    "lenet5-fashion": 61_706,
    "alexnet": 62_378_344,
    "vgg11": 132_863_336,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "mobilenet-v1": 4_231_976,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_parameters(name: str) -> None:
    assert known(name).parameters == PUBLISHED[name]


def test_published_costs() -> None:
    assert round(known("vgg16").macs / 1e9, 2) == 15.47
    lenet = known("lenet5")
    assert (lenet.macs, lenet.weight_bytes, lenet.receptive_field) == (416_520, 246_824, (16, 16))
    assert [layer.output for layer in lenet.layers[:4]] == [(28, 28, 6), (14, 14, 6), (10, 10, 16), (5, 5, 16)]
    assert lenet.layers[0].fc_parameters == 3_692_640
    assert lenet.layers[0].arithmetic == "(28 - 5 + 2*2)/1 + 1 = 28"


def test_grammar_instance() -> None:
    assert grammar(known("lenet5").spec) == {"N": [1, 1], "M": 2, "K": 3, "text": "INPUT -> [CONV -> POOL]*2 -> FC*3"}
    assert grammar(known("vgg16").spec)["N"] == [2, 2, 3, 3, 3]


steps = st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 2), st.booleans())


@given(st.lists(steps, min_size=1, max_size=5))
def test_receptive_field_is_what_one_unit_reads(layers: list[tuple[int, int, int, bool]]) -> None:
    # the cells of the image that the first unit reads, found by walking back through every window
    cells = {0}
    for kernel, stride, dilation, is_pool in reversed(layers):
        spacing = 1 if is_pool else dilation
        cells = {cell * stride + spacing * offset for cell in cells for offset in range(kernel)}
    written = [
        f"  - pool: {{window: {kernel}, stride: {stride}}}"
        if is_pool
        else f"  - conv: {{filters: 2, kernel: {kernel}, stride: {stride}, dilation: {dilation}}}"
        for kernel, stride, dilation, is_pool in layers
    ]
    side = max(cells) + 1
    text = f"netspec: 1\nname: x\ninput: [{side}, {side}, 1]\nblocks:\n" + "\n".join(written) + "\nfc: [10]\n"
    assert plan(text).receptive_field == (side, side)


def test_batch_norm_trains_scale_and_shift() -> None:
    text = "netspec: 1\nname: x\ninput: [4, 4, 2]\nblocks:\n  - conv: {filters: 3, kernel: 3, norm: batch}\nfc: [5]\n"
    first, last = plan(text).layers
    assert first.shapes == {"kernel": (3, 3, 2, 3), "scale": (3,), "shift": (3,)}
    assert first.statistics == {"mean": (3,), "variance": (3,)}
    assert (first.parameters, first.macs) == (60, 2 * 2 * 3 * 9 * 2)
    assert (last.input, last.parameters, last.macs) == ((12,), 65, 60)


def test_the_error_shows_the_way_there_and_how_to_go_on() -> None:
    # the message to beat names a kernel and an input without a line; `padding: 1` alone does not repair this net
    blocks = "  - conv: {filters: 8, kernel: 3}\n    pool: {window: 2}\n" * 4
    (found,) = told(
        check_source(
            Source("spec.yaml", f"netspec: 1\nname: x\ninput: [28, 28, 1]\nblocks:\n{blocks}fc: [10]\n")
        ).diagnostics
    )
    assert (found.code, found.layer, found.span.line) == ("NS301", "block4.conv1", 11)
    assert found.message == "`block4.conv1`: 3x3 kernel does not fit the 1x1 input"
    assert "height and width: (1 - 3 + 2*0)/1 + 1 = -1, but the result must be at least 1" in found.notes
    assert found.notes[-1].endswith("block3.conv1 3x3x8 -> block3.pool 1x1x8 -> here")
    assert found.fixes
    assert all("padding: 1`" not in fix.title or "block4" not in fix.title for fix in found.fixes)


def test_a_larger_input_is_the_smallest_that_fits() -> None:
    text = (
        "netspec: 1\nname: x\ninput: [28, 28, 1]\nblocks:\n  - repeat: 4\n"
        "    conv: {filters: 8, kernel: 3}\n    pool: {window: 2}\nfc: [10]\n"
    )
    (found,) = told(check_source(Source("spec.yaml", text)).diagnostics)
    titles = [fix.title for fix in found.fixes]
    assert titles[0] == "set `repeat: 3`"
    assert found.span.line == 5
    assert not check_source(Source("spec.yaml", text.replace("28, 28", "46, 46"))).diagnostics
    assert check_source(Source("spec.yaml", text.replace("28, 28", "45, 45"))).diagnostics


@pytest.mark.parametrize(
    ("size", "layer", "severity"),
    [
        ("11, 11", "pool: {window: 2}", "hint"),  # as in VGG, LeNet and NiN where a size is odd
        ("12, 12", "pool: {window: 2, stride: 3}", "hint"),
        ("10, 10", "pool: {window: 3, stride: 2}", "warning"),
        ("10, 11", "pool: {window: [3, 2], stride: 2}", "warning"),  # along the height neighbours overlap
        ("12, 12", "conv: {filters: 4, kernel: 1, stride: 2}", "hint"),  # the shortcut of every residual network
        ("11, 11", "conv: {filters: 4, kernel: 2, stride: 2}", "warning"),
        ("10, 10", "conv: {filters: 4, kernel: 3, stride: 2}", "warning"),
    ],
)
def test_cells_that_published_networks_leave_out_are_no_warning(size: str, layer: str, severity: str) -> None:
    text = f"netspec: 1\nname: x\ninput: [{size}, 1]\nblocks:\n  - {layer}\nfc: [10]\n"
    (found,) = check_source(Source("spec.yaml", text)).diagnostics
    assert (found.code, found.severity) == ("NS302", severity)


def test_a_warning_above_a_layer_that_fails_is_told_with_it() -> None:
    text = (
        "netspec: 1\nname: x\ninput: [32, 32, 1]\nblocks:\n  - conv: {filters: 8, kernel: 4, stride: 3}\n"
        "  - conv: {filters: 8, kernel: 20}\nfc: [10]\n"
    )
    unread, large = check_source(Source("spec.yaml", text)).diagnostics
    assert (unread.code, unread.severity, unread.layer) == ("NS302", "warning", "block1.conv1")
    assert (large.code, large.severity, large.layer) == ("NS301", "error", "block2.conv1")
    assert len(large.fixes) == 3, "the warning is no news to a repair of the error"


def test_a_depthwise_mismatch_is_where_the_depthwise_layer_is() -> None:
    text = (
        "netspec: 1\nname: x\ninput: [32, 32, 3]\nblocks:\n  - conv: {filters: 24, kernel: 3}\n"
        "  - conv: {filters: 32, kernel: 3, groups: depthwise}\nfc: [10]\n"
    )
    (found,) = check_source(Source("spec.yaml", text)).diagnostics
    assert (found.code, found.layer, found.span.line) == ("NS305", "block2.conv1", 6)
    assert [label.message for label in found.labels] == ["`block1.conv1` gives 30x30x24"]
    assert "block2.conv1" in found.fixes[0].title


@pytest.mark.parametrize(
    ("layers", "title"),
    [
        (
            "  - conv: &c {filters: 8, kernel: 12}\n  - conv: *c\n  - conv: *c\n",
            "in `block3.conv1`, written once for 3 layers",
        ),
        ("  - conv: {filters: 8}\n  - conv: {filters: 8}\n  - conv: {filters: 8}\n", "in `defaults`, for 3 layers"),
        ("  - conv: {filters: 8}\n    pool: {window: 3}\n", "in `defaults`"),
        ("  - conv: {filters: 8, kernel: 40}\n", "in `block1.conv1`"),
    ],
)
def test_a_title_says_what_else_a_change_reaches(layers: str, title: str) -> None:
    kernel = 40 if "window" in layers else 12
    text = f"netspec: 1\nname: x\ninput: [32, 32, 3]\ndefaults: {{conv: {{kernel: {kernel}}}}}\nblocks:\n{layers}fc: [10]\n"
    (found,) = check_source(Source("spec.yaml", text)).diagnostics
    changes = [fix.title for fix in found.fixes if fix.title.startswith("set `kernel")]
    assert {change.split("` ", 1)[1] for change in changes} == {title}
