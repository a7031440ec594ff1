"""What is allowed and can hardly be meant: a warning at its place, with the value that was meant; and the like that is meant."""

from __future__ import annotations

import pytest

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.edits import edited
from netspec.repair.check import check_source
from netspec.text.source import Source

FC = "fc: [10]\n"


def found(text: str, code: str) -> list[Diagnostic]:
    """The findings of this code; of each it is held that it is a warning, which has a fix where only one thing can be meant, and that its help is one line."""
    findings = [
        one for one in check_source(Source("a.yaml", f"netspec: 1\nname: a\n{text}")).diagnostics if one.code == code
    ]
    for one in findings:
        assert one.severity == "warning"
        assert bool(one.fixes) == (code == "NS240")
        assert one.help
        assert one.help.isprintable()
        assert one.message.isprintable()
    return findings


@pytest.mark.parametrize(
    ("shape", "turned"),
    [
        ("[3, 32, 32]", "[32, 32, 3]"),
        ("[1, 28, 28]", "[28, 28, 1]"),
        ("[4, 84, 84]", "[84, 84, 4]"),
        ("[3, 480, 640]", "[480, 640, 3]"),
        ("[32, 32, 3]", None),
        ("[3, 3, 3]", None),
        ("[1, 128, 9]", None),  # a signal of one row
        ("[3, 100, 12]", None),
        ("[2, 32, 32]", None),
        ("{height: 3, width: 32, channels: 32}", None),  # each is named
    ],
)
def test_channels_first(shape: str, turned: str | None) -> None:
    findings = found(f"input: {shape}\n{FC}", "NS240")
    assert len(findings) == (turned is not None)
    for one in findings:
        assert one.span[:2] == (3, 8)
        assert f"input: {turned}\n" in edited(one.source.text, one.fixes[0].edits)


def test_channels_first_is_said_once_where_the_data_are_known() -> None:
    text = f"input: [3, 32, 32]\n{FC}data: {{source: cifar-10}}\n"
    assert found(text, "NS240") == []
    assert [one.code for one in check_source(Source("a.yaml", f"netspec: 1\nname: a\n{text}")).diagnostics] == ["NS207"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("input: [8, 8, 1]\nblocks:\n  - conv: {filters: 99999999999, kernel: 3}\n" + FC, "has 99,999,999,999 filters"),
        ("input: [8, 8, 1]\nblocks:\n  - conv: {filters: 65537, kernel: 3}\n    repeat: 3\n" + FC, "65,537 filters"),
        ("input: [8, 8, 1]\ndefaults: {conv: {filters: 99999999}}\nblocks:\n  - conv: {kernel: 3}\n" + FC, "filters"),
        ("input: [8, 8, 1]\nfc: [999999999, 10]\n", "999,999,999 units"),
        ("input: [100000, 100000, 3]\n" + FC, "takes 112 GiB as float32"),
    ],
)
def test_larger_than_any_network(text: str, says: str) -> None:
    (one,) = found(text, "NS241")
    assert says in one.message


@pytest.mark.parametrize(
    "text",
    [
        "input: [8, 8, 1]\nblocks:\n  - conv: {filters: 8192, kernel: 3}\n" + FC,
        "input: [1, 1, 512]\nfc: [2059906]\n",  # an output for each person of WebFace42M
        "input: [8192, 8192, 3]\n" + FC,
        "input: [4000000, 1, 1]\n" + FC,  # a signal
    ],
)
def test_the_largest_networks_that_there_are(text: str) -> None:
    assert found(text, "NS241") == []


@pytest.mark.parametrize(
    ("angle", "help"),
    [
        ("0.26", "write degrees: 0.26 radians are `rotate: 14.9`, 0.26 of a turn is `rotate: 93.6`"),
        ("0.1", "write degrees: 0.1 radians are `rotate: 5.73`, 0.1 of a turn is `rotate: 36`"),
        ("0.785", "write degrees: 0.785 radians are `rotate: 45`"),
        ("1.5708", "write degrees: 1.5708 radians are `rotate: 90`"),
        ("3.14", "write degrees: 3.14 radians are `rotate: 180`"),
        ("1", None),
        ("1.5", None),
        ("3", None),
        ("15", None),
    ],
)
def test_an_angle_in_radians(angle: str, help: str | None) -> None:
    findings = found(f"input: [8, 8, 1]\n{FC}data: {{augment: {{rotate: {angle}}}}}\n", "NS242")
    assert [one.help for one in findings] == [help] * (help is not None)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (r'"C:\temp\new.npz"', r"'C:\temp\new.npz'"),
        (r'"sets\new.npz"', r"'sets\new.npz'"),
        (r'"sets\_mine.npz"', r"'sets\_mine.npz'"),
        (r"'C:\temp\new.npz'", None),
        (r"C:\temp\new.npz", None),
        (r'"C:\\temp\\new.npz"', None),
        ('"sets/new.npz"', None),
        ("sets/my\xa0own.npz", None),
        ('"sets/my\xa0own.npz"', None),
    ],
)
def test_an_escape_in_a_path(path: str, says: str | None) -> None:
    findings = found(f"input: [8, 8, 1]\n{FC}data: {{source: npz, path: {path}}}\n", "NS243")
    assert len(findings) == (says is not None)
    assert all(says in (one.help or "") for one in findings if says)


def test_what_the_help_for_an_escape_says_is_right() -> None:
    (one,) = found(f'input: [8, 8, 1]\n{FC}data: {{source: npz, path: "C:\\temp\\new.npz"}}\n', "NS243")
    written = (one.help or "").split(", ")[1]
    assert found(f"input: [8, 8, 1]\n{FC}data: {{source: npz, path: {written}}}\n", "NS243") == []


def test_a_path_of_several_lines() -> None:
    (one,) = found(f"input: [8, 8, 1]\n{FC}data:\n  source: npz\n  path: |\n    sets/new.npz\n", "NS243")
    assert one.help == "write it on one line"


def test_an_escape_that_no_spec_may_hold_is_told_as_a_backslash() -> None:
    source = Source(
        "a.yaml", f'netspec: 1\nname: a\ninput: [8, 8, 1]\n{FC}data: {{source: npz, path: "C:\\apps\\bin.npz"}}\n'
    )
    finding = check_source(source).diagnostics[0]
    assert (finding.code, finding.help) == ("NS004", "write `\\\\` for a backslash, or use single quotes")


@pytest.mark.parametrize(
    ("data", "batch", "left"),
    [("digits", 1294, 1293), ("digits", 1293, None), ("mnist", 60_000, 54_000), ("mnist, validation: 0", 60_000, None), ("npz, path: x.npz", 9_999_999, None)],
)  # fmt: skip
def test_a_batch_larger_than_the_known_data(data: str, batch: int, left: int | None) -> None:
    text = f"input: [8, 8, 1]\n{FC}data: {{source: {data}}}\ntrain: {{batch_size: {batch}}}\n"
    findings = found(text, "NS617")
    assert len(findings) == (left is not None)
    assert all(f"more than the {left:,} training examples" in one.message for one in findings)
    assert all(one.span[:2] == (6, 21) for one in findings)
