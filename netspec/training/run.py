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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netspec.analysis.check import Report, check_source
from netspec.analysis.plan import Plan
from netspec.text.source import Source
from netspec.training import files, tensors
from netspec.training.checkpoint import Checkpoint, Checkpoints
from netspec.training.record import environment, plain
from netspec.training.step import TrainableNetwork
from netspec.training.tree import to_host, unflatten

SPEC, PLAN, METRICS, MODEL = "spec.yaml", "plan.json", "metrics.jsonl", "model.safetensors"


class NotARun(Exception):
    """A directory is no run, or has nothing to load; `code` and `help` for a diagnostic."""

    def __init__(self, code: str, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.help = help


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
        return Checkpoints(self.folder / "checkpoints", keep)

    def begin(self, text: str, summary: Mapping[str, Any], record: Mapping[str, Any]) -> None:
        """Writes what stands at the beginning. Raises OSError."""
        files.write_atomic(self.spec, text.encode())
        plan = json.dumps({**summary, "record": record}, indent=1, sort_keys=False) + "\n"
        files.write_atomic(self.folder / PLAN, plan.encode())

    def report(self) -> Report:
        """The run's own spec, checked. Raises NotARun."""
        try:
            text = self.spec.read_text("utf-8")
        except OSError as error:
            raise NotARun("NS602", f"`{self.folder}` is not a run: {error.strerror}: `{SPEC}`") from None
        return check_source(Source(str(self.spec), text, self.spec))

    def plan(self) -> Plan:
        """The run's plan. Raises NotARun where its spec is no longer valid."""
        report = self.report()
        if report.plan is None:
            raise NotARun("NS602", f"`{self.spec}` is not valid: {report.diagnostics[0].message}")
        return report.plan


def record(plan: Plan, data: str, options: Mapping[str, str], choices: Mapping[str, Any]) -> dict[str, Any]:
    """What a run is made of: `netspec.training.record` says what may differ when it goes on."""
    spec = plan.spec
    facts = {
        "name": spec.name,
        "input": plan.input,
        "layers": [{"name": layer.name, "kind": layer.kind, **plain(layer.settings)} for layer in plan.layers],
        "budget": plain(spec.budget.value),
        "data": plain(spec.data.value),
        "train": plain(spec.train.value),
    }
    made = {"options": dict(options), "choices": plain(choices), **environment()}
    # Through JSON and back: a record is compared with one that was read from a file.
    return dict(json.loads(json.dumps({"spec": plain(facts), "data": data, **made})))


def save_model(path: Path, variables: Any, plan: Plan, classes: tuple[str, ...], facts: Mapping[str, Any]) -> None:
    """Writes the trained network: tensors by path, and the spec with them. Raises OSError."""
    metadata = {"netspec": 1, "spec": plan.spec.source.text, "classes": list(classes), **facts}
    files.write_atomic(path, tensors.save_bytes(to_host(variables), metadata))


class TrainedNetwork(TrainableNetwork):
    """A network with the variables that training gave it."""

    def __init__(self, plan: Plan, classes: tuple[str, ...]) -> None:
        super().__init__(plan)
        self.classes = classes
        self.variables: Any = None


def load(run: str | Path, which: str = "model") -> TrainedNetwork:
    """A trained network back: `.variables`, `.classes`, and all that a network does.

    `run` is a run directory or a model file. `which` is `model` (as the run ended; of a run that has not ended, its
    newest checkpoint) or `best` (by validation). Raises NotARun, tensors.Corrupt, OSError.
    """
    path = Path(run)
    if path.is_file():
        arrays, metadata = tensors.load(path)
        return _network(Source(str(path), metadata["spec"], path), tuple(metadata["classes"]), arrays)
    directory = RunDirectory(path)
    source = directory.report().source
    if which == "model" and directory.model.exists():
        arrays, metadata = tensors.load(directory.model)
        return _network(source, tuple(metadata["classes"]), arrays)
    checkpoint = _checkpoint(directory, which)
    return _network(source, tuple(checkpoint.record["classes"]), variables_of(checkpoint))


def _checkpoint(directory: RunDirectory, which: str) -> Checkpoint:
    checkpoints = directory.checkpoints()
    if which == "best":
        try:
            return checkpoints.best()
        except FileNotFoundError:
            raise NotARun("NS604", f"`{directory.folder}` has no best checkpoint yet") from None
    found, passed_over = checkpoints.newest()
    if found is None:
        reasons = "".join(f"; `{skipped.path}`: {skipped.reason}" for skipped in passed_over)
        raise NotARun("NS604", f"`{directory.folder}` has no valid checkpoint{reasons}")
    return found


def variables_of(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    """The network's variables in a checkpoint, flat."""
    prefix = "state/variables/"
    return {name.removeprefix(prefix): array for name, array in checkpoint.tensors.items() if name.startswith(prefix)}


def _network(source: Source, classes: tuple[str, ...], arrays: Mapping[str, np.ndarray]) -> TrainedNetwork:
    import jax

    report = check_source(source)
    if report.plan is None:
        raise NotARun("NS602", f"`{source.name}`: {report.diagnostics[0].message}")
    network = TrainedNetwork(report.plan, classes)
    try:
        network.variables = jax.device_put(unflatten(jax.eval_shape(network.init), arrays))
    except ValueError as error:
        raise NotARun("NS608", f"`{source.name}` does not describe the network that was saved: {error}") from None
    return network
