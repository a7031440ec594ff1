"""The classes that a trained network sees in images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from netspec.training.trained import TrainedNetwork
from netspec.workflows.pixels import File, Pixels
from netspec.workflows.runs import require_finite
from netspec.workflows.telling import Tell


@dataclass(frozen=True)
class Prediction:
    """What a network sees in one image."""

    image: str
    """The file's name, or where the image stands in its array."""
    name: str
    """The name of the likeliest class."""
    label: int
    """The number of that class."""
    probabilities: dict[str, float]
    """The probability of each class by its name, between 0 and 1."""

    def to_json(self) -> dict[str, Any]:
        """As `netspec predict --format json` prints it."""
        return {"image": self.image, "class": self.name, "label": self.label, "probabilities": self.probabilities}


def predictions(
    network: TrainedNetwork, files: Iterable[File], resize: bool, tell: Tell, passed_over: Callable[[str], None]
) -> Iterator[Prediction]:
    """A prediction for each image, as they come.

    Raises DataError after the last where one of the files was wrong, RunError where an answer is not finite.
    """
    for name, image in Pixels(network, resize, tell, passed_over).of(files):
        shares = np.asarray(network.predict(network.variables, image[None]))[0]
        require_finite(shares, f"the answer to `{name}`")
        best = int(shares.argmax())
        by_class = {label: float(share) for label, share in zip(network.classes, shares, strict=True)}
        yield Prediction(name, network.classes[best], best, by_class)
