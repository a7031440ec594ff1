from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from netspec.storage import writing
from tests.storage.faults import ERRORS, Failing, calls_of


def litter(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "out")


def test_new_and_replaced_content(tmp_path: Path) -> None:
    for data in (b"", b"old", b"new" * 100_000):
        writing.write_atomic(tmp_path / "out", data)
        assert (tmp_path / "out").read_bytes() == data
        assert litter(tmp_path) == []


def test_the_mode_is_that_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    writing.write_atomic(tmp_path / "out", b"x")
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "folder" / "target")
    writing.write_atomic(tmp_path / "out", b"x")
    assert (tmp_path / "out").is_symlink()
    assert (tmp_path / "folder" / "target").read_bytes() == b"x"


def test_pipes_folders_and_devices_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/null")):
        with pytest.raises(OSError, match="not a regular file"):
            writing.write_atomic(path, b"x")


def test_the_order_of_calls_is_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = calls_of(monkeypatch, lambda: writing.write_atomic(tmp_path / "out", b"x"))
    assert names == ["open", "write", "fsync", "close", "replace", "open", "fsync", "close"]


@pytest.mark.parametrize("error", ERRORS)
def test_each_call_may_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    writing.write_atomic(tmp_path / "out", b"old")
    count = len(calls_of(monkeypatch, lambda: writing.write_atomic(tmp_path / "out", b"old")))
    for number in range(count):
        monkeypatch.setattr(writing, "system", Failing(number, error))
        with pytest.raises(OSError, match=os.strerror(error)):
            writing.write_atomic(tmp_path / "out", b"new")
        assert (tmp_path / "out").read_bytes() in (b"old", b"new")
        assert litter(tmp_path) == []
        monkeypatch.setattr(writing, "system", os)
        writing.write_atomic(tmp_path / "out", b"old")


def test_a_disk_that_fails_for_good_leaves_a_temporary_that_sweep_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "system", Failing(1, errno.EIO, forever=True))
    with pytest.raises(OSError, match="Input/output"):
        writing.write_atomic(tmp_path / "out", b"new")
    monkeypatch.setattr(writing, "system", os)
    assert len(litter(tmp_path)) == 1
    (tmp_path / "mine.partial").touch()
    (tmp_path / ".netspec").touch()
    assert len(writing.sweep(tmp_path)) == 1
    assert litter(tmp_path) == [".netspec", "mine.partial"]


def test_a_write_may_take_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Failing):
        def write(self, fd: int, data: memoryview, /) -> int:
            return os.write(fd, data[:3])

    monkeypatch.setattr(writing, "system", Slow(-1, 0))
    writing.write_atomic(tmp_path / "out", b"0123456789")
    assert (tmp_path / "out").read_bytes() == b"0123456789"


def test_interrupted_by_the_keyboard_it_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(Failing):
        def fsync(self, fd: int, /) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(writing, "system", Interrupted(-1, 0))
    with pytest.raises(KeyboardInterrupt):
        writing.write_atomic(tmp_path / "out", b"x")
    assert list(tmp_path.iterdir()) == []


LIMITED = """
import resource, sys
from pathlib import Path
from netspec.storage.writing import write_atomic
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    write_atomic(Path(sys.argv[1]), b"n" * 100_000)
except OSError as error:
    print(error.errno)
"""


def test_the_kernel_refuses_a_large_file(tmp_path: Path) -> None:
    """A real EFBIG in the middle of the data: the limit is 50 kB."""
    (tmp_path / "out").write_bytes(b"old")
    child = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        check=True,
    )
    assert int(child.stdout) == errno.EFBIG
    assert (tmp_path / "out").read_bytes() == b"old"
    assert litter(tmp_path) == []


def test_make_folder(tmp_path: Path) -> None:
    for missing in (True, False):
        assert writing.make_folder(tmp_path / "new") is missing
        assert (tmp_path / "new").is_dir()


ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def rewritten(path: Path, old: bytes = b"old", new: bytes = b"new") -> os.stat_result:
    writing.rewrite(path, old, new)
    assert path.read_bytes() == new
    return path.stat()


