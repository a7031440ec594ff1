"""Networks with nothing to learn."""

from __future__ import annotations

import pytest

from netspec.analysis.check import examine
from netspec.diagnostics.diagnostic import Diagnostic
from netspec.text.source import Source

NPZ = "data: {source: npz, path: some.npz}"
CONV = "blocks: [{conv: {filters: 4, kernel: 8, norm: batch}}]"


def found(*lines: str) -> list[Diagnostic]:
    text = "\n".join(("netspec: 1", "name: x", "input: [8, 8, 1]", *lines, ""))
    return [
        finding for finding in examine(Source("x", text)).diagnostics if finding.code in ("NS223", "NS224", "NS520")
    ]


@pytest.mark.parametrize(
    "layers", ["fc: [{units: 4, norm: batch}, 10]", CONV, "fc: [{units: 4, norm: batch, repeat: 3}, 10]"]
)
def test_batch_norm_over_one_value(layers: str) -> None:
    (finding,) = found(layers, NPZ, "train: {batch_size: 1}")
    assert (finding.code, finding.severity, finding.labels[0].span.line) == ("NS223", "error", 6)
    assert finding.source.lines[3][finding.span.column - 1 :].startswith("batch")
    assert not found(layers, NPZ, "train: {batch_size: 2}")


def test_batch_norm_over_a_map_of_one_image_has_many_values() -> None:
    assert not found("blocks: [{conv: {filters: 4, kernel: 7, norm: batch}}]", NPZ, "train: {batch_size: 1}")


@pytest.mark.parametrize(
    ("layers", "lone"),
    [
        ("blocks: [{conv: {filters: 4, kernel: 8, norm: instance}}]", True),
        ("blocks: [{conv: {filters: 4, kernel: 7, norm: instance}}]", False),
        ("blocks: [{conv: {filters: 4, kernel: 3, norm: layer, order: [norm, conv, activation]}}]", True),
        ("blocks: [{conv: {filters: 4, kernel: 3, norm: layer}}]", False),
        ("blocks: [{pool: {window: all, norm: {type: group, groups: 1}}}]", True),
        ("blocks: [{pool: {window: all, norm: {type: group, groups: 1}, order: [norm, pool]}}]", False),
    ],
)
def test_other_norms_over_one_value_in_any_batch(layers: str, lone: bool) -> None:
    findings = found(layers, "fc: [10]", NPZ, "train: {batch_size: 64}")
    assert [(finding.code, finding.span.line) for finding in findings] == [("NS223", 4)] * lone
    assert not any("batch_size" in (finding.help or "") for finding in findings)


def test_batch_norm_before_the_sum_has_the_values_that_the_layer_reads() -> None:
    before = CONV.replace("norm: batch", "norm: batch, order: [norm, activation, conv]")
    assert not found(before, NPZ, "train: {batch_size: 1}")


@pytest.mark.parametrize("layers", ["fc: [1]", "blocks: [{conv: {filters: 1, kernel: 8}}]"])
def test_one_logit_under_cross_entropy(layers: str) -> None:
    (finding,) = found(layers, NPZ)
    assert (finding.code, finding.severity) == ("NS224", "error")
    assert finding.source.lines[3][finding.span.column - 1] == "1"
    assert not found(layers, NPZ, "train: {loss: mean_squared_error}")
    assert not found(layers), "nothing is said of training: it may be for another end"
    assert not found(layers, "data: {source: digits}"), "NS208 says that there are ten classes"


def test_a_validation_part_without_images() -> None:
    few = "data: {validation: 0.0003}"
    (finding,) = found("fc: [10]", few)
    assert (finding.code, finding.severity) == ("NS520", "warning")
    assert "0 validation images" in finding.message
    (finding,) = found("fc: [10]", few, "train: {early_stopping: {metric: validation_loss}}")
    assert (finding.severity, finding.labels[0].message) == ("error", "watches `validation_loss`")
    (finding,) = found("fc: [10]", few, "train: {early_stopping: {metric: loss}}")
    assert finding.severity == "warning"
    assert not found("fc: [10]", "data: {validation: 0}")
    assert not found("fc: [10]", "data: {source: npz, path: some.npz, validation: 0.0003}")
