"""What bends the logits: found where it does, and nowhere else."""

from __future__ import annotations

import pytest

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.edits import edited
from netspec.repair.check import check_source
from netspec.text.source import Source

HEAD = "netspec: 1\nname: x\ninput: [8, 8, 1]\n"


def found(text: str) -> tuple[Diagnostic, ...]:
    return check_source(Source("spec.yaml", HEAD + text)).diagnostics


@pytest.mark.parametrize(
    ("text", "code", "place", "repaired"),
    [
        ("fc: [9, {units: 10, activation: relu}]\n", "NS230", "relu", "fc: [9, {units: 10, activation: none}]\n"),
        ("fc: [{units: 10, activation: sigmoid}]\n", "NS230", "sigmoid", "fc: [{units: 10, activation: none}]\n"),
        (
            "blocks:\n  - conv: {filters: 10, kernel: 8}\ntrain: {epochs: 3}\n",  # a convolution has ReLU where it names none
            "NS230",
            "conv",
            "blocks:\n  - conv: {filters: 10, kernel: 8, activation: none}\ntrain: {epochs: 3}\n",
        ),
        ("fc: [9, {units: 10, dropout: 0.5}]\n", "NS231", "0.5", "fc: [{units: 9, dropout: 0.5}, {units: 10}]\n"),
        (
            "defaults: {fc: {dropout: 0.5}}\nfc: [9, 10]\n",  # which the other layers keep
            "NS231",
            "0.5",
            "defaults: {fc: {dropout: 0.5}}\nfc: [9, {units: 10, dropout: 0}]\n",
        ),
    ],
)
def test_what_bends_the_logits_is_warned_of(text: str, code: str, place: str, repaired: str) -> None:
    (warning,) = found(text)
    assert (warning.code, warning.severity, warning.source.excerpt(warning.span)) == (code, "warning", place)
    assert edited(warning.source, warning.fixes[0].edits) == HEAD + repaired


@pytest.mark.parametrize(
    "text",
    [
        "defaults: {activation: sigmoid}\nfc: [9, 10]\n",
        "fc: [{units: 9, activation: sigmoid, dropout: 0.5}, 10]\n",
        # as published: All-CNN, NiN and SqueezeNet average maps that ReLU has passed
        "blocks:\n  - conv: {filters: 10, kernel: 3}\n    pool: {type: average, window: all}\n",
        "blocks:\n  - conv: {filters: 10, kernel: 3}\n",  # a map
        "blocks:\n  - conv: {filters: 10, kernel: 8}\n",  # nothing is trained
        "fc: [{units: 10, activation: sigmoid}]\ntrain: {loss: mean_squared_error}\n",  # labels are 0 and 1
    ],
)
def test_what_is_published_or_has_another_loss_is_not(text: str) -> None:
    assert not found(text)
