"""Measurements on the disk: kept, shared, and never an error."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import pytest

from netspec.cli import messages
from netspec.cli.main import netspec as command
from netspec.tuning import cache
from netspec.tuning.cache import Entry, Measurements
from tests.cli.run import netspec

NETWORK = {"layers": [["conv1", 3]]}
ENTRY = Entry({"conv1": {"output": "banded"}}, {"conv output": {"direct": 2e-3, "banded": 1e-3}}, {"model": 1.0})


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NETSPEC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def silent(message: str) -> None:
    raise AssertionError(message)


def written(root: Path) -> Path:
    (path,) = root.glob("tuning/*/*.json")
    return path


def test_what_was_written_is_read_again(root: Path) -> None:
    assert Measurements(silent).entry(NETWORK) is None
    Measurements(silent).write(NETWORK, ENTRY)
    assert Measurements(silent).entry(NETWORK) == ENTRY
    assert Measurements(silent).entry({"layers": []}) is None
    Measurements(silent).write({"layers": []}, Entry({}, {"conv output": {"patches": 3e-3}, "fc": {"matmul": 1.0}}))
    assert Measurements(silent).parts() == {
        "conv output": {"direct": 2e-3, "banded": 1e-3, "patches": 3e-3},
        "fc": {"matmul": 1.0},
    }


@pytest.mark.parametrize("fact", ["device", "cores", "jax", "jaxlib", "netspec", "platform"])
def test_another_machine_or_version_knows_nothing_of_it(fact: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Measurements(silent).write(NETWORK, ENTRY)
    own = cache.machine()
    assert fact in own
    monkeypatch.setattr(cache, "machine", lambda: own | {fact: "another"})
    assert Measurements(silent).entry(NETWORK) is None
    assert Measurements(silent).parts() == {}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: '"x"',
        lambda text: "[" * 100_000,
        lambda text: text.replace('"choices"', '"chosen"'),
        lambda text: text.replace("0.002", "-1.0"),
        lambda text: text.replace("0.002", "NaN"),
        lambda text: text.replace("0.002", '"quick"'),
        lambda text: json.dumps(json.loads(text) | {"parts": {"conv output": 3}}),
        lambda text: json.dumps(json.loads(text) | {"steps": []}),
    ],
)
def test_damage_is_told_ignored_and_replaced(spoil: object, root: Path) -> None:
    Measurements(silent).write(NETWORK, ENTRY)
    path = written(root)
    path.write_text(spoil(path.read_text()))  # type: ignore[operator]
    told: list[str] = []
    measurements = Measurements(told.append)
    assert measurements.entry(NETWORK) is None
    assert measurements.parts() == {}
    assert len(told) == 2
    assert all(str(path) in message and "damaged" in message for message in told)
    measurements.write(NETWORK, ENTRY)
    assert Measurements(silent).entry(NETWORK) == ENTRY


def test_bytes_that_are_no_text_are_damage_too(root: Path) -> None:
    Measurements(silent).write(NETWORK, ENTRY)
    written(root).write_bytes(b"\xff\xfe\x00")
    told: list[str] = []
    assert Measurements(told.append).entry(NETWORK) is None
    assert told


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NETSPEC_CACHE", str(tmp_path / "file"))
    told: list[str] = []
    Measurements(told.append).write(NETWORK, ENTRY)
    assert told
    assert "not kept" in told[0]


def test_writers_at_the_same_time_leave_one_whole_file(root: Path) -> None:
    def write(number: int) -> None:
        Measurements(silent).write(NETWORK, Entry({}, {f"part {number}": {"direct": 1.0}}, {}))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    entry = Measurements(silent).entry(NETWORK)
    assert entry is not None
    assert len(entry.parts) == 1
    assert [path.name for path in written(root).parent.iterdir()] == [written(root).name]


def test_off_keeps_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETSPEC_CACHE", "off")
    measurements = Measurements(silent)
    measurements.write(NETWORK, ENTRY)
    assert measurements.entry(NETWORK) is None
    assert measurements.parts() == {}
    assert not root.exists()
    assert cache.folder() is None


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NETSPEC_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.folder() == tmp_path / "netspec"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.folder() == tmp_path / ".cache" / "netspec"


@pytest.mark.parametrize("variable", ["JAX_COMPILATION_CACHE_DIR", "JAX_ENABLE_COMPILATION_CACHE"])
def test_what_the_user_says_to_jax_stays(variable: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    monkeypatch.setenv(variable, "0")
    cache.keep_programs(silent)
    assert not root.exists()


def test_without_a_home_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for variable in ("NETSPEC_CACHE", "XDG_CACHE_HOME", "JAX_COMPILATION_CACHE_DIR", "JAX_ENABLE_COMPILATION_CACHE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(Path, "home", unknown)
    assert cache.folder() is None
    cache.keep_programs(silent)
    assert "JAX_COMPILATION_CACHE_DIR" not in os.environ


@pytest.mark.parametrize("how", ["file", "forbidden"])
def test_programs_that_cannot_be_kept_are_told_in_the_words_of_measurements(
    how: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("JAX_COMPILATION_CACHE_DIR", "JAX_ENABLE_COMPILATION_CACHE"):
        monkeypatch.delenv(variable, raising=False)
    told: list[str] = []
    if how == "file":
        root.write_text("in the way")
        Measurements(told.append).write(NETWORK, ENTRY)
    else:
        monkeypatch.setattr(os, "access", lambda path, mode: False)
    cache.keep_programs(told.append)
    reason = "Not a directory" if how == "file" else "Permission denied"
    assert set(told) == {f"programs and measurements are not kept in `{root}`: {reason}"}
    assert "JAX_COMPILATION_CACHE_DIR" not in os.environ


def test_commands_say_it_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    done = netspec("predict", str(tmp_path), "image.png", NETSPEC_CACHE=str(tmp_path / "file"))
    assert done.stderr.count("warning[NS616]: programs and measurements are not kept in") == 1
    with click.Context(command):
        messages.warn("NS616", "x")
        messages.warn("NS616", "x")
    assert capsys.readouterr().err == "warning[NS616]: x\n"
