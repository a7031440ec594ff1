"""What `netspec compile` writes: it runs without netspec, for any batch size, and notices every altered byte."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import netspec
from netspec.analysis.plan import Plan
from netspec.data import splits
from netspec.export import folder as folders
from netspec.export.artefact import PLATFORMS, AnotherNetwork, Occupied, write
from netspec.export.functions import Functions
from netspec.export.load import Corrupt, fingerprint, load, verify
from netspec.export.trained import of_run
from netspec.lowering.network import Choices
from netspec.lowering.planner import choices
from netspec.runs.directory import record
from netspec.runs.record import compare, malformed
from netspec.storage import writing
from netspec.storage.tree import to_host
from netspec.training.step import TrainableNetwork
from netspec.training.trained import TrainedNetwork
from tests.cli.run import netspec as command

SPECS = Path(__file__).parent.parent.parent / "specs"

SPEC = """\
netspec: 1
name: exported
input: [8, 8, 1]
defaults: {conv: {norm: batch, padding: same}}
blocks:
  - conv: [{filters: 4, kernel: 3}, {filters: 4, kernel: 3, groups: depthwise, dropout: 0.2}, {filters: 8, kernel: 1}]
    pool: {window: 3, stride: 2, padding: same}
  - conv: {filters: 8, kernel: 3}
    pool: {type: average, window: all}
fc: [10]
data:
  augment: {flip: both, crop: 1, cutout: 2, rotate: 5, zoom: 0.1, shift: 0.1, shear: 5, random_resized_crop: 0.5, brightness: 0.1,
    contrast: 0.1, erase: 0.5, mixup: 0.4, cutmix: 1}
train: {epochs: 20, batch_size: 8, accumulate: 2, schedule: {type: plateau, warmup: 5%}, gradient_clip: 1.0}
"""

PLAIN = """\
netspec: 1
name: plain
input: [20, 20, 3]
blocks: [{conv: {filters: 32, kernel: 5}}, {conv: {filters: 32, kernel: 5}}]
fc: [128, 10]
data: {source: npz, path: data.npz}
train: {batch_size: 32, optimizer: adam}
"""

MAP = """\
netspec: 1
name: map
input: [6, 6, 1]
blocks: [{conv: {filters: 2, kernel: 3}}]
"""

DENSE = """\
netspec: 1
name: dense
input: [8, 8, 1]
fc: [{units: 12, norm: batch, dropout: 0.2}, 10]
data: {augment: {crop: 1}}
train: {batch_size: 16, schedule: {type: cosine, warmup: 5%}}
"""

ALONE = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("netspec", "optax", "yaml"):
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
sys.path.insert(0, sys.argv[1])
import numpy as np
from load import load
network = load()
given = np.load(sys.argv[2])
out = {}
for batch in (3, 7):
    out[f"predict{batch}"] = np.asarray(network.predict(network.variables, given["images"][:batch]))
state = network.state
for batch in (6, 4, 2):
    state, metrics = network.train_step(state, given["images"][:batch], given["labels"][:batch])
out |= {f"state/{name}": np.asarray(array) for name, array in state.items()}
out |= {f"metrics/{name}": np.asarray(array) for name, array in metrics.items()}
np.savez(sys.argv[3], **out)
"""


def plan_of(folder: Path, text: str) -> Plan:
    (folder / "spec.yaml").write_text(text)
    plan = netspec.check(folder / "spec.yaml").plan
    assert plan is not None
    return plan


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compiled")
    write(plan_of(folder, DENSE), folder / "exported", PLATFORMS)
    return folder / "exported"


