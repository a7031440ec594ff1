"""The processor time of others."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.load import STAT, Elsewhere

pytestmark = pytest.mark.skipif(not STAT.exists(), reason="known on Linux alone")


def test_one_s_own_work_is_not_counted_and_that_of_others_is() -> None:
    """Both sums are of one interval, so that what else runs on this machine cancels."""
    code = "import time; end = time.process_time() + 1\nwhile time.process_time() < end: pass\ninput()"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe) as other:
        with_it, without_it = Elsewhere([]), Elsewhere([other.pid])
        while _seconds(other.pid) < 1:
            time.sleep(0.05)
        counted, left_out = with_it.cores(), without_it.cores()
        assert other.stdin is not None
        other.communicate(b"\n")
    assert counted is not None
    assert left_out is not None
    assert counted > left_out


def _seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
