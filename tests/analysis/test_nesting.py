"""What a plan looks like to its reader, and which activation a layer's values are of."""

from __future__ import annotations

from netspec.analysis.nesting import Block, Bridge, Leaf, Split, nested
from netspec.analysis.plan import Plan, grammar
from netspec.repair.check import check_source
from netspec.text.source import Source


def plan(blocks: str) -> Plan:
    found = check_source(Source("x.yaml", f"netspec: 1\nname: x\ninput: [8, 8, 4]\nblocks:\n{blocks}fc: [10]\n")).plan
    assert found is not None
    return found


def test_blocks_written_twice_are_one_where_they_are_alike() -> None:
    block = (
        "  - {conv: [{filters: 4, kernel: 1}, {filters: 4, kernel: 3, padding: 1, activation: %s}], shortcut: add}\n"
    )
    same, other = nested(plan(2 * block % ("relu", "relu"))), nested(plan(2 * block % ("relu", "tanh")))
    assert [type(part) for part in (*same, *other)] == [Block, Leaf, Block, Block, Leaf]
    assert isinstance(same[0], Block)
    assert (same[0].names, same[0].same, same[0].parameters) == (("block1", "block2"), True, 2 * (20 + 148))


def test_branches_come_in_the_order_of_their_join() -> None:
    blocks = (
        "  - {branches: [[], {conv: {filters: 2, kernel: 1}}, {pool: {window: 1}}], join: concat, shortcut: concat}\n"
    )
    found = plan(blocks)
    assert grammar(found.spec)["text"] == "INPUT -> CONCAT(CONCAT(ID | CONV | POOL)) -> FC"
    (block, _) = nested(found)
    assert isinstance(block, Block)
    (bridge,) = block.run
    assert isinstance(bridge, Bridge)
    (split,) = bridge.run
    assert isinstance(split, Split)
    assert [[leaf.layers[0].kind for leaf in run if isinstance(leaf, Leaf)] for run in split.branches] == [
        [],
        ["conv"],
        ["pool"],
    ]
    assert (bridge.join.name, split.join.name, bridge.projection) == ("block1.concat2", "block1.concat", None)


def test_a_layer_gives_the_values_of_the_activation_that_it_ends_in() -> None:
    """A leading ReLU is not seen in what a layer gives, nor one that a norm follows: such a layer cannot be called dead."""
    layers = (
        "{filters: 4, kernel: 1, dropout: 0.5}",
        "{filters: 4, kernel: 1, order: [activation, conv]}",
        "{filters: 4, kernel: 1, norm: batch, order: [conv, activation, norm]}",
        "{filters: 4, kernel: 1, activation: none, gate: {units: 1}}",
    )
    found = plan(f"  - {{conv: [{', '.join(layers)}], shortcut: add, activation: sigmoid}}\n").layers
    assert [layer.ends_in for layer in found] == ["relu", None, None, None, None, "sigmoid", None]
