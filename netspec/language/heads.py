"""Heads: what the labels are, which losses compare them with the last layer's numbers, and what measures the answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Labels = Literal["class", "several", "numbers"]
VALIDATION = "validation_"
"""What the name of a metric begins with that is measured on the validation part."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One number that says what the answers to many images are worth."""

    name: str
    less: bool = False
    """Whether less is better."""
    share: bool = False
    """Whether it is a share of the images, which is shown in percent."""
    trained: bool = False
    """Whether it is measured in training too: it follows from sums over steps, and needs no answers kept."""
    above: int = 0
    """It says nothing of a network with so many outputs or fewer."""

    @property
    def words(self) -> str:
        """For a person: `mean absolute error`."""
        return self.name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the end of a network."""

    name: Literal["class", "two", "several", "numbers"]
    labels: Labels
    """The value of `data.labels` that it is for."""
    losses: tuple[str, ...]
    """The first is the default."""
    metrics: tuple[Metric, ...]
    """The first chooses the best epoch, and is what a target is of where it names none."""
    takes: str
    """What it compares, after "labels"."""
    answers: Literal["softmax", "sigmoid"] | None
    """The function that makes answers of the last layer's numbers; None where they are the answers."""

    @property
    def main(self) -> Metric:
        """The metric that stands for all."""
        return self.metrics[0]

    def metric(self, name: str) -> Metric | None:
        """The metric of this name; None where it has none. A loss is one too, of which less is better."""
        return next((metric for metric in (*self.metrics, LOSS) if metric.name == name), None)

    def classes(self, outputs: int) -> int:
        """How many names the labels have: of one unit, two."""
        return 2 if self.name == "two" else outputs


LOSS = Metric("loss", less=True, trained=True)
ACCURACY = Metric("accuracy", share=True, trained=True)
TOP = 5

CLASS = Head(
    "class",
    "class",
    ("cross_entropy", "mean_squared_error"),
    (ACCURACY, Metric("top_5", share=True, above=TOP)),
    "of one class among several",
    "softmax",
)
TWO = Head("two", "class", ("binary_cross_entropy",), (ACCURACY, Metric("auc")), "of one class of two", "sigmoid")
SEVERAL = Head(
    "several",
    "several",
    ("binary_cross_entropy",),
    (Metric("f1", trained=True), Metric("average_precision")),
    "of which several may be on",
    "sigmoid",
)
NUMBERS = Head(
    "numbers",
    "numbers",
    ("mean_squared_error", "mean_absolute_error", "huber"),
    (
        Metric("mean_absolute_error", less=True, trained=True),
        Metric("root_mean_square_error", less=True, trained=True),
        Metric("r2"),
    ),
    "that are numbers",
    None,
)
HEADS = (CLASS, TWO, SEVERAL, NUMBERS)

METRICS: dict[str, Metric] = {metric.name: metric for head in HEADS for metric in (LOSS, *head.metrics)}
"""Every metric by its name."""
WATCHED = (
    *(name for name, metric in METRICS.items() if metric.trained),
    *(f"{VALIDATION}{name}" for name in METRICS),
)
"""What an epoch may be judged by: the keys of its row."""


LIKELY = 0.5
"""A label is on whose probability is above this."""
ON = 0.0
"""The logit of that probability: what is measured is measured by the logit, which no rounding of a sigmoid has touched."""


def head_of(labels: str, outputs: int | None, loss: str) -> Head:
    """The head of a network that gives so many numbers an image, with the metrics that say something of it.

    What does not fit together has the head of its labels; where the number is not known, that of the loss.

    >>> head_of("class", 1, "binary_cross_entropy").name, head_of("class", 3, "cross_entropy").metrics[-1].name
    ('two', 'accuracy')
    """
    if labels == "class":
        head = TWO if outputs in (1, None) and loss in TWO.losses else CLASS
    else:
        head = next(head for head in HEADS if head.labels == labels)
    metrics = tuple(metric for metric in head.metrics if outputs is None or outputs > metric.above)
    return replace(head, metrics=metrics)


def watched(name: str) -> tuple[Metric, bool]:
    """The metric that a key of an epoch's row is of, and whether it is that of the validation part."""
    validated = name.startswith(VALIDATION)
    return METRICS[name.removeprefix(VALIDATION)], validated
