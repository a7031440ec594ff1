"""Warnings about runs that go wrong while their numbers are finite: specs that do, and rows that do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.language.train import BinaryCrossEntropy, CrossEntropy, MeanAbsoluteError, MeanSquaredError
from netspec.training.health import Guessing, concerns, guessing
from tests.training.runs import SPEC, At, session

PLAIN = SPEC.replace("norm: batch", "norm: none").replace("{type: cosine, warmup: 5%}", "constant")
TEN = Guessing(2.302585, 0.1)


def rows(*losses: float, norm: float = 1.0, accuracy: float = 0.5) -> list[dict[str, Any]]:
    same = {"gradient_norm": norm, "accuracy": accuracy, "learning_rate": 0.1}
    return [{"epoch": i + 1, "step": 100 * (i + 1), "loss": loss, **same} for i, loss in enumerate(losses)]


def codes(*arguments: Any) -> list[str]:
    return [concern.code for concern in concerns(*arguments)]


@pytest.mark.parametrize(
    ("losses", "accuracy", "found"),
    [
        ((), 0.1, []),
        ((5.0, 2.3, 1.5, 0.9), 0.5, []),
        ((0.02, 0.001, 0.01), 1.0, []),  # noise of a run that has learned all
        ((2.29, 2.25, 2.20), 0.2, []),  # slow, but it moves
        ((2.303, 2.303), 0.1, []),
        ((2.303, 2.302, 2.303), 0.1, ["NS622"]),
        ((2.303, 2.303, 2.303), 0.2, []),
        ((40.0,), 0.1, ["NS620"]),
        ((1.0, 2.0, 3.5), 0.3, ["NS620"]),
    ],
)
def test_what_rows_say(losses: tuple[float, ...], accuracy: float, found: list[str]) -> None:
    assert codes(rows(*losses, accuracy=accuracy), TEN) == found


def test_an_exploding_gradient_and_a_dead_layer() -> None:
    risen = [*rows(2.0, norm=1.0), *rows(2.0, 2.1, norm=200.0)[1:]]
    assert codes(risen, TEN) == ["NS620"]
    (concern,) = concerns([{**rows(2.0)[0], "dead_layers": ["conv1", "fc1"]}], TEN)
    assert concern.code == "NS621"
    assert "`conv1`, `fc1`" in concern.message


def test_guessing_is_the_best_constant_answer() -> None:
    labels = np.array([0, 0, 0, 1])
    assert guessing(labels, 2, CrossEntropy()).loss == pytest.approx(0.75 * np.log(4 / 3) + 0.25 * np.log(4))
    assert guessing(labels, 2, MeanSquaredError()) == Guessing(0.1875, 0.75)
    for smoothing in (0.0, 0.1):
        even = guessing(np.arange(10), 10, CrossEntropy(label_smoothing=smoothing))
        assert even.loss == pytest.approx(np.log(10))


def test_guessing_of_several_labels_and_of_numbers() -> None:
    """The least mean loss of one answer to all, by trying answers."""
    on = np.array([[1, 0], [0, 0], [0, 0], [1, 1]])
    wanted = 0.5 * (np.log(2) + 0.75 * np.log(4 / 3) + 0.25 * np.log(4))
    assert guessing(on, 2, BinaryCrossEntropy()).loss == pytest.approx(wanted)
    numbers = np.array([[0.0], [1.0], [8.0]])
    assert guessing(numbers, 1, MeanSquaredError()).loss == pytest.approx(np.var(numbers))
    assert guessing(numbers, 1, MeanAbsoluteError()).loss == pytest.approx(8 / 3)
    assert guessing(numbers, 1, MeanSquaredError()).beginning == pytest.approx(65 / 3)
    weighed = guessing(np.array([0, 1, 1, 1]), 2, CrossEntropy(), np.array([3.0, 1.0]))
    shares = np.linspace(0.01, 0.99, 99)
    tried = -(3 * 0.25 * np.log(shares) + 0.75 * np.log(1 - shares))
    assert weighed.loss == pytest.approx(tried.min())


def test_numbers_far_from_zero_do_not_diverge_as_they_begin() -> None:
    chance = Guessing(1.0, None, 400.0)
    plain = [{**row, "accuracy": None} for row in rows(380.0, 90.0, 2.0)]
    assert codes(plain[:1], chance) == []
    assert codes(plain, chance) == []
    assert codes(rows(1.001, 1.0, 1.0), chance) == ["NS622"]


class Heard(At):
    def __init__(self) -> None:
        super().__init__(0, None)
        self.said: list[tuple[str, str]] = []

    def warn(self, code: str, message: str, help: str) -> None:
        assert help
        self.said.append((code, message))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (PLAIN.replace("learning_rate: 0.02", "learning_rate: 1e3"), ["NS620", "NS621"]),
        (PLAIN.replace("learning_rate: 0.02", "learning_rate: 1e-9"), ["NS622"]),
        (SPEC, []),
        (PLAIN, []),
    ],
)
def test_specs_that_go_wrong(text: str, codes: list[str], tmp_path: Path) -> None:
    heard = Heard()
    session(tmp_path, text).run(None, [heard])
    assert [code for code, _ in heard.said] == codes
