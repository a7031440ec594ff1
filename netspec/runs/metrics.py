"""A log that grows by rows: JSON lines that a crash at any moment leaves either old or new, never torn.

`metrics.jsonl` is rewritten whole by `write_rows`, not appended to: an append can be torn, and after a resume its last rows
could stand there twice. The checkpoint carries the rows up to its step, so a resumed run first writes those. A run has
hundreds of rows of some 300 bytes: rewriting costs less than the flush.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from netspec.storage.writing import write_atomic


def write_rows(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Make `path` the JSON lines of `rows`, atomically.

    Raises OSError as `write_atomic`, and ValueError for NaN and infinity, which JSON lacks.
    """
    write_atomic(path, "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows).encode())
