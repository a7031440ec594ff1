"""The network of a run, or what is wrong with the run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from netspec.analysis.plan import Plan
from netspec.diagnostics.diagnostic import placeless
from netspec.diagnostics.errors import DamagedFile, Misuse, RunError
from netspec.runs.directory import NotARun
from netspec.storage.tensors import Corrupt
from netspec.text.recognition import ENDINGS
from netspec.training import trained
from netspec.training.trained import TrainedNetwork
from netspec.workflows.telling import Tell, as_warnings, warning


def load(
    run: str | os.PathLike[str], which: str = "model", tell: Tell = as_warnings, *, imported: bool = False
) -> TrainedNetwork:
    """As `netspec.training.trained.load`, with what is wrong as findings.

    Raises:
        RunError: there is no run, or nothing in it to load.
        DamagedFile: the file does not hold what was written into it.
        Misuse: `which` is unknown, or the best is asked of a file, which holds one network.
    """
    path = Path(run)
    if which not in trained.WHICH:
        raise Misuse(f"checkpoint={which!r}: choose among {', '.join(trained.WHICH)}.")
    if which != "model" and path.is_file():
        raise Misuse(f"{run} is a file and holds one network: name the directory of its run, or leave checkpoint out.")
    try:
        return trained.load(path, which, lambda message: tell(warning("NS607", message)), imported=imported)
    except NotARun as error:
        raise refused(error) from None
    except Corrupt as error:
        if path.is_file() and path.name.endswith(ENDINGS):
            help = "train it, and name the directory of its run"
            raise RunError(
                [placeless("NS602", f"`{run}` is a spec, and a trained network is asked for", help)]
            ) from None
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


def another(run: Any, named: str, plan: Plan, error: ValueError) -> RunError:
    """A run of the network `named`, whose arrays are not those of a plan, as a finding; `error` says which."""
    return RunError([placeless("NS608", f"`{run}` is of the network `{named}`, not of this `{plan.name}`: {error}")])


def require_finite(numbers: Any, what: str) -> None:
    """Raises RunError where a number that a network gave is infinite or none: nobody could read it."""
    if not np.isfinite(numbers).all():
        message = f"{what} is not finite: the weights are so large that it overflows"
        raise RunError([placeless("NS625", message)])
