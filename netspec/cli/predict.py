"""`netspec predict`: the class of image files and arrays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import cache, messages, options

if TYPE_CHECKING:
    import numpy as np

    from netspec.training.run import TrainedNetwork

SHOWN = 3


@click.command(
    short_help="Say which class images show.", epilog="Example: netspec predict runs/digits-1 seven.png --format json"
)
@click.argument("run", type=options.FILE)
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=options.FILE)
@click.option("--resize", is_flag=True, help="Resize images to the network's input.")
@options.formats(["table", "json"])
def predict(run: str, images: tuple[str, ...], resize: bool, form: str) -> None:
    """Say which class images show, and how likely each class is.

    IMAGE is an image file, or `.npy` arrays of one image or of several: (height, width[, channels]) or (n, height,
    width, channels), with pixel values as in the training data.
    """
    messages.require_training()
    cache.keep_programs()
    network = messages.load_run(run, "model")
    results = []
    for name in images:
        for label, array in _read(network, Path(name), resize):
            results.append(_result(network, label, array))
    if form == "json":
        click.echo(json.dumps({"version": 1, "predictions": results}))
        return
    for result in results:
        ranked = sorted(result["probabilities"].items(), key=lambda item: -item[1])[:SHOWN]
        words = ", ".join(f"{messages.safe(name)} {share:.1%}" for name, share in ranked)
        click.echo(f"{messages.safe(result['image'])}: {words}")


def _read(network: TrainedNetwork, path: Path, resize: bool) -> list[tuple[str, np.ndarray]]:
    """The images of one file with a name each; exits where it has none that fit."""
    from netspec.training.data.problem import Refused

    try:
        if path.suffix == ".npy":
            stack = _array(path, network.plan.input)
            return [(f"{path}[{i}]" if len(stack) > 1 else str(path), image) for i, image in enumerate(stack)]
        from netspec.training.data.images import decode

        height, width, channels = network.plan.input
        image: np.ndarray = decode(path, (height, width, channels), resize)
        return [(str(path), _as_trained(network, path, image))]
    except Refused as refused:
        problem = refused.problems[0]
        # what helps a training set helps no single image: its spec is the run's, and nobody's file is to be removed
        size = "x".join(map(str, network.plan.input[:2]))
        own = {"NS502": "give an image file or a .npy array", "NS508": f"resize it to {size} pixels"}
        help = own.get(problem.code, problem.help)
        messages.fail(problem.code, problem.message, help, status=2 if problem.code == "NS501" else 1)
    except OSError as error:
        messages.fail("NS501", f"`{path}`: {error.strerror or error}", None, status=2)


def _as_trained(network: TrainedNetwork, path: Path, image: np.ndarray) -> np.ndarray:
    """The bytes of an image file as the training data has its pixels; exits where their range is not known."""
    import numpy as np

    from netspec.language.data import KNOWN

    source = network.plan.spec.data.value.source
    if source == "npz":
        message = f"`{path}` has bytes, and the network was trained on the numbers of an `.npz` file"
        messages.fail("NS516", message, "give a `.npy` array with numbers as in the training data", status=1)
    white = KNOWN[source].white if source in KNOWN else 255
    return image if white == 255 else image.astype(np.float32) * np.float32(white / 255)


def _array(path: Path, wanted: tuple[int, ...]) -> np.ndarray:
    """(n, height, width, channels)."""
    import numpy as np

    try:
        array = np.load(path, allow_pickle=False, mmap_mode="r")
    except (ValueError, EOFError):
        messages.fail("NS516", f"`{path}` is not a `.npy` file of plain numbers", "save it with numpy.save", status=1)
    if array.dtype.kind not in "uif":
        messages.fail("NS516", f"`{path}` holds {array.dtype}, not numbers", None, status=1)
    full = array[..., None] if wanted[2] == 1 and array.shape[-2:] == wanted[:2] else array
    stack = full[None] if full.ndim == 3 else full
    if stack.shape[1:] != wanted or stack.ndim != 4:
        shape = "x".join(map(str, wanted))
        messages.fail(
            "NS508", f"`{path}` has the shape {array.shape}; the network takes images of {shape}", None, status=1
        )
    return np.asarray(stack) if array.dtype == np.uint8 else np.asarray(stack, np.float32)


def _result(network: TrainedNetwork, name: str, image: Any) -> dict[str, Any]:
    import numpy as np

    probabilities = np.asarray(network.predict(network.variables, image[None]))[0]
    best = int(probabilities.argmax())
    shares = {label: float(share) for label, share in zip(network.classes, probabilities, strict=True)}
    return {"image": name, "class": network.classes[best], "label": best, "probabilities": shares}
