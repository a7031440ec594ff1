from __future__ import annotations

import json
from pathlib import Path

import pytest

from netspec.runs import metrics


def test_rows_are_json_lines(tmp_path: Path) -> None:
    rows = [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]
    metrics.write_rows(tmp_path / "out", rows)
    assert [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()] == rows
    with pytest.raises(ValueError, match="JSON"):
        metrics.write_rows(tmp_path / "out", [{"loss": float("nan")}])
    metrics.write_rows(tmp_path / "out", rows[:1])
    assert (tmp_path / "out").read_text() == '{"epoch": 1, "loss": 0.5}\n'
