"""Our own networks, taken apart into single operations, come back as what a person wrote; each is proved inside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from netspec.importing.graph import Conv, Graph, Join, Op, Origin
from netspec.importing.of_plan import graph_of
from netspec.importing.recovery import recovered
from netspec.importing.same import matched
from netspec.language.activations import Relu
from netspec.repair.check import check_source, readable_source
from netspec.text.source import Source
from tests.lowering.grammar import specs

ROOT = Path(__file__).parent.parent.parent
FILES = sorted((ROOT / "specs").glob("*.yaml"))


def written(path: Path) -> str:
    """What a person wrote of the network."""
    text = path.read_text()
    network = text[text.index("input:") :].split("\nbudget:")[0].split("\ndata:")[0]
    return "".join(line.split(" #")[0] for line in network.splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_known_network_comes_back_in_as_few_words(path: Path) -> None:
    plan = check_source(readable_source(str(path)), fixes=False).plan
    assert plan is not None
    found = recovered(graph_of(plan))
    assert found.plan.parameters == plan.parameters
    assert [(one.kind, one.output) for one in found.plan.layers] == [(one.kind, one.output) for one in plan.layers]
    assert len(found.text) < 1.2 * len(written(path)) + 80


def test_two_convolutions_of_one_map_are_not_one_of_them_twice() -> None:
    relu, conv = Relu(), Conv(3, (1, 1), (1, 1), (0, 0), (1, 1), 1, True)
    op = lambda settings, *reads: Op(settings, reads, (8, 8, 3), Origin("here"))  # noqa: E731
    twice = Graph("net", "", (8, 8, 3), [op(conv, 0), op(conv, 0), op(Join("add"), 1, 2)], 3)
    once = Graph("net", "", (8, 8, 3), [op(conv, 0), op(Join("add"), 1, 1)], 2)
    assert isinstance(matched(twice, once), int)
    assert isinstance(matched(once, twice), int)
    twice.ops[:2], once.ops[:1] = [op(relu, 0), op(relu, 0)], [op(relu, 0)]
    assert isinstance(matched(twice, once), dict)
    assert isinstance(matched(once, twice), dict)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(specs())
def test_a_random_network_comes_back(text: str) -> None:
    plan = check_source(Source("drawn", text), fixes=False).plan
    assert plan is not None
    assert recovered(graph_of(plan)).plan.parameters == plan.parameters


def test_another_network_is_not_taken_for_the_same() -> None:
    plan = check_source(readable_source(str(ROOT / "specs" / "resnet18.yaml")), fixes=False).plan
    assert plan is not None
    graph = graph_of(plan)
    pairs = matched(graph, graph)
    assert pairs == {number: number for number in range(1, len(graph.ops) + 1)}
    at = next(n for n, op in enumerate(graph.ops) if op.step == "activation" and n > 20)
    ops = [
        replace(op, settings=graph.ops[0].settings, reads=op.reads) if n == at else op for n, op in enumerate(graph.ops)
    ]
    assert matched(replace(graph, ops=ops), graph) == at + 1
