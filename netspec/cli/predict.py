"""`netspec predict`: the class of image files and arrays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import computing, messages, options, pixels

if TYPE_CHECKING:
    from netspec.data.problem import Problem
    from netspec.training.trained import TrainedNetwork

SHOWN = 3


@click.command(
    short_help="Say which class images show.", epilog="Example: netspec predict runs/digits-1 seven.png --format json"
)
@click.argument("run", type=options.FILE)
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=options.FILE)
@click.option("--resize", is_flag=True, help="Resize images to the network's input.")
@options.checkpoint
@options.formats(["table", "json"])
def predict(run: str, images: tuple[str, ...], resize: bool, checkpoint: str, form: str) -> None:
    """Say which class images show, and how likely each class is.

    IMAGE is an image file, a folder of them, `-` for one on standard input, or `.npy` arrays of one image or of several:
    (height, width[, channels]) or (n, height, width, channels), with pixel values as in the training data.

    Each file stands for itself. Exit status: 0 all are predicted, 1 one is wrong, 2 one could not be read.
    """
    computing.begin()
    network = messages.load_run(run, checkpoint)
    problems: list[Problem] = []
    given = pixels.given(network, images, resize, problems)
    results = (_result(network, label, array) for label, array in given)
    if form == "json":
        click.echo(json.dumps({"version": 1, "predictions": list(results)}))
    else:
        for result in results:
            ranked = sorted(result["probabilities"].items(), key=lambda item: -item[1])[:SHOWN]
            words = ", ".join(f"{messages.safe(name)} {share:.1%}" for name, share in ranked)
            click.echo(f"{messages.safe(result['image'])}: {words}")
    if status := pixels.tell(network, problems):
        raise SystemExit(status)


def _result(network: TrainedNetwork, name: str, image: Any) -> dict[str, Any]:
    import numpy as np

    probabilities = np.asarray(network.predict(network.variables, image[None]))[0]
    messages.require_finite(probabilities, f"the answer to `{name}`")
    best = int(probabilities.argmax())
    shares = {label: float(share) for label, share in zip(network.classes, probabilities, strict=True)}
    return {"image": name, "class": network.classes[best], "label": best, "probabilities": shares}
