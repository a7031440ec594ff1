"""The public functions, one after another in this process, with good and bad input: none ends it, none leaves it changed."""

from __future__ import annotations

import inspect
import json
import pickle
import pydoc
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import netspec
from netspec.diagnostics.diagnostic import placeless
from netspec.diagnostics.errors import UnreadableSpec
from tests.cli.run import here
from tests.training.runs import At, stop

TINY: dict[str, Any] = {
    "netspec": 1,
    "name": "tiny",
    "input": (8, 8, 1),
    "fc": [10],
    "train": {"epochs": 1, "batch_size": 200, "optimizer": {"type": "sgd", "learning_rate": 0.01}},
}
WRONG = TINY | {"fc": [0]}


def with_train(**keys: Any) -> dict[str, Any]:
    return TINY | {"train": TINY["train"] | keys}


def codes(error: pytest.ExceptionInfo[netspec.NetspecError]) -> list[str]:
    assert error.value.diagnostics
    assert all(found.message in str(error.value) for found in error.value.diagnostics)
    return [found.code for found in error.value.diagnostics]


# without JAX


def test_a_spec_is_a_path_a_text_or_a_mapping(tmp_path: Path) -> None:
    text = "netspec: 1\nname: tiny\ninput: [8, 8, 1]\nfc: [10]\n"
    path = tmp_path / "tiny.yaml"
    path.write_text(text)
    for report in (netspec.check(path), netspec.check(str(path)), netspec.check(text=text), netspec.check(TINY)):
        assert report.ok
        assert report.plan is not None
        assert report.plan.parameters == 650


def test_what_is_wrong_in_a_mapping_is_found_at_its_place() -> None:
    report = netspec.check(WRONG)
    assert not report.ok
    assert report.plan is None
    (found,) = report.diagnostics
    assert report.source.excerpt(found.span) == "0"


def test_a_string_of_a_mapping_stays_one() -> None:
    """YAML 1.1, by which PyYAML writes, and 1.2 differ in what is a number."""
    for word in ("1e3", "0o17", "no", "1:30", "12", "null", "", "2020-01-01"):
        spec = netspec.check(TINY | {"description": word}).spec
        assert spec is not None
        assert spec.description == word


def test_a_mapping_may_hold_numbers_of_numpy_and_nothing_that_is_no_text() -> None:
    sizes = TINY | {"input": (np.int64(8), np.uint8(8), 1), "fc": [{"units": np.int32(10), "dropout": np.float32(0.5)}]}
    with_numpy = netspec.check(sizes)
    assert [found.code for found in with_numpy.diagnostics] == [
        found.code for found in netspec.check(TINY | {"fc": [{"units": 10, "dropout": 0.5}]}).diagnostics
    ]
    assert with_numpy.plan is not None
    assert with_numpy.plan.parameters == 650
    for value in ({1}, frozenset({1}), b"10", np.zeros(2), 1j):
        with pytest.raises(TypeError, match="a spec cannot hold"):
            netspec.check(TINY | {"fc": [value]})


def test_repairs_are_left_out_where_nobody_wants_them() -> None:
    misspelt = TINY | {"fcc": [10]}
    assert any(found.fixes for found in netspec.check(misspelt).diagnostics)
    assert not any(found.fixes for found in netspec.check(misspelt, fixes=False).diagnostics)


def test_what_is_no_spec_at_all() -> None:
    with pytest.raises(OSError, match="cannot be read") as unread:
        netspec.check("not-there.yaml")
    assert isinstance(unread.value, netspec.SpecError)
    for arguments in ({}, {"spec": TINY, "text": "netspec: 1"}):
        with pytest.raises(TypeError, match="its text"):
            netspec.check(**arguments)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="of type ndarray"):
        netspec.check(TINY | {"input": np.array([8, 8, 1])})
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(TypeError, match="contains itself"):
        netspec.check(TINY | {"fc": endless})


def test_a_notebook_shows_reports_and_plans() -> None:
    plan = netspec.check(TINY).plan
    assert plan is not None
    assert plan._repr_svg_().startswith("<svg")
    shown = netspec.check(TINY | {"name": "<b>"})._repr_html_()
    assert shown.startswith("<pre>")
    assert "<b>" not in shown


def test_help_shows_the_functions_first() -> None:
    text = pydoc.plain(pydoc.render_doc(netspec))
    for name in ("check", "compile", "train", "load", "evaluate", "predict"):
        assert 0 < text.index(f"    {name}(") < text.index("PACKAGE CONTENTS")
    for name in netspec.__all__:
        assert getattr(netspec, name) is not None


def test_every_error_survives_a_process_boundary() -> None:
    kinds = [
        one for one in vars(netspec.api).values() if inspect.isclass(one) and issubclass(one, netspec.NetspecError)
    ]  # type: ignore[attr-defined]
    for kind in [*kinds, UnreadableSpec]:
        error = kind([placeless("NS602", "`x` is not a run", "name one")], 2)
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), again.status, again.diagnostics) == (kind, str(error), 2, error.diagnostics)
        assert not again.diagnostics[0].placed
        assert "help: name one" in again.__notes__


