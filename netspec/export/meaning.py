"""What an artefact's answers are, and what its training step takes for labels, by the head of its network."""

from __future__ import annotations

from typing import Any

from netspec.language.heads import Head

OUTPUTS = {
    "class": "column i is the probability of classes[i]",
    "two": "the probability of classes[1]; that of classes[0] is the rest",
    "several": "column i is the probability that classes[i] is on",
    "numbers": "column i is the number that classes[i] names",
}
LOGITS = {
    "class": "column i is what softmax makes the probability of classes[i] of",
    "two": "what the logistic function makes the probability of classes[1] of",
    "several": "column i is what the logistic function makes the probability of classes[i] of",
    "numbers": OUTPUTS["numbers"],
}
"""Of the last layer's own numbers."""
LABELS = {
    "class": "label i is classes[i], counted from 0",
    "two": "label i is classes[i], counted from 0",
    "several": "column i is 1 where classes[i] is on, else 0",
    "numbers": "column i is the number that classes[i] names",
}


def result(head: Head, logits: bool = False) -> str:
    """What a model's answers are called."""
    return "numbers" if head.name == "numbers" else "logits" if logits else "probabilities"


def label_type(head: Head) -> str:
    """The type of the labels of a training step."""
    return "float32" if head.labels == "numbers" else "int32"


def meaning(head: Head, outputs: int) -> dict[str, Any]:
    """Of answers (batch, outputs) and of labels: shape, type and words."""
    shape: list[str | int] = ["batch"] if head.labels == "class" else ["batch", outputs]
    return {
        "output": {"shape": ["batch", outputs], "meaning": OUTPUTS[head.name]},
        "labels": {"dtype": label_type(head), "shape": shape, "meaning": LABELS[head.name]},
    }
