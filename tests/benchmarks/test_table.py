"""What the comparison prints and writes, of times that are made up."""

from __future__ import annotations

import json

import pytest

from benchmarks import compare, table
from benchmarks.compare import Cell


@pytest.fixture
def cells() -> list[Cell]:
    fast = {"netspec": {"chosen": [0.001, 0.002]}, "pytorch": {"contiguous": [0.004, 0.008], "channels last": [1.0, 1]}}
    slow = {
        "netspec": {"chosen": [0.2, 0.2]},
        "pytorch": {"contiguous": [0.2, 0.2]},
        "keras": {"stateless": [0.4, 0.4]},
    }
    return [
        Cell("small", 32, "training", fast, {"keras": "Keras has no such layer"}, {"pytorch": 2e-6}, 10**9),
        Cell("large", 128, "training", slow, {}, {"keras": 1e-7}, 10**10),
    ]


def test_the_table_names_times_ratios_and_spread(cells: list[Cell]) -> None:
    title, head, small, large, means = table.rows(cells, "training")
    assert "Training steps" in title
    assert head.split() == ["network", "batch", "netspec", "pytorch", "keras", "flax"]
    assert small.split() == ["small", "32", "1.50", "4.00", "(4.00-4.00)", "-", "-"]
    assert large.split() == ["large", "128", "200", "1.00", "(1.00-1.00)", "2.00", "(2.00-2.00)", "-"]
    assert means.split() == ["mean", "of", "ratios", "2.00", "2.00", "-"]


def test_the_table_fits_a_terminal(cells: list[Cell]) -> None:
    lines = [*table.rows(cells, "training"), *table.notes(cells), *table.shares(cells, 1e12)]
    assert max(map(len, lines)) <= 95


def test_what_is_missing_is_said_with_its_reason(cells: list[Cell]) -> None:
    agreement, missing = table.notes(cells)
    assert "2.0e-06" in agreement
    assert missing == "small: keras is left out: Keras has no such layer"


def test_a_cell_is_shown_when_it_is_done(cells: list[Cell]) -> None:
    assert table.brief(cells[1]) == "  netspec 200 ms; pytorch 1.00 (1.00-1.00), keras 2.00 (2.00-2.00)"


def test_a_machine_that_was_not_quiet_is_said(cells: list[Cell]) -> None:
    assert "other processes kept 0.9 cores busy" in next(iter(table.notes(cells, 0.94)))
    assert list(table.notes(cells, 0.01)) == list(table.notes(cells, None)) == list(table.notes(cells))


def test_shares_of_the_peak(cells: list[Cell]) -> None:
    _, small, large = table.shares(cells, 1e12)
    assert "netspec 67%, pytorch 17%" in small
    assert "netspec 5%, pytorch 5%, keras 2%" in large


def test_the_json_holds_every_round_and_what_follows(cells: list[Cell]) -> None:
    found = json.loads(json.dumps(cells[0].as_json()))
    assert found["seconds"]["pytorch"]["channels last"] == [1.0, 1.0]
    assert found["ratios"]["pytorch"] == {"median": 4.0, "low": 4.0, "high": 4.0}
    assert found["median_seconds"]["netspec"] == 0.0015


def test_every_round_begins_with_another_one() -> None:
    taken: list[str] = []

    def run(name: str) -> float:
        taken.append(name)
        return 1.0

    cell = Cell("n", 1, "training")
    compare.in_turn({(name, "v"): lambda name=name: run(name) for name in "abc"}, 3, cell)
    assert taken == list("abcbcacab")
    assert cell.seconds == {name: {"v": [1.0, 1.0, 1.0]} for name in "abc"}
