"""What other programs leave in a text is called what it is, wherever it stands."""

from __future__ import annotations

import pytest

from netspec.diagnostics.edits import edited
from netspec.repair.check import check_source
from netspec.text.reader import read
from netspec.text.source import Source

HEAD = "netspec: 1\nname: x\ninput: [8, 8, 1]\n"
CONFLICT = "<<<<<<< HEAD\nfc: [9, 10]\n=======\nfc: [11, 10]\n>>>>>>> wider\n"


def found(text: str) -> list[tuple[str, int, str]]:
    source = Source("x.yaml", HEAD + text)
    return [(one.code, one.span.line, source.excerpt(one.span)) for one in check_source(source).diagnostics]


def test_a_conflict_is_one_finding_and_each_side_a_repair() -> None:
    (finding,) = check_source(Source("x.yaml", HEAD + CONFLICT)).diagnostics
    assert (finding.code, finding.span.line) == ("NS040", 4)
    assert [label.span.line for label in finding.labels] == [6, 8]
    texts = [edited(finding.source, fix.edits) for fix in finding.fixes]
    assert texts == [HEAD + "fc: [9, 10]\n", HEAD + "fc: [11, 10]\n"]


def test_a_conflict_may_show_what_both_sides_began_with() -> None:
    text = "<<<<<<< HEAD\nfc: [9, 10]\n||||||| 1234abc\nfc: [10]\n=======\nfc: [11, 10]\n>>>>>>> wider\n"
    (finding,) = check_source(Source("x.yaml", HEAD + text)).diagnostics
    texts = [edited(finding.source, fix.edits) for fix in finding.fixes]
    assert texts == [HEAD + "fc: [9, 10]\n", HEAD + "fc: [11, 10]\n"]


def test_conflicts_that_can_be_read_as_yaml_are_found_too() -> None:
    flow = "fc: [\n<<<<<<< HEAD\n9,\n=======\n11,\n>>>>>>> wider\n10]\n"
    assert found(flow) == [("NS040", 5, "<<<<<<< HEAD")]


def test_each_of_several_conflicts_and_a_marker_alone_is_found() -> None:
    assert [code for code, *_ in found(CONFLICT + CONFLICT.replace("fc", "train"))] == ["NS040"] * 2
    assert found("fc: [10]\n>>>>>>> wider\n") == [("NS040", 5, ">>>>>>> wider")]
    assert found("<<<<<<< HEAD\nfc: [10]\n") == [("NS040", 4, "<<<<<<< HEAD")]


@pytest.mark.parametrize(
    "placeholder",
    ["${F}", "$F", "{{ f }}", "${{ f }}", "{{f | int}}", "<%= f %>", "@F@", "%(f)d", "<filters>", '"{{ f }}"', "'$F'"],
)
@pytest.mark.parametrize(
    "text",
    [
        "blocks:\n  - conv: {{kernel: 3, filters: {}}}\nfc: [10]\n",
        "blocks:\n  - conv:\n      filters: {}\n      kernel: 3\nfc: [10]\n",
        "fc: [{}, 10]\n",
        "fc:\n  - {}\n  - 10\n",
        "fc: [10]\nbudget: {{parameters: {}}}\n",
    ],
)
def test_a_placeholder_is_called_one_and_no_number_is_made_up(placeholder: str, text: str) -> None:
    source = Source("x.yaml", HEAD + text.format(placeholder))
    (finding,) = check_source(source).diagnostics
    assert (finding.code, source.excerpt(finding.span)) == ("NS041", placeholder)
    assert not finding.fixes


def test_all_placeholders_of_a_template_are_found_at_once() -> None:
    text = "{% for f in filters %}\nblocks:\n  - conv: {filters: {{ f }}, kernel: 3}  # {{ no }}\n{% endfor %}\nfc: [{{ n }}]\n"
    assert [line for _, line, _ in found(text)] == [4, 6, 7, 8]
    assert {code for code, *_ in found(text)} == {"NS041"}


@pytest.mark.parametrize(
    "text",
    [
        'description: "as in {{ paper }}: <<<<<<< HEAD"\nfc: [10]\n',
        "description: |\n  {{ a }}\n  =======\n  text: ${F}\nfc: [10]\n",
        "fc: [10]  # {{ f }}\n",
        "fc: [10]\ndata: {source: npz, path: $DATA/x.npz}\n",
    ],
)
def test_a_text_may_speak_of_them(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize("piece", ["[{%", "[{{", "[<%", ": ${", "- <a", "[@a", "<<<<<<< a\n", ">>>>>>> a\n"])
def test_looking_for_them_is_linear(piece: str) -> None:
    # of a size at which anything quadratic would not end
    text = HEAD + "fc: " + piece * (2**19 // len(piece))
    assert read(Source("x.yaml", text))[1]
