"""A run directory: what stands in it, how one is begun, gone on with and loaded.

spec.yaml            the spec that is trained
plan.json            its shapes and costs, and what the run was made of
metrics.jsonl        one line an epoch
checkpoints/         see `checkpoint`
model.safetensors    the trained network, once the run is done
tensorboard/         the same metrics for TensorBoard
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from netspec.analysis.plan import Plan
from netspec.analysis.report import Report
from netspec.lowering.network import Choices
from netspec.lowering.options import compiler_options
from netspec.lowering.planner import Unfit, choices, from_names
from netspec.repair.check import check_source
from netspec.text import writing
from netspec.text.files import Unreadable, read_source
from netspec.text.source import Source
from netspec.training import tensors
from netspec.training.checkpoint import BEST, Checkpoint, Checkpoints, of_content
from netspec.training.content import MODEL_FORMAT, of_checkpoint, of_model
from netspec.training.data.pixels import Trained, usual_pixels
from netspec.training.jax_environment import recorded
from netspec.training.record import environment, foreign, malformed, plain
from netspec.training.splits import Images
from netspec.training.step import TrainableNetwork
from netspec.training.tree import to_host, unflatten

SPEC, PLAN, METRICS, MODEL = "spec.yaml", "plan.json", "metrics.jsonl", "model.safetensors"
CHECKPOINTS = "checkpoints"
ANEW = "`netspec train --resume` writes it anew from a checkpoint"
ALONE = f"a model and a checkpoint hold their spec: name {MODEL} or a file of {CHECKPOINTS}/ instead of the directory"


class NotARun(Exception):
    """A directory is no run, or has nothing to load; `code` and `help` for a diagnostic."""

    def __init__(self, code: str, message: str, help: str | None = None, *, absent: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.help = help
        self.absent = absent
        """Whether what was asked for is not there or cannot be read; otherwise it was found wrong."""


@dataclass(frozen=True)
class RunDirectory:
    """The places in a run directory."""

    folder: Path

    @property
    def spec(self) -> Path:
        """The spec that is trained."""
        return self.folder / SPEC

    @property
    def metrics(self) -> Path:
        """One JSON object an epoch."""
        return self.folder / METRICS

    @property
    def model(self) -> Path:
        """The trained network."""
        return self.folder / MODEL

    def checkpoints(self, keep: int = 3) -> Checkpoints:
        """The run's checkpoints."""
        return Checkpoints(self.folder / CHECKPOINTS, keep, of_checkpoint)

    def begin(self, text: str, summary: Mapping[str, Any], record: Mapping[str, Any]) -> None:
        """Writes what stands at the beginning, the spec last: a directory with a spec is a run. Raises OSError."""
        plan = json.dumps({**summary, "record": record}, indent=1, sort_keys=False) + "\n"
        writing.write_atomic(self.folder / PLAN, plan.encode())
        writing.write_atomic(self.spec, text.encode())

    def made_of(self) -> dict[str, Any]:
        """The record that the run was begun with or has last gone on with. Raises NotARun."""
        path = self.folder / PLAN
        try:
            found = json.loads(path.read_text("utf-8"))
        except OSError as error:
            raise self._absent(error.strerror or str(error), PLAN) from None
        except (ValueError, RecursionError):
            raise NotARun("NS602", f"`{path}` is damaged: it is not JSON", ANEW) from None
        written = found.get("record") if isinstance(found, dict) else None
        if (reason := malformed(written)) is not None:
            raise NotARun("NS602", f"the record in `{path}` is damaged: {reason}", ANEW)
        assert isinstance(written, dict)
        return written

    def report(self) -> Report:
        """The run's own spec, checked. Raises NotARun where it cannot be read."""
        found = read_source(str(self.spec))
        if isinstance(found, Unreadable):
            raise self._absent(found.reason, SPEC)
        return check_source(found)

    def _absent(self, reason: str, name: str) -> NotARun:
        return NotARun("NS602", f"`{self.folder}` is not a run: {reason}: `{name}`", absent=True)

    def plan(self) -> Plan:
        """The run's plan. Raises NotARun where its spec is no longer valid."""
        report = self.report()
        if report.plan is None:
            raise NotARun("NS602", f"`{self.spec}` is not valid: {report.for_network[0].message}", ALONE)
        return report.plan


