"""What is expected of a value, and what was meant by another notation."""

from __future__ import annotations

import pytest

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.edits import edited
from netspec.repair.check import check_source
from netspec.text.source import Source

HEAD = "netspec: 1\nname: x\ninput: [32, 32, 3]\n"


def errors(text: str) -> list[Diagnostic]:
    return [one for one in check_source(Source("spec.yaml", text)).diagnostics if one.severity == "error"]


@pytest.mark.parametrize(
    ("budget", "meant", "safe"),
    [
        (
            "weights: 62KB",
            ["weights: 62k", "weights: 62KiB"],
            False,
        ),
        ("weights: 62kB", ["weights: 62k", "weights: 62KiB"], False),
        ("memory: 2 GB", ["memory: 2G", "memory: 2GiB"], False),
        ("weights: 512kib", ["weights: 512KiB"], True),
        ("weights: 62K", ["weights: 62k"], True),
        ("parameters: 62K", ["parameters: 62k"], True),
        ("parameters: 1.5m", ["parameters: 1.5M"], True),
        ("parameters: 1_000_000", ["parameters: 1000000"], True),
        ("parameters: 1_000", ["parameters: 1000"], True),
        ("parameters: 1'000'000", ["parameters: 1000000"], True),
    ],
)
def test_a_size_in_another_notation_is_what_was_meant(budget: str, meant: list[str], safe: bool) -> None:
    found, *_ = errors(f"{HEAD}fc: [10]\nbudget: {{{budget}}}\n")  # the network exceeds some: what was meant is known
    texts = [edited(found.source, fix.edits).splitlines()[-1] for fix in found.fixes]
    assert texts[: len(meant)] == [f"budget: {{{text}}}" for text in meant]
    assert found.fixes[0].safe == safe


def test_bytes_are_no_number_of_parameters() -> None:
    (found,) = errors(f"{HEAD}fc: [10]\nbudget: {{parameters: 62KB}}\n")
    assert not any(fix.safe for fix in found.fixes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("blocks:\n  - conv: {filters: 8, kernel: [3, same]}\nfc: [10]\n", "expected a whole number of at least 1"),
        (
            "blocks:\n  - conv: {filters: 8, kernel: 3, padding: [1, -1]}\nfc: [10]\n",
            "expected a whole number of at least 0",
        ),
        ("fc: [10]\nbudget: {parameters: -5}\n", "expected a number of at least 0"),
        ("fc: [10]\nbudget: {weights: -5}\n", "expected a number of at least 0"),
        ("fc: [10]\nbudget: {receptive_field: [5, -5]}\n", "expected a whole number of at least 1"),
        ("fc: [{units: 10, name: " + 5_000 * "a" + "}]\n", "expected at most 200 characters"),
    ],
)
def test_the_expectation_is_of_the_very_value(text: str, expected: str) -> None:
    (found,) = errors(HEAD + text)
    assert found.message.rsplit(": ", 1)[1] == expected
    assert all(len(fix.title) < 100 for fix in found.fixes)


def test_an_item_of_the_input_is_a_number() -> None:
    (found,) = errors("netspec: 1\nname: x\ninput: [0, 32, 3]\nfc: [10]\n")
    assert found.message == "an item of `input` cannot be `0`: expected a whole number of at least 1"


def test_a_name_too_long_is_not_given_that_of_another() -> None:
    (found,) = errors(f"netspec: 1\nname: {5_000 * 'a'}\ninput: [32, 32, 3]\nfc: [10]\n")
    assert (found.message.rsplit(": ", 1)[1], found.fixes) == ("expected at most 200 characters", ())


def test_a_word_for_both_axes_is_one_word() -> None:
    (found,) = errors(f"{HEAD}blocks:\n  - conv: {{filters: 8, kernel: 3, padding: [same, same]}}\nfc: [10]\n")
    assert "padding: same}" in edited(found.source, found.fixes[0].edits)


@pytest.mark.parametrize(
    ("text", "a_count"),
    [
        ("blocks:\n  - conv: {filters: 8, kernel: 3, dropout: -0.5}\nfc: [10]\n", False),
        ("blocks:\n  - {conv: {filters: 3, kernel: 1}, shortcut: {type: add, drop: [-0.1, 0.2]}}\nfc: [10]\n", False),
        ("fc: [10]\ndata: {source: cifar-10, validation: -0.2}\n", False),
        ("fc: [10]\ndata: {source: cifar-10}\ntrain: {seed: -3}\n", True),
        ("blocks:\n  - conv: {filters: -8, kernel: 3}\nfc: [10]\n", True),
    ],
)
def test_only_a_count_plainly_has_a_sign_too_much(text: str, a_count: bool) -> None:
    (found,) = errors(HEAD + text)
    assert any(fix.applicability != "display" for fix in found.fixes) == a_count
