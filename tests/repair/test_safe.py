"""`validate --fix`: only what can have one meaning, nothing else of the text, and once is enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.repair.check import check_source
from netspec.repair.safe import fix_all
from netspec.text.source import Source

BROKEN = Path(__file__).parents[2] / "specs" / "broken"


def fixed(text: str) -> str:
    return fix_all(Source("spec.yaml", text))[0]


def test_typos_and_words_are_written_right_and_all_else_stays() -> None:
    text = (BROKEN / "typing-errors.yaml").read_text()
    result, applied = fix_all(Source("spec.yaml", text))
    assert len(applied) == 8
    assert all(fix.safe for fix in applied)
    expected = text
    slips = {"heigth": "height", "filtres": "filters", "rellu": "relu", "maxx": "max", "kernel_size": "kernel"}
    for wrong, right in {**slips, "bias: no": "bias: false", "trian": "train", "epoch:": "epochs:"}.items():
        expected = expected.replace(wrong, right)
    assert result == expected


@pytest.mark.parametrize("file", sorted(BROKEN.glob("*.yaml")), ids=lambda file: file.stem)
def test_twice_is_once(file: Path) -> None:
    once = fixed(file.read_text())
    assert fixed(once) == once


def test_a_spec_typed_in_a_hurry_is_valid_after_one_run() -> None:
    assert check_source(Source("spec.yaml", fixed((BROKEN / "typing-errors.yaml").read_text()))).ok


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_stay(newline: str) -> None:
    lines = ["netspec: 1  # the format", "name: x", "input: [8, 8, 1]", "fc: [{units: 10, bais: no}]", ""]
    expected = [*lines[:3], "fc: [{units: 10, bias: false}]", ""]
    assert fixed(newline.join(lines)) == newline.join(expected)


def test_what_may_mean_two_things_is_left() -> None:
    for text in (
        "netspec: 1\nname: x\ninput: [8, 8, 1]\nblocks:\n  - conv: {filters: 4, kernel: 9}\nfc: [10]\n",
        "netspec: 1\nname: x\ninput: [8, 8, 1]\nfc: [10]\nfc: [12]\n",
        "netspec: 1\nname: x\ninput: [8, 8, 1]\nfc: [0]\n",
        "netspec: 1\nname: x\ninput: [8, 8, 1]\nfc: [1000]\nbudget: {parameters: 1k}\n",
    ):
        assert fix_all(Source("spec.yaml", text)) == (text, ())


HEAD = "netspec: 1\nname: x\ninput: [8, 8, 1]\nfc: [64, 10]\n"


def test_a_word_between_two_is_not_settled_by_a_guess() -> None:
    text = HEAD + "train: {optimizer: adamv}\n"
    assert fixed(text) == text
    found = check_source(Source("spec.yaml", text)).diagnostics[0]
    assert [fix.title for fix in found.fixes[:2]] == ["write `adam`", "write `adamw`"]


def test_a_misspelt_budget_is_written_right_though_it_is_then_exceeded() -> None:
    text = HEAD + "budget: {paramters: 1k}\n"
    assert fixed(text) == text.replace("paramters", "parameters")
