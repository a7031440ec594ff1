"""What `predict` says of an image file that it cannot read: what the file is, and what helps a single image."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from netspec.cli import pixels
from netspec.data.pixels import Trained


@pytest.mark.parametrize(
    ("content", "says", "help"),
    [
        (b"\0\0\0\x20ftypavif".ljust(99, b"\0"), "is of the format AVIF", "save it as PNG"),
        (b"\0\0\0\x1cftypheic".ljust(99, b"\0"), "is of the format HEIC", "save it as PNG"),
        (b"a note, no picture", "is no image", "give an image file or a .npy array"),
    ],
)
def test_a_file_that_is_not_read(
    content: bytes, says: str, help: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.png").write_bytes(content)
    network: Any = SimpleNamespace(
        trained_on=Trained((8, 8, 1), "images", True, None), plan=SimpleNamespace(input=(8, 8, 1))
    )
    with pytest.raises(SystemExit) as ended:
        pixels.read(network, tmp_path / "x.png", resize=False)
    assert ended.value.code == 1
    said = " ".join(capsys.readouterr().err.split())
    assert says in said
    assert f"help: {help}" in said
