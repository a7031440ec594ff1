"""A compiled network as a directory that loads without netspec.

predict.stablehlo      (variables, images) -> answers, for any batch size: probabilities, or the numbers of `labels: numbers`
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
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from netspec.analysis.heads import of_plan
from netspec.analysis.plan import Plan
from netspec.analysis.summary import as_json
from netspec.data import splits
from netspec.data.sources import CLASSES
from netspec.export import folder as folders
from netspec.export.cost import Say, measure
from netspec.export.functions import Functions
from netspec.export.load import FORMAT, fingerprint
from netspec.export.meaning import meaning
from netspec.export.preprocessing import preprocessing
from netspec.language.plain import plain
from netspec.lowering.planner import choices
from netspec.runs.record import environment
from netspec.storage import tensors
from netspec.storage.tree import to_host, unflatten
from netspec.training.step import TrainableNetwork

PLATFORMS = ("cpu", "cuda", "tpu")
"""What XLA lowers for on any machine."""


class Occupied(Exception):
    """The directory is there and holds what netspec did not write."""


class AnotherNetwork(ValueError):
    """The arrays given are not those of the plan's network."""


def write(
    plan: Plan,
    folder: Path,
    platforms: Sequence[str],
    *,
    trained: Mapping[str, np.ndarray] | None = None,
    classes: Sequence[str] | None = None,
    pixels: np.dtype[Any] | None = None,
    steps_per_epoch: int | None = None,
    say: Say = lambda stage: None,
) -> dict[str, Any]:
    """Lowers and compiles `plan` into `folder`, and returns the content of `cost.json`.

    `trained` holds arrays by their path in the training state (`variables/params/fc1/kernel`, `step`): all variables at
    least; what is left out is as before the first step. For CPU alone each layer runs the algorithm that is quickest
    there; for several platforms, XLA's own. `classes` are the names in the order of the labels, `pixels` is the type of the
    raw images; without them they are those of the spec's source, as far as these can be known. A directory in which
    there is only what its manifest lists is replaced as a whole, once the new one is complete. Raises Occupied, AnotherNetwork, OSError, and StepsUnknown where the schedule needs `steps_per_epoch`.
    """
    folder = folder.resolve()
    _require_ours(folder)
    batch = plan.spec.train.value.batch_size
    chosen = choices(plan, batch, "cpu") if tuple(platforms) == ("cpu",) else {}
    functions = Functions(TrainableNetwork(plan, chosen, steps_per_epoch), pixels or splits.pixel_type(plan))
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
    names = classes or CLASSES.get(plan.spec.data.value.source)
    facts = {
        "netspec": FORMAT,
        "name": plan.name,
        "platforms": list(platforms),
        "input": {"dtype": str(functions.dtype), "shape": ["batch", *plan.input]},
        "preprocessing": preprocessing(plan, functions.dtype, state["variables"]),
        "trained": trained is not None,
        **_meaning(plan, list(names) if names else None),
        "functions": list(functions.all),
        "arrays": list(arrays),
        "compiled_on": cost["platform"],
        "compiler_options": cost["compiler_options"],
        **environment(),
    }
    body = _json(facts | {"files": {name: fingerprint(data) for name, data in content.items()}})
    whole = content | {"manifest.json": fingerprint(body).encode() + b"\n" + body}
    folders.replace(folder, whole, lambda: _require_ours(folder))
    return cost


def _require_ours(folder: Path) -> None:
    """Raises Occupied where the folder holds anything but what its manifest lists; that may be damaged since."""
    if not folder.exists():
        return
    try:
        listed = {"manifest.json", *_listed(folder / "manifest.json")}
    except (OSError, ValueError, TypeError, KeyError):
        raise Occupied(f"`{folder}` is there and holds no compiled network") from None
    if foreign := sorted(path.name for path in folder.iterdir() if path.name not in listed and not _imported(path)):
        names = ", ".join(f"`{name}`" for name in foreign[:NAMED]) + (" and more" if foreign[NAMED:] else "")
        raise Occupied(f"`{folder}` holds {names}, which netspec did not write: move that elsewhere")


