from __future__ import annotations

import re

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.render.cells import shown
from netspec.diagnostics.render.github import render
from netspec.diagnostics.render.paths import relative
from netspec.text.source import Source, Span
from tests.diagnostics.render.hostile import hostile

COMMAND = re.compile(r"::(error|warning) ((?:[A-Za-z]+=[^,:\r\n]*)(?:,[A-Za-z]+=[^,:\r\n]*)*)::([^\r\n]*)")


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """One workflow command, read strictly: every percent sign must begin an escape that the runner knows."""
    match = COMMAND.fullmatch(line)
    assert match, line
    severity, properties, data = match.groups()
    pairs = (pair.partition("=") for pair in properties.split(","))
    return severity, {name: unescaped(value, "3A|2C|") for name, _, value in pairs}, unescaped(data)


def unescaped(text: str, more: str = "") -> str:
    assert not re.search(f"%(?!{more}25|0D|0A)", text), text
    return re.sub("%([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), text)


def test_a_thousand_hostile_names_and_messages_come_back():
    pairs = hostile(1000)
    found = [Diagnostic("NS001", message, Source(name, ""), Span(1, 2, 1, 3)) for name, message in pairs]
    lines = render(found, [], color=False, width=80).split("\n")
    assert lines.pop() == ""
    for (name, message), line in zip(pairs, lines, strict=True):
        severity, properties, data = parsed(line)
        file = relative(name)
        words = "\n".join(map(shown, message.split("\n")))
        assert (severity, data) == ("error", f"{shown(file)}:1:2: NS001 {words}")
        assert properties.get("file", file) == file
        assert ("file" in properties) == all(char.isprintable() or char in "\r\n" for char in file)


def test_nothing_steers_the_log_and_no_annotation_is_of_another_file():
    """A runner passes `ESC [ 31 m` on to the browser, or takes it out: the name is then that of another file."""
    for name in ("\x1b[31mred.yaml", "a\x07.yaml", "c\u202ed.yaml", "\x9b31m.yaml"):
        text = render([Diagnostic("NS001", f"`{name}`", Source(name, ""), Span(1, 2, 1, 3))], [], color=True, width=80)
        assert all(char.isprintable() for char in text.removesuffix("\n"))
        _, properties, data = parsed(text.removesuffix("\n"))
        assert properties == {"title": "netspec NS001"}
        assert data.startswith(f"{shown(name)}:1:2: NS001")


def test_errors_come_first(found):
    text = render(found[::-1], [], color=False, width=80)
    severities = [parsed(line)[0] for line in text.removesuffix("\n").split("\n")]
    assert severities == sorted(severities)
    assert set(severities) == {"error", "warning"}


def test_columns_are_given_for_spans_within_a_line_only():
    source = Source("f", "ab\ncd")
    within, over = (Diagnostic("NS001", "m", source, Span(1, 1, line, 2)) for line in (1, 2))
    one, two = (parsed(render([d], [], color=False, width=80)[:-1])[1] for d in (within, over))
    assert (one["col"], one["endColumn"]) == ("1", "2")
    assert two["endLine"] == "2"
    assert not {"col", "endColumn"} & two.keys()
