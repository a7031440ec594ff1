"""Patterns of layers: what fits none, fits in vain, or fits all."""

from __future__ import annotations

import pytest

from netspec.analysis.comparison import compare
from netspec.diagnostics.edits import edited
from netspec.repair.check import check_source
from netspec.text.source import Source
from tests.lowering.networks import plan

HEAD = """\
netspec: 1
name: t
input: {height: 8, width: 8, channels: 2, norm: batch}
blocks:
  - repeat: 2
    conv: {filters: 2, kernel: 3, padding: 1, norm: batch, gate: {units: 1}}
    shortcut: add
  - {conv: {filters: 4, kernel: 3}, pool: {window: 2}}
fc: [{units: 4, name: head}, 3]
data: {source: npz, path: t.npz}
train:
  from: base
"""


def found(train: str) -> list[tuple[str, str, str | None]]:
    """Code, text and help of each finding."""
    source = Source("t.yaml", f"{HEAD}{train}")
    return [(one.code, source.excerpt(one.span), one.help) for one in check_source(source).diagnostics]


@pytest.mark.parametrize(
    ("freeze", "frozen"),
    [
        ("'*'", None),
        ("block1.*", {"block1.conv1", "block1.conv1.gate"}),
        ('["block[13].*", input.norm]', {"block1.conv1", "block1.conv1.gate", "block3.conv1", "input.norm"}),
        ("'*.gate'", {"block1.conv1.gate", "block2.conv1.gate"}),
        ("block?.conv1", {"block1.conv1", "block2.conv1", "block3.conv1"}),
        ("head", {"head"}),
    ],
)
def test_patterns_fit_whole_names(freeze: str, frozen: set[str] | None) -> None:
    train = f"  freeze: {freeze}\n"
    if frozen is None:
        ((code, text, help),) = found(train)
        assert (code, text, help) == ("NS267", freeze, "set `freeze: [input.norm, block1.conv1, block1.conv1.gate, "
                                      "block2.conv1, block2.conv1.gate, block3.conv1, head]`")  # fmt: skip
    else:
        assert found(train) == []
        planned = plan(HEAD + train)
        assert planned.frozen == frozen
        kept = sum(layer.parameters for layer in planned.layers if layer.name in frozen)
        assert planned.trained_parameters == planned.parameters - kept


@pytest.mark.parametrize(
    ("train", "code", "text", "help"),
    [
        ("  freeze: block1\n", "NS266", "block1", "write `block1.*`"),
        ("  freeze:\n    - hed\n    - block1.*\n", "NS266", "hed", "write `head`"),
        ("  freeze: ['*.gat']\n", "NS266", "'*.gat'", "write `*.gate`"),
        ("  optimizer: {rate_factors: {blok3.*: 0.1}}\n", "NS266", "blok3.*", "write `block3.*`"),
        ("  freeze: [head, block3.pool]\n", "NS268", "block3.pool", "remove `block3.pool`"),
        ("  freeze: head\n  optimizer: {rate_factors: {head: 2}}\n", "NS268", "head", "remove `head: 2`"),
        ("  optimizer: {rate_factors: {head: 2, he*: 3}}\n", "NS268", "head", "remove `head: 2`"),
        (
            "  optimizer: {rate_factors: {block*: 1, block3.pool: 3}}\n",
            "NS268",
            "block3.pool",
            "remove `block3.pool: 3`",
        ),
    ],
)
def test_what_fits_none_or_in_vain_is_told_with_what_helps(train: str, code: str, text: str, help: str) -> None:
    assert found(train) == [(code, text, help)]
    source = Source("t.yaml", HEAD + train)
    (finding,) = check_source(source).diagnostics
    assert finding.fixes[0].title == help
    assert check_source(Source("t.yaml", edited(source.text, finding.fixes[0].edits))).diagnostics == ()


def test_a_frozen_norm_takes_nothing_of_a_batch() -> None:
    one = "  batch_size: 1\n"
    text = HEAD.replace("[{units: 4, name: head}, 3]", "[{units: 4, name: head, norm: batch}, 3]") + one
    for more, codes in (("", ["NS223"]), ("  freeze: [head]\n", [])):
        assert [finding.code for finding in check_source(Source("t.yaml", text + more)).diagnostics] == codes


def test_what_differs_is_named_as_the_spec_names_it() -> None:
    old, new = plan(HEAD), plan(HEAD.replace("from: base", "from: other") + "  freeze: head\n")
    assert [str(change) for change in compare(old, new).changes] == [
        'train.from: "base" -> "other"',
        'train.freeze: [] -> ["head"]',
    ]