def agrees_with_netspec(artefact: Path, tmp_path: Path, chosen: Choices) -> None:
    """Runs the artefact in a process without netspec, and netspec here, from the same initial state."""
    net = TrainableNetwork(plan_of(tmp_path, (artefact / "spec.yaml").read_text()), chosen)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 17, (7, *net.plan.input)).astype(np.uint8)
    labels = rng.integers(0, 10, 7).astype(np.int32)
    np.savez(tmp_path / "given.npz", images=images, labels=labels)
    command = [sys.executable, "-I", "-c", ALONE, artefact, tmp_path / "given.npz", tmp_path / "out.npz"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = dict(np.load(tmp_path / "out.npz"))

    variables, state = net.init(), net.init_training()
    wanted = {f"predict{batch}": np.asarray(net.predict(variables, images[:batch])) for batch in (3, 7)}
    for batch in (6, 4, 2):
        state, metrics = net.train_step(state, images[:batch], labels[:batch])
    wanted |= {f"state/{name}": array for name, array in to_host(state).items()}
    wanted |= {f"metrics/{name}": np.asarray(array) for name, array in metrics.items()}
    assert found.keys() == wanted.keys()
    for name, array in wanted.items():
        assert found[name].dtype == array.dtype, name
        np.testing.assert_allclose(found[name], array, rtol=1e-5, atol=1e-6, err_msg=name)


def test_it_runs_alone_and_computes_the_same(artefact: Path, tmp_path: Path) -> None:
    agrees_with_netspec(artefact, tmp_path, {})


@pytest.mark.slow
def test_every_augmentation_and_layer_runs_alone(tmp_path: Path) -> None:
    write(plan_of(tmp_path, SPEC), tmp_path / "exported", PLATFORMS)
    agrees_with_netspec(tmp_path / "exported", tmp_path, {})


@pytest.mark.slow
@pytest.mark.parametrize("platforms", [("cpu",), PLATFORMS], ids=["cpu", "all"])
def test_a_known_network_runs_alone(platforms: tuple[str, ...], tmp_path: Path) -> None:
    plan = netspec.check(SPECS / "lenet5.yaml").plan
    assert plan is not None
    write(plan, tmp_path / "lenet5", platforms)
    chosen = choices(plan, plan.spec.train.value.batch_size, "cpu") if platforms == ("cpu",) else {}
    assert bool(json.loads((tmp_path / "lenet5" / "cost.json").read_text())["choices"]) == bool(chosen)
    agrees_with_netspec(tmp_path / "lenet5", tmp_path, chosen)


def test_it_is_lowered_for_every_platform(artefact: Path) -> None:
    from jax import export

    for name in ("predict.stablehlo", "train_step.stablehlo"):
        assert export.deserialize(bytearray((artefact / name).read_bytes())).platforms == ("cpu", "cuda", "tpu")
    assert json.loads((artefact / "plan.json").read_text())["name"] == "dense"


def test_the_cost_report_has_both_sides(artefact: Path) -> None:
    cost = json.loads((artefact / "cost.json").read_text())
    assert cost["batch_size"] == 16
    assert cost["train_step"]["flops"] > 2 * cost["predict"]["flops"]
    assert all(cost[part]["total_bytes"] > 0 for part in ("predict", "train_step"))


def test_xla_counts_what_the_plan_counts(tmp_path: Path) -> None:
    """Without padding, norm or dropout there is little else to count than multiply-adds."""
    plan = plan_of(tmp_path, PLAIN)
    cost = write(plan, tmp_path / "plain", ("cpu", "tpu"))
    own = cost["netspec"]
    assert own["predict_flops"] == 2 * plan.macs * 32
    assert cost["predict"]["flops"] / own["predict_flops"] == pytest.approx(1, abs=0.05)
    assert own["train_step_flops"] == 2 * plan.training_macs * 32
    assert cost["train_step"]["flops"] / own["train_step_flops"] == pytest.approx(1, abs=0.1)
    # Nothing trains in less than its arguments; the state is updated in place.
    assert cost["train_step"]["alias_bytes"] >= 3 * plan.weight_bytes
    assert cost["train_step"]["argument_bytes"] >= cost["train_step"]["alias_bytes"]


def test_a_map_is_compiled_without_a_training_step(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, MAP)
    cost = write(plan, tmp_path / "map", ("cpu",))
    assert "train_step" not in cost
    network = load(tmp_path / "map")
    images = np.random.default_rng(0).integers(0, 256, (2, 6, 6, 1)).astype(np.uint8)
    net = TrainableNetwork(plan)
    np.testing.assert_allclose(network.predict(network.variables, images), net.predict(net.init(), images), rtol=1e-5)
    assert network.train_step is None
    assert network.state is None


def spoil(path: Path, place: int, rng: np.random.Generator) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << int(rng.integers(8))
    path.write_bytes(data)


def test_every_altered_byte_is_noticed(artefact: Path) -> None:
    verify(artefact)
    rng = np.random.default_rng(0)
    paths = sorted(path for path in artefact.iterdir() if path.is_file())
    for path in paths:
        whole = path.read_bytes()
        for place in {0, len(whole) - 1, *rng.integers(0, len(whole), 20).tolist()}:
            spoil(path, place, rng)
            with pytest.raises(Corrupt):
                load(artefact)
            path.write_bytes(whole)
        for text in (whole[:-1], whole + b"x", b"", paths[paths.index(path) - 1].read_bytes()):
            path.write_bytes(text)
            with pytest.raises(Corrupt):
                load(artefact)
        path.unlink()
        with pytest.raises(Corrupt):
            load(artefact)
        path.write_bytes(whole)
    verify(artefact)


MANIFEST = {
    **{"netspec": 1, "files": {}, "versions": {}, "compiler_options": {}, "compiled_on": "cpu"},
    **{"functions": ["predict"], "arrays": ["variables"]},
}


@pytest.mark.parametrize(
    "manifest",
    [3, [], {}, *(MANIFEST | {key: wrong} for key in MANIFEST for wrong in (None, 99, [3], {"../x": "0"}, {"x": 3}))],
    ids=str,
)
def test_a_manifest_with_a_right_checksum_and_wrong_content(manifest: object, tmp_path: Path) -> None:
    body = json.dumps(manifest).encode()
    (tmp_path / "manifest.json").write_bytes(fingerprint(body).encode() + b"\n" + body)
    with pytest.raises(Corrupt):
        load(tmp_path)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000], ids=["cut", "bytes", "deep"])
