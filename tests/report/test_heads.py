"""What a page says of answers, whatever the labels are: the measures beside them, and the worst of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from netspec.data import Split
from netspec.language.heads import NUMBERS, SEVERAL, TWO, Head
from netspec.report.evaluation import measures_of
from netspec.report.mistakes import mistakes
from netspec.training import answers
from netspec.training.loop import Evaluation

IMAGES = np.zeros((4, 2, 2, 1), np.uint8)


def said(head: Head, logits: Any, labels: Any, names: tuple[str, ...]) -> tuple[Any, Split, Evaluation]:
    """A network that gives these logits, and what it does on these labels."""
    given, split = np.array(logits, np.float32), Split(IMAGES, np.array(labels))
    seen: Any = {"logits": given, "classes": (given[:, 0] > 0).astype(np.int32), "accuracy": np.array(2)}
    found = answers.together(head, [seen if head is TWO else {"logits": given}], split.labels)
    return SimpleNamespace(head=head, classes=names), split, Evaluation(0.5, *vars(found).values())


def test_one_unit() -> None:
    network, split, found = said(TWO, [[2.0], [-3.0], [-0.5], [1.0]], [1, 1, 0, 0], ("cat", "dog"))
    assert measures_of(TWO, split, found, network.classes).confusion.tolist() == [[1, 1], [1, 1]]  # type: ignore[union-attr]
    title, content = mistakes(network, split, found)
    assert (title, "2 of 4 test images are taken for another class" in content) == ("Mistakes", True)
    assert content.index("said cat (95%)<br>is dog") < content.index("said dog (73%)<br>is cat")


def test_several_labels() -> None:
    logits = [[2.0, -1.0], [3.0, 1.0], [-2.0, 1.0], [-1.0, -1.0]]
    network, split, found = said(SEVERAL, logits, [[1, 0], [0, 0], [0, 1], [1, 1]], ("round", "dark"))
    facts = measures_of(SEVERAL, split, found, network.classes).to_json()["classes"]
    assert [(one["name"], one["precision"], one["recall"], one["support"]) for one in facts] == [
        ("round", 0.5, 0.5, 2),
        ("dark", 0.5, 0.5, 2),
    ]
    _, content = mistakes(network, split, found)
    assert content.index("said round, dark (2 wrong)<br>is none") < content.index(
        "said none (2 wrong)<br>is round, dark"
    )
    head, rows = measures_of(SEVERAL, split, found, network.classes).table
    assert (head[0], rows[0][0], rows[0][-1]) == ("label", "round", "2")


def test_numbers_are_the_farther_off_the_less_they_vary() -> None:
    network, split, found = said(
        NUMBERS,
        [[1.0, 100.0], [2.0, 300.0], [3.5, 200.0], [4.0, 250.0]],
        [[1, 100], [2, 200], [3, 200], [4, 250]],
        ("a", "b"),
    )
    title, content = mistakes(network, split, found)
    assert title == "Largest errors"
    assert content.index("said 2, 300 (off by 0, 100)<br>is 2, 200") < content.index("said 3.5, 200")
    measures = measures_of(NUMBERS, split, found, network.classes).to_json()["numbers"]
    assert [one["mean_absolute_error"] for one in measures] == [0.125, 25]
    assert measures[1]["deviation"] == pytest.approx(np.std([100, 200, 200, 250]))


def test_of_a_label_that_never_is_there_nothing_is_measured() -> None:
    network, split, found = said(SEVERAL, np.ones((4, 1)), np.zeros((4, 1), int), ("round",))
    (row,) = measures_of(SEVERAL, split, found, network.classes).table[1]
    assert row == ["round", "0.000", "0.000", "0.000", "-", "0"]
