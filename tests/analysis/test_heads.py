"""Labels, loss, weights and metrics that cannot go together: one finding, at its place, whose first fix is what was meant."""

from __future__ import annotations

import pytest

from netspec.diagnostics.edits import edited
from netspec.language.spec import Spec
from netspec.repair.check import check_source
from netspec.text.source import Source

HEAD = "netspec: 1\nname: x\ninput: [8, 8, 1]\n"


def text(units: int, labels: str = "", train: str = "") -> str:
    data = f"data: {{source: npz, path: x.npz{', labels: ' * bool(labels)}{labels}}}\n"
    return f"{HEAD}fc: [{units}]\n{data}" + (f"train: {{{train}}}\n" if train else "")


def spec(*given: object) -> Spec:
    report = check_source(Source("x.yaml", text(*given)))  # type: ignore[arg-type]
    assert report.ok, report.diagnostics
    assert report.spec is not None
    return report.spec


@pytest.mark.parametrize(
    ("given", "loss"),
    [
        ((10,), "cross_entropy"),
        ((3, "several"), "binary_cross_entropy"),
        ((1, "several"), "binary_cross_entropy"),
        ((2, "numbers"), "mean_squared_error"),
        ((2, "numbers", "epochs: 3"), "mean_squared_error"),
        ((2, "numbers", "loss: {type: huber, delta: 2}"), "huber"),
        ((1, "class", "loss: binary_cross_entropy"), "binary_cross_entropy"),
    ],
)
def test_the_loss_follows_the_labels(given: tuple[object, ...], loss: str) -> None:
    assert spec(*given).train.value.loss.type == loss


@pytest.mark.parametrize(
    ("wrong", "code", "place", "repaired"),
    [
        ((1,), "NS224", "1", (1, "", "loss: binary_cross_entropy")),
        ((1, "", "epochs: 3"), "NS224", "1", None),
        (
            (3, "several", "loss: cross_entropy"),
            "NS250",
            "cross_entropy",
            (3, "several", "loss: binary_cross_entropy"),
        ),
        (
            (2, "numbers", "loss: binary_cross_entropy"),
            "NS250",
            "binary_cross_entropy",
            (2, "numbers", "loss: mean_squared_error"),
        ),
        ((2, "", "loss: binary_cross_entropy"), "NS250", "binary_cross_entropy", (2, "", "loss: cross_entropy")),
        ((3, "", "loss: huber"), "NS250", "huber", (3, "", "loss: cross_entropy")),
        ((2, "numbers", "class_weights: balanced"), "NS252", "balanced", None),
        ((3, "", "class_weights: [1, 2]"), "NS252", "[1, 2]", (3, "", "class_weights: balanced")),
        ((1, "", "loss: binary_cross_entropy, class_weights: [1, 2, 3]"), "NS252", "[1, 2, 3]", None),
        (
            (3, "several", "early_stopping: {metric: validation_accuracy}"),
            "NS253",
            "validation_accuracy",
            (3, "several", "early_stopping: {metric: validation_f1}"),
        ),
        ((5, "", "early_stopping: {metric: validation_top_5}"), "NS253", "validation_top_5", None),
        (
            (3, "", "target: {metric: r2, at_least: 0.9}"),
            "NS253",
            "r2",
            (3, "", "target: {metric: accuracy, at_least: 0.9}"),
        ),
        ((2, "numbers", "target: {at_least: 0.5}"), "NS254", "0.5", (2, "numbers", "target: {at_most: 0.5}")),
        (
            (3, "", "target: {metric: loss, at_least: 0.5}"),
            "NS254",
            "0.5",
            (3, "", "target: {metric: loss, at_most: 0.5}"),
        ),
        ((3, "", "target: {at_least: 0.5, at_most: 0.7}"), "NS254", "0.7", (3, "", "target: {at_least: 0.5}")),
    ],
)
def test_what_cannot_go_together(
    wrong: tuple[object, ...], code: str, place: str, repaired: tuple[object, ...] | None
) -> None:
    (finding,) = check_source(Source("x.yaml", text(*wrong))).diagnostics  # type: ignore[arg-type]
    assert (finding.code, finding.source.excerpt(finding.span)) == (code, place)
    if repaired is not None:
        assert edited(finding.source, finding.fixes[0].edits) == text(*repaired)  # type: ignore[arg-type]


def test_what_the_labels_allow() -> None:
    for given in (
        (6, "", "early_stopping: {metric: validation_top_5}"),
        (1, "", "loss: binary_cross_entropy, class_weights: [1, 2], early_stopping: {metric: validation_auc}"),
        (3, "several", "class_weights: [1, 2, 3], target: {metric: average_precision, at_least: 0.5}"),
        (1, "numbers", "target: {at_most: 12.5}, early_stopping: {metric: validation_r2}"),
        (1, "numbers", "target: {metric: r2, at_least: 0.5}"),
        (1, "class", "loss: mean_squared_error"),
    ):
        assert not check_source(Source("x.yaml", text(*given))).diagnostics  # type: ignore[arg-type]


def test_labels_that_a_source_has_not() -> None:
    (finding,) = check_source(Source("x.yaml", f"{HEAD}fc: [10]\ndata: {{labels: several}}\n")).diagnostics
    assert (finding.code, finding.source.excerpt(finding.span)) == ("NS251", "several")


def test_two_numbers_of_two_classes_may_be_one() -> None:
    source = Source("x.yaml", text(2, "class", "loss: binary_cross_entropy"))
    (finding,) = check_source(source).diagnostics
    assert [fix.title for fix in finding.fixes] == [
        "set `loss: cross_entropy`",
        "set `units: 1`",
        "set `labels: several`",
    ]


def test_a_loss_by_the_name_of_its_activation() -> None:
    (finding,) = check_source(Source("x.yaml", text(1, "class", "loss: sigmoid"))).diagnostics
    assert finding.help == "write `binary_cross_entropy`"