def place(path: Path) -> tuple[Path, Path | None]:
    """The run directory that `path` names, and its checkpoint where `path` is one: RUN/checkpoints/FILE."""
    if path.parent.name == CHECKPOINTS and not path.is_dir():
        return path.parent.parent, path
    return path, None


def record(plan: Plan, images: Images, choices: Choices, devices: int = 1) -> dict[str, Any]:
    """What a run is made of: `netspec.training.record` says what may differ when it goes on."""
    made = {
        "spec": _facts(plan, images.path),
        "data": images.fingerprint,
        "pixels": str(images.train.images.dtype),
        "options": compiler_options(jax.default_backend()),
        "choices": plain(choices),
        "settings": recorded(os.environ),
        **environment(),
        "classes": images.classes,
        "devices": {"count": devices, "kind": jax.devices()[0].device_kind},
    }
    # Through JSON and back: a record is compared with one that was read from a file.
    return dict(json.loads(json.dumps(made)))


def _facts(plan: Plan, data: Path | None) -> dict[str, Any]:
    """A spec as a record has it; `data` is where its images were."""
    spec = plan.spec
    facts = {
        "name": spec.name,
        "input": plan.input,
        "layers": [{"name": layer.name, "kind": layer.kind, **plain(layer.settings)} for layer in plan.layers],
        "budget": plain(spec.budget.value),
        "data": plain(spec.data.value) | {"path": data and str(data)},
        "train": plain(spec.train.value),
    }
    return dict(plain(facts))


def data_path(record: Mapping[str, Any]) -> Path | None:
    """Where the images of a run were; None where they came with netspec or lay in one of the known places."""
    path = record["spec"]["data"]["path"]
    return None if path is None else Path(path)


def save_model(
    path: Path, variables: Any, plan: Plan, record: Mapping[str, Any], rows: list[dict[str, Any]], facts: Any
) -> None:
    """Writes the trained network: tensors by path, and with them its spec, its record and its rows. Raises OSError."""
    arrays = to_host(variables)
    tensors.require_finite(arrays)
    metadata = {"netspec": MODEL_FORMAT, "spec": plan.spec.source.text, "record": record, "rows": rows, **facts}
    writing.write_atomic(path, tensors.save_bytes(arrays, metadata))


class TrainedNetwork(TrainableNetwork):
    """A network with the variables that training gave it, and the algorithms that it was trained with."""

    variables: Any

    def __init__(self, plan: Plan, record: Mapping[str, Any], rows: list[dict[str, Any]], choices: Choices) -> None:
        super().__init__(plan, choices)
        self.record = record
        """What the run was made of."""
        self.rows = rows
        """One dictionary an epoch, as in `metrics.jsonl`."""
        self.classes: tuple[str, ...] = tuple(record["classes"])

    @property
    def pixels(self) -> np.dtype[Any]:
        """The type of the images that it was trained on; of runs that do not say, what its source usually has."""
        usual = usual_pixels(self.plan.spec.data.value.source)
        found: np.dtype[Any] = np.dtype(self.record.get("pixels", usual))
        return found

    @property
    def trained_on(self) -> Trained:
        """What tells whether images are like those of the training: `predict` takes them as they come."""
        data, (height, width, channels) = self.plan.spec.data.value, self.plan.input
        statistics = self.variables["state"]["input"]
        normal = tuple(np.asarray(statistics[name]) for name in ("mean", "deviation"))
        own = None if data.normalize == "none" else (normal[0], normal[1])
        return Trained((height, width, channels), data.source, self.pixels == np.uint8, own)


def _warn(message: str) -> None:
    warnings.warn(message, stacklevel=2)


def load(run: str | Path, which: str = "model", warn: Callable[[str], None] = _warn) -> TrainedNetwork:
    """A trained network back: `.variables`, `.classes`, and all that a network does.

    `run` is a run directory, a model file or a checkpoint. `which` is `model` (as the run ended; of a run that has not
    ended, its newest checkpoint) or `best` (by validation). Everything comes from one file that is held against its
    SHA-256; in a run directory it must be that run's. On a device of the kind that trained it, it computes by the run's
    algorithms, and so the same bits; on another kind, by those chosen for that one. `warn` is told where this version has
    the run's algorithms no more. Raises NotARun, tensors.Corrupt, OSError.
    """
    path = Path(run)
    if path.is_file():
        return _of_file(path, warn)
    if not path.is_dir():
        path.stat()
        raise NotARun("NS602", f"`{path}` is neither a directory nor a file", absent=True)
    directory = RunDirectory(path)
    plan, made_of = directory.plan(), directory.made_of()
    if which == "model" and directory.model.exists():
        network = _of_file(directory.model, warn)
        if (reason := foreign(network.record, made_of)) is not None:
            raise tensors.Corrupt(directory.model, reason)
    else:
        network = _of_checkpoint(*_checkpoint(directory, which, made_of), warn)
    own, other = ({"spec": _facts(planned, None)} for planned in (network.plan, plan))
    if (reason := foreign(own, other)) is not None:
        raise NotARun("NS602", f"`{directory.spec}` is not the spec of the network: {reason}", ALONE)
    return network


