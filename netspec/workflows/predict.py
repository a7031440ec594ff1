"""What a trained network sees in images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from netspec.language.heads import LIKELY
from netspec.training.trained import TrainedNetwork
from netspec.workflows.pixels import File, Pixels
from netspec.workflows.runs import require_finite
from netspec.workflows.telling import Tell


@dataclass(frozen=True)
class Prediction:
    """What a network sees in one image that is of one class."""

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


@dataclass(frozen=True)
class LabelsPrediction:
    """What a network sees in one image of which several labels may be on."""

    image: str
    """As of a `Prediction`."""
    names: tuple[str, ...]
    """The labels that are on: those whose probability is above 0.5, in their order."""
    probabilities: dict[str, float]
    """The probability that each label is on, by its name."""

    def to_json(self) -> dict[str, Any]:
        """As `netspec predict --format json` prints it."""
        return {"image": self.image, "labels": list(self.names), "probabilities": self.probabilities}


@dataclass(frozen=True)
class NumbersPrediction:
    """What a network says of one image that is labelled with numbers."""

    image: str
    """As of a `Prediction`."""
    numbers: dict[str, float]
    """Each number by its name."""

    def to_json(self) -> dict[str, Any]:
        """As `netspec predict --format json` prints it."""
        return {"image": self.image, "numbers": self.numbers}


AnyPrediction = Prediction | LabelsPrediction | NumbersPrediction


def predictions(
    network: TrainedNetwork, files: Iterable[File], resize: bool, tell: Tell, passed_over: Callable[[str], None]
) -> Iterator[AnyPrediction]:
    """A prediction for each image, as they come, in the terms of the network's labels.

    Raises DataError after the last where one of the files was wrong, RunError where an answer is not finite.
    """
    for name, image in Pixels(network.trained_on, resize, tell, passed_over).of(files):
        answer = np.asarray(network.predict(network.variables, image[None]))[0]
        require_finite(answer, f"the answer to `{name}`")
        yield _prediction(network, name, answer)


def _prediction(network: TrainedNetwork, image: str, answer: np.ndarray) -> AnyPrediction:
    """What (outputs,) numbers of a network say of an image."""
    head, names = network.head, network.classes
    if head.name == "two":
        answer = np.array([1 - answer[0], answer[0]])
    by_name = {name: float(value) for name, value in zip(names, answer, strict=True)}
    if head.labels == "numbers":
        return NumbersPrediction(image, by_name)
    if head.labels == "several":
        return LabelsPrediction(image, tuple(name for name in names if by_name[name] > LIKELY), by_name)
    best = int(answer.argmax())
    return Prediction(image, names[best], best, by_name)
