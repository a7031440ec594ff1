"""The rule by which one epoch is the best."""

from __future__ import annotations

from netspec.language.train import EarlyStopping, Train
from netspec.runs.best import best_of, watched


def test_of_equal_accuracy_the_lower_loss_wins() -> None:
    accuracies, losses = (0.5, 0.9, 0.9, 0.9), (2.0, 0.7, 0.4, 0.4)
    rows = [
        {"epoch": n, "validation_accuracy": a, "validation_loss": b}
        for n, (a, b) in enumerate(zip(accuracies, losses, strict=True), 1)
    ]
    assert best_of(rows, "validation_accuracy") is rows[2]
    assert best_of(rows, "validation_loss") is rows[2]
    assert best_of([], "accuracy") is None


def test_what_is_watched() -> None:
    assert watched(Train(), True) == "validation_accuracy"
    assert watched(Train(), False) == "accuracy"
    assert watched(Train(early_stopping=EarlyStopping()), True) == "validation_loss"
