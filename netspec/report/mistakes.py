"""The test images that a network answers worst: the surest mistakes of classes and labels, the largest errors of numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from markupsafe import Markup

from netspec.data import Split
from netspec.diagnostics.render.wording import counted
from netspec.report import pictures
from netspec.report.markup import fragment
from netspec.training.loop import Evaluation
from netspec.training.trained import TrainedNetwork

MISTAKES = 24
BATCH = 256
NAMED = 4
"""How many labels of one image are named."""

Caption = Callable[[int], tuple[str, str, str]]
"""Of the image in a row: what the network said, how sure or how far off, and what it is."""


def mistakes(network: TrainedNetwork, test: Split, found: Evaluation) -> tuple[str, Markup]:
    """The title and the content of their section."""
    if network.head.labels == "numbers":
        return _of_numbers(network, test, found)
    of_class = network.head.labels == "class"
    differs = found.predictions != test.labels
    wrong = np.flatnonzero(differs if of_class else differs.any(axis=1))
    if not len(wrong):
        return "Mistakes", fragment("paragraph", "None on the test set.")
    if of_class:
        sure, caption = _of_classes(network, test, found, wrong)
        words = "taken for another class; the surest of them"
    else:
        sure, caption = _of_labels(network, test, found, wrong)
        words = "given other labels; those with the largest loss"
    note = f"{len(wrong):,} of {len(test):,} test images {'is' if len(wrong) == 1 else 'are'} {words}:"
    return "Mistakes", _figures(note, test, wrong[np.argsort(-sure, kind="stable")[:MISTAKES]], caption)


def _figures(note: str, test: Split, rows: np.ndarray, caption: Caption) -> Markup:
    figures = []
    for row in map(int, rows):
        picture = pictures.image(test.images[row], max(1, 84 // test.images.shape[2]), f"test image {row}")
        figures.append(fragment("mistake", picture, *caption(row)))
    return fragment("paragraph", note) + fragment("figures", figures, "small")


def _of_classes(
    network: TrainedNetwork, test: Split, found: Evaluation, wrong: np.ndarray
) -> tuple[np.ndarray, Caption]:
    """How sure the network was of each wrong image, and the captions."""
    said = found.predictions
    if found.logits is None:
        # Whole batches, the last one filled up: one program is compiled instead of two.
        filled = np.resize(wrong, -(-len(wrong) // BATCH) * BATCH)
        batches = (filled[start : start + BATCH] for start in range(0, len(filled), BATCH))
        shares = np.concatenate([np.asarray(network.predict(network.variables, test.images[rows])) for rows in batches])
        confidence = shares[np.arange(len(wrong)), said[wrong]]
    else:
        confidence = _sigmoid(np.abs(found.logits[wrong, 0]))
    sure = dict(zip(wrong.tolist(), confidence.tolist(), strict=True))

    def caption(row: int) -> tuple[str, str, str]:
        return network.classes[int(said[row])], f"{sure[row]:.0%}", network.classes[int(test.labels[row])]

    return confidence, caption


def _of_labels(
    network: TrainedNetwork, test: Split, found: Evaluation, wrong: np.ndarray
) -> tuple[np.ndarray, Caption]:
    """The loss of each wrong image, and the captions."""
    assert found.logits is not None
    against = np.where(test.labels[wrong] > 0, -found.logits[wrong], found.logits[wrong]).astype(np.float64)

    def caption(row: int) -> tuple[str, str, str]:
        off = int(np.sum(found.predictions[row] != test.labels[row]))
        said, true = (_named(network.classes, labels[row]) for labels in (found.predictions, test.labels))
        return said, f"{off} wrong", true

    return np.logaddexp(0, against).mean(axis=1), caption


def _of_numbers(network: TrainedNetwork, test: Split, found: Evaluation) -> tuple[str, Markup]:
    off = np.abs(found.predictions.astype(np.float64) - test.labels)
    spread = test.labels.std(axis=0, dtype=np.float64)
    far = np.sum(off / np.where(spread > 0, spread, 1), axis=1)

    def caption(row: int) -> tuple[str, str, str]:
        said, true = (_numbers(values[row]) for values in (found.predictions, test.labels))
        return said, f"off by {_numbers(off[row])}", true

    note = f"Of {counted(len(test), 'test image')}, those whose numbers are farthest off, in deviations of the labels:"
    return "Largest errors", _figures(note, test, np.argsort(-far, kind="stable")[:MISTAKES], caption)


def _named(names: tuple[str, ...], labels: np.ndarray) -> str:
    """The labels that are on."""
    on = [names[i] for i in np.flatnonzero(labels)]
    return ", ".join([*on[:NAMED], *([f"{len(on) - NAMED} more"] if len(on) > NAMED else [])]) or "none"


def _numbers(values: np.ndarray) -> str:
    shown = [f"{value:.4g}" for value in values[:NAMED].tolist()]
    return ", ".join([*shown, *(["..."] if len(values) > NAMED else [])])


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    wide: np.ndarray = 0.5 * (1 + np.tanh(logits.astype(np.float64) / 2))  # without overflow
    return wide
