"""The events of a run, read back from their records."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

from tensorboardX.proto.event_pb2 import Event, SessionLog

from netspec.report.tensorboard import TensorBoard


def events(folder: Path) -> list[Event]:
    """What stands in the event files, in the order they were begun: length, checksum, event, checksum."""
    found = []
    for path in sorted((folder / "tensorboard").iterdir()):
        data = path.read_bytes()
        while data:
            (size,) = struct.unpack("<Q", data[:8])
            found.append(Event.FromString(data[12 : 12 + size]))
            data = data[16 + size :]
    return found


def scalars(found: list[Event]) -> list[tuple[str, int, float]]:
    return [(value.tag, event.step, value.simple_value) for event in found for value in event.summary.value]


def test_rows_become_scalars_of_their_group(tmp_path: Path) -> None:
    with TensorBoard(tmp_path, 0) as board:
        board.step(1, 20, {"loss": 1.0})
        board.epoch({"epoch": 1, "step": 10, "loss": 0.5, "validation_loss": 0.25, "learning_rate": 0.125}, 10, 20)
        board.epoch({"epoch": 2, "step": 20, "accuracy": 1.0}, 20, 20)
    found = events(tmp_path)
    assert scalars(found) == [
        ("loss/train", 10, 0.5),
        ("loss/validation", 10, 0.25),
        ("learning_rate", 10, 0.125),
        ("accuracy/train", 20, 1.0),
    ]
    assert not any(event.session_log.status == SessionLog.START for event in found), "nothing is hidden"


def test_a_resumed_run_hides_what_came_after_its_checkpoint(tmp_path: Path) -> None:
    with TensorBoard(tmp_path, 0) as board:
        for step in (10, 20):
            board.epoch({"loss": 1.0}, step, 30)
    with TensorBoard(tmp_path, 10) as board:
        board.epoch({"loss": 0.5}, 20, 30)
    starts = [event.step for event in events(tmp_path) if event.session_log.status == SessionLog.START]
    assert starts == [11], "TensorBoard drops what lies at or after that step: the row of step 10 stays"


def test_pytorch_is_not_imported_where_it_is_installed(tmp_path: Path) -> None:
    """And can be imported afterwards: nothing of the detour stays."""
    code = (
        "import sys; from pathlib import Path; from netspec.report.tensorboard import TensorBoard\n"
        f"board = TensorBoard(Path({str(tmp_path)!r}), 0); board.epoch({{'loss': 1.0}}, 1, 1); board.__exit__(None, None, None)\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "torch" not in sys.modules or sys.modules["torch"] is not None
