"""A run of which one part is not what it was: each command that reads it says so, by a code and without a traceback."""

from __future__ import annotations

import copy
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.report import page
from netspec.runs.record import IMPLIED, LATER, TYPES
from tests.cli.run import here

SPEC = """\
netspec: 1
name: near
input: [4, 4, 1]
blocks: [{conv: {filters: 2, kernel: 3}}]
fc: [3]
data: {source: npz, path: set.npz}
train: {epochs: 1, batch_size: 20}
"""
OTHER = (None, 3, "text", [], {})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a run in `run` and an image for it."""
    folder = tmp_path_factory.mktemp("damaged")
    rng = np.random.default_rng(0)
    parts = {f"x_{part}": rng.normal(size=(60, 4, 4)) for part in ("train", "test")}
    np.savez(folder / "set.npz", **parts, y_train=np.arange(60) % 3, y_test=np.arange(60) % 3)
    np.save(folder / "image.npy", rng.normal(size=(4, 4)))
    (folder / "near.yaml").write_text(SPEC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "write", lambda *_: None)
        patch.setenv("NETSPEC_CACHE", "off")  # or the command would leave variables to later modules
        done = here("train", str(folder / "near.yaml"), "--output", str(folder / "run"), "--tune", "off")
        assert done.exit_code == 0, done.output
        yield folder


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole / "run", tmp_path / "run")


def commands(folder: Path, run: Path) -> dict[str, tuple[str, ...]]:
    out = str(run.parent / "out")
    return {
        "evaluate": ("evaluate", str(run)),
        "predict": ("predict", str(run), str(folder / "image.npy")),
        "report": ("report", str(run)),
        "export": ("export", str(run), "--to", "onnx", "-o", f"{out}.onnx"),
        "compile": ("compile", str(folder / "near.yaml"), "-o", out, "--platform", "cpu", "--run", str(run)),
        "resume": ("train", "--resume", str(run)),
    }


def told(*arguments: str) -> tuple[int, list[str]]:
    """The status and the codes of a command; `here` fails where it ends in an exception."""
    done = here(*arguments)
    return done.exit_code, re.findall(r"error\[(NS\d+)\]", done.output)


def mutations(record: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The record without each key that is read of it, and with a value of each other type there."""
    for path, types, _ in TYPES:
        *above, last = path.split(".")
        for value in ("removed", *(value for value in OTHER if not isinstance(value, types))):
            changed = copy.deepcopy(record)
            place = changed
            for key in above:
                place = place[key]
            if value == "removed":
                del place[last]
            else:
                place[last] = value
            yield f"{path}: {value!r}", changed
    for path, value in (("classes", [1, 2, 3]), ("choices", {"block1.conv1": 3}), ("choices", {"x": {"output": []}})):
        yield f"{path}: {value}", record | {path: value}


def test_every_key_of_a_record_is_missed_by_name(whole: Path, run: Path) -> None:
    facts = json.loads((run / "plan.json").read_text())
    assert facts["record"].keys() - {*IMPLIED, *LATER} == {path for path, *_ in TYPES if "." not in path}
    shutil.rmtree(run / "checkpoints")
    for what, record in mutations(facts["record"]):
        (run / "plan.json").write_text(json.dumps(facts | {"record": record}))
        for name in ("evaluate", "resume"):
            assert told(*commands(whole, run)[name]) == (1, ["NS602"]), (name, what)