def _checkpoint(directory: RunDirectory, which: str, made_of: Mapping[str, Any]) -> tuple[Path, Checkpoint]:
    checkpoints = directory.checkpoints()
    if which == "best":
        try:
            best = checkpoints.best()
        except FileNotFoundError:
            raise NotARun("NS604", f"`{directory.folder}` has no best checkpoint yet", absent=True) from None
        if (reason := foreign(best.record, made_of)) is not None:
            raise tensors.Corrupt(checkpoints.folder / BEST, reason)
        return checkpoints.folder / BEST, best
    found, passed_over = checkpoints.newest(lambda checkpoint: foreign(checkpoint.record, made_of))
    if found is None:
        reasons = "".join(f"; `{skipped.path}`: {skipped.reason}" for skipped in passed_over)
        raise NotARun("NS604", f"`{directory.folder}` has no valid checkpoint{reasons}", absent=not passed_over)
    return checkpoints.folder, found


def _of_file(path: Path, warn: Callable[[str], None]) -> TrainedNetwork:
    """The network in a model file or in a checkpoint."""
    arrays, metadata = tensors.load(path)
    if "checkpoint" in metadata:
        found = of_content(path, arrays, metadata)
        if (reason := of_checkpoint(found)) is not None:
            raise tensors.Corrupt(path, reason)
        return _of_checkpoint(path, found, warn)
    if (reason := of_model(metadata)) is not None:
        raise tensors.Corrupt(path, reason)
    if (name := tensors.not_finite(arrays)) is not None:
        raise tensors.Corrupt(path, f"`{name}` holds a number that is not finite")
    return _network(path, metadata["spec"], metadata["record"], metadata["rows"], arrays, warn)


def _of_checkpoint(path: Path, found: Checkpoint, warn: Callable[[str], None]) -> TrainedNetwork:
    return _network(path, found.more["text"], found.record, found.metrics, variables_of(found), warn)


def variables_of(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    """The network's variables in a checkpoint, flat."""
    prefix = "state/variables/"
    return {name.removeprefix(prefix): array for name, array in checkpoint.tensors.items() if name.startswith(prefix)}


def _network(
    path: Path,
    text: str,
    record: Mapping[str, Any],
    rows: list[dict[str, Any]],
    arrays: Mapping[str, np.ndarray],
    warn: Callable[[str], None],
) -> TrainedNetwork:
    report = check_source(Source(str(path), text, path))
    if report.plan is None:
        raise NotARun("NS602", f"`{path}`: {report.for_network[0].message}")
    outputs, classes = report.plan.output[-1], len(record["classes"])
    if classes != outputs:
        raise tensors.Corrupt(
            path, f"its network gives {outputs} numbers an image, and its record names {classes} classes"
        )
    network = TrainedNetwork(report.plan, record, rows, _choices(path, report.plan, record, warn))
    try:
        network.variables = jax.device_put(unflatten(jax.eval_shape(network.init), arrays))
    except ValueError as error:
        raise NotARun("NS608", f"`{path}` does not describe the network that was saved: {error}") from None
    return network


def _choices(path: Path, plan: Plan, record: Mapping[str, Any], warn: Callable[[str], None]) -> Choices:
    """The algorithms that a run was trained with; where this version has them no more, those of its own rules."""
    own = choices(plan, plan.spec.train.value.batch_size, jax.default_backend())
    # A GPU's libraries are quicker than what suits a CPU, and round differently.
    if record["devices"]["kind"] != jax.devices()[0].device_kind:
        return own
    try:
        return from_names(plan, record["choices"])
    except Unfit as error:
        warn(f"`{path}` was trained by algorithms of another version, and the last bits may differ: {error}")
        return own
