"""One run finds every mistake that does not hang on another; a fix that adds none is offered whatever else is wrong."""

from __future__ import annotations

import json

import pytest

import netspec
from netspec.diagnostics.diagnostic import ALIKE
from netspec.diagnostics.edits import edited
from netspec.diagnostics.render import renderer
from netspec.repair import kept, offer, proof
from netspec.repair.check import check_source
from netspec.repair.safe import fix_all
from netspec.text.source import Source

HEAD = "netspec: 1\nname: x\ninput: [28, 28, 1]\n"
TWO_LAYERS = """\
blocks:
  - conv: {filters: 8, kernel: 3}
    pool: {tpye: max, window: 2}
  - conv: {filters: 8, kernel: 30}
fc: [12]
data: {source: mnist}
"""


def test_a_typo_above_a_kernel_that_does_not_fit_and_a_wrong_class_count_are_three_findings_with_fixes() -> None:
    found = check_source(Source("x.yaml", HEAD + TWO_LAYERS)).diagnostics
    assert [(one.code, one.span.line) for one in found] == [("NS104", 6), ("NS301", 7), ("NS208", 8)]
    assert [one.help for one in found] == ["write `type`", "set `kernel: 3` in `block2.conv1`", "set `units: 10`"]


def test_without_fixes_the_findings_are_the_same() -> None:
    source = Source("x.yaml", HEAD + TWO_LAYERS)
    bare, full = netspec.check(source, fixes=False), netspec.check(source)
    assert [one.code for one in bare.diagnostics] == [one.code for one in full.diagnostics]
    assert not any(one.fixes for one in bare.diagnostics)


def test_what_stands_below_a_misspelt_section_is_looked_at() -> None:
    found = check_source(Source("x.yaml", f"{HEAD}fc: [10]\ntrian: {{epoch: 3, batch_size: 0}}\n")).diagnostics
    assert [one.code for one in found] == ["NS104", "NS104", "NS102"]


def test_the_same_mistake_in_several_places_is_one_fix() -> None:
    blocks = "".join("  - conv: {filters: 4, kernal: 3}\n" for _ in range(8))
    source = Source("x.yaml", f"{HEAD}blocks:\n{blocks}fc: [10]\n")
    found = check_source(source).diagnostics
    assert len(found) == 8
    (fix,) = {one.fixes[0] for one in found}
    assert fix.title == "write `kernel` in 8 places"
    assert check_source(Source("x.yaml", edited(source.text, fix.edits))).ok


@pytest.mark.parametrize(("count", "left"), [(40, True), (4_000, True), (3, False)])
def test_what_there_is_no_work_left_for_is_said(count: int, left: bool) -> None:
    text = f"{HEAD}fc: [10]\n" + "".join(f"zzz{i}: 1\n" for i in range(count))
    found = check_source(Source("x.yaml", text)).diagnostics
    assert len(found) == min(count, ALIKE)
    assert (f"and {count - ALIKE:,} more like this" in found[-1].notes) == (count > ALIKE)
    notes = [note for one in found for note in one.notes if note.startswith("no fixes were sought")]
    assert len(notes) == left


def test_beside_many_alike_the_others_have_their_fixes_and_all_are_counted() -> None:
    text = f"{HEAD}fc: [10]\n" + "".join(f"zzz{i}: 1\n" for i in range(ALIKE + 20)) + "train: {batch_siz: 3}\n"
    found = check_source(Source("x.yaml", text)).diagnostics
    assert {fix.title for one in found for fix in one.fixes if "batch_siz" in one.message} == {"write `batch_size`"}
    others = len(found) - ALIKE
    assert json.loads(renderer("json")(found, ("x.yaml",), color=False, width=80))["errors"] == ALIKE + 20 + others
    assert f"\n{ALIKE + 20 + others} errors in 1 file\n" in renderer("full")(found, ("x.yaml",), color=False, width=80)


def test_the_work_of_proposing_does_not_grow_with_the_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = []
    after = proof.Trials.after
    monkeypatch.setattr(proof.Trials, "after", lambda self, fix: trials.append(fix) or after(self, fix))
    for count in (500, 4_000):
        trials.clear()
        check_source(Source("x.yaml", f"{HEAD}fc: [{', '.join(f'x{i}' for i in range(count))}]\n"))
        assert len(trials) <= proof.SPARED + offer.TRIED


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (
            "train: {optimizer: {type: adam, learning_rate: 1e\u22123}}",
            "train: {optimizer: {type: adam, learning_rate: 1e-3}}",
        ),
        (
            "train: {optimizer: {type: adam, learning_rate: 1/1000}}",
            "train: {optimizer: {type: adam, learning_rate: 0.001}}",
        ),
        (
            "train: {optimizer: {type: adam, learning_rate: 10^-3}}",
            "train: {optimizer: {type: adam, learning_rate: 1e-3}}",
        ),
        (
            "train:\n  optimizer: {type: adam}\n  gradient_clip: 0,5",
            "train:\n  optimizer: {type: adam}\n  gradient_clip: 0.5",
        ),
    ],
)
def test_a_number_in_another_notation_is_written_as_that_number(written: str, meant: str) -> None:
    text = f"{HEAD}fc: [10]\ndata: {{source: mnist}}\n"
    assert fix_all(Source("x.yaml", f"{text}{written}\n"))[0] == f"{text}{meant}\n"


