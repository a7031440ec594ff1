"""A trained network back from what training wrote: a run directory, a model file or a checkpoint."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from netspec.analysis.heads import of_plan
from netspec.analysis.plan import INPUT, Plan
from netspec.data.pixels import Trained
from netspec.language.data import SOURCES
from netspec.lowering.network import Choices
from netspec.lowering.planner import Unfit, choices_here, from_names
from netspec.repair.check import check_source
from netspec.runs.checkpoint import BEST, Checkpoint, of_content
from netspec.runs.content import of_checkpoint, of_model
from netspec.runs.directory import ALONE, NotARun, RunDirectory, facts, variables_of
from netspec.runs.record import foreign
from netspec.storage import tensors
from netspec.storage.tree import unflatten
from netspec.text.source import Source
from netspec.training.step import TrainableNetwork


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
        """The names of the classes, of several labels or of numbers."""

    @property
    def pixels(self) -> np.dtype[Any]:
        """The type of the images that it was trained on; of runs that do not say, what its source usually has."""
        usual = SOURCES[self.plan.spec.data.value.source].dtype
        recorded: np.dtype[Any] = np.dtype(self.record.get("pixels", usual))
        return recorded

    @property
    def trained_on(self) -> Trained:
        """What tells whether images are like those of the training: `predict` takes them as they come."""
        data, (height, width, channels) = self.plan.spec.data.value, self.plan.input
        statistics = self.variables["state"]["input"]
        normal = tuple(np.asarray(statistics[name]) for name in ("mean", "deviation"))
        own = None if data.normalize == "none" else (normal[0], normal[1])
        return Trained((height, width, channels), data.source, self.pixels == np.uint8, own)


WHICH = ("model", "best")
"""Which network of a run: as it ended, or as it was best in validation."""


IMPORTED = (
    "`export` and `compile --run` take them as they are; for all else train a run that begins from them, by "
    "`train: {from: FILE}`: docs/guide.md, section 13"
)
"""What can be done with weights that an import wrote."""


def _warn(message: str) -> None:
    warnings.warn(message, stacklevel=2)


def load(
    run: str | Path, which: str = "model", warn: Callable[[str], None] = _warn, *, imported: bool = False
) -> TrainedNetwork:
    """A trained network back: `.variables`, `.classes`, and all that a network does.

    `run` is a run directory, a model file or a checkpoint. `which`, for a directory, is `model` (as the run ended; of a run
    that has not ended, its newest checkpoint) or `best` (by validation). Everything comes from one file that is held against its
    SHA-256; in a run directory it must be that run's. On a device of the kind that trained it, it computes by the run's
    algorithms, and so the same bits; on another kind, by those chosen for that one. `warn` is told where this version has
    the run's algorithms no more. With `imported`, `run` may be a file of weights that an import wrote, too: its network names no
    classes, and where the source normalized nothing, nothing is. Raises NotARun, tensors.Corrupt, OSError.
    """
    path = Path(run)
    if path.is_file():
        return _of_file(path, warn, imported)
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
    saved, written = ({"spec": facts(planned, None)} for planned in (network.plan, plan))
    if (reason := foreign(saved, written)) is not None:
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


def _of_file(path: Path, warn: Callable[[str], None], imported: bool = False) -> TrainedNetwork:
    """The network in a model file or in a checkpoint."""
    arrays, metadata = tensors.load(path)
    if isinstance(metadata.get("spec"), str) and "weights" in metadata:
        if imported:
            return _of_weights(path, metadata["spec"], arrays)
        message = f"`{path}` holds imported weights, which say nothing of classes and data, and no trained network"
        raise NotARun("NS602", message, IMPORTED)
    if "checkpoint" in metadata:
        checkpoint = of_content(path, arrays, metadata)
        if (reason := of_checkpoint(checkpoint)) is not None:
            raise tensors.Corrupt(path, reason)
        return _of_checkpoint(path, checkpoint, warn)
    if (reason := of_model(metadata)) is not None:
        raise tensors.Corrupt(path, reason)
    if (name := tensors.not_finite(arrays)) is not None:
        raise tensors.Corrupt(path, f"`{name}` holds a number that is not finite")
    return _network(path, metadata["spec"], metadata["record"], metadata["rows"], arrays, warn)


def _of_checkpoint(path: Path, checkpoint: Checkpoint, warn: Callable[[str], None]) -> TrainedNetwork:
    return _network(
        path, checkpoint.more["text"], checkpoint.record, checkpoint.metrics, variables_of(checkpoint), warn
    )


def _network(
    path: Path,
    text: str,
    record: Mapping[str, Any],
    rows: list[dict[str, Any]],
    arrays: Mapping[str, np.ndarray],
    warn: Callable[[str], None],
) -> TrainedNetwork:
    plan = _plan(path, text)
    outputs, classes = plan.output[-1], len(record["classes"])
    if classes != of_plan(plan).classes(outputs):
        raise tensors.Corrupt(
            path, f"its network gives {outputs} numbers an image, and its record names {classes} classes"
        )
    return _filled(path, TrainedNetwork(plan, record, rows, _choices(path, plan, record, warn)), arrays)


def _of_weights(path: Path, text: str, arrays: dict[str, np.ndarray]) -> TrainedNetwork:
    plan = _plan(path, text)
    channels = plan.input[2]
    usual = {"mean": np.zeros(channels, np.float32), "deviation": np.ones(channels, np.float32)}
    whole = {f"state/{INPUT}/{name}": array for name, array in usual.items()} | arrays
    return _filled(path, TrainedNetwork(plan, {"classes": ()}, [], {}), whole)


def _plan(path: Path, text: str) -> Plan:
    report = check_source(Source(str(path), text, path))
    if report.plan is None:
        raise NotARun("NS602", f"`{path}`: {report.for_network[0].message}")
    return report.plan


def _filled(path: Path, network: TrainedNetwork, arrays: Mapping[str, np.ndarray]) -> TrainedNetwork:
    try:
        network.variables = jax.device_put(unflatten(jax.eval_shape(network.init), arrays))
    except ValueError as error:
        raise NotARun("NS608", f"`{path}` does not describe the network that was saved: {error}") from None
    return network


def _choices(path: Path, plan: Plan, record: Mapping[str, Any], warn: Callable[[str], None]) -> Choices:
    """The algorithms that a run was trained with; where this version has them no more, those of its own rules."""
    by_rule = choices_here(plan, plan.spec.train.value.batch_size)
    # A GPU's libraries are quicker than what suits a CPU, and round differently.
    if record["devices"]["kind"] != jax.devices()[0].device_kind:
        return by_rule
    try:
        return from_names(plan, record["choices"])
    except Unfit as error:
        warn(f"`{path}` was trained by algorithms of another version, and the last bits may differ: {error}")
        return by_rule
