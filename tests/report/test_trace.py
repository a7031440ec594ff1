"""One cell by hand: what is shown adds up to what the network gives, for every way to lay a window."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from netspec.report.trace import grids
from netspec.report.trace.picture import draw
from netspec.report.trace.worked import UNDER, Worked, work
from tests.cli.run import here
from tests.lowering.networks import network, variables

WAYS = """netspec: 1
name: ways
input: [13, 12, 4]
blocks:
  - conv: {filters: 6, kernel: [3, 2], stride: [2, 1], padding: same, norm: batch, bias: true}
  - conv: {filters: 9, kernel: 3, dilation: 2, padding: 2, groups: 3, activation: prelu, order: [norm, activation, conv], norm: batch}
    pool: {type: average, window: 3, stride: 2, padding: 1, activation: tanh}
  - conv: {groups: depthwise, filters: 2x, kernel: 5, padding: 3, norm: layer, activation: gelu, dropout: 0.5}
    shortcut: {type: add, projection: {stride: 1, padding: 1}}
    pool: {type: average, window: 2, padding: 1, count_padding: true}
  - pool: {window: 3, stride: 1, padding: same}
fc: [{units: 7, norm: batch, order: [norm, fc, activation]}, 3]
"""


@pytest.fixture(scope="module")
def ways() -> dict[str, tuple[Worked, ...]]:
    """The first, the last and one other cell of each layer."""
    net = network(WAYS)
    arrays = variables(net)
    images = np.random.default_rng(1).normal(size=(1, *net.plan.input)).astype(np.float32)
    outputs = net.activations(arrays, images)
    found: dict[str, tuple[Worked, ...]] = {}
    for layer in net.plan.layers:
        if layer.kind in UNDER:
            shape = layer.output if len(layer.output) == 3 else (1, 1, *layer.output)
            cells: list[Any] = [(0, 0, 0), tuple(n - 1 for n in shape), tuple(n // 2 for n in shape)]
            found[layer.name] = tuple(work(net, arrays, images, layer, cell) for cell in cells)
            for cell, worked in zip(cells, found[layer.name], strict=True):
                assert worked.steps[-1].value == np.asarray(outputs[layer.name])[0].reshape(shape)[cell], layer.name
    return found


def test_products_add_up_to_what_the_network_sums(ways: dict[str, tuple[Worked, ...]]) -> None:
    assert {"block3.projection", "fc1", "fc2"} < ways.keys()
    for name, cells in ways.items():
        for worked in cells:
            total = sum(window.products.sum() for window in worked.windows)
            if worked.layer.kind != "pool":
                assert total == pytest.approx(worked.steps[0].value, abs=2e-5), name


def test_pooling_leaves_padding_out_or_counts_it(ways: dict[str, tuple[Worked, ...]]) -> None:
    for name, rule in (("block2.pool", np.mean), ("block4.pool", np.max)):
        for worked in ways[name]:
            (window,) = worked.windows
            assert worked.steps[0].value == pytest.approx(rule(window.cells[~worked.padding]), rel=1e-5)
    counted = [worked.steps[0] for worked in ways["block3.pool"]]
    assert [step.words for step in counted] == ["mean of 4 cells"] * 3
    assert ways["block2.pool"][0].steps[0].words == "mean of 4 cells", "of nine, in the corner"
    assert counted[0].value == pytest.approx(next(ways["block3.pool"][0].windows).cells.sum() / 4, rel=1e-5)


def test_a_group_reads_its_own_channels_and_a_dilated_window_is_spread(ways: dict[str, tuple[Worked, ...]]) -> None:
    first, last, _ = ways["block2.conv1"]
    assert [list(one.under.channels) for one in (first, last)] == [[0, 1], [4, 5]]
    assert list(first.under.rows) == [-2, 0, 2]
    assert first.padding.sum() == 5
    assert [window.channel for window in ways["block3.conv1"][1].windows] == [8], "two filters a channel"
    assert [step.name for step in ways["block3.conv1"][0].steps] == ["conv", "bias", "norm", "activation"]
    assert [step.name for step in ways["block1.conv1"][0].steps] == ["conv", "bias", "norm", "activation"]


def test_each_norm_can_be_followed_by_hand_and_a_gate_comes_behind() -> None:
    """The words of the step are the formula: what they give of the number before is the number behind."""
    kinds = ("layer", "instance", "{type: group, groups: 3}", "{type: local_response, size: 4, alpha: 0.9, k: 2}")
    blocks = "".join(
        f"  - conv: {{filters: 6, kernel: 1, bias: true, norm: {kind}, gate: {{units: 2}}}}\n" for kind in kinds
    )
    ends = "fc: [{units: 6, norm: layer}, {units: 6, norm: {type: group, groups: 2}}, 2]\n"
    net = network(f"netspec: 1\nname: norms\ninput: [4, 5, 2]\nblocks:\n{blocks}{ends}")
    arrays, images = variables(net), np.random.default_rng(1).normal(size=(1, 4, 5, 2)).astype(np.float32)
    outputs = net.activations(arrays, images)
    for layer in (layer for layer in net.plan.layers if layer.kind in UNDER and layer.name != "fc3"):
        cell = (2, 3, 4) if len(layer.output) == 3 else (0, 0, 4)
        worked = work(net, arrays, images, layer, cell)
        before, norm = worked.steps[1:3]
        if worked.gate is not None:
            assert worked.gate.value == outputs[f"{layer.name}.gate"][0][cell]
        formula = norm.words.partition(": ")[2].replace("^", "**")
        assert eval(formula, {"x": before.value, "sqrt": np.sqrt}) == pytest.approx(norm.value, rel=2e-3, abs=1e-3)
        assert norm.of, layer.name
        assert (worked.gate is None) == (layer.kind == "fc")


def test_pictures_have_their_marks_in_them(ways: dict[str, tuple[Worked, ...]]) -> None:
    for cells in ways.values():
        for worked in cells:
            picture = ElementTree.fromstring(draw(worked, "<ways>", {"weights": "a&b", "image": "x"}))
            width, height = (float(picture.attrib[name]) for name in ("width", "height"))
            for box in picture.iter("{http://www.w3.org/2000/svg}rect"):
                x, y, wide, high = (float(box.attrib.get(name, "0")) for name in ("x", "y", "width", "height"))
                assert 0 <= x <= x + wide <= width
                assert 0 <= y <= y + high <= height


def test_numbers_in_cells() -> None:
    assert doctest.testmod(grids).failed == 0


def test_what_no_cell_is(tmp_path: Path) -> None:
    spec, weights, image = "specs/lenet5.yaml", "specs/notes/filter.safetensors", tmp_path / "image.csv"
    image.write_text("1 2\n3 x\n")
    for arguments, status, said in (
        (("--layer", "block1.conv"), 2, "did you mean block1.conv1?"),
        (("--layer", "block1"), 2, "a block of layers; choose among block1.conv1, block1.pool."),
        (("--layer", "fc1", "--layer", "fc2"), 2, "one layer at a time"),
        (("--layer", "fc1", "--at", "120"), 2, "0 to 119"),
        (("--layer", "block1.conv1", "--at", "28,0"), 2, "rows 0 to 27"),
        (("--layer", "block1.conv1", "--channel", "6"), 2, "channels 0 to 5"),
        (("--layer", "block1.conv1", "--weights", weights), 1, "3x3x1x1 in the file, 5x5x1x6 here"),
        (("--layer", "block1.conv1", "--image", str(image)), 1, "line 2"),
        (("--layer", "block1.conv1", "--run", "nothing"), 2, "NS602"),
    ):
        done = here("trace", spec, *arguments)
        assert (done.exit_code, done.stdout) == (status, ""), done.output
        assert said in done.stderr
