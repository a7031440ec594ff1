"""The network of a run, or what is wrong with the run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from netspec.diagnostics.diagnostic import placeless
from netspec.diagnostics.errors import DamagedFile, RunError
from netspec.runs.directory import NotARun
from netspec.storage.tensors import Corrupt
from netspec.training import trained
from netspec.training.trained import TrainedNetwork
from netspec.workflows.telling import Tell, as_warnings, warning


def load(run: str | os.PathLike[str], which: str = "model", tell: Tell = as_warnings) -> TrainedNetwork:
    """A trained network back: `.variables`, `.classes`, and all that `compile` gives.

    `run` is a run directory, a model file or a checkpoint. `which` is `model` (as the run ended; of a run that has not
    ended, its newest checkpoint) or `best` (by validation). On a device of the kind that trained it, it computes by the
    run's algorithms: its predictions are those that were evaluated, bit for bit. On another kind of device, by those that
    are chosen for it.

    Raises:
        RunError: there is no run, or nothing in it to load.
        DamagedFile: the file does not hold what was written into it.
    """
    path = Path(run)
    try:
        return trained.load(path, which, lambda message: tell(warning("NS607", message)))
    except NotARun as error:
        raise refused(error) from None
    except Corrupt as error:
        help = "load the best by validation with --checkpoint best, or train again"
        if which == "best":
            help = "load the network as it ended: leave --checkpoint out"
        if path.is_file():
            help = "name the directory of its run, or another of the checkpoints there"
        raise damaged(error, help) from None
    except OSError as error:
        raise RunError([placeless("NS602", f"`{run}`: {error.strerror or error}")], status=2) from None
    except ValueError:  # a NUL in the name
        raise RunError([placeless("NS602", f"`{run}`: no file can have this name")], status=2) from None


def refused(error: NotARun, help: str | None = None) -> RunError:
    """A directory that is no run, as a finding; `help` stands for its own."""
    return RunError([placeless(error.code, str(error), help or error.help)], status=2 if error.absent else 1)


def damaged(error: Corrupt, help: str) -> DamagedFile:
    """A file that is damaged, as a finding."""
    return DamagedFile([placeless("NS605", str(error), help)])


def require_finite(numbers: Any, what: str) -> None:
    """Raises RunError where a number that a network gave is infinite or none: nobody could read it."""
    if not np.isfinite(numbers).all():
        message = f"{what} is not finite: the weights are so large that it overflows"
        raise RunError([placeless("NS625", message)])
