"""The rule by which one epoch is the best."""

from __future__ import annotations

from netspec.language.heads import CLASS, NUMBERS
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
    assert watched(Train(), CLASS, True) == "validation_accuracy"
    assert watched(Train(), CLASS, False) == "accuracy"
    assert watched(Train(), NUMBERS, True) == "validation_mean_absolute_error"
    assert watched(Train(early_stopping=EarlyStopping()), CLASS, True) == "validation_loss"


def test_of_errors_the_least_and_what_is_not_defined_is_not_the_best() -> None:
    names = ("validation_mean_absolute_error", "validation_r2")
    rows: list[dict[str, float]] = [
        {"epoch": n, "validation_loss": 1.0, names[0]: error, names[1]: share}
        for n, (error, share) in enumerate(((3.0, 0.1), (2.0, 0.7), (4.0, 0.9)), 1)
    ]
    assert best_of(rows, names[0]) is rows[1]
    assert best_of(rows, names[1]) is rows[2]
    del rows[2][names[1]]
    assert best_of(rows, names[1]) is rows[1]
    assert best_of([{"validation_loss": 1.0}], "validation_auc") is None