def test_a_manifest_that_is_not_json(body: bytes, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(fingerprint(body).encode() + b"\n" + body)
    with pytest.raises(Corrupt, match="JSON"):
        verify(tmp_path)


def test_the_loader_notices_its_own_altered_bytes(artefact: Path) -> None:
    """Spoiled code checks itself: whatever it then does, it does not load."""
    path = artefact / "load.py"
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    loaded = []
    try:
        for place in range(0, len(whole), 5):
            spoil(path, place, rng)
            names = {"__file__": str(path), "__name__": "load_spoiled"}
            module = types.ModuleType("load_spoiled")
            module.__dict__.update(names)
            sys.modules["load_spoiled"] = module
            try:
                exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
                module.load()
                loaded.append(place)
            except Exception:
                pass
            path.write_bytes(whole)
    finally:
        path.write_bytes(whole)
        sys.modules.pop("load_spoiled", None)
    assert loaded == []


def test_trained_arrays_take_the_place_of_initial_ones(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, DENSE)
    net = TrainableNetwork(plan)
    state = net.init_training(seed=5)
    given = to_host(state) | {"step": np.asarray(7, np.int32)}
    write(plan, tmp_path / "trained", ("cpu",), trained=given)
    found = load(tmp_path / "trained")
    assert found.state is not None
    assert int(found.state["step"]) == 7
    for name, array in to_host(state["variables"]).items():
        np.testing.assert_array_equal(found.variables[name], array)
    bias = "variables/params/fc2/bias"
    for wrong, fact in (
        ({"step": given["step"]}, "it has no `kernel` of `fc1`"),
        (given | {bias: np.zeros(3, np.float32)}, "the bias of its `fc2` is (3,)"),
        (given | {bias.replace("fc2", "fc9"): np.zeros(3, np.float32)}, "it has `bias` of `fc9` besides"),
        (given | {"optimizer/other": np.zeros(3, np.float32)}, "its optimizer is another"),
    ):
        with pytest.raises(AnotherNetwork, match=re.escape(fact)):
            write(plan, tmp_path / "trained", ("cpu",), trained=wrong)
    assert int(verify(tmp_path / "trained")[0]["netspec"]) == 1


@pytest.mark.slow
def test_a_run_is_compiled_with_its_state(tmp_path: Path) -> None:
    run, spec = tmp_path / "run", "specs/digits.yaml"
    assert command("train", spec, "--set", "train.epochs=2", "--output", str(run)).returncode in (0, 1)
    done = command("export", str(run), "--to", "stablehlo", "-o", str(tmp_path / "out"), "--platform", "cpu")
    assert done.returncode == 0, done.stderr
    network = load(tmp_path / "out")
    trained = netspec.load(run)
    for name, array in to_host(trained.variables).items():
        np.testing.assert_array_equal(network.variables[name], array)
        assert network.state is not None
        np.testing.assert_array_equal(network.state[f"variables/{name}"], array)
    arrays, steps = of_run(run, trained)
    assert steps is not None
    assert int(network.state["step"]) == int(arrays["step"]) == 2 * steps
    images = np.random.default_rng(0).integers(0, 17, (4, 8, 8, 1)).astype(np.uint8)
    wanted = trained.predict(trained.variables, images)
    np.testing.assert_allclose(network.predict(network.variables, images), wanted, rtol=1e-5, atol=1e-6)

    other = command("compile", "specs/lenet5.yaml", "-o", str(tmp_path / "other"), "--run", str(run))
    assert other.returncode == 1
    assert "NS608" in other.stderr
    assert not (tmp_path / "other").exists()


def test_the_command_says_what_it_cannot_do(tmp_path: Path) -> None:
    spec, out = tmp_path / "spec.yaml", str(tmp_path / "out")
    spec.write_text(PLAIN.replace("optimizer: adam", "schedule: {type: cosine, warmup: 5%}"))
    unknown = command("compile", str(spec), "-o", out)
    assert unknown.returncode == 1
    assert "NS613" in unknown.stderr
    assert command("compile", str(spec), "-o", out, "--platform", "abacus").returncode == 2
    assert command("compile", str(spec), "-o", str(tmp_path)).returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["spec.yaml"]


def test_only_an_artefact_is_replaced(artefact: Path, tmp_path: Path) -> None:
    plan = plan_of(tmp_path, MAP)
    (tmp_path / "mine").mkdir()
    with pytest.raises(Occupied):
        write(plan, tmp_path / "mine", ("cpu",))
    write(plan, tmp_path / "one", ("cpu",))
    before = (tmp_path / "one" / "manifest.json").read_bytes()
    (tmp_path / ".one-0badcafe.partial").mkdir()  # what a killed writer leaves
    write(plan, tmp_path / "one", ("cpu", "cuda"))
    assert (tmp_path / "one" / "manifest.json").read_bytes() != before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "one", "spec.yaml"]


