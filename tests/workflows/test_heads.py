"""The heads from a spec to answers: digits labelled as odd or even, by what they are drawn of, and by how much ink they take."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.data import Split, digits, hold_out
from netspec.report import page
from netspec.training.trained import load
from tests.cli.run import here

DRAWN_OF = {"loop": (0, 6, 8, 9), "line": (1, 4, 7), "hook": (2, 3, 5)}
HEAD = """\
netspec: 1
name: t
input: [8, 8, 1]
fc: [16, {units}]
data: {{source: npz, path: set.npz, labels: {labels}}}
train: {{epochs: 8, batch_size: 100, optimizer: {{type: adamw, learning_rate: 0.02}}, {train}}}
"""


def odd(split: Split) -> np.ndarray:
    return split.labels % 2


def strokes(split: Split) -> np.ndarray:
    return np.stack([np.isin(split.labels, members) for members in DRAWN_OF.values()], axis=1)


def ink(split: Split) -> np.ndarray:
    return split.images.sum((1, 2, 3)) / 100.0


def trained(folder: Path, of: Callable[[Split], np.ndarray], names: list[str], monkeypatch: Any, **spec: object) -> Any:
    """What `evaluate` and `predict` say of a run in `folder`, and its rows; the page is written once, in the first test."""
    found = digits.load((8, 8, 1))
    arrays = {"x_train": found.train.images, "x_test": found.test.images, "classes": np.array(names)}
    np.savez(folder / "set.npz", **arrays, y_train=of(found.train), y_test=of(found.test))
    (folder / "spec.yaml").write_text(HEAD.format(**spec))
    monkeypatch.setattr(page, "write", lambda *_: folder)
    done = here("train", str(folder / "spec.yaml"), "--output", str(folder / "run"), "--tune", "off")
    assert done.exit_code == 0, done.output
    np.save(folder / "x.npy", found.test.images[:20])
    answers = (("evaluate", str(folder / "run")), ("predict", str(folder / "run"), str(folder / "x.npy")))
    said = [json.loads(here(*command, "--format", "json").stdout) for command in answers]
    rows = [json.loads(line) for line in (folder / "run" / "metrics.jsonl").read_text().splitlines()]
    return said[0], said[1]["predictions"], rows, found.test


@pytest.mark.slow
def test_one_unit_tells_two_classes_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train = "loss: binary_cross_entropy, class_weights: [1, 3], target: {metric: auc, at_least: 0.9}"
    measured, predicted, rows, test = trained(
        tmp_path, odd, ["even", "odd"], monkeypatch, units=1, labels="class", train=train
    )
    assert measured["accuracy"] > 0.85
    assert measured["auc"] > 0.93
    assert np.sum(measured["confusion"]) == len(test)
    assert {"accuracy", "validation_accuracy", "validation_auc"} <= rows[-1].keys()
    shares = [one["probabilities"]["odd"] for one in predicted]
    assert [one["class"] for one in predicted] == ["odd" if share > 0.5 else "even" for share in shares]
    assert np.mean((np.array(shares) > 0.5) == odd(test)[:20]) > 0.7
    network = load(tmp_path / "run")
    np.testing.assert_allclose(
        np.asarray(network.predict(network.variables, test.images[:20]))[:, 0], shares, rtol=1e-5
    )
    assert network.variables["state"]["input"]["class_weights"].tolist() == [1, 3]


@pytest.mark.slow
def test_several_labels_are_each_on_or_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train = "class_weights: balanced, early_stopping: {metric: validation_average_precision, patience: 9}"
    measured, predicted, rows, test = trained(
        tmp_path, strokes, list(DRAWN_OF), monkeypatch, units=3, labels="several", train=train
    )
    assert measured["f1"] > 0.8
    assert [one["name"] for one in measured["classes"]] == list(DRAWN_OF)
    assert measured["f1"] == pytest.approx(np.mean([one["f1"] for one in measured["classes"]]))
    assert [one["support"] for one in measured["classes"]] == strokes(test).sum(0).tolist()
    assert {"f1", "validation_f1", "validation_average_precision"} <= rows[-1].keys()
    for one in predicted:
        assert one["labels"] == [name for name, share in one["probabilities"].items() if share > 0.5]
    found = digits.load((8, 8, 1)).train
    weights = load(tmp_path / "run").variables["state"]["input"]["class_weights"]
    rest, _ = hold_out(replace(found, labels=strokes(found).astype(np.int32)), 0.1, 0)
    np.testing.assert_allclose(weights, (1 - rest.labels.mean(0)) / rest.labels.mean(0), rtol=1e-6)


@pytest.mark.slow
def test_numbers_are_answered_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train = "loss: huber, target: {metric: r2, at_least: 0.5}"
    measured, predicted, rows, test = trained(
        tmp_path, ink, ["ink"], monkeypatch, units=1, labels="numbers", train=train
    )
    assert measured["r2"] > 0.5
    assert measured["numbers"][0]["mean"] == pytest.approx(ink(test).mean(), rel=1e-6)
    assert {"mean_absolute_error", "root_mean_square_error", "validation_r2"} <= rows[-1].keys()
    off = [one["numbers"]["ink"] - true for one, true in zip(predicted, ink(test), strict=False)]
    assert np.mean(np.abs(off)) < 3 * measured["mean_absolute_error"]
    missed = here("train", "--resume", str(tmp_path / "run"), "--set", "train.target={metric: loss, at_most: 1e-9}")
    assert missed.exit_code == 1
    assert "NS611" in missed.output
    assert "is above the target of 1e-09" in missed.output
