"""A compiled network as a directory that loads without netspec.

predict.stablehlo      (variables, images) -> probabilities, for any batch size
train_step.stablehlo   (state, images, labels) -> (state, metrics), for any batch size
variables.safetensors  what predict takes
state.safetensors      what the first training step takes
plan.json              the summary
cost.json              netspec's counts beside XLA's, at the spec's batch size on the machine that compiled
load.py, README.txt    how to use it
manifest.json          SHA-256 of every file, its own first
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import export

from netspec.analysis.plan import Plan
from netspec.analysis.summary import as_json
from netspec.lowering.options import compiler_options
from netspec.lowering.planner import choices
from netspec.training import files, tensors
from netspec.training.record import environment, plain
from netspec.training.step import TrainableNetwork
from netspec.training.tree import flatten, to_host, unflatten

PLATFORMS = ("cpu", "cuda", "tpu")
FUNCTIONS = ("predict.stablehlo", "train_step.stablehlo")
ARRAYS = ("variables.safetensors", "state.safetensors")
Say = Callable[[str], None]


class Occupied(Exception):
    """The directory is there and is none that netspec wrote."""


def write(
    plan: Plan,
    folder: Path,
    platforms: Sequence[str] = PLATFORMS,
    *,
    variables: Any = None,
    steps_per_epoch: int | None = None,
    say: Say = lambda stage: None,
) -> dict[str, Any]:
    """Lowers and compiles `plan` into `folder`, and returns the content of `cost.json`.

    `variables` are a trained network's; without them, initial ones. A directory that netspec wrote is replaced as a
    whole, once the new one is complete. Raises Occupied, OSError, and StepsUnknown where the schedule needs
    `steps_per_epoch`.
    """
    folder = folder.absolute()
    if folder.exists() and not (folder / "manifest.json").is_file():
        raise Occupied(f"`{folder}` is there and holds no compiled network")
    batch = plan.spec.train.value.batch_size
    chosen = choices(plan, batch, "cpu") if tuple(platforms) == ("cpu",) else {}
    network = TrainableNetwork(plan, chosen, steps_per_epoch)
    functions = Functions(network)
    state = network.init_training()
    if variables is not None:
        state["variables"] = variables
    content: dict[str, bytes] = {}
    for name, function, arguments in zip(FUNCTIONS, functions.all, functions.arguments(), strict=True):
        say(f"lowering {name.removesuffix('.stablehlo')} for {', '.join(platforms)}")
        content[name] = bytes(export.export(jax.jit(function), platforms=list(platforms))(*arguments).serialize())
    host = to_host(state)
    content[ARRAYS[0]] = tensors.save_bytes(to_host(state["variables"]), {"name": plan.name})
    content[ARRAYS[1]] = tensors.save_bytes(host, {"name": plan.name})
    content["plan.json"] = _json(as_json(plan))
    cost = _cost(plan, network, functions, say)
    content["cost.json"] = _json(cost | {"choices": plain(chosen)})
    content["load.py"] = Path(__file__).with_name("load.py").read_bytes()
    content["README.txt"] = _readme(plan, platforms, functions.dtype).encode()
    content["spec.yaml"] = plan.spec.source.text.encode()
    facts = {
        "netspec": 1,
        "name": plan.name,
        "platforms": list(platforms),
        "input": {"dtype": str(functions.dtype), "shape": ["batch", *plan.input]},
        "functions": list(FUNCTIONS),
        "arrays": list(ARRAYS),
        **environment(),
    }
    _publish(folder, content, facts)
    return cost


class Functions:
    """The two functions of an artefact, over flat dicts of arrays."""

    def __init__(self, network: TrainableNetwork) -> None:
        self.network = network
        self.state: Any = jax.eval_shape(network.init_training)
        # Image files and the published sets have bytes; npz may hold any number.
        npz = network.plan.spec.data.value.source == "npz"
        self.dtype = np.dtype(np.float32 if npz else np.uint8)

    @property
    def all(self) -> tuple[Any, Any]:
        """`predict` and `train_step`."""
        return self.predict, self.train_step

    def predict(self, variables: dict[str, jax.Array], images: jax.Array) -> jax.Array:
        """Raw images (batch, height, width, channels) -> probabilities (batch, classes)."""
        network, full = self.network, unflatten(self.state["variables"], variables)
        return jax.nn.softmax(network.apply(full, network.normalize(full, images)))

    def train_step(self, state: dict[str, jax.Array], images: jax.Array, labels: jax.Array) -> Any:
        """One step over raw images."""
        full = unflatten(self.state, state)
        moved, metrics = self.network.step(full, self.network.normalize(full["variables"], images), labels)
        return flatten(moved), metrics

    def arguments(self, batch: int | None = None) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Their arguments' shapes, for a batch size or for any."""
        size: Any = export.symbolic_shape("batch")[0] if batch is None else batch
        images = jax.ShapeDtypeStruct((size, *self.network.plan.input), self.dtype)
        labels = jax.ShapeDtypeStruct((size,), jnp.int32)
        return (flatten(self.state["variables"]), images), (flatten(self.state), images, labels)


