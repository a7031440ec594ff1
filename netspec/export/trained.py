"""What a run has made of a network, as the arrays an artefact takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netspec.runs.directory import RunDirectory
from netspec.storage.tree import to_host
from netspec.training.trained import TrainedNetwork

Arrays = dict[str, np.ndarray]


def of_run(run: Path, network: TrainedNetwork) -> tuple[Arrays, int | None]:
    """The arrays of the training state that are known, by path, and the steps of an epoch where they are.

    `network` is what was loaded from `run`. A run directory whose checkpoint has the same variables gives optimizer,
    step and key too; a model file, or a run without that checkpoint, the variables alone.
    """
    variables = {f"variables/{name}": array for name, array in to_host(network.variables).items()}
    if not run.is_dir():
        return variables, None
    checkpoints = RunDirectory(run).checkpoints()
    newest, _ = checkpoints.newest()
    if newest is None:
        return variables, None
    steps = (newest.step - newest.position) // newest.epoch if newest.epoch else None
    prefix = "state/"
    state = {name.removeprefix(prefix): array for name, array in newest.tensors.items() if name.startswith(prefix)}
    same = variables.keys() <= state.keys() and all(np.array_equal(state[name], variables[name]) for name in variables)
    return (state if same else variables), steps
