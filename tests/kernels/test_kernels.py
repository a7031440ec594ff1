"""The compiled kernels on their own: called as XLA calls them, between pages that nobody may touch (driver.cc)."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from netspec.kernels.library import FILE

HERE = Path(__file__).parent
SOURCES = FILE.parent / "src"
COMPILER = shutil.which("g++") or shutil.which("c++")
FLAGS = ["-std=c++17", f"-I{SOURCES}", "-Wno-psabi", "-pthread"]
OF_SET = {"avx2.cc": ["-mavx2", "-mfma"], "avx512.cc": ["-mavx2", "-mfma", "-mavx512f"]}
ABSENT = 77
"""The driver's status where the processor has not got the instructions."""

pytestmark = pytest.mark.skipif(COMPILER is None or not FILE.is_file(), reason="there are no compiled kernels")


def compiled(folder: Path, *arguments: str) -> Path:
    program = folder / "driver"
    subprocess.run([str(COMPILER), *FLAGS, str(HERE / "driver.cc"), *arguments, "-o", str(program)], check=True)
    return program


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The driver with the library that is installed."""
    folder = tmp_path_factory.mktemp("driver")
    return compiled(folder, "-O1", str(FILE), f"-Wl,-rpath,{FILE.parent}")


def agree(driver: Path, instructions: str, seed: int, count: int) -> None:
    done = subprocess.run([driver, instructions, str(seed), str(count)], capture_output=True, text=True, check=False)
    if done.returncode == ABSENT:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("instructions", ["baseline", "avx2", "avx512"])
def test_agree_with_sums_in_float64(driver: Path, instructions: str) -> None:
    """And have the same bits with 1 and 3 threads; nothing is read or written outside of a buffer."""
    agree(driver, instructions, 0, 400)


def built(folder: Path, *flags: str) -> Path:
    """The driver with all sources compiled by these flags, each instruction set with its own besides."""
    objects = []
    for source in sorted(SOURCES.glob("*.cc")):
        of_set = OF_SET.get(source.name)
        if of_set and platform.machine() != "x86_64":
            continue
        objects.append(str(folder / f"{source.stem}.o"))
        more = [*flags, *(of_set or ())]
        subprocess.run([str(COMPILER), *FLAGS, *more, "-c", str(source), "-o", objects[-1]], check=True)
    return compiled(folder, *flags, *objects)


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("NETSPEC_LONG"), reason="a long form: NETSPEC_LONG=1")
def test_no_sanitizer_finds_anything(tmp_path: Path) -> None:
    driver = built(tmp_path, "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    for instructions in ("baseline", "avx2"):
        agree(driver, instructions, 1, 300)


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("NETSPEC_LONG"), reason="a long form: NETSPEC_LONG=1")
def test_no_two_threads_meet(tmp_path: Path) -> None:
    agree(built(tmp_path, "-O1", "-g", "-fsanitize=thread"), "baseline", 2, 100)


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("NETSPEC_LONG"), reason="a long form: NETSPEC_LONG=1")
def test_tiles_of_sixteen_lanes_agree_where_no_processor_has_them(tmp_path: Path) -> None:
    """What AVX-512 runs, but for the instructions: the compiler divides its vectors into those that are here."""
    agree(built(tmp_path, "-O1", "-DNETSPEC_LANES=16"), "baseline", 3, 400)