@pytest.mark.parametrize("command", ["evaluate", "predict", "report", "compile", "resume"])
@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "{}", '{"record": {}}', '{"record": []}', "[" * 100_000, b"\xff\xfe", None]
)
def test_a_plan_that_is_none(command: str, text: str | bytes | None, whole: Path, run: Path) -> None:
    shutil.rmtree(run / "checkpoints")
    if text is None:
        (run / "plan.json").unlink()
    else:
        (run / "plan.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert told(*commands(whole, run)[command]) == (1 + (text is None), ["NS602"])


@pytest.mark.parametrize("command", ["evaluate", "predict", "report", "compile", "resume"])
@pytest.mark.parametrize(
    ("text", "resumed"),
    [
        (b"", "NS001"),
        (b"\xff\xfe\x00", "NS003"),
        (b"name: \xe9\n", "NS003"),
        (b"[1, 2]", "NS101"),
        (SPEC.replace("filters: 2", "filters: 3").encode(), "NS606"),
        (SPEC.replace("fc: [3]", "fc: [5, 3]").encode(), "NS606"),
    ],
)
def test_a_spec_that_is_not_the_runs(command: str, text: bytes, resumed: str, whole: Path, run: Path) -> None:
    (run / "spec.yaml").write_bytes(text)
    status, codes = told(*commands(whole, run)[command])
    assert (status, codes) == (1, [resumed if command == "resume" else "NS602"])
    if command == "evaluate":  # what the message advises
        assert told("evaluate", str(run / "model.safetensors")) == (0, [])


def test_what_no_step_depends_on_may_change_in_the_spec(whole: Path, run: Path) -> None:
    (run / "spec.yaml").write_text("description: later\n" + SPEC.replace("epochs: 1", "epochs: 3"))
    assert told(*commands(whole, run)["predict"]) == (0, [])


@pytest.mark.parametrize("command", ["evaluate", "predict", "report", "compile", "resume"])
def test_what_is_not_there_could_not_be_read(command: str, whole: Path, run: Path) -> None:
    missing = run.parent / "nowhere"
    (empty := run.parent / "empty").mkdir()
    for name, code in (
        (missing, "NS602"),
        (empty, "NS602"),
        (run / "model.safetensors" / "x", "NS602"),
        (run / "checkpoints" / "step-00000009.safetensors", "NS604" if command == "resume" else "NS602"),
    ):
        assert told(*commands(whole, name)[command]) == (2, [code]), name
    assert told("train", str(whole / "near.yaml"), "--resume", str(missing)) == (2, ["NS602"])
    (run / "spec.yaml").unlink()
    assert told(*commands(whole, run)[command]) == (2, ["NS602"])


def test_no_checkpoint_is_not_a_damaged_one(whole: Path, run: Path) -> None:
    (run / "model.safetensors").unlink()
    (best := run / "checkpoints" / "best.safetensors").unlink()
    assert told("evaluate", str(run), "--checkpoint", "best") == (2, ["NS604"])
    for path in (run / "checkpoints").iterdir():
        path.write_bytes(b"cut")
    assert told("evaluate", str(run)) == (1, ["NS604"])
    shutil.rmtree(run / "checkpoints")
    assert told("evaluate", str(run)) == (2, ["NS604"])
    assert not best.exists()


@pytest.mark.slow
def test_help_on_a_damaged_model_can_be_followed(whole: Path, run: Path) -> None:
    (run / "model.safetensors").write_bytes(b"cut")
    for command, arguments in commands(whole, run).items():
        if command != "resume":
            done = here(*arguments)
            assert (done.exit_code, "--checkpoint best" in done.output) == (1, True), done.output
            done = here(*arguments, "--checkpoint", "best")
            assert done.exit_code == 0, done.output
    assert "name the directory of its run" in here("evaluate", str(run / "model.safetensors")).output
    (run / "checkpoints" / "best.safetensors").write_bytes(b"cut")
    assert "leave --checkpoint out" in here("evaluate", str(run), "--checkpoint", "best").output
    assert here("compile", str(whole / "near.yaml"), "-o", "x", "--checkpoint", "best").exit_code == 2


def test_a_page_of_a_model_is_wrong_usage(whole: Path) -> None:
    done = here("report", str(whole / "run" / "model.safetensors"))
    assert done.exit_code == 2
    assert "is a file" in done.output


def test_algorithms_that_are_gone_are_told_as_other_differences_are(
    whole: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netspec.lowering.planner import Unfit
    from netspec.training import trained as module

    def gone(*_: object) -> None:
        raise Unfit("`block1.conv1` cannot compute its output by `magic`")

    monkeypatch.setattr(module, "from_names", gone)
    done = here(*commands(whole, run)["predict"])
    assert done.exit_code == 0
    assert done.stderr.startswith("warning[NS607]: `")
    assert "magic" in done.stderr
    with pytest.warns(UserWarning, match="magic"):
        module.load(run)


def test_a_run_in_use_is_not_told_to_go_elsewhere(whole: Path, run: Path) -> None:
    from netspec.runs import lock

    with lock.hold(run):
        done = here(*commands(whole, run)["resume"])
        assert (done.exit_code, "NS601" in done.output, "--output" in done.output) == (2, True, False)
