"""What measures answers, by hand and against published figures; and what a step tallies, against the same over all of it."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from netspec.language.heads import NUMBERS, SEVERAL, head_of
from netspec.training import answers, tallies
from netspec.training.measures import auc, average_precision, errors, f1, measured, r2

LOGITS = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
ON = (np.random.default_rng(1).random((60, 3)) < 0.4).astype(np.int32)


def test_auc_is_the_share_of_pairs_in_order() -> None:
    scores, labels = np.round(LOGITS[:, 0], 1), ON[:, 0]  # rounded: some are equal
    pairs = scores[labels == 1][:, None] - scores[labels == 0][None, :]
    assert auc(scores, labels) == pytest.approx(np.mean((pairs > 0) + 0.5 * (pairs == 0)), rel=1e-12)
    assert auc(scores, labels * 0) is None
    assert auc(scores, labels * 0 + 1) is None


def test_average_precision_is_the_sum_over_thresholds() -> None:
    scores, labels = np.round(LOGITS[:, 0], 1), ON[:, 0]
    wanted, before = 0.0, 0.0
    for threshold in sorted(set(scores.tolist()), reverse=True):
        said = scores >= threshold
        recall = float(np.sum(labels[said]) / labels.sum())
        wanted += (recall - before) * float(np.mean(labels[said]))
        before = recall
    assert average_precision(scores, labels) == pytest.approx(wanted, rel=1e-12)
    assert average_precision(scores, labels * 0) is None


def test_f1_errors_and_r2_by_hand() -> None:
    on = np.array([[1, 0], [1, 0], [0, 0]])
    labels = np.array([[1, 0], [0, 0], [1, 0]])
    assert f1(on, labels).tolist() == [0.5, 0.0]
    said, true = np.array([[2.5], [0.0], [2.0], [8.0]]), np.array([[3.0], [-0.5], [2.0], [7.0]])
    absolute, square = errors(said, true)
    assert (absolute[0], square[0]) == (0.5, pytest.approx(np.sqrt(0.375)))
    assert r2(said, true)[0] == pytest.approx(0.9486081370449679)  # scikit-learn's own example
    assert r2(said, true * 0) == [None]


def test_what_is_not_defined_is_left_out() -> None:
    assert measured(SEVERAL, LOGITS, ON * 0).keys() == {"f1"}
    assert "r2" not in measured(NUMBERS, LOGITS, LOGITS * 0)


@pytest.mark.parametrize("head", [SEVERAL, NUMBERS], ids=lambda head: head.name)
def test_an_epoch_measures_from_sums_what_an_evaluation_measures_at_once(head) -> None:  # type: ignore[no-untyped-def]
    labels = ON if head is SEVERAL else LOGITS[::-1].copy()
    steps = [tallies.tallies(head, jnp.asarray(LOGITS[i::3]), jnp.asarray(labels[i::3])) for i in range(3)]
    means = {name: np.mean([np.mean(step[name], 0) for step in steps], 0) for name in tallies.NAMES[head.name]}
    whole = measured(head, LOGITS, labels)
    found = tallies.metrics(head, means)
    assert found.keys() == {metric.name for metric in head.metrics if metric.trained}
    assert found == pytest.approx({name: whole[name] for name in found}, rel=1e-6)


def test_one_unit_and_top_five_over_padded_batches() -> None:
    two, ten = head_of("class", 1, "binary_cross_entropy"), head_of("class", 10, "cross_entropy")
    real = jnp.arange(60) < 50
    labels = ON[:, 0]
    seen = answers.seen(two, jnp.asarray(LOGITS[:, :1]), jnp.asarray(labels), real)
    found = answers.together(two, [seen], labels[:50])
    assert found.metrics["accuracy"] == np.mean((LOGITS[:50, 0] > 0) == labels[:50])
    assert found.metrics["auc"] == auc(LOGITS[:50, 0], labels[:50])
    logits = np.random.default_rng(2).normal(size=(60, 10)).astype(np.float32)
    classes = np.arange(60) % 10
    seen = answers.seen(ten, jnp.asarray(logits), jnp.asarray(classes), real)
    ranked = np.argsort(-logits, axis=1)[:50, :5]
    wanted = {
        "accuracy": np.mean(ranked[:, 0] == classes[:50]),
        "top_5": np.mean((ranked == classes[:50, None]).any(1)),
    }
    assert answers.together(ten, [seen], classes[:50]).metrics == pytest.approx(wanted)


def test_of_equal_logits_the_lower_class_comes_first_as_in_accuracy() -> None:
    logits, head, labels, real = (
        jnp.zeros((8, 8)),
        head_of("class", 8, "cross_entropy"),
        jnp.arange(8),
        jnp.arange(8) < 8,
    )
    kept = answers.seen(head, logits, labels, real)
    assert (int(kept["accuracy"]), int(kept["top_5"])) == (1, 5)
    no_number = answers.seen(head, logits.at[0, 0].set(jnp.nan), labels, real)
    assert int(no_number["top_5"]) == 4
