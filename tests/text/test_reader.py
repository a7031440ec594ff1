from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from netspec.diagnostics.codes.text import CODES
from netspec.text.characters import FORBIDDEN, described, shown
from netspec.text.files import decode
from netspec.text.nodes import Mapping, Node, Scalar, Sequence, plain
from netspec.text.reader import read
from netspec.text.source import Fault, Source, Span
from netspec.text.tree import DEPTH, VALUES


def tree(text: str) -> Node:
    node, faults = read(Source("x.yaml", text))
    assert faults == []
    assert node is not None
    return node


def faults(text: str) -> list[Fault]:
    return read(Source("x.yaml", text))[1]


def the_fault(text: str) -> Fault:
    [fault] = faults(text)
    return fault


def under(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Sequence):
        for item in node.items:
            yield from under(item)
    elif isinstance(node, Mapping):
        for entry in node:
            yield entry.key
            yield from under(entry.value)


def written(text: str, span: Span) -> str:
    """What stands at the span, counted by hand: the outside check of Source.span."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


# (text, code, what the fault's span covers, its line and column)
HAZARDS = [
    ("a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> c\n", "NS040", "<<<<<<< HEAD", (2, 1)),
    ("a: {b: ${C}}\n", "NS041", "${C}", (1, 8)),
    ("", "NS001", "", (1, 1)),
    ("# only\n# comments\n", "NS001", "", (1, 1)),
    ("---\n", "NS001", "", (1, 1)),
    ("a: \0", "NS004", "\0", (1, 4)),
    ("a: 1\nb: \x1b[31m", "NS004", "\x1b", (2, 4)),
    ("a: \x7f", "NS004", "\x7f", (1, 4)),
    ("a: \x9b", "NS004", "\x9b", (1, 4)),
    ("a: x\x85b: y", "NS004", "\x85", (1, 5)),
    ("a: x\u2028b: y", "NS004", "\u2028", (1, 5)),
    ("name: \u202egnp", "NS004", "\u202e", (1, 7)),
    ("name: \u2066gnp", "NS004", "\u2066", (1, 7)),
    ("a: 1\n\ufeffb: 2", "NS004", "\ufeff", (2, 1)),
    ("a: \ud800", "NS004", "\ud800", (1, 4)),
    ('a: "\\u202e"', "NS004", '"\\u202e"', (1, 4)),
    ("a:\n\tb: 1", "NS006", "\t", (2, 1)),
    ("a:\n  b: 1\n\tc: 2", "NS006", "\t", (3, 1)),
    ("a:\n  b: 1\n  \tc: 2", "NS006", "\t", (3, 3)),
    ("-\ta: 1", "NS006", "\t", (1, 2)),
    ("a: |\n\tx", "NS006", "\t", (2, 1)),
    ("a: [1, 2\nb: 3\n", "NS007", "[", (1, 4)),
    ("a: {b: 1\nc: 2\nd:\n  - 3\n", "NS007", "{", (1, 4)),
    ("a: [1, {b: [2, 3]\n", "NS007", "{", (1, 8)),
    ("a: [1}", "NS007", "}", (1, 6)),
    ("a: 'b\nc: d\n", "NS007", "'", (1, 4)),
    ('a: "b\nc: "d"\n', "NS007", '"', (1, 4)),
    ("a: 'b\n---\nc'", "NS007", "'", (1, 4)),
    ("a: b: c", "NS008", ":", (1, 5)),
    ("- a: b: c", "NS008", ":", (1, 7)),
    ("a: 1\n  b: 2", "NS009", "b", (2, 3)),
    ("a:\n  b: 1\n c: 2", "NS009", "c: 2", (3, 2)),
    ("  - a\n - b", "NS009", "- b", (2, 2)),
    ("a: 'b'\n  c: 1", "NS009", "c: 1", (2, 3)),
    ("a: 1\nb: 2\na: 3\n", "NS010", "a", (3, 1)),
    ('a: 1\n"a": 2', "NS010", '"a"', (2, 1)),
    ("{a: 1, a: 2}", "NS010", "a", (1, 8)),
    ("1: a", "NS011", "1", (1, 1)),
    ("1.0: a", "NS011", "1.0", (1, 1)),
    ("true: a", "NS011", "true", (1, 1)),
    ("null: a", "NS011", "null", (1, 1)),
    ("~: a", "NS011", "~", (1, 1)),
    ("? [a]\n: b", "NS011", "[a]", (1, 3)),
    ("? {a: 1}\n: b", "NS011", "{a: 1}", (1, 3)),
    ("{? : b}", "NS011", "", (1, 4)),
    ("!!python/object/apply:os.system ['x']", "NS012", "!!python/object/apply:os.system", (1, 1)),
    ("a: !!binary aGk=", "NS012", "!!binary", (1, 4)),
    ("a: !!set {b}", "NS012", "!!set", (1, 4)),
    ("a: !!int abc", "NS012", "!!int", (1, 4)),
    ("a: !foo b", "NS012", "!foo", (1, 4)),
    ("a: ! b", "NS012", "!", (1, 4)),
    ("a: !<x:y> b", "NS012", "!<x:y>", (1, 4)),
    ("a: &b !c d", "NS012", "!c", (1, 7)),
    ("a: [!b,c]", "NS012", "!b", (1, 5)),
    ("a: !b!c d", "NS012", "!b!c", (1, 4)),
    ("<<: {a: 1}", "NS013", "<<", (1, 1)),
    ("a: &a {b: 1}\nc:\n  <<: *a\n", "NS013", "<<", (3, 3)),
    ("a: 1\n---\nb: 2", "NS014", "---", (2, 1)),
    ("a: 1\n...\nb: 2", "NS014", "b", (3, 1)),
    ("%YAML 2.0\n---\na: 1", "NS015", "%YAML 2.0", (1, 1)),
    ("%YAML 1.2\n%YAML 1.2\n---\na: 1", "NS015", "%YAML 1.2", (2, 1)),
    ("# c\n%FOO bar # c\n---\na: 1", "NS015", "%FOO bar", (2, 1)),
    ("%TAG ! x\n---\na: 1", "NS015", "%TAG ! x", (1, 1)),
    ("%\n---\na: 1", "NS015", "%", (1, 1)),
    ("%YAML 1.2\na: 1", "NS015", "a", (2, 1)),
    ("a: *x", "NS016", "*x", (1, 4)),
    ("a: *b\nb: &b 1", "NS016", "*b", (1, 4)),
    ("a: &x [*x]", "NS017", "*x", (1, 8)),
    ("a: &x\n  b: {c: *x}", "NS017", "*x", (2, 10)),
    ("[" * 1000, "NS018", "[", (1, DEPTH + 1)),
    ("[" * 10**6, "NS018", "[", (1, DEPTH + 1)),
    ("- " * 25_000, "NS018", "-", (1, 2 * DEPTH + 1)),
    ("a: " + "9" * 4301, "NS020", "9" * 4301, (1, 4)),
    ("a: 0x" + "f" * 5000, "NS020", "0x" + "f" * 5000, (1, 4)),
    ('a: "\\ud800"', "NS021", "\\ud800", (1, 5)),
    ('a: "b\\q"', "NS021", "\\q", (1, 6)),
    ('a: "\\xZZ"', "NS021", "\\xZZ", (1, 5)),
    ('a: "\\U00110000"', "NS021", "\\U00110000", (1, 5)),
    ("a: @b", "NS005", "@", (1, 4)),
    ("a: ]", "NS005", "]", (1, 4)),
    ("a: [1,,2]", "NS005", ",", (1, 7)),
    ("a: {b: 1 c: 2}", "NS005", ":", (1, 11)),
    ("a: 'b' c", "NS005", "c", (1, 8)),
    ("a: 1\nb\nc: 2", "NS005", "b", (2, 1)),
    ("a: 1\nb:2\nc: 3", "NS005", "b:2", (2, 1)),
    ("a: - 1", "NS005", "-", (1, 4)),
    ("- a\nb: 1", "NS005", "b", (2, 1)),
    ("a: 1\n- b", "NS005", "-", (2, 1)),
    (": a", "NS005", ":", (1, 1)),
    ("a: *.py", "NS005", "*", (1, 4)),
    ("a: |x\n  b", "NS005", "x", (1, 5)),
]


@pytest.mark.parametrize(("text", "code", "covered", "place"), HAZARDS, ids=lambda value: str(value)[:20])
def test_each_hazard_is_one_fault_at_its_place(text: str, code: str, covered: str, place: tuple[int, int]) -> None:
    fault = the_fault(text)
    assert (fault.code, written(text, fault.span)) == (code, covered)
    assert (fault.span.line, fault.span.column) == place
    assert fault.help
    assert not FORBIDDEN.search(fault.message + fault.help)
    assert len(fault.message) < 200


CRLF_HAZARDS = [row for row in HAZARDS if "\n" in row[0]]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
@pytest.mark.parametrize(("text", "code", "covered", "place"), CRLF_HAZARDS, ids=lambda value: str(value)[:20])
def test_line_ends_change_no_place(text: str, code: str, covered: str, place: tuple[int, int], end: str) -> None:
    fault = the_fault(text.replace("\n", end))
    assert (fault.code, (fault.span.line, fault.span.column)) == (code, place)
    assert written(text.replace("\n", end), fault.span) == covered


NOT_OF_THE_TEXT = {"NS023", "NS024", "NS025", "NS026"}
"""Of what is said about a file before its network is looked at, that which the reader does not find."""


@pytest.mark.parametrize(
    "code", [code for code in CODES if code.alone and code.code not in NOT_OF_THE_TEXT], ids=lambda code: code.code
)
def test_the_catalogue_s_examples_raise_their_code_and_repaired_ones_none(code: object) -> None:
    assert [fault.code for fault in faults(code.example)] == [code.code]  # type: ignore[attr-defined]
    assert faults(code.repaired) == []  # type: ignore[attr-defined]


def test_a_pair_in_a_list_has_no_bracket_of_its_own() -> None:
    assert [(fault.code, fault.span.column) for fault in faults("[[a]: b")] == [("NS007", 1), ("NS011", 2)]


def test_dates_are_strings() -> None:
    assert plain(tree("[2024-01-01, 2024-13-45, 2024-01-01T00:00:00Z]")) == [
        "2024-01-01",
        "2024-13-45",
        "2024-01-01T00:00:00Z",
    ]


def test_a_text_that_ends_in_a_carriage_return_has_an_end() -> None:
    assert the_fault("# c\r").code == "NS001"
    assert the_fault("\r").code == "NS001"


def test_only_faults_of_files_and_bytes_have_no_example() -> None:
    of_files = {"NS002", "NS003", "NS022"}
    assert {code.code for code in CODES if not code.alone} - NOT_OF_THE_TEXT == of_files
    assert {row[1] for row in HAZARDS} | of_files | {"NS019"} | NOT_OF_THE_TEXT >= {code.code for code in CODES}


def test_a_duplicate_shows_both_places_and_the_rest_is_read() -> None:
    text = "a: 1\nb: {c: 2, c: 3}\na: 4\na: 5\n1: 6\nd: 7\n"
    node, found = read(Source("x.yaml", text))
    assert node is not None
    assert plain(node) == {"a": 1, "b": {"c": 2}, "d": 7}
    assert [(fault.code, fault.span.line) for fault in found] == [
        ("NS010", 2),
        ("NS010", 3),
        ("NS010", 4),
        ("NS011", 5),
    ]
    assert [fault.related[0][0] for fault in found[:3]] == [
        Span(2, 5, 2, 6),
        Span(1, 1, 1, 2),
        Span(1, 1, 1, 2),
    ]


def test_keys_of_yaml_1_1_booleans_are_strings() -> None:
    assert plain(tree("on: 1\noff: 2\nyes: 3\nno: 4\ny: 5\nn: 6\n'1': 7\n\"null\": 8\n'<<': 9")) == {
        "on": 1, "off": 2, "yes": 3, "no": 4, "y": 5, "n": 6, "1": 7, "null": 8, "<<": 9,
    }  # fmt: skip


def test_tags_merge_keys_and_undefined_aliases_are_all_reported_but_give_no_tree() -> None:
    node, found = read(Source("x.yaml", "a: !b 1\nc: *d\ne: {<<: 1}\nf: 1\nf: 2\n"))
    assert node is None
    assert [fault.code for fault in found] == ["NS012", "NS016", "NS013", "NS010"]


def test_each_forbidden_character_is_reported_once() -> None:
    found = faults("a: \x00\x00\x1b\nb: \x1b\u202e\n")
    assert [(fault.span.line, fault.span.column) for fault in found] == [(1, 4), (1, 6), (2, 5)]
    assert "`U+202E` (right-to-left override)" in found[2].message


def test_bad_bytes_give_their_fault_and_no_tree() -> None:
    source = decode(b"a: \xe9", "x.yaml")
    assert read(source) == (None, list(source.faults))
    assert "\ufffd" in source.text


# Aliases.


def test_aliases_share_the_node_of_their_anchor() -> None:
    root = tree("a: &a {b: &b [1, 2]}\nc: *a\nd: *b\n&k e: 1\nf: {*k : 2}\n")
    assert isinstance(root, Mapping)
    a, c, d, _, f = (entry.value for entry in root)
    assert c is a
    assert isinstance(a, Mapping)
    assert d is a.entries[0].value
    assert isinstance(f, Mapping)
    assert (f.entries[0].name, f.entries[0].key.span) == ("e", Span(5, 5, 5, 7))


def test_an_anchor_given_again_stands_for_the_later_node() -> None:
    assert plain(tree("[&a 1, *a, &a 2, *a]")) == [1, 1, 2, 2]
    assert plain(tree("[&a [&a 1, *a], *a]")) == [[1, 1], 1]


def test_anchors_are_not_part_of_a_span() -> None:
    text = "a: &x 1\nb: &y # c\n  c: &z\n  d: &w [2]\n"
    spans = [written(text, node.span) for node in under(tree(text))]
    assert spans == [text.rstrip(), "a", "1", "b", "c: &z\n  d: &w [2]", "c", "", "d", "[2]", "2"]


def laughs(width: int, lines: int) -> str:
    return "x0: &x0 1\n" + "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * width)}]\n" for n in range(1, lines))


def test_expansion_is_bounded_at_the_alias_that_passes_it() -> None:
    fault = the_fault(laughs(9, 30))
    assert (fault.code, fault.span.line) == ("NS019", 7)
    assert read(Source("x.yaml", laughs(9, 7)))[1][0].code == "NS019"
    assert len([*under(tree(laughs(9, 6)))]) < VALUES


def test_the_bound_on_values_is_exact() -> None:
    assert tree("[" + "1," * (VALUES - 1) + "1]")
    assert the_fault("[" + "1," * VALUES + "1]").code == "NS019"


def test_merge_bombs_are_refused() -> None:
    text = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 25))
    assert {fault.code for fault in faults(text)} == {"NS013", "NS019"}


def test_depth_counts_what_aliases_stand_for() -> None:
    def chain(links: int) -> str:
        return "a0: &a0 []\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, links))

    assert plain(tree(chain(DEPTH - 1)))
    assert the_fault(chain(DEPTH)).code == "NS018"
    assert plain(tree("[" * DEPTH + "]" * DEPTH))
    assert the_fault("[" * (DEPTH + 1) + "]" * (DEPTH + 1)).code == "NS018"


# Documents in the manner of the public suite: one feature each, with the value YAML 1.2 gives it.
DOCUMENTS: list[tuple[str, object]] = [
    ("- a\n- b\n", ["a", "b"]),
    ("a: 1\nb: 0.5\n", {"a": 1, "b": 0.5}),
    ("a:\n- 1\n- 2\nb:\n  - 3\n", {"a": [1, 2], "b": [3]}),
    ("-\n  a: 1\n  b: 2\n- c: 3\n", [{"a": 1, "b": 2}, {"c": 3}]),
    ("- - 1\n  - 2\n- - 3\n", [[1, 2], [3]]),
    ("- [1, 2]\n- {a: b}\n", [[1, 2], {"a": "b"}]),
    ("{a: [b, {c: d}], e: }", {"a": ["b", {"c": "d"}], "e": None}),
    ("[a, b, ]", ["a", "b"]),
    ("[]", []),
    ("{}", {}),
    ("[a: b, c: d]", [{"a": "b"}, {"c": "d"}]),
    ("{a, b: c}", {"a": None, "b": "c"}),
    ('{"a":1, "b": [true,null]}', {"a": 1, "b": [True, None]}),
    ("? a\n: b\n? c\n", {"a": "b", "c": None}),
    ("a: |\n  x\n   y\n\n  z\n", {"a": "x\n y\n\nz\n"}),
    ("a: |-\n  x\n  y\n", {"a": "x\ny"}),
    ("a: |+\n  x\n\n\nb: 1\n", {"a": "x\n\n\n", "b": 1}),
    ("a: >\n  x\n  y\n\n  z\n", {"a": "x y\nz\n"}),
    ("a: |2\n    x\n", {"a": "  x\n"}),
    ("a: >-\n  x\n    y\n  z\n", {"a": "x\n  y\nz"}),
    ("a: 'it''s'\n", {"a": "it's"}),
    ("a: 'x\n  y'\n", {"a": "x y"}),
    ('a: "x\\n\\t\\x41\\u00e9\\U0001F600"\n', {"a": "x\n\tAé😀"}),
    ('a: "x\\\n  y"\n', {"a": "xy"}),
    ("a: x\n  y\n\n  z\n", {"a": "x y\nz"}),
    ("a: x#y # comment\n", {"a": "x#y"}),
    ("a: http://x.y/z\n", {"a": "http://x.y/z"}),
    ("a: x:y\n", {"a": "x:y"}),
    ("a: -x\nb: ?y\nc: :z\n", {"a": "-x", "b": "?y", "c": ":z"}),
    ("a b: c d\n", {"a b": "c d"}),
    ("--- x\n", "x"),
    ("---\na: 1\n...\n", {"a": 1}),
    ("%YAML 1.2\n---\na: 010\n", {"a": 10}),
    ("# c\n%YAML 1.1 # c\n---\na: no\n", {"a": "no"}),
    ("a: 1\n...\n# end\n", {"a": 1}),
    ("a:\nb: ~\nc: ''\n", {"a": None, "b": None, "c": ""}),
    ("é: ü\n日本: 語\n", {"é": "ü", "日本": "語"}),
    ("a: 😀\nb: [😀, 1]\n", {"a": "😀", "b": ["😀", 1]}),
    ("a: &x\n  b: 1\nc: *x\n", {"a": {"b": 1}, "c": {"b": 1}}),
    ("'a': 1\n\"b\": 2\n", {"a": 1, "b": 2}),
    ("a: 0o17\nb: 0x1F\nc: 1e-3\nd: .5\n", {"a": 15, "b": 31, "c": 0.001, "d": 0.5}),
    ("a: '1'\nb: \"true\"\nc: |-\n  2\n", {"a": "1", "b": "true", "c": "2"}),
    ("a: 1:30\nb: yes\n", {"a": "1:30", "b": "yes"}),
    ("a:   \n  b:    c   \n", {"a": {"b": "c"}}),
    ("a: [\n  1,\n  2 # two\n]\n", {"a": [1, 2]}),
    ("- # c\n  a\n-\n- b\n", ["a", None, "b"]),
    ("a: {\n  b: 1,\n}\n", {"a": {"b": 1}}),
    ("a: |\n", {"a": ""}),
    ("plain\n", "plain"),
    ("null\n", None),
]


@pytest.mark.parametrize(("text", "value"), DOCUMENTS, ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_documents_have_the_value_of_yaml_1_2(text: str, value: object, end: str) -> None:
    root = tree(text.replace("\n", end))
    assert plain(root) == value
    assert repr(plain(root)) == repr(value)  # 1 is not True


@pytest.mark.parametrize(("text", "value"), DOCUMENTS, ids=lambda value: str(value)[:20])
def test_ruamel_agrees(text: str, value: object) -> None:
    if "%YAML 1.1" not in text:  # which makes ruamel, and not netspec, read by version 1.1
        assert YAML(typ="safe", pure=True).load(text) == value


def spans_of(text: str) -> list[str]:
    return [written(text, node.span) for node in under(tree(text))]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_spans_cover_what_they_name_and_no_more(end: str) -> None:
    text = textwrap.dedent("""\
        é: [ü, 😀] # ok
        b:
          - {c: 'd', e: "f"}   # comment

          - |
            text
            more

        # comment
        g: h
           i
        j:
        k: {l: [1,
            2]}
        """)
    covered = spans_of(text.replace("\n", end))
    assert covered[0] == text.rstrip()
    assert covered[1:] == [
        "é", "[ü, 😀]", "ü", "😀", "b",
        "- {c: 'd', e: \"f\"}   # comment\n\n  - |\n    text\n    more",
        "{c: 'd', e: \"f\"}", "c", "'d'", "e", '"f"', "|\n    text\n    more",
        "g", "h\n   i", "j", "", "k", "{l: [1,\n    2]}", "l", "[1,\n    2]", "1", "2",
    ]  # fmt: skip


def test_an_absent_value_stands_behind_its_key() -> None:
    root = tree("a:   # c\n\nb: 1\nc:\n  ? d # e\n\n  ? f\n")
    spans = [node.span for node in under(root) if isinstance(node, Scalar) and node.value is None]
    assert spans == [Span(1, 3, 1, 3), Span(5, 6, 5, 6), Span(7, 6, 7, 6)]


def test_styles_are_kept() -> None:
    root = tree("a: [1]\nb:\n  - {c: 'd'}\n")
    assert isinstance(root, Mapping)
    flows = [node.flow for node in under(root) if not isinstance(node, Scalar)]
    assert flows == [False, True, False, True]
    assert [node.text for node in under(root) if isinstance(node, Scalar) and node.quoted] == ["d"]


def inside(span: Span, source: Source) -> bool:
    return (
        1 <= span.line <= span.end_line <= len(source.lines)
        and 1 <= span.column <= len(source.lines[span.line - 1]) + 1
        and 1 <= span.end_column <= len(source.lines[span.end_line - 1]) + 1
        and (span.line, span.column) <= (span.end_line, span.end_column)
    )


def check_any(source: Source) -> None:
    node, found = read(source)
    assert node is not None or found
    assert found == sorted(found, key=lambda fault: fault.span)
    for fault in found:
        assert inside(fault.span, source)
        assert all(inside(span, source) for span, _ in fault.related)
        assert fault.help
        assert fault.message.isprintable()
        assert fault.help.isprintable()
        fault.message.encode()
    if node is not None:
        for part in under(node):
            assert inside(part.span, source)


PIECES = """[ ] { } , : - ? & * ! | > ' " % @ ` # ~ . a b 1 0 é 😀 &a *a <<: --- ... !!str !b true 1e3 'a'
{a: [a, a: \\ \\u \\ud800""".split()  # noqa: SIM905
BREAKS = "\n|\n |\n  |\r|\r\n|\n---\n|\n...\n|%YAML 1.2\n|>-\n|\t".split("|")  # noqa: SIM905
SPACED = [" ", ": ", "- ", "? ", ", ", " #c\n", "&a ", "<<: ", "{a: ", "[a, ", "a: ", " |\n"]
YAMLISH = st.lists(st.sampled_from(PIECES + BREAKS + SPACED), max_size=25).map("".join)
ENCODED = st.builds(
    lambda text, encoding: text.encode(encoding, "replace"),
    YAMLISH,
    st.sampled_from(["utf-8", "utf-16", "latin-1"]),
)


@given(YAMLISH)
@example("[[a]: b")
@example("a: &")
@example("a: !")
@example('"\\')
@example("%")
@example("a: |1")
def test_no_text_is_an_exception_and_every_span_lies_inside(text: str) -> None:
    check_any(Source("x.yaml", text))


@given(st.text(max_size=60))
def test_nor_is_any_unicode_text(text: str) -> None:
    check_any(Source("x.yaml", text))


@given(st.binary(max_size=60) | ENCODED)
def test_nor_are_any_bytes(data: bytes) -> None:
    check_any(decode(data, "x.yaml"))


JSONISH = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**50), 10**50)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=6), JSONISH, max_size=4), st.sampled_from([None, 2]), st.booleans())
def test_json_is_read_as_json(value: dict[str, object], indent: int | None, escaped: bool) -> None:
    node, found = read(Source("x.yaml", json.dumps(value, ensure_ascii=escaped, indent=indent)))
    assume(not found)  # characters that do not show
    assert node is not None
    assert plain(node) == value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"a\uD800\uDC00b\udbff\udfff\u0041"', "a\U00010000b\U0010ffffA"),
        (r'"\\\ud83d\ude00"', "\\\U0001f600"),
        ('"\\\n \\ud83d\\ude00"', "\U0001f600"),
        (r"'\ud83d\ude00'", r"\ud83d\ude00"),
        (r"\ud83d\ude00", r"\ud83d\ude00"),
        ("|-\n  \\ud83d\\ude00", r"\ud83d\ude00"),
        (r"\ud83d\ude00 \uffff\uffff", r"\ud83d\ude00 \uffff\uffff"),
    ],
)
def test_a_pair_of_escapes_is_one_character_between_double_quotes(written: str, value: str) -> None:
    assert plain(tree(f"a: {written}")) == {"a": value}


@pytest.mark.parametrize(
    ("written", "column"),
    [
        (r'"x\ud83d"', 6),
        (r'"\ude00\ud83d"', 5),
        (r'"\\ud83d\ude00"', 12),
        ('"\\ud83d\n \\ude00"', 5),
        (r'"\ud83d\ude00\ud83d"', 17),
    ],
)
def test_half_a_pair_is_refused_where_it_stands(written: str, column: int) -> None:
    fault = the_fault(f"a: {written}")
    assert (fault.code, fault.span.column) == ("NS021", column)


def test_a_character_that_no_spec_may_have_stays_one_beside_a_pair() -> None:
    fault = the_fault(r'a: "\uffff\uffff\ud83d\ude00"')
    assert (fault.code, "U+FFFF" in fault.message) == ("NS004", True)


def test_without_libyaml_the_import_says_what_to_install() -> None:
    program = "import yaml; yaml.__with_libyaml__ = False\nimport netspec.text.reader"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ImportError: netspec needs PyYAML with libyaml: pip install" in done.stderr.splitlines()[-1]


def test_characters_in_words() -> None:
    assert described("\0") == "the control character `U+0000`"
    assert shown("a\nb\x1b\u202ec") == r"a\nb\x1b\u202ec"
    assert shown("x" * 100) == "x" * 59 + "…"
