from __future__ import annotations

import io
import os
import socket
from pathlib import Path

import pytest

from netspec.text.files import LIMIT_BYTES, STDIN, Unreadable, decode, read_source
from netspec.text.reader import read
from netspec.text.source import Source, Span


def the_fault(data: bytes) -> tuple[str, Span, str]:
    source = decode(data, "x.yaml")
    [fault] = source.faults
    assert read(source) == (None, [fault])
    return fault.code, fault.span, fault.message


def test_a_file_becomes_its_text(tmp_path: Path) -> None:
    path = tmp_path / "ünit.yaml"
    path.write_bytes("name: é\r\n".encode())
    assert read_source(str(path)) == Source(str(path), "name: é\r\n", path)


def test_a_byte_order_mark_shifts_no_column(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: *b\n")
    source = read_source(str(path))
    assert isinstance(source, Source)
    assert source.text == "a: *b\n"
    assert read(source)[1][0].span == Span(1, 4, 1, 6)


@pytest.mark.parametrize("name", ["missing.yaml", "directory", "fifo", "loop", "socket", "/dev/zero", "", "a\0b"])
def test_what_is_no_regular_file_is_unreadable_and_hangs_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("directory").mkdir()
    os.mkfifo("fifo")
    Path("loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        answer = read_source(name)
    assert isinstance(answer, Unreadable)
    assert answer.name == name
    assert answer.reason
    assert "\n" not in answer.reason


def test_reasons_are_in_words(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    reasons = [read_source(str(name)) for name in (tmp_path, tmp_path / "fifo", tmp_path / "no", "/dev/null")]
    assert [answer.reason for answer in reasons if isinstance(answer, Unreadable)] == [
        "it is a directory",
        "it is a pipe; give `-` to read standard input",
        "No such file or directory",
        "it is a device, not a regular file",
    ]


def test_a_forbidden_file_is_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # the tests may run as root, whom chmod does not stop
    assert read_source("x.yaml") == Unreadable("x.yaml", "Permission denied")


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    before = len([*Path("/proc/self/fd").iterdir()])
    for name in (tmp_path, tmp_path / "fifo", tmp_path / "no"):
        read_source(str(name))
    assert len([*Path("/proc/self/fd").iterdir()]) == before


class Endless(io.RawIOBase):
    taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self.taken += len(buffer)
        buffer[:] = b"a" * len(buffer)
        return len(buffer)


def test_endless_standard_input_is_cut() -> None:
    endless = Endless()
    source = read_source("-", io.BufferedReader(endless))
    assert isinstance(source, Source)
    assert [fault.code for fault in source.faults] == ["NS002"]
    assert endless.taken <= LIMIT_BYTES + 2 * io.DEFAULT_BUFFER_SIZE


def test_standard_input_is_read() -> None:
    assert read_source("-", io.BytesIO(b"a: 1")) == Source(STDIN, "a: 1")


def test_closed_standard_input_is_unreadable() -> None:
    stream = io.BytesIO()
    stream.close()
    assert read_source("-", stream) == Unreadable(STDIN, "standard input is closed")


@pytest.mark.parametrize(("size", "codes"), [(LIMIT_BYTES, []), (LIMIT_BYTES + 1, ["NS002"])])
def test_the_limit_is_one_mebibyte(size: int, codes: list[str], tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"#" * size)
    source = read_source(str(path))
    assert isinstance(source, Source)
    assert [fault.code for fault in source.faults] == codes


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_utf_16_and_32_are_told_as_such(encoding: str, mark: str) -> None:
    mark = "" if encoding in ("utf-16", "utf-32") else mark
    code, span, message = the_fault((mark + "netspec: 1\n").encode(encoding))
    assert (code, span) == ("NS003", Span(1, 1, 1, 1))
    assert message == f"the text is {encoding[:6].upper()}, not UTF-8"


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"a: 1\nname: caf\xe9\n", (2, 10)),
        (b"\xff", (1, 1)),
        ("é: ".encode() + b"\x80", (1, 4)),
        (b"\xef\xbb\xbf\xe9", (1, 1)),
        (b"a\r\nb\r\xc3", (3, 1)),
        (b"a: \xed\xa0\x80", (1, 4)),
        (b"a: \xc0\xaf", (1, 4)),
        (b"a: \xf4\x90\x80\x80", (1, 4)),
    ],
)
def test_the_first_byte_that_is_not_utf_8_is_shown(data: bytes, place: tuple[int, int]) -> None:
    code, span, message = the_fault(data)
    assert code == "NS003"
    assert (span.line, span.column) == place
    assert message.startswith("the byte `0x")