def _cost(plan: Plan, network: TrainableNetwork, functions: Functions, say: Say) -> dict[str, Any]:
    """Both functions compiled for this machine at the spec's batch size, and what XLA says of them."""
    batch = plan.spec.train.value.batch_size
    options = compiler_options(jax.default_backend())
    found: dict[str, Any] = {"batch_size": batch, "platform": jax.default_backend(), "compiler_options": options}
    found["netspec"] = {
        "parameters": plan.parameters,
        "macs": plan.macs,
        "predict_flops": 2 * plan.macs * batch,
        "training_bytes": plan.training_bytes,
    }
    names = (name.removesuffix(".stablehlo") for name in FUNCTIONS)
    for name, function, arguments in zip(names, functions.all, functions.arguments(batch), strict=True):
        say(f"compiling {name} for this machine, batch {batch}")
        began = time.monotonic()
        donated = (0,) if name == "train_step" else ()
        lowered = jax.jit(function, donate_argnums=donated).lower(*arguments)
        compiled = lowered.compile(compiler_options={**options})
        found[name] = {"compile_seconds": round(time.monotonic() - began, 3), **analysis(compiled)}
    return found


def analysis(compiled: Any) -> dict[str, Any]:
    """XLA's own figures. It leaves multiply-adds on padding out, so its flops are no textbook number."""
    costs, memory = compiled.cost_analysis(), compiled.memory_analysis()
    sizes = {part: int(getattr(memory, f"{part}_size_in_bytes")) for part in ("argument", "output", "alias", "temp")}
    total = sizes["argument"] + sizes["output"] - sizes["alias"] + sizes["temp"]
    return {
        "flops": float(costs.get("flops", 0.0)),
        "bytes_accessed": float(costs.get("bytes accessed", 0.0)),
        "transcendentals": float(costs.get("transcendentals", 0.0)),
        **{f"{part}_bytes": size for part, size in sizes.items()},
        "total_bytes": total,
    }


def _publish(folder: Path, content: dict[str, bytes], facts: dict[str, Any]) -> None:
    """Writes everything beside `folder` and moves it there; a crash leaves the old one, or the new one, or both."""
    beside = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}.partial")
    old = beside.with_suffix(".old")
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
    body = _json(facts | {"files": hashes})
    try:
        for parent in (*reversed(beside.parents), beside):
            files.make_folder(parent)
        for name, data in content.items():
            files.write_atomic(beside / name, data)
        files.write_atomic(beside / "manifest.json", hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        if folder.exists():
            folder.rename(old)
        beside.rename(folder)
    finally:
        for left in (beside, old) if folder.exists() else (beside,):
            shutil.rmtree(left, ignore_errors=True)


def _json(facts: dict[str, Any]) -> bytes:
    return (json.dumps(facts, indent=1) + "\n").encode()


def _readme(plan: Plan, platforms: Sequence[str], dtype: np.dtype[Any]) -> str:
    shape = ", ".join(map(str, plan.input))
    return f"""\
{plan.name}: compiled by netspec for {", ".join(platforms)}. Loading it needs jax, numpy and safetensors:

    import numpy as np
    from load import load

    network = load()
    images = np.zeros((4, {shape}), np.{dtype})
    probabilities = network.predict(network.variables, images)
    state, metrics = network.train_step(network.state, images, np.zeros(4, np.int32))

Arrays are flat dicts by path. train_step takes over the memory of the state it is given.
"""
