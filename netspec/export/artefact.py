"""A compiled network as a directory that loads without netspec.

predict.stablehlo      (variables, images) -> probabilities, for any batch size
train_step.stablehlo   (state, images, labels) -> (state, metrics), for any batch size
variables.safetensors  what predict takes
state.safetensors      what the first training step takes
spec.yaml, plan.json   the spec and its summary
cost.json              netspec's counts beside XLA's, at the spec's batch size on the machine that compiled
load.py, README.txt    how to use it
manifest.json          its own SHA-256, then that of every file

A network that ends in a map has no logits to train: there `train_step` and `state` are left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from netspec.analysis.plan import Plan
from netspec.analysis.summary import as_json
from netspec.export import folder as folders
from netspec.export.cost import Say, measure
from netspec.export.functions import Functions
from netspec.export.load import fingerprint
from netspec.lowering.planner import choices
from netspec.training import tensors
from netspec.training.record import environment, plain
from netspec.training.step import TrainableNetwork
from netspec.training.tree import to_host, unflatten

PLATFORMS = ("cpu", "cuda", "tpu")


class Occupied(Exception):
    """The directory is there and is none that netspec wrote."""


class AnotherNetwork(ValueError):
    """The arrays given are not those of the plan's network."""


def write(
    plan: Plan,
    folder: Path,
    platforms: Sequence[str] = PLATFORMS,
    *,
    trained: Mapping[str, np.ndarray] | None = None,
    steps_per_epoch: int | None = None,
    say: Say = lambda stage: None,
) -> dict[str, Any]:
    """Lowers and compiles `plan` into `folder`, and returns the content of `cost.json`.

    `trained` holds arrays by their path in the training state (`variables/params/fc1/kernel`, `step`): all variables at
    least; what is left out is as before the first step. For CPU alone each layer runs the algorithm that is quickest
    there; for several platforms, XLA's own. A directory that netspec wrote is replaced as a whole, once the new one is
    complete. Raises Occupied, AnotherNetwork, OSError, and StepsUnknown where the schedule needs `steps_per_epoch`.
    """
    folder = folder.resolve()
    if folder.exists() and not _ours(folder):
        raise Occupied(f"`{folder}` is there and holds no compiled network")
    batch = plan.spec.train.value.batch_size
    chosen = choices(plan, batch, "cpu") if tuple(platforms) == ("cpu",) else {}
    functions = Functions(TrainableNetwork(plan, chosen, steps_per_epoch))
    state = _state(functions, trained or {})
    content: dict[str, bytes] = {}
    for name in functions.all:
        say(f"lowering {name} for {', '.join(platforms)}")
        content[f"{name}.stablehlo"] = functions.serialized(name, list(platforms))
    arrays = {"variables": state["variables"]} | ({"state": state} if "train_step" in functions.all else {})
    for name, tree in arrays.items():
        content[f"{name}.safetensors"] = tensors.save_bytes(to_host(tree), {"name": plan.name})
    cost = measure(plan, functions, say) | {"choices": plain(chosen), **environment()}
    content |= {
        "spec.yaml": plan.spec.source.text.encode(),
        "plan.json": _json(as_json(plan)),
        "cost.json": _json(cost),
    }
    content["load.py"] = Path(__file__).with_name("load.py").read_bytes()
    content["README.txt"] = _readme(plan, platforms, functions).encode()
    facts = {
        "netspec": 1,
        "name": plan.name,
        "platforms": list(platforms),
        "input": {"dtype": str(functions.dtype), "shape": ["batch", *plan.input]},
        "functions": list(functions.all),
        "arrays": list(arrays),
        "compiled_on": cost["platform"],
        "compiler_options": cost["compiler_options"],
        **environment(),
    }
    body = _json(facts | {"files": {name: fingerprint(data) for name, data in content.items()}})
    folders.replace(folder, content | {"manifest.json": fingerprint(body).encode() + b"\n" + body})
    return cost


def _ours(folder: Path) -> bool:
    """Whether netspec wrote it; it may be damaged since."""
    manifest = folder / "manifest.json"
    return manifest.is_file() and b'"netspec": 1' in manifest.read_bytes()


def _state(functions: Functions, trained: Mapping[str, np.ndarray]) -> Any:
    """The state before the first step, with what training has made of it."""
    initial = to_host(functions.network.init_training())
    wanted = {name for name in initial if name.startswith("variables/")} if trained else set()
    if missing := wanted - trained.keys():
        raise AnotherNetwork(f"it has no {min(missing)}")
    try:
        return unflatten(functions.state, initial | dict(trained))
    except ValueError as error:
        raise AnotherNetwork(str(error)) from None


def _json(facts: dict[str, Any]) -> bytes:
    return (json.dumps(facts, indent=1) + "\n").encode()


def _readme(plan: Plan, platforms: Sequence[str], functions: Functions) -> str:
    shape = ", ".join(map(str, plan.input))
    step = """\
    state, metrics = network.train_step(network.state, images, np.zeros(4, np.int32))
"""
    return f"""\
{plan.name}: compiled by netspec for {", ".join(platforms)}, for any batch size. Loading it needs neither netspec nor optax:

    pip install jax=={jax.__version__} numpy safetensors flatbuffers

JAX promises to load it for six months of later versions. From this directory:

    import numpy as np
    from load import load

    network = load()
    images = np.zeros((4, {shape}), np.{functions.dtype})      # raw values, as in the training data
    probabilities = network.predict(network.variables, images)
{step if "train_step" in functions.all else ""}
load.py holds every file against manifest.json, itself too, but importing it runs it first: where somebody else may have
written here, load from outside by netspec, `from netspec.export.load import load; network = load("this directory")`.

Arrays are flat dicts by path. train_step takes over the memory of the state it is given. cost.json has what both
functions cost at batch {plan.spec.train.value.batch_size}; plan.json the layers.
"""
