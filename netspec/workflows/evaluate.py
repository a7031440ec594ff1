"""What a trained network does on the test set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from netspec.report.evaluation import Measures, measure
from netspec.training.loop import Trainer
from netspec.training.trained import TrainedNetwork
from netspec.workflows.images import images_of
from netspec.workflows.runs import require_finite
from netspec.workflows.telling import Tell


@dataclass(frozen=True)
class Evaluated:
    """The measures of a test set."""

    loss: float
    """The spec's."""
    measures: Measures
    """Class by class."""
    predictions: np.ndarray
    """(examples,): the label that each test image was given."""

    @property
    def accuracy(self) -> float:
        """The share of predictions that are right."""
        return self.measures.accuracy

    def to_json(self) -> dict[str, Any]:
        """As `netspec evaluate --format json` prints it."""
        facts = self.measures.to_json()
        return {"accuracy": facts.pop("accuracy"), "loss": self.loss} | facts


def evaluate(network: TrainedNetwork, data: str | None, tell: Tell) -> Evaluated:
    """Measures a network on the test set of its run, or on that of `data`.

    Raises:
        DataError: the images are not there, or wrong.
        RunError: the loss is not finite.
    """
    images = images_of(network.plan, data, network.record, tell)
    result = Trainer(network, images).evaluate(network.variables, images.test)
    require_finite(result.loss, "the loss on the test set")
    return Evaluated(result.loss, measure(images.test.labels, result.predictions, images.classes), result.predictions)
