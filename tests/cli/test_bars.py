"""What lasts is shown: to a person by a bar that leaves the terminal as it was, to a file by one line."""

from __future__ import annotations

import io
import sys

import pytest

from netspec.cli.measuring import Measuring


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()])
def test_measuring_is_shown_once_it_begins(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream)
    with Measuring("choosing") as shown:
        assert not stream.getvalue()
        for done in range(3):
            shown.say(f"part {done}", done, 3)
    if not stream.isatty():
        assert stream.getvalue() == "choosing ...\n"
        return
    assert "choosing" in stream.getvalue()
    assert "part 2" in stream.getvalue()
    hidden, last = (stream.getvalue().rindex(code) for code in ("\x1b[?25l", "\x1b[?25h"))
    assert hidden < last, "the cursor is left hidden"
