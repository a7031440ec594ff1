"""What a checker is asked in tests; its process imports this by name."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from netspec.editor.document import Document


def text(document: Document) -> str:
    return document.source.text


def where(document: Document) -> tuple[int, int]:
    """The process, and what it keeps of the text."""
    return os.getpid(), id(document)


def begins_and_never_ends(document: Document, sign: str) -> None:
    Path(sign).write_text("")
    while True:
        time.sleep(3600)


def marks(document: Document, sign: str) -> None:
    Path(sign).write_text("")


def prints(document: Document) -> str:
    print("to nobody")
    sys.stdout.flush()
    return "an answer"


def raises(document: Document) -> None:
    raise ValueError("a bug")


def dies(document: Document) -> None:
    os._exit(7)
