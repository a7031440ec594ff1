"""One cell of a network by hand: which network, which image, which cell; and what is wrong with any of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np

from netspec.analysis.plan import INPUT, Plan, PlannedLayer
from netspec.data.pixels import Trained
from netspec.diagnostics.errors import Misuse
from netspec.language.data import SOURCES
from netspec.language.kind import dimensions
from netspec.lowering.initialize import generator
from netspec.lowering.network import Network, Variables
from netspec.report.trace.worked import Cell
from netspec.storage.tree import flatten, unflatten
from netspec.training.trained import TrainedNetwork
from netspec.workflows import beginning
from netspec.workflows.pixels import Pixels
from netspec.workflows.runs import another
from netspec.workflows.telling import Tell

IMAGE = ("mean", "deviation")
"""The statistics of the images, by which they are normalized."""


@dataclass(frozen=True, eq=False)
class Computing:
    """A network that computes, and where its weights are from."""

    network: Network
    variables: Variables
    trained: Trained
    """What tells how an image file is read."""
    weights: str
    """In words."""


def drawn(plan: Plan) -> Computing:
    """The network as it is before any training."""
    network = Network(plan)
    seed = plan.spec.train.value.seed
    return Computing(network, network.init(), _untrained(plan), f"drawn by seed {seed}")


def of_file(plan: Plan, path: Path, tell: Tell) -> Computing:
    """The network with the arrays of a file whose names and shapes are its own; the others are drawn.

    Raises:
        RunError: there is nothing at the path, or nothing in it fits the network.
        DamagedFile: the file is damaged, or holds something else.
    """
    found = beginning.given(plan, path, tell)
    network = Network(plan)
    arrays = flatten(network.init()) | dict(found.taken)
    for name in (f"state/{INPUT}/{part}" for part in IMAGE):
        given = found.weights.arrays.get(name)
        if given is not None and given.shape == arrays[name].shape:
            arrays[name] = np.asarray(given, np.float32)
    variables = jax.device_put(unflatten(jax.eval_shape(network.init), arrays))
    rest = f", the others drawn by seed {plan.spec.train.value.seed}" if found.anew else ""
    return Computing(network, variables, _untrained(plan), f"{path}{rest}")


def of_run(plan: Plan, run: Path, trained: TrainedNetwork) -> Computing:
    """The plan with the variables of a run. Raises RunError where it is another network."""
    network = Network(plan)
    try:
        variables = unflatten(jax.eval_shape(network.init), flatten(trained.variables))
    except ValueError as error:
        raise another(run, trained.plan.name, plan, error) from None
    return Computing(network, variables, trained.trained_on, str(run))


def _untrained(plan: Plan) -> Trained:
    source, (height, width, channels) = plan.spec.data.value.source, plan.input
    return Trained((height, width, channels), source, SOURCES[source].dtype == "uint8", None)


def image(computing: Computing, file: str | None, resize: bool, tell: Tell) -> tuple[str, np.ndarray]:
    """Words for an image, and what the network takes of it, (1, height, width, channels), normalized: the first of a file.

    Without one, numbers are drawn as normalized images have them. Raises DataError.
    """
    network, variables = computing.network, computing.variables
    if file is None:
        seed = network.plan.spec.train.value.seed
        return f"drawn by seed {seed}", generator(seed, INPUT).standard_normal((1, *network.plan.input), np.float32)
    # how far numbers are from those of a training says nothing of a network that had none
    heard = tell if computing.trained.statistics is not None else _unheard
    name, pixels = next(Pixels(computing.trained, resize, heard, _unheard).of([(Path(file), None)]))
    return name, np.asarray(network.normalize(variables, pixels[None]))


def _unheard(_: object) -> None:
    """What nobody is told."""


def cell(layer: PlannedLayer, at: tuple[int, ...], channel: int | None) -> Cell:
    """The cell at (row, column) of a feature map, or the unit of a vector. Raises Misuse where there is none."""
    sizes, shown = layer.output, dimensions(layer.output)
    asked = f"--at {','.join(map(str, at))}"
    if len(sizes) == 1:
        if channel is not None:
            raise Misuse(f"--channel {channel}: `{layer.name}` gives {shown} numbers and no maps; --at says which.")
        if len(at) != 1 and set(at) != {0}:
            raise Misuse(f"{asked}: `{layer.name}` gives {shown} numbers; write one, from 0 to {sizes[0] - 1}.")
        found = (0, 0, at[-1])
    else:
        if len(at) != 2:
            raise Misuse(f"{asked}: `{layer.name}` gives {shown}; write a row and a column, as in 0,0.")
        found = (at[0], at[1], channel or 0)
        if found[2] >= sizes[2]:
            raise Misuse(f"--channel {channel}: `{layer.name}` gives {shown}: channels 0 to {sizes[2] - 1}.")
    if any(n >= size for n, size in zip(found, sizes if len(sizes) == 3 else (1, 1, *sizes), strict=True)):
        ranges = f"0 to {sizes[0] - 1}" if len(sizes) == 1 else f"rows 0 to {sizes[0] - 1}, columns 0 to {sizes[1] - 1}"
        raise Misuse(f"{asked}: `{layer.name}` gives {shown}: {ranges}.")
    return found