def test_what_a_user_put_there_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor what is put there while the network is compiled; what importing the loader leaves is nobody's."""
    plan, one = plan_of(tmp_path, MAP), tmp_path / "one"
    write(plan, one, ("cpu",))
    (one / "__pycache__").mkdir()
    (one / "__pycache__" / "load.cpython-311.pyc").write_bytes(b"")
    write(plan, one, ("cpu",))
    assert not (one / "__pycache__").exists()
    (one / "results").mkdir()
    (one / "notes.txt").write_text("mine")
    with pytest.raises(Occupied, match=r"holds `notes.txt`, `results`, which netspec did not write"):
        write(plan, one, ("cpu",))
    assert (one / "notes.txt").read_text() == "mine"
    (one / "results").rmdir()
    (one / "notes.txt").unlink()
    before = (one / "manifest.json").read_bytes()
    monkeypatch.setattr(
        "netspec.export.artefact.measure",
        lambda *_: (one / "late").touch() or {"platform": "cpu", "compiler_options": {}},
    )
    with pytest.raises(Occupied, match="`late`"):
        write(plan, one, ("cpu",))
    assert (one / "late").exists()
    assert (one / "manifest.json").read_bytes() == before
    (one / "late").unlink()
    (one / "manifest.json").write_bytes(before.replace(b'"files"', b'"filed"'))
    with pytest.raises(Occupied, match="holds no compiled network"):
        write(plan, one, ("cpu",))


def test_folders_beside_it_that_are_named_alike_stay(tmp_path: Path) -> None:
    for name in (".one-mine.partial", ".one-0badcafe.partial", ".one-0badcafe.partial.old"):
        (tmp_path / name).mkdir()
    folders.replace(tmp_path / "one", {"a": b""})
    assert sorted(path.name for path in tmp_path.iterdir()) == [".one-0badcafe.partial.old", ".one-mine.partial", "one"]


def test_it_says_what_its_columns_and_its_images_are(artefact: Path, tmp_path: Path) -> None:
    network = load(artefact)
    assert network.classes == tuple("0123456789")
    facts = network.preprocessing
    assert (facts["range"], facts["channels"], facts["normalize"]) == ([0, 16], ["grey"], "standard")
    assert network.manifest["trained"] is False
    assert network.manifest["labels"]["dtype"] == "int32"
    plan = plan_of(tmp_path, "netspec: 1\nname: two\ninput: [8, 8, 1]\nfc: [2]\n")
    given = {f"variables/{name}": array for name, array in to_host(TrainableNetwork(plan).init()).items()}
    given |= {"variables/state/input/mean": np.full(1, 3, np.float32)}
    write(plan, tmp_path / "two", ("cpu",), trained=given, classes=["[b]cat", "d\u202eog"])
    network = load(tmp_path / "two")
    assert network.classes == ("[b]cat", "d\u202eog")
    assert network.manifest["trained"] is True
    raw = np.random.default_rng(0).integers(0, 17, (4, 8, 8, 1)).astype(np.uint8)
    mean, deviation = (np.array(network.preprocessing[name], np.float32) for name in ("mean", "deviation"))
    assert mean.tolist() == [3]
    flat = ((raw - mean) / deviation).reshape(4, -1)
    logits = flat @ np.asarray(network.variables["params/fc1/kernel"]) + np.asarray(
        network.variables["params/fc1/bias"]
    )
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(network.predict(network.variables, raw), shares, rtol=1e-5, atol=1e-6)