FIRST = [
    ("fc: [32*2, 10]\n", "fc: [64, 10]\n"),
    ("fc: [10]\ntrain: {schedule: {type: cosine, warmup: 0.05}}\n", "fc: [10]\ntrain: {schedule: {type: cosine, warmup: 5%}}\n"),
    ("fc: [10]\ntrain: {target: {at_least: 97}}\n", "fc: [10]\ntrain: {target: {at_least: 0.97}}\n"),
    ("fc: [10]\ntrain: {optimizer: {type: adam, betas: [0.9, 0.95]}}\n", "fc: [10]\ntrain: {optimizer: {type: adam, b1: 0.9, b2: 0.95}}\n"),
    ("fc: [10]\ntrain: {optimizer: {type: adam, learning_rate: 0,001}}\n", "fc: [10]\ntrain: {optimizer: {type: adam, learning_rate: 0.001}}\n"),
    ("fc: [10]\nbudget: {flops: 2M}\n", "fc: [10]\nbudget: {macs: 1M}\n"),
    ("blocks:\n  - conv: {filters: 4, kernel: 3}\n    pool: gap\nfc: [10]\n", "blocks:\n  - conv: {filters: 4, kernel: 3}\n    pool: {type: average, window: all}\nfc: [10]\n"),
    ("blocks:\n  - conv: {filters: 4, kernel: 3}\n    pool: [2, 2]\nfc: [10]\n", "blocks:\n  - conv: {filters: 4, kernel: 3}\n    pool: {window: [2, 2]}\nfc: [10]\n"),
    ("blocks:\n  a:\n    conv: {filters: 4, kernel: 3}\nfc: [10]\n", "blocks:\n  - conv: {filters: 4, kernel: 3}\nfc: [10]\n"),
    ("fc: [300 100, 10]\n", "fc: [300, 100, 10]\n"),
    ("fc: [64, Dropout(0.5), 10]\n", "fc: [{units: 64, dropout: 0.5}, 10]\n"),
    ("model:\n  fc: [64, 10]\n", "fc: [64, 10]\n"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), FIRST)
def test_the_first_fix_keeps_the_numbers(written: str, meant: str) -> None:
    data = "data: {source: mnist}\n"
    found = check_source(Source("x.yaml", HEAD + written + data)).diagnostics
    assert edited(HEAD + written + data, found[0].fixes[0].edits) == HEAD + meant + data


def test_two_convolutions_in_one_key_are_two() -> None:
    text = f"{HEAD}blocks:\n  - conv*2: {{filters: 4, kernel: 3}}\nfc: [10]\n"
    assert fix_all(Source("x.yaml", text))[0] == text.replace("*2", "").replace("kernel: 3", "kernel: 3, repeat: 2")


def test_a_number_that_goes_is_named_and_layers_are_never_taken_unasked() -> None:
    text = (
        HEAD
        + "blocks:\n  - conv: {filters: 4, kernel: 3}\n    pool: {type: max, window: 27}\n  - conv: {filters: 8, kernel: 3}\nfc: [10]\n"
    )
    source = Source("x.yaml", text)
    for finding in check_source(source).diagnostics:
        for fix in finding.fixes:
            named = all(
                number in fix.title for number in kept.NUMBER.findall(text) if number not in edited(text, fix.edits)
            )
            assert fix.applicability == "display" or not kept.taken_away(source, fix) or named
    assert fix_all(source)[1] == ()


def test_a_fault_for_which_there_is_nothing_to_change_is_no_crash() -> None:
    text = HEAD + "train: {epochs: 3,\n\t# a tab\n\tseed: 1}\nfc:\t[10]\n \t- 3\n"
    assert check_source(Source("x.yaml", text)).diagnostics


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("input: [28, 28, 1]\nfc: [10]\n", 2),
        ("netspec: 1\nname: x\ninput: [28, 28, 1]\nblocks:\n  - conv: {padding: 1}\nfc: [10]\n", 2),
        ("netspec: 1\nname: x\ninput: {height: 28}\nfc: [10]\n", 2),
    ],
)
def test_each_key_that_is_missing_is_a_finding_with_a_fix(text: str, missing: int) -> None:
    found = check_source(Source("x.yaml", text)).diagnostics
    assert [one.code for one in found] == ["NS105"] * missing
    assert all(one.fixes for one in found)


@pytest.mark.parametrize("wrong", ["", "name: x\nfoo: 1\n"])
def test_what_is_wrong_at_the_top_hides_no_class_count_and_no_budget(wrong: str) -> None:
    text = f"netspec: 1\n{wrong}{TWO_LAYERS}".replace("kernel: 30", "kernel: 3").replace("tpye", "type")
    text = text.replace("blocks:", "input: [28, 28, 1]\nbudget: {parameters: 10}\nblocks:")
    found = check_source(Source("x.yaml", text)).diagnostics
    assert {"NS208"} < {one.code for one in found}
    assert check_source(Source("x.yaml", edited(text, found[0].fixes[0].edits))).diagnostics != found


def test_a_cause_is_the_same_though_its_place_moves() -> None:
    text = "netspec: 1\ninput: [28, 28, 1]\nblocks:\n  - repeat: 20000\n    conv: {filters: 4, kernel: 1}\nfc: [10]\n"
    found = check_source(Source("x.yaml", text)).diagnostics
    assert [one.code for one in found] == ["NS105", "NS202"]
    assert all(one.fixes for one in found)
