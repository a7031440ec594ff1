"""What ends a contradiction, as edits of the text."""

from __future__ import annotations

import pytest

from netspec.analysis.check import examine, plan_of
from netspec.diagnostics.edits import edited
from netspec.repair.check import check_source
from netspec.text.source import Source

HEAD = "netspec: 1\nname: x\ninput: [34, 34, 3]\n"


def kinds(text: str) -> list[str]:
    report = examine(Source("spec.yaml", text))
    assert report.spec is not None
    assert report.shapes is not None
    plan = plan_of(report.spec, report.shapes)
    assert plan is not None
    return [layer.kind for layer in plan.layers]


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        (
            "blocks:\n  - pool: {window: 2}   # shrink\n    conv: {filters: 8, kernel: 3}  # look\nfc: [10]\n",
            "blocks:\n  - conv: {filters: 8, kernel: 3}  # look\n    pool: {window: 2}   # shrink\nfc: [10]\n",
        ),
        (
            "blocks:\n  - pool:\n      window: 2\n      # as LeNet\n\n    # look\n    conv:\n      - filters: 8\n        kernel: 3\nfc: [10]\n",
            "blocks:\n  - # look\n    conv:\n      - filters: 8\n        kernel: 3\n\n    pool:\n      window: 2\n      # as LeNet\nfc: [10]\n",
        ),
        (
            "blocks:\n  - repeat: 2\n    # down\n    pool: max\n    # look\n    conv: {filters: 8, kernel: 3}\ndefaults: {pool: {window: 2}}\nfc: [10]\n",
            "blocks:\n  - repeat: 2\n    # look\n    conv: {filters: 8, kernel: 3}\n    # down\n    pool: max\ndefaults: {pool: {window: 2}}\nfc: [10]\n",
        ),
        (
            "blocks: [{pool: {window: 2}, repeat: 2, conv: {filters: 8, kernel: 3}}]\nfc: [10]\n",
            "blocks: [{conv: {filters: 8, kernel: 3}, repeat: 2, pool: {window: 2}}]\nfc: [10]\n",
        ),
        (
            "blocks:\n  - conv: &c {filters: 8, kernel: 3}\n  - {pool: {window: 2}, conv: *c}\nfc: [10]\n",
            "blocks:\n  - conv: &c {filters: 8, kernel: 3}\n  - {conv: *c, pool: {window: 2}}\nfc: [10]\n",
        ),
    ],
)
def test_pool_above_conv_is_swapped_with_its_comments(text: str, swapped: str) -> None:
    (warning,) = check_source(Source("spec.yaml", HEAD + text)).diagnostics
    assert (warning.code, warning.severity, warning.source.excerpt(warning.span)) == ("NS234", "warning", "pool")
    assert edited(warning.source, warning.fixes[0].edits) == HEAD + swapped
    assert kinds(HEAD + swapped) == kinds(HEAD + text)
    assert not warning.fixes[0].safe, "that the pool runs first may be what was meant"


def test_pool_above_conv_may_have_been_meant_to_run_first() -> None:
    text = "blocks:\n  - pool: {window: 2}\n    conv: {filters: 8, kernel: 3}\nfc: [10]\n"
    (warning,) = check_source(Source("spec.yaml", HEAD + text)).diagnostics
    swap, apart = warning.fixes
    assert kinds(edited(warning.source, swap.edits)) == ["conv", "pool", "fc"]
    assert kinds(edited(warning.source, apart.edits)) == ["pool", "conv", "fc"]
