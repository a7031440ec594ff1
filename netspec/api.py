"""The public functions. JAX is imported by `compile` and `load` alone, when they are called."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Diagnostic
from netspec.repair.check import check_source
from netspec.text.files import Unreadable, read_source
from netspec.text.source import Source

if TYPE_CHECKING:
    from netspec.training.step import TrainableNetwork
    from netspec.training.trained import TrainedNetwork

__all__ = ["Diagnostic", "Report", "SpecError", "check", "compile", "load"]


class SpecError(ValueError):
    """A spec has errors: `diagnostics` holds them, the message shows them one a line."""

    def __init__(self, report: Report) -> None:
        from netspec.diagnostics.render import renderer

        self.diagnostics = report.for_network
        text = renderer("concise")(self.diagnostics, (report.source.name,), color=False, width=80)
        super().__init__(text.rstrip())


def check(spec: str | os.PathLike[str] | Source, *, fixes: bool = True) -> Report:
    """Checks the spec in a file (or a Source made by hand): `.diagnostics`, `.ok`, `.plan` (None where not ok).

    Without `fixes` nothing is proposed, which takes a part of the time where something is wrong.

    Raises OSError where the file cannot be read.
    """
    if isinstance(spec, Source):
        return check_source(spec, fixes)
    found = read_source(os.fspath(spec))
    if isinstance(found, Unreadable):
        raise OSError(f"{found.name}: {found.reason}")
    return check_source(found, fixes)


def compile(spec: str | os.PathLike[str] | Source, *, steps_per_epoch: int | None = None) -> TrainableNetwork:
    """The network of a spec as JAX functions: `init`, `apply`, `predict`, `init_training`, `train_step`.

    Each layer runs the algorithm that is quickest on this machine's kind of device; those of the CPU have first-order
    reverse-mode derivatives only. `steps_per_epoch` is needed where the schedule counts in shares of the run and the data set is not a published
    one. Raises SpecError with the diagnostics where the spec has errors, OSError where it cannot be read.
    """
    report = check(spec)
    if report.plan is None:
        raise SpecError(report)
    import jax

    from netspec.lowering.planner import choices
    from netspec.training.step import TrainableNetwork

    chosen = choices(report.plan, report.plan.spec.train.value.batch_size, jax.default_backend())
    return TrainableNetwork(report.plan, chosen, steps_per_epoch)


def load(run: str | Path) -> TrainedNetwork:
    """A trained network back from its run directory: `.variables`, `.classes`, and all that `compile` gives.

    On a device of the kind that trained it, it computes by the run's algorithms: its predictions are those that were
    evaluated, bit for bit. On another kind of device, by those that are chosen for it.

    Raises FileNotFoundError and its kin, `netspec.runs.directory.NotARun` and `netspec.storage.tensors.Corrupt`.
    """
    from netspec.training.trained import load as load_run

    return load_run(run)