# with JAX


class Seen(netspec.Watcher):
    """A watcher that says what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def begin(self, session: Any, step: int) -> None:
        self.told.append(f"begin {step}")

    def step(self, step: int, total: int, metrics: Any) -> None:
        self.told.append(f"step {step}/{total}")

    def epoch(self, row: Any, step: int, total: int) -> None:
        self.told.append(f"epoch {row['epoch']}")

    def end(self) -> None:
        self.told.append("end")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[netspec.Run, Seen]:
    seen = Seen()
    folder = tmp_path_factory.mktemp("api") / "run"
    return netspec.train(TINY, output=folder, tune="off", watchers=[seen]), seen


def test_training_gives_a_run_and_tells_its_watchers(run: tuple[netspec.Run, Seen]) -> None:
    done, seen = run
    steps = done.outcome.rows[-1]["step"]
    assert seen.told == ["begin 0", *(f"step {i}/{steps}" for i in range(1, steps + 1)), "epoch 1", "end"]
    assert (done.folder / "model.safetensors").is_file()
    assert done.rows == done.outcome.rows
    assert f"test accuracy {done.outcome.test.accuracy:.2%}" in repr(done)  # type: ignore[union-attr]
    assert done._repr_html_().startswith('<iframe srcdoc="&lt;!doctype html&gt;')


def test_what_was_trained_is_loaded_evaluated_and_asked(run: tuple[netspec.Run, Seen]) -> None:
    done, _ = run
    network = netspec.load(done)
    evaluated = netspec.evaluate(done.folder)
    assert evaluated.loss == netspec.evaluate(network).loss == done.outcome.test.loss  # type: ignore[union-attr]
    printed = here("evaluate", str(done.folder), "--format", "json")
    assert evaluated.to_json() == json.loads(printed.stdout)
    images = np.arange(3 * 64, dtype=np.uint8).reshape(3, 8, 8, 1) % 17
    three = netspec.predict(network, images)
    assert [one.image for one in three] == [f"images[{i}]" for i in range(3)]
    one_by_one = netspec.predict(str(done.folder), list(images))
    assert [one.probabilities for one in one_by_one] == [one.probabilities for one in three]
    assert three[0].name == network.classes[three[0].label]


def test_a_run_goes_on(run: tuple[netspec.Run, Seen], tmp_path: Path) -> None:
    """Of two epochs, after a signal in the first; the signal is raised when all is saved."""
    folder, seen, twice = tmp_path / "run", Seen(), with_train(epochs=2, checkpoint={"every_steps": 1})
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        netspec.train(twice, output=folder, tune="off", watchers=[At(2, lambda: stop(signal.SIGINT)), seen])
    assert signal.getsignal(signal.SIGINT) is handler
    assert seen.told[-1] == "end"
    again = Seen()
    done = netspec.train(resume=folder, watchers=[again])
    assert again.told[:2] == ["begin 2", f"step 3/{done.outcome.rows[-1]['step']}"]
    assert len(done.rows) == 2


def test_what_is_wrong_with_a_training(run: tuple[netspec.Run, Seen], tmp_path: Path) -> None:
    def refused(kind: type[netspec.NetspecError], spec: Any = TINY, **arguments: Any) -> list[str]:
        with pytest.raises(kind) as error:
            netspec.train(spec, **({"output": tmp_path / "none", "tune": "off"} | arguments))
        assert not (tmp_path / "none").exists()
        return codes(error)

    folder = run[0].folder
    assert refused(netspec.SpecError, WRONG) == [netspec.check(WRONG).diagnostics[0].code]
    assert refused(netspec.SpecError, tmp_path / "x.yaml") == ["NS022"]
    assert refused(
        netspec.SpecError,
        {k: v for k, v in TINY.items() if k != "fc"} | {"blocks": [{"conv": {"filters": 4, "kernel": 3}}]},
    ) == ["NS209"]
    assert refused(netspec.DataError, TINY | {"data": {"source": "npz", "path": "none.npz"}}) == ["NS501"]
    assert refused(netspec.DeviceError, devices=4096) == ["NS612"]
    assert refused(netspec.RunError, output=folder) == ["NS603"]
    with pytest.raises(netspec.RunError, match="NS602"):
        netspec.train(resume=tmp_path)
    with pytest.raises(ValueError, match="leave output"):
        netspec.train(resume=folder, output=tmp_path)
    with pytest.raises(ValueError, match="embedded"):
        netspec.train(TINY, data=tmp_path, output=tmp_path / "none")
    for senseless in ({"devices": 0}, {"devices": -1}, {"tune": "fast"}):
        with pytest.raises(ValueError, match=next(iter(senseless))):
            netspec.train(TINY, **({"output": tmp_path / "none", "tune": "off"} | senseless))  # type: ignore[arg-type]
        assert not (tmp_path / "none").exists()
    with pytest.raises(RuntimeError, match="no more"):
        netspec.train(TINY, output=tmp_path / "ends", tune="off", watchers=[At(1, raises)])


def raises() -> None:
    raise RuntimeError("no more")


def test_a_missed_target_is_told_and_no_error(tmp_path: Path) -> None:
    done = netspec.train(with_train(target={"metric": "accuracy", "at_least": 1}), output=tmp_path / "run", tune="off")
    assert [found.code for found in done.diagnostics] == ["NS611"]
    assert done.report is not None


def test_what_is_wrong_with_a_run(run: tuple[netspec.Run, Seen], tmp_path: Path) -> None:
    for ask in (netspec.load, netspec.evaluate, lambda where: netspec.predict(where, "x.png")):
        with pytest.raises(netspec.RunError) as absent:
            ask(tmp_path / "none")
        assert codes(absent) == ["NS602"]
        assert absent.value.status == 2
        damaged = tmp_path / "model.safetensors"
        damaged.write_bytes((run[0].folder / "model.safetensors").read_bytes()[:-1])
        with pytest.raises(netspec.DamagedFile) as spoilt:
            ask(damaged)
        assert codes(spoilt) == ["NS605"]


def test_a_checkpoint_that_cannot_be_meant_is_refused(run: tuple[netspec.Run, Seen]) -> None:
    folder = run[0].folder
    with pytest.raises(ValueError, match="choose among model, best"):
        netspec.load(folder, checkpoint="nonsense")
    with pytest.raises(ValueError, match="holds one network"):
        netspec.load(folder / "model.safetensors", checkpoint="best")
    with pytest.raises(ValueError, match="loaded already"):
        netspec.evaluate(netspec.load(folder), checkpoint="best")
    done = here("evaluate", str(folder / "model.safetensors"), "--checkpoint", "best")
    assert (done.exit_code, "holds one network" in done.stderr) == (2, True)


def test_what_is_wrong_with_one_image_costs_no_other_its_answer(run: tuple[netspec.Run, Seen]) -> None:
    network, image = netspec.load(run[0]), np.zeros((8, 8), np.uint8)
    with pytest.raises(netspec.DataError) as wrong:
        netspec.predict(network, [image, np.zeros((5, 5), np.uint8), image])
    assert [one.image for one in wrong.value.made] == ["images[0]", "images[2]"]
    assert pickle.loads(pickle.dumps(wrong.value)).made == wrong.value.made
    assert wrong.value.made[0].probabilities == netspec.predict(network, image)[0].probabilities


def test_what_is_wrong_with_images(run: tuple[netspec.Run, Seen], tmp_path: Path) -> None:
    network = netspec.load(run[0])
    (tmp_path / "note.txt").write_text("a note")
    for images, code in (
        (tmp_path / "none.png", "NS501"),
        (tmp_path / "note.txt", "NS502"),
        (np.zeros((5, 5), np.uint8), "NS508"),
        ([np.full((8, 8), np.nan)], "NS509"),
        (np.zeros((0, 8, 8, 1), np.uint8), "NS510"),
    ):
        with pytest.raises(netspec.DataError) as wrong:
            netspec.predict(network, images)  # type: ignore[arg-type]
        assert codes(wrong) == [code]
    with pytest.warns(UserWarning, match=r"NS517.*0 to 16"):
        assert len(netspec.predict(network, np.full((8, 8), 99, np.uint8))) == 1
    with pytest.raises(ValueError, match="embedded"):
        netspec.evaluate(network, data=tmp_path)
    with pytest.raises(netspec.DataError, match="`resize` is for image files"):
        netspec.predict(network, np.zeros((5, 5), np.uint8), resize=True)
    for images in (None, 3, b"name", [3], Image.new("L", (8, 8))):
        with pytest.raises(TypeError, match="images are files"):
            netspec.predict(network, images)  # type: ignore[arg-type]


def test_a_loaded_network_has_no_other_checkpoint(run: tuple[netspec.Run, Seen]) -> None:
    network = netspec.load(run[0])
    for ask in (netspec.evaluate, lambda net, **keys: netspec.predict(net, np.zeros((8, 8)), **keys)):
        with pytest.raises(ValueError, match="loaded"):
            ask(network, checkpoint="best")


def test_a_network_is_compiled(tmp_path: Path) -> None:
    network = netspec.compile(TINY)
    logits = network.apply(network.init(seed=0), np.zeros((2, 8, 8, 1), np.float32))
    assert logits.shape == (2, 10)
    with pytest.raises(netspec.SpecError) as wrong:
        netspec.compile(WRONG)
    assert codes(wrong) == [netspec.check(WRONG).diagnostics[0].code]


def test_a_thread_may_train(tmp_path: Path) -> None:
    """As notebooks' servers do: no signal is heard there, and none is needed."""
    made: list[netspec.Run] = []
    worker = threading.Thread(target=lambda: made.append(netspec.train(TINY, output=tmp_path / "run", tune="off")))
    worker.start()
    worker.join()
    assert made[0].outcome.test is not None