def test_a_rewritten_file_keeps_mode_and_attributes(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"old")
    (tmp_path / "out").chmod(0o640)
    try:
        os.setxattr(tmp_path / "out", "user.netspec", b"kept")
    except OSError:
        pytest.skip("no extended attributes here")
    os.utime(tmp_path / "out", (0, 0))
    status = rewritten(tmp_path / "out")
    assert (status.st_mode & 0o7777, os.getxattr(tmp_path / "out", "user.netspec")) == (0o640, b"kept")
    assert status.st_mtime > 0
    assert litter(tmp_path) == []


@ROOT
def test_a_rewritten_file_keeps_its_owner(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"old")
    os.chown(tmp_path / "out", 1234, 4321)
    status = rewritten(tmp_path / "out")
    assert (status.st_uid, status.st_gid) == (1234, 4321)


def test_rewriting_keeps_hard_and_symbolic_links(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"old and longer")
    (tmp_path / "twin").hardlink_to(tmp_path / "out")
    (tmp_path / "link").symlink_to("out")
    status = rewritten(tmp_path / "link", b"old and longer")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "twin").stat().st_ino == status.st_ino
    assert (tmp_path / "twin").read_bytes() == b"new"
    assert litter(tmp_path) == ["link", "twin"]


@pytest.mark.parametrize("links", [1, 2])
def test_a_read_only_file_is_refused_whoever_asks(tmp_path: Path, links: int) -> None:
    (tmp_path / "out").write_bytes(b"old")
    if links == 2:
        (tmp_path / "twin").hardlink_to(tmp_path / "out")
    (tmp_path / "out").chmod(0o444)
    with pytest.raises(PermissionError):
        writing.rewrite(tmp_path / "out", b"old", b"new")
    assert (tmp_path / "out").read_bytes() == b"old"


@pytest.mark.parametrize("links", [1, 2])
def test_what_was_written_in_the_meantime_is_not_lost(tmp_path: Path, links: int) -> None:
    (tmp_path / "out").write_bytes(b"of an editor")
    if links == 2:
        (tmp_path / "twin").hardlink_to(tmp_path / "out")
    with pytest.raises(writing.Changed):
        writing.rewrite(tmp_path / "out", b"old", b"new")
    assert (tmp_path / "out").read_bytes() == b"of an editor"
    assert litter(tmp_path) == ["twin"] * (links - 1)


def test_content_is_compared_when_all_else_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor writes while the new file is flushed, the slowest part."""
    (tmp_path / "out").write_bytes(b"old")

    class Slow:
        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

        def fsync(self, file: int) -> None:
            (tmp_path / "out").write_bytes(b"of an editor")

    monkeypatch.setattr(writing, "system", Slow())
    with pytest.raises(writing.Changed):
        writing.rewrite(tmp_path / "out", b"old", b"new")
    assert (tmp_path / "out").read_bytes() == b"of an editor"
    assert litter(tmp_path) == []


def test_where_no_file_can_be_put_beside_it_it_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").write_bytes(b"old")
    inode = (tmp_path / "out").stat().st_ino

    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(writing, "_replace", refused)
    assert rewritten(tmp_path / "out").st_ino == inode


@pytest.mark.parametrize("links", [1, 2])
@pytest.mark.parametrize("error", ERRORS)
def test_each_call_of_a_rewrite_may_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int, links: int
) -> None:
    old, new = b"old " * 100, b"new " * 1000
    (tmp_path / "out").write_bytes(old)
    if links == 2:
        (tmp_path / "twin").hardlink_to(tmp_path / "out")
    count = len(calls_of(monkeypatch, lambda: writing.rewrite(tmp_path / "out", old, old)))
    assert count > 3
    for number in range(count):
        monkeypatch.setattr(writing, "system", Failing(number, error))
        try:
            writing.rewrite(tmp_path / "out", old, new)
        except OSError:
            assert (tmp_path / "out").read_bytes() in (old, new)
        else:
            assert (tmp_path / "out").read_bytes() == new
        monkeypatch.setattr(writing, "system", os)
        (tmp_path / "out").write_bytes(old)
