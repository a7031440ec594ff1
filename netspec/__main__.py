"""The command `netspec`, and `python -m netspec`.

A signal ends the process on the spot: nothing is raised. Python would raise it wherever the main thread is, and inside
XLA's callbacks an exception is lost or aborts the process; whatever is being written may be left at any moment. Only
training listens itself, to save first.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import FrameType

from netspec.cli import farewell, streams

WORDS = {
    signal.SIGINT: b"netspec: interrupted\n",
    signal.SIGTERM: b"netspec: terminated\n",
    signal.SIGHUP: b"netspec: hung up\n",
}
LINE_AND_CURSOR = b"\r\x1b[K\x1b[?25h"
"""Takes away what a progress bar has left on a terminal, and shows the cursor that it hid."""


TRAINING = {"train", "bench"}
"""The commands whose time is that of training steps."""


def start() -> None:
    """Runs the command line."""
    streams.hold()
    if TRAINING.intersection(sys.argv[1:2]):
        from netspec.cli.huge_pages import ask_for_large

        ask_for_large()
    for number in WORDS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)
    from netspec.cli.main import main

    try:
        main()
    finally:
        # all is done; the interpreter on its way out would let a signal kill it, and the status be that of a signal
        for number in WORDS:
            signal.signal(number, signal.SIG_IGN)


def _leave(number: int, frame: FrameType | None) -> None:
    with contextlib.suppress(OSError, RuntimeError):  # RuntimeError: it is being written to at this moment
        sys.stdout.flush()
    with contextlib.suppress(OSError):
        os.write(2, (LINE_AND_CURSOR if os.isatty(2) else b"") + WORDS[signal.Signals(number)] + farewell.words())
    os._exit(128 + number)


if __name__ == "__main__":
    start()
