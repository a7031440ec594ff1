"""The process that checks: newest text only, ended whatever it is at, and its end is no end of the server."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec.editor import checker as module
from netspec.editor.checker import Checker, CheckFailed, Superseded, Version
from netspec.text.source import Source
from tests.editor import jobs

SECONDS = 60


@pytest.fixture(scope="module")
def checker() -> Iterator[Checker]:
    made = Checker()
    yield made
    made.close()


def version(text: str = "netspec: 1\n") -> Version:
    return Version(source=Source("x.yaml", text))


def begun(sign: Path) -> None:
    for _ in range(100 * SECONDS):
        if sign.exists():
            return
        time.sleep(0.01)
    pytest.fail("the job did not begin")


def test_what_was_worked_out_of_a_version_is_there_for_the_next_question(checker: Checker) -> None:
    first, second = version("a"), version("b")
    assert checker.ask(first, jobs.text).result(SECONDS) == "a"
    asked = [checker.ask(one, jobs.where) for one in (first, first, second)]
    (pid, kept), again, other = (one.result(SECONDS) for one in asked)
    assert again == (pid, kept)
    assert other[0] == pid != os.getpid()
    assert checker.ask(second, jobs.text).result(SECONDS) == "b"


def test_a_job_for_a_text_that_changed_is_ended_in_the_middle_and_others_are_not_begun(
    checker: Checker, tmp_path: Path
) -> None:
    old, new = version("old"), version("new")
    endless = checker.ask(old, jobs.begins_and_never_ends, str(tmp_path / "began"))
    waiting = checker.ask(old, jobs.marks, str(tmp_path / "never"))
    begun(tmp_path / "began")
    checker.supersede(old)
    assert checker.ask(new, jobs.text).result(SECONDS) == "new"
    for future in (endless, waiting):
        with pytest.raises(Superseded):
            future.result(SECONDS)
    assert not (tmp_path / "never").exists()


def test_a_question_that_nobody_waits_for_is_not_begun(checker: Checker, tmp_path: Path) -> None:
    one, other = version(), version()
    endless = checker.ask(one, jobs.begins_and_never_ends, str(tmp_path / "began"))
    withdrawn = checker.ask(other, jobs.marks, str(tmp_path / "never"))
    assert withdrawn.cancel()
    begun(tmp_path / "began")
    checker.supersede(one)
    assert checker.ask(other, jobs.text).result(SECONDS)
    assert endless.exception(SECONDS) is not None
    assert not (tmp_path / "never").exists()


def test_a_bug_in_a_job_is_said_and_the_next_one_is_done(checker: Checker, capfd: pytest.CaptureFixture[str]) -> None:
    one = version("text")
    with pytest.raises(CheckFailed, match="ValueError: a bug") as found:
        checker.ask(one, jobs.raises).result(SECONDS)
    assert "in raises" in found.value.traceback
    with pytest.raises(CheckFailed, match=r"its process ended \(7\)"):
        checker.ask(one, jobs.dies).result(SECONDS)
    assert checker.ask(one, jobs.text).result(SECONDS) == "text"
    assert checker.ask(one, jobs.prints).result(SECONDS) == "an answer"


def test_a_job_that_takes_too_long_is_given_up(
    checker: Checker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = version()
    assert checker.ask(one, jobs.text).result(SECONDS)
    monkeypatch.setattr(module, "LIMIT_SECONDS", 0.1)
    with pytest.raises(CheckFailed, match=r"it took more than 0\.1 s"):
        checker.ask(one, jobs.begins_and_never_ends, str(tmp_path / "began")).result(SECONDS)
    monkeypatch.undo()
    assert checker.ask(one, jobs.text).result(SECONDS)


def test_nothing_in_the_folder_that_it_runs_in_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor runs the server in a folder that anybody may have written."""
    for name in ("yaml", "json", "click", "netspec"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w')\nraise SystemExit(9)\n")
    monkeypatch.chdir(tmp_path)
    checker = Checker()
    assert checker.ask(version("text"), jobs.text).result(SECONDS) == "text"
    pid = checker.ask(version(), jobs.where).result(SECONDS)[0]
    checker.close()
    assert not (tmp_path / "imported").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_without_a_process_every_question_has_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sys, "executable", "/nowhere/python")
    checker = Checker()
    with pytest.raises(CheckFailed, match="cannot be started"):
        checker.ask(version(), jobs.text).result(SECONDS)
    monkeypatch.undo()
    with pytest.raises(CheckFailed):
        checker.ask(version(), jobs.text).result(SECONDS)
    assert checker.ask(version("text"), jobs.text).result(SECONDS) == "text"
    checker.close()