def archive(path: Path, dtype: str) -> Path:
    images, labels = np.zeros((10, 28, 28), dtype), np.arange(10)
    path.parent.mkdir(exist_ok=True)
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    return path


@pytest.mark.parametrize("source", ["mnist", "npz"])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "int64"])
def test_its_images_have_the_type_of_the_data(source: str, dtype: str, tmp_path: Path) -> None:
    """Not of the source's name: Keras's `mnist.npz` may hold numbers from 0 to 1."""
    archive(tmp_path / "data" / "mnist.npz", dtype)
    text = "netspec: 1\nname: t\ninput: [28, 28, 1]\nfc: [10]\ntrain: {epochs: 1, batch_size: 10}\n"
    plan = plan_of(tmp_path, text + f"data: {{source: {source}, path: data/mnist.npz, validation: 0}}\n")
    wanted = "uint8" if dtype == "uint8" else "float32"
    pixels = splits.pixel_type(plan)
    assert pixels == wanted
    assert Functions(TrainableNetwork(plan), pixels).arguments(1)["predict"][1].dtype == wanted
    images = splits.read(plan)
    assert isinstance(images, splits.Images)
    made_of = record(plan, images, {})
    network = TrainedNetwork(plan, made_of, [], {})
    assert network.pixels == wanted
    network.variables = network.init()
    white = 255 if source == "mnist" and wanted == "uint8" else None
    assert network.trained_on.white == white
    before = {name: value for name, value in made_of.items() if name != "pixels"}
    assert compare(before, made_of) == []
    assert malformed(before) is None
    assert malformed(made_of | {"pixels": "complex64"})
    assert TrainedNetwork(plan, before, [], {}).pixels == ("float32" if source == "npz" else "uint8")


@pytest.mark.parametrize("call", ["write", "fsync", "replace", "mkdir", "second rename"])
def test_what_fails_leaves_the_old_one(call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "one"
    folders.replace(folder, {"a": b"old", "b": b"old"})

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    def second(source: Path, target: Path) -> None:
        if target == folder and source.suffix == folders.NEW:
            fail()
        source.replace(target)

    failing = Failing("replace", second) if call == "second rename" else Failing(call, fail)
    monkeypatch.setattr(writing, "system", failing)
    with pytest.raises(OSError, match="No space"):
        folders.replace(folder, {"a": b"new"})
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a": b"old", "b": b"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    folders.replace(folder, {"a": b"new"})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a": b"new"}


def test_what_a_killed_writer_moved_aside_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folders.replace(folder, {"a": b"old"})
    folder.rename(tmp_path / ".one-0badcafe.replaced")

    def refuse() -> None:
        raise Occupied("not now")

    with pytest.raises(Occupied):
        folders.replace(folder, {"a": b"new"}, refuse)
    assert (folder / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


WRITER = """
import sys
from pathlib import Path
from netspec.export import folder
for turn in range(20):
    folder.replace(Path(sys.argv[1]), {name: f"{sys.argv[2]} {turn}".encode() for name in "abc"})
"""


@pytest.mark.parametrize("locks", [True, False])
def test_writers_at_once_take_turns(locks: bool, tmp_path: Path) -> None:
    """Each of them succeeds, and what stays is one writer's alone; without locks on folders, too."""
    script = WRITER if locks else f"import fcntl\n{UNLOCKED}{WRITER}"
    place = tmp_path / "new" / "one"
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(place), str(number)], stderr=subprocess.PIPE)
        for number in range(4)
    ]
    assert [writer.communicate(timeout=120)[1] for writer in writers] == [b""] * 4
    assert [writer.returncode for writer in writers] == [0] * 4
    assert len({path.read_bytes() for path in place.iterdir()}) == 1
    assert [path.name for path in place.parent.iterdir()] == ["one"]


UNLOCKED = """
def refuse(*arguments):
    raise OSError(9, "Bad file descriptor")
fcntl.flock = refuse
"""


class Failing:
    """The system, one call of which fails."""

    def __init__(self, call: str, fail: object) -> None:
        self.call, self.fail = call, fail

    def __getattr__(self, name: str) -> object:
        return self.fail if name == self.call else getattr(os, name)
