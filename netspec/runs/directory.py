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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from netspec import kernels
from netspec.analysis.plan import Plan, PlannedLayer
from netspec.analysis.report import Report
from netspec.data.splits import Images
from netspec.language.plain import plain
from netspec.language.usual import said
from netspec.lowering.jax_environment import recorded
from netspec.lowering.network import Choices
from netspec.lowering.options import compiler_options
from netspec.lowering.planner import uses_kernels
from netspec.repair.check import check_source
from netspec.runs.checkpoint import Checkpoint, Checkpoints
from netspec.runs.content import MODEL_FORMAT, of_checkpoint
from netspec.runs.record import environment, malformed
from netspec.storage import tensors, writing
from netspec.storage.tree import to_host
from netspec.text.files import Unreadable, read_source
from netspec.text.recognition import RUN_SPEC

SPEC, PLAN, METRICS, MODEL = RUN_SPEC, "plan.json", "metrics.jsonl", "model.safetensors"
CHECKPOINTS = "checkpoints"
ANEW = "`netspec train --resume` writes it anew from a checkpoint"
ALONE = f"a model and a checkpoint hold their spec: name {MODEL} or a file of {CHECKPOINTS}/ instead of the directory"


def is_part(path: Path, run: Path) -> bool:
    """Whether a file is one that a run, or what was loaded in its place, consists of: nothing else may be written there."""
    path, run = path.resolve(), run.resolve()
    return path in (run, *(run / name for name in (SPEC, PLAN, METRICS, MODEL))) or run / CHECKPOINTS in path.parents


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
            plan = json.loads(path.read_text("utf-8"))
        except OSError as error:
            raise self._absent(error.strerror or str(error), PLAN) from None
        except (ValueError, RecursionError):
            raise NotARun("NS602", f"`{path}` is damaged: it is not JSON", ANEW) from None
        written = plan.get("record") if isinstance(plan, dict) else None
        if (reason := malformed(written)) is not None:
            raise NotARun("NS602", f"the record in `{path}` is damaged: {reason}", ANEW)
        assert isinstance(written, dict)
        return written

    def report(self) -> Report:
        """The run's own spec, checked. Raises NotARun where it cannot be read."""
        source = read_source(str(self.spec))
        if isinstance(source, Unreadable):
            raise self._absent(source.reason, SPEC)
        return check_source(source)

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


def record(
    plan: Plan, images: Images, choices: Choices, devices: int = 1, begun: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What a run is made of: `netspec.runs.record` says what may differ when it goes on. `begun` is what it began from."""
    made = {
        "spec": facts(plan, images.path),
        **({} if begun is None else {"begun": begun}),
        "data": images.fingerprint,
        "pixels": str(images.train.images.dtype),
        "options": compiler_options(jax.default_backend()),
        "choices": plain(choices),
        "settings": recorded(os.environ),
        **environment(),
        "classes": images.classes,
        "devices": {"count": devices, "kind": jax.devices()[0].device_kind},
    }
    if uses_kernels(choices):
        made["versions"] |= {"kernels": kernels.identity()}
    # Through JSON and back: a record is compared with one that was read from a file.
    return dict(json.loads(json.dumps(made)))


def facts(plan: Plan, data: Path | None) -> dict[str, Any]:
    """A spec as a record has it; `data` is where its images were."""
    spec = plan.spec
    facts = {
        "name": spec.name,
        "input": plan.input,
        "layers": [_layer(layer) for layer in plan.layers],
        "budget": plain(spec.budget.value),
        "data": plain(spec.data.value) | {"path": data and str(data)},
        "train": plain(spec.train.value),
    }
    return dict(plain(facts))


def _layer(layer: PlannedLayer) -> dict[str, Any]:
    """What is said of a layer, and what it reads where that is not the one before."""
    follows = layer.reads == (layer.value - 1,) and layer.layer.led_by is None
    read = {} if follows else {"reads": list(layer.reads), "led_by": layer.layer.led_by}
    return {"kind": layer.kind, **said(layer.settings), **read}


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


def variables_of(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    """The network's variables in a checkpoint, flat."""
    prefix = "state/variables/"
    return {name.removeprefix(prefix): array for name, array in checkpoint.tensors.items() if name.startswith(prefix)}
