"""What has changed between two networks, by hand."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest

from netspec.analysis.comparison import Comparison, compare
from netspec.analysis.plan import Plan
from netspec.cli import diff, markdown
from netspec.language.plain import Change
from netspec.repair.check import check_source
from netspec.text.source import Source
from tests.cli.run import ROOT


def plan(text: str) -> Plan:
    found = check_source(Source("x.yaml", text)).plan
    assert found is not None
    return found


CHAIN = """\
netspec: 1
name: chain
input: [12, 12, 1]
data: {source: npz, path: a.npz}
blocks:
  - conv: {filters: 4, kernel: 3}
    pool: {window: 2}
  - conv: {filters: 8, kernel: 3}
fc: [10]
train: {optimizer: adam}
"""


def of(new: str, old: str = CHAIN) -> Comparison:
    return compare(plan(old), plan(new))


def rows(comparison: Comparison) -> list[tuple[str, str, list[str]]]:
    return [(pair.change, pair.layer.name, [*map(str, pair.changes)]) for pair in comparison.pairs]


def test_other_names_are_no_change() -> None:
    assert of(CHAIN.replace("name: chain", "name: other\ndescription: The same")).same


def test_a_setting_and_the_shapes_that_follow_from_it() -> None:
    found = of(CHAIN.replace("filters: 8, kernel: 3", "filters: 8, kernel: [3, 2], norm: batch"))
    assert rows(found) == [
        ("same", "block1.conv1", []),
        ("same", "block1.pool", []),
        ("changed", "block2.conv1", ['norm: "none" -> "batch"', "bias: true -> false", "kernel: [3, 3] -> [3, 2]"]),
        ("changed", "fc1", []),
    ]


def test_a_block_before_others_gives_them_another_name_and_no_other_facts() -> None:
    found = of(CHAIN.replace("blocks:\n", "blocks:\n  - conv: {filters: 1, kernel: 1, activation: none}\n"))
    assert [row[:2] for row in rows(found)] == [
        ("added", "block1.conv1"),
        ("same", "block2.conv1"),
        ("same", "block2.pool"),
        ("same", "block3.conv1"),
        ("same", "fc1"),
    ]
    assert [pair.change for pair in compare(found.new, found.old).pairs] == ["removed", *["same"] * 4]


def test_settings_of_no_layer() -> None:
    found = of(CHAIN.replace("optimizer: adam", "optimizer: {type: sgd, learning_rate: 0.1, momentum: 0.9}, epochs: 3"))
    optimizer = {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9}
    assert found.changes == (Change("train.epochs", 10, 3), Change("train.optimizer", "adam", optimizer))
    assert not any(pair.changes for pair in found.pairs)


def test_a_deeper_residual_network_is_one_with_whole_blocks_added() -> None:
    found = compare(*(plan((ROOT / "specs" / f"{name}.yaml").read_text()) for name in ("resnet18", "resnet34")))
    assert {pair.change for pair in found.pairs} == {"same", "added"}
    added = [pair.layer.name.rpartition(".")[2] for pair in found.pairs if pair.change == "added"]
    assert added == ["conv1", "conv2", "add"] * 8


def test_a_join_that_reads_another_layer() -> None:
    text = CHAIN.replace(
        "  - conv: {filters: 8, kernel: 3}\n",
        "  - branches: [{conv: {filters: 4, kernel: 1}}, {conv: {filters: 4, kernel: 3, padding: 1}}]\n    join: concat\n",
    )
    turned = text.replace("filters: 4, kernel: 3, padding: 1}}]", "filters: 4, kernel: 3, padding: 1}}, []]")
    (join,) = (pair for pair in of(turned, text).pairs if pair.layer.kind == "concat")
    assert [change.path for change in join.changes] == ["reads"]


def test_one_line_of_defaults_is_one_change_with_the_layers_it_reaches() -> None:
    found = of(CHAIN.replace("blocks:", "defaults: {conv: {activation: elu, dropout: 0.1}}\nblocks:"))
    (shared,) = found.shared
    assert [change.path for change in shared.changes] == ["activation", "dropout.rate"]
    assert [pair.layer.name for pair in shared.pairs] == ["block1.conv1", "block2.conv1"]
    assert not any(map(found.own, found.pairs))
    rows = [(row.change, row.name) for row in diff._rows(found)]
    assert rows == [("changed", "2 layers"), ("", "")], "no row of their own"


def test_changes_whose_words_are_cut_alike_are_two() -> None:
    norms = [f"norm: {{type: group, groups: 4, eps: {eps}}}" for eps in (0.001, 0.01)]
    found = of(CHAIN.replace("filters: 4", f"filters: 4, {norms[0]}").replace("filters: 8", f"filters: 8, {norms[1]}"))
    assert not found.shared
    assert [len(found.own(pair)) for pair in found.pairs if pair.changes] == [1, 1]


@pytest.mark.parametrize(("module", "least"), [(diff, 2), (markdown, 1)])
def test_the_examples_of_its_words_run(module: ModuleType, least: int) -> None:
    found = doctest.testmod(module)
    assert found.attempted >= least
    assert not found.failed
