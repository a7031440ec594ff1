"""What a trained network does on the test set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from netspec.language.heads import Head
from netspec.report.evaluation import AnyMeasures, measures_of
from netspec.training.loop import Trainer, accuracy_of
from netspec.training.trained import TrainedNetwork
from netspec.workflows.images import images_of, in_use
from netspec.workflows.runs import require_finite
from netspec.workflows.telling import Tell


@dataclass(frozen=True)
class Evaluated:
    """The measures of a test set."""

    loss: float
    """The spec's."""
    measures: AnyMeasures
    """Class by class, label by label or number by number."""
    predictions: np.ndarray
    """(examples,): the label that each test image was given; of several labels and of numbers (examples, outputs)."""
    metrics: dict[str, float]
    """Those of the labels, by name; what is not defined on the test set is left out."""
    head: Head
    """What the labels are."""

    @property
    def accuracy(self) -> float:
        """The share of predictions that are right. AttributeError where labels are no classes: see `metrics`."""
        return accuracy_of(self.metrics)

    def to_json(self) -> dict[str, Any]:
        """As `netspec evaluate --format json` prints it."""
        main, *others = (metric.name for metric in self.head.metrics)
        facts = {main: self.metrics.get(main), "loss": self.loss} | {name: self.metrics.get(name) for name in others}
        return facts | {name: value for name, value in self.measures.to_json().items() if name not in facts}


def evaluate(network: TrainedNetwork, data: str | None, tell: Tell) -> Evaluated:
    """Measures a network on the test set of its run, or on that of `data`.

    Raises:
        DataError: the images are not there, or wrong.
        RunError: the loss is not finite.
    """
    images = images_of(network.plan, data, network.record, tell)
    with in_use():
        found = Trainer(network, images).evaluate(network.variables, images.test)
    require_finite(found.loss, "the loss on the test set")
    measures = measures_of(network.head, images.test, found, images.classes)
    return Evaluated(found.loss, measures, found.predictions, found.metrics, network.head)
