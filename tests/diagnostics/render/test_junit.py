from __future__ import annotations

import re

from junitparser import JUnitXml

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.render.junit import render
from netspec.text.source import START, Source
from tests.diagnostics.render.examples import ABSENT, CLEAN, FILES, LENET, ODD
from tests.diagnostics.render.hostile import hostile

ILLEGAL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def cases(text: str):
    return [case for suite in JUnitXml.fromstring(text) for case in suite]


def test_one_case_a_file_failed_by_errors(found):
    report = cases(render(found, FILES, color=False, width=80))
    assert [case.name for case in report] == FILES
    assert [case.is_failure for case in report] == [name != CLEAN for name in FILES]
    told = {case.name: case.result[0].text for case in report if case.result}
    for one in found:
        if one.severity == "error" and one.message.isprintable():
            assert one.message in told[one.source.name]
    assert told.keys() == {LENET.name, ODD.name, ABSENT.name}


def test_warnings_are_told_and_fail_nothing(found):
    warnings = [one for one in found if one.severity == "warning"]
    report = cases(render(warnings, FILES, color=False, width=80))
    assert not any(case.is_failure for case in report)
    assert warnings[0].message in report[0].system_out


def test_counts(found):
    report = JUnitXml.fromstring(render(found, FILES, color=False, width=80))
    assert (report.tests, report.failures, report.errors) == (4, 3, 0)


def test_hostile_names_and_messages_come_back():
    pairs = dict(hostile(1000))
    found = [Diagnostic("NS001", message, Source(name, ""), START) for name, message in pairs.items()]
    report = cases(render(found, [], color=False, width=80))
    for (name, message), case in zip(pairs.items(), report, strict=True):
        assert case.name == escaped(name)
        assert case.result[0].message == escaped(f"NS001 {message}")


def escaped(text: str) -> str:
    """What XML cannot hold, as Python writes it."""
    return ILLEGAL.sub(lambda match: repr(match[0])[1:-1], text)
