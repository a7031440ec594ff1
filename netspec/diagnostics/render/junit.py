"""For any CI server: a JUnit report with one test case a file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from junitparser import Failure, JUnitXml, TestCase, TestSuite

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.render.concise import line
from netspec.diagnostics.render.palette import Paint
from netspec.diagnostics.render.wording import all_files, count, counted, in_words


def render(diagnostics: Sequence[Diagnostic], files: Sequence[str], *, color: bool, width: int) -> str:
    """A case fails by its file's errors, told in one failure, as servers show the first alone."""
    suite = TestSuite("netspec")
    of_file: dict[str, list[Diagnostic]] = {file: [] for file in all_files(diagnostics, files)}
    for found in diagnostics:
        of_file.setdefault(found.source.name if found.placed else "netspec", []).append(found)
    suite.add_testcases([_case(file, of_file[file]) for file in of_file])
    report = JUnitXml("netspec")
    report.add_testsuite(suite)
    report.update_statistics()
    # Numeric references for all beyond ASCII, so that no encoding of the stream can spoil it.
    xml: bytes = report.tostring()
    return xml.decode("utf-8").encode("ascii", "xmlcharrefreplace").decode().replace("\x7f", "&#127;") + "\n"


def _case(file: str, diagnostics: Sequence[Diagnostic]) -> TestCase:
    case = TestCase(_legal(file), "netspec")
    errors = [found for found in diagnostics if found.severity == "error"]
    warnings = [found for found in diagnostics if found.severity == "warning"]
    if errors:
        first = errors[0]
        others = count(errors, ()).errors - 1
        more = f" (and {counted(others, 'more error')})" if others else ""
        failure = Failure(_legal(f"{first.code} {first.message}{more}"), first.code)
        failure.text = _told(errors)
        case.result = [failure]
    if warnings:
        case.system_out = _told(warnings)
    return case


def _told(diagnostics: Sequence[Diagnostic]) -> str:
    paragraphs = []
    for found in diagnostics:
        remarks = in_words(found)[len(found.message) :]
        paragraphs.append(_legal(line(found, Paint(False)) + remarks))
    return "\n\n".join(paragraphs)


def _legal(text: str) -> str:
    """The text without the characters that XML 1.0 cannot hold, written as Python writes them."""
    return re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", lambda match: ascii(match.group())[1:-1], text)
