"""What `predict` says of an image file that it cannot read: what the file is, and what helps a single image."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.data.pixels import Trained
from netspec.diagnostics.errors import DataError
from netspec.workflows.pixels import Pixels


@pytest.mark.parametrize(
    ("content", "says", "help"),
    [
        (b"\0\0\0\x20ftypavif".ljust(99, b"\0"), "is of the format AVIF", "save it as PNG"),
        (b"\0\0\0\x1cftypheic".ljust(99, b"\0"), "is of the format HEIC", "save it as PNG"),
        (b"a note, no picture", "is no image", "give an image file or a .npy array"),
    ],
)
def test_a_file_that_is_not_read(content: bytes, says: str, help: str, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(content)
    trained = Trained((8, 8, 1), "images", True, None)
    with pytest.raises(DataError) as refused:
        list(Pixels(trained, False, [].extend, [].append).of([(tmp_path / "x.png", None)]))
    assert refused.value.status == 1
    (finding,) = refused.value.diagnostics
    assert says in finding.message
    assert (finding.help or "").startswith(help)