NAMED = 5


def _listed(manifest: Path) -> list[str]:
    """The files that a manifest lists, whatever has become of them. Raises OSError, ValueError, TypeError, KeyError."""
    found = json.loads(manifest.read_bytes().partition(b"\n")[2])
    if found["netspec"] != FORMAT:
        raise ValueError(found["netspec"])
    return list(found["files"])


def _imported(path: Path) -> bool:
    """Whether Python left it when `load.py` was imported."""
    return (
        path.name == "__pycache__"
        and path.is_dir()
        and all(re.fullmatch(r"load\..*\.pyc", below.name) for below in path.iterdir())
    )


def _meaning(plan: Plan, classes: list[str] | None) -> dict[str, Any]:
    """What the columns of the answers and the labels stand for; nothing for a network that ends in a map."""
    if len(plan.output) != 1:
        return {"classes": None}
    return {"classes": classes, **meaning(of_plan(plan), plan.output[0])}


def _state(functions: Functions, trained: Mapping[str, np.ndarray]) -> Any:
    """The state before the first step, with what training has made of it."""
    initial = to_host(functions.network.init_training())
    wanted = {name for name in initial if name.startswith("variables/")} if trained else set()
    given = initial | dict(trained)
    for name in sorted(wanted | {name for name in trained if name.startswith("variables/")}):
        *_, layer, array = name.split("/")
        if name not in trained:
            raise AnotherNetwork(f"it has no `{array}` of `{layer}`")
        if name not in initial:
            raise AnotherNetwork(f"it has `{array}` of `{layer}` besides")
        if given[name].shape != initial[name].shape:
            raise AnotherNetwork(f"the {array} of its `{layer}` is {given[name].shape}, not {initial[name].shape}")
    try:
        return unflatten(functions.state, given)
    except ValueError:
        raise AnotherNetwork("its optimizer is another") from None


def _size(shape: tuple[int, ...]) -> int | tuple[int, ...]:
    """A shape as a person writes it."""
    return shape[0] if len(shape) == 1 else shape


def _json(facts: dict[str, Any]) -> bytes:
    return (json.dumps(facts, indent=1) + "\n").encode()


def _readme(plan: Plan, platforms: Sequence[str], functions: Functions) -> str:
    shape = ", ".join(map(str, plan.input))
    labels = functions.arguments(4)["train_step"][2]
    several = plan.spec.train.value.accumulate
    dealt = f"      # {several} batches of one size" if several > 1 else ""
    says = meaning(of_plan(plan), plan.output[0])["output"]["meaning"]
    step = f"""\
    state, metrics = network.train_step(network.state, images, np.zeros({_size(labels.shape)}, np.{labels.dtype})){dealt}
"""
    return f"""\
{plan.name}: compiled by netspec for {", ".join(platforms)}, for any batch size. Loading it needs neither netspec nor optax:

    pip install jax=={jax.__version__} numpy safetensors flatbuffers

JAX promises to load it for six months of later versions. A script may stand anywhere:

    import sys
    import numpy as np

    sys.path.insert(0, "this directory")                       # its path; needless where the script stands in it
    from load import load

    network = load()
    images = np.zeros(({labels.shape[0]}, {shape}), np.{functions.dtype})      # raw values, as in the training data
    answers = network.predict(network.variables, images)       # {says}
    network.classes                                            # the name of each column, None where nobody has said
    network.preprocessing                                      # what is done to raw values inside
{step if "train_step" in functions.all else ""}
load.py holds every file against manifest.json, itself too, but importing it runs it first: where somebody else may have
written here, load from outside by netspec, `from netspec.export.load import load; network = load("this directory")`.

Arrays are flat dicts by path. train_step takes over the memory of the state it is given. cost.json has what both
functions cost at batch {plan.spec.train.value.batch_size}; plan.json the layers.
"""
