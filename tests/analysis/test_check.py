"""The front half as a whole: many mistakes at once, hostile values, size, and what it costs to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

from netspec.diagnostics.diagnostic import ALIKE
from netspec.repair.check import check_source
from netspec.text.source import Source

HEAD = "netspec: 1\nname: x\ninput: [64, 64, 3]\n"


def codes(text: str) -> list[tuple[str, int]]:
    return [(found.code, found.span.line) for found in check_source(Source("spec.yaml", text)).diagnostics]


def test_thirty_independent_mistakes_are_thirty_findings_in_order() -> None:
    wrong = [
        "filtres: 8, kernel: 3",
        "filters: 0, kernel: 3",
        "filters: 8, kernel: three",
        "filters: 8",
        "filters: 8, kernel: 3, bias: no",
    ]
    blocks = [f"  - conv: {{{wrong[i % 5]}}}\n" for i in range(25)]
    tail = (
        "fc: [many]\ntrain:\n  epochs: 0\n  optimizer: {type: adamm}\n  seed: -1\ndata: {source: idx, validation: 2}\n"
    )
    expected = [["NS104", "NS102", "NS101", "NS105", "NS101"][i % 5] for i in range(25)]
    expected += ["NS101", "NS102", "NS103", "NS102", "NS102"]
    text = HEAD + "blocks:\n" + "".join(blocks) + tail
    lines = [*range(5, 30), 30, 32, 33, 34, 35]
    assert codes(text) == list(zip(expected, lines, strict=True))


def test_mistakes_of_every_room_are_told_together() -> None:
    text = (
        HEAD + "blocks:\n  - conv: {filters: 8, kernel: 99}\n    pool: {window: 2}\n"
        "fc: [{units: 4, name: a}, {units: 5, name: a}]\nname: y\ntrain: {epochs: x}\n"
        "data: {source: idx, resize: true}\n"
    )
    assert codes(text) == [("NS301", 5), ("NS203", 7), ("NS010", 8), ("NS101", 9), ("NS214", 10)]


def test_a_failed_layer_silences_what_depends_on_it() -> None:
    text = (
        HEAD
        + "blocks:\n"
        + "  - conv: {filters: 8, kernel: 70}\n" * 5
        + "fc: [10]\nbudget: {parameters: 1}\ndata: {source: idx}\n"
    )
    assert codes(text) == [("NS301", 5)]


@pytest.mark.parametrize("more", ["", ", repeat: 2"])
@pytest.mark.parametrize("count", [2, 3])
def test_a_name_that_defaults_give_to_several_layers_is_one_finding(more: str, count: int) -> None:
    blocks = "".join("  - conv: {filters: 4, kernel: 1}\n" for _ in range(count))
    text = f"{HEAD}defaults: {{conv: {{name: stem{more}}}}}\nblocks:\n{blocks}fc: [10]\n"
    (found,) = check_source(Source("x.yaml", text)).diagnostics
    assert (found.code, found.span.line) == ("NS203", 4)
    assert [fix.title for fix in found.fixes] == ["remove `name: stem`"]
    assert check_source(Source("x.yaml", text.replace(blocks, blocks[: len(blocks) // count]))).ok


def test_a_name_by_default_that_another_kind_has_is_one_finding() -> None:
    text = f"{HEAD}defaults: {{conv: {{name: fc1}}}}\nblocks:\n  - conv: {{filters: 4, kernel: 1}}\nfc: [10]\n"
    assert codes(text) == [("NS203", 4)]


HOSTILE = [
    ("filters: 1000000000000000000", [("NS401", 7)]),
    ("filters: -1", [("NS102", 5)]),
    ("filters: true", [("NS101", 5)]),
    ("filters: 1.0", [("NS101", 5)]),
    ("filters: 1:30", [("NS101", 5)]),
    ("filters: 2024-13-45", [("NS101", 5)]),
    ("filters: 1_000", [("NS101", 5), ("NS401", 7)]),
    ("filters: .inf", [("NS101", 5)]),
    ("filters: '8'", [("NS101", 5)]),
    ("filters: null", [("NS101", 5)]),
    ("filters: {a: 1}", [("NS101", 5)]),
    ("filters: 0o10", []),
    ("filters: 8, on: 1", [("NS104", 5)]),
    ("filters: 8, null: 1", [("NS011", 5)]),
    ("filters: 8, 1.0: 1", [("NS011", 5)]),
    ("filters: 8, filters: 8", [("NS010", 5)]),
    ("filters: 8, stride: 0", [("NS102", 5)]),
    ("filters: 8, stride: 100000000000000000000", []),
    ("filters: 8, dilation: 100000000000000000000", [("NS301", 5)]),
    ("filters: 8, padding: 100000000000000000000", [("NS401", 5)]),
    ("filters: 8, dropout: 1e999", [("NS102", 5)]),
    ("filters: 8, dropout: .nan", [("NS109", 5)]),
    ("filters: 8, name: 'a b'", [("NS106", 5)]),
    ("filters: 8, name: input", [("NS203", 5)]),
]


@pytest.mark.parametrize(("settings", "expected"), HOSTILE, ids=[settings for settings, _ in HOSTILE])
def test_hostile_values(settings: str, expected: list[tuple[str, int]]) -> None:
    text = f"{HEAD}blocks:\n  - conv: {{{settings}, kernel: 3}}\nfc: [10]\nbudget: {{parameters: 1M}}\n"
    found = check_source(Source("spec.yaml", text)).diagnostics
    assert [(one.code, one.span.line) for one in found if one.severity == "error"] == expected


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "[1, 2]\n", "7\n", "a\n", "null\n", "{}\n", "? [a]\n: b\n", "netspec: 1\n"]
)
def test_what_is_no_spec_is_told_in_the_file(text: str) -> None:
    found = check_source(Source("spec.yaml", text)).diagnostics
    assert found
    assert all(one.severity == "error" and 1 <= one.span.line <= text.count("\n") + 1 for one in found)


def test_an_alias_is_a_layer_of_its_own() -> None:
    text = f"{HEAD}blocks:\n  - conv: &c {{filters: 8, kernel: 3}}\n  - conv: *c\n  - conv: *c\nfc: [10]\n"
    report = check_source(Source("spec.yaml", text))
    assert report.plan is not None
    assert [layer.output for layer in report.plan.layers[:3]] == [(62, 62, 8), (60, 60, 8), (58, 58, 8)]


def test_below_an_unknown_key_nothing_is_known_unless_it_is_plainly_meant() -> None:
    assert codes(f"{HEAD}towers:\n  - conv: {{filters: .inf}}\nfc: [10]\n") == [("NS104", 4)]
    assert codes(f"{HEAD}block:\n  - conv: {{filters: .inf}}\nfc: [10]\n") == [("NS104", 4), ("NS101", 5)]


def test_an_absurd_count_before_a_failing_layer() -> None:
    text = f"{HEAD}blocks:\n  - conv: {{filters: 99999999999932, kernel: 60}}\n  - conv: {{filters: 1, kernel: 6}}\nfc: [10]\n"
    assert codes(text) == [("NS241", 5), ("NS301", 5)]


def test_five_thousand_layers() -> None:
    layers = "".join(f"  - conv: {{filters: {n % 7 + 1}, kernel: 3, padding: 1}}\n" for n in range(4999))
    report = check_source(Source("spec.yaml", f"{HEAD}blocks:\n{layers}fc: [10]\n"))
    assert report.plan is not None
    assert len(report.plan.layers) == 5000


def test_many_mistakes_in_a_large_spec_end_soon() -> None:
    # finding, solving and proving have bounds: without them this takes minutes
    layers = "".join(f"  - conv: {{filters: 8, kernel: {n % 2 and 3}, padding: 1}}\n" for n in range(1000))
    found = check_source(Source("spec.yaml", f"{HEAD}blocks:\n{layers}fc: [10]\n")).diagnostics
    assert len(found) == ALIKE


def test_repetition_is_bounded() -> None:
    text = f"{HEAD}blocks:\n  - repeat: 1000000000\n    conv: {{filters: 8, kernel: 1, repeat: 1000000000}}\nfc: [10]\n"
    assert [code for code, _ in codes(text)] == ["NS202"]


def test_checking_loads_nothing_that_computes() -> None:
    program = (
        "import sys; from netspec.repair.check import check_source; from netspec.text.source import Source\n"
        f"check_source(Source('x', {HEAD + 'fc: [0]'!r}))\n"
        "print([name for name in ('jax', 'numpy', 'optax', 'netspec.lowering') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_mistake_in_a_repeated_layer_is_one_finding_that_names_the_first_copy_to_fail() -> None:
    layers = HEAD + "blocks:\n  - conv: {filters: 8, kernel: 9, repeat: 9}\nfc: [10]\n"
    [finding] = check_source(Source("x.yaml", layers)).diagnostics
    assert (finding.code, finding.layer, finding.span.line) == ("NS301", "block1.conv8", 5)
    blocks = HEAD + "blocks:\n  - repeat: 3\n    conv: {filters: 8, kernel: 0}\nfc: [10]\n"
    [finding] = check_source(Source("x.yaml", blocks)).diagnostics
    assert (finding.code, finding.span.line) == ("NS102", 6)
    assert finding.fixes


def test_a_report_prints_as_validate_does_and_shows_in_a_line() -> None:
    text = "netspec: 1\nname: x\ninput: [8, 8, 1]\nfc: [10]\n"
    sound = check_source(Source("x.yaml", text))
    assert str(sound) == "no errors in 1 file"
    assert repr(sound) == "<Report x.yaml: 0 findings, <Plan x: 8x8x1 -> 10, 650 parameters>>"
    faulty = check_source(Source("x.yaml", text.replace("[10]", "[0]")))
    assert str(faulty).startswith("error[NS102]: ")
    assert "^" in str(faulty)
    assert repr(faulty) == "<Report x.yaml: 1 finding, None>"


def test_first_in_defaults_holds_for_layers_that_nothing_repeats() -> None:
    text = "netspec: 1\nname: x\ninput: [8, 8, 1]\ndefaults: {conv: {kernel: 3, padding: 1, first: {stride: 2}}}\n"
    text += "blocks:\n  - conv: {filters: 4}\n  - conv: {filters: 4}\nfc: [10]\n"
    (found,) = check_source(Source("x.yaml", text)).diagnostics
    assert (found.code, found.span.line, found.severity) == ("NS273", 4, "warning")
    assert "`block1.conv1`, `block2.conv1`" in found.message
