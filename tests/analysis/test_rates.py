"""Learning rates and steps of schedules that can hardly be meant."""

from __future__ import annotations

import pytest

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.language.train import OPTIMIZERS
from netspec.repair.check import check_source
from netspec.text.source import Source

CIFAR = "netspec: 1\nname: x\ninput: [32, 32, 3]\nfc: [10]\ndata: {source: cifar-10}\n"


def found(train: str) -> tuple[Diagnostic, ...]:
    return check_source(Source("spec.yaml", f"{CIFAR}train: {train}\n")).diagnostics


@pytest.mark.parametrize(
    ("optimizer", "titles"),
    [
        ("{type: adam, learning_rate: 1e3}", ["set `learning_rate: 1e-3`"]),
        ("{type: adam, learning_rate: 3E+4}", ["set `learning_rate: 3e-4`", "set `learning_rate: 0.001`"]),
        ("{type: adam, learning_rate: 1}", ["set `learning_rate: 0.001`"]),
        ("{type: sgd, learning_rate: 100}", ["set `learning_rate: 0.01`"]),
        ("{type: sgd, learning_rate: 0x1e3}", ["set `learning_rate: 0.01`"]),
        ("{type: sgd, learning_rate: 1e-12}", ["set `learning_rate: 0.01`"]),
    ],
)
def test_a_rate_beyond_all_published_is_warned_of(optimizer: str, titles: list[str]) -> None:
    (warning,) = found(f"{{optimizer: {optimizer}}}")
    assert (warning.code, warning.severity) == ("NS233", "warning")
    assert warning.source.excerpt(warning.span) in optimizer
    assert [fix.title for fix in warning.fixes] == titles


@pytest.mark.parametrize(
    "optimizer",
    [
        *OPTIMIZERS,
        "{type: sgd, learning_rate: 3.2}",  # Goyal and others, batch 8,192
        "{type: rmsprop, learning_rate: 0.256}",  # MnasNet
        "{type: adam, learning_rate: 1e-1}",
        "{type: lion, learning_rate: 1e-7}",
    ],
)
def test_a_published_rate_is_not(optimizer: str) -> None:
    assert not found(f"{{optimizer: {optimizer}}}")


@pytest.mark.parametrize(
    ("epochs", "schedule", "titles"),
    [
        (90, "{type: step, transition_steps: 30}", ["set `transition_steps: 10530`"]),
        (100, "{type: step, transition_steps: 30}", ["set `transition_steps: 30%`", "set `transition_steps: 10530`"]),
        (90, "{type: exponential, transition_steps: 1, decay_rate: 0.9}", ["set `transition_steps: 351`"]),
        (50, "{type: cosine, decay_steps: 50}", ["set `decay_steps: 100%`"]),
        (50, "{type: one_cycle, transition_steps: 50}", ["set `transition_steps: 100%`"]),
        (90, "{type: cosine, warmup: 5}", ["set `warmup: 1755`"]),
    ],
)
def test_steps_meant_as_epochs_are_warned_of(epochs: int, schedule: str, titles: list[str]) -> None:
    warning = next(one for one in found(f"{{epochs: {epochs}, schedule: {schedule}}}") if one.code == "NS232")
    assert warning.severity == "warning"
    assert f"of which the run has {351 * epochs:,}" in warning.message
    assert [fix.title for fix in warning.fixes] == titles


@pytest.mark.parametrize(
    ("epochs", "schedule"),
    [
        (90, "{type: step, transition_steps: 10530}"),
        (200, "{type: cosine, warmup: 100}"),
        (100, "{type: exponential, transition_steps: 100, decay_rate: 0.999}"),  # 0.7 of the rate is left
        (10, "{type: exponential, transition_steps: 5, decay_rate: 1.01}"),
        (90, "cosine"),
    ],
)
def test_steps_that_can_be_meant_are_not(epochs: int, schedule: str) -> None:
    assert not [one for one in found(f"{{epochs: {epochs}, schedule: {schedule}}}") if one.code == "NS232"]


def test_epochs_of_few_steps_may_be_counted_in_steps() -> None:
    text = "netspec: 1\nname: x\ninput: [8, 8, 1]\nfc: [10]\ntrain: {batch_size: 256, schedule: {type: step, transition_steps: 5}}\n"
    assert not check_source(Source("spec.yaml", text)).diagnostics
