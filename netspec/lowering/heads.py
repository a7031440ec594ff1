"""What a head says of an image: the last layer's numbers in the terms of the labels."""

from __future__ import annotations

import jax

from netspec.analysis.heads import of_plan
from netspec.analysis.plan import Plan

FUNCTIONS = {"softmax": jax.nn.softmax, "sigmoid": jax.nn.sigmoid}
"""By the name that a head gives them."""


def answers(plan: Plan, logits: jax.Array) -> jax.Array:
    """(batch, outputs) float32 logits -> (batch, outputs) answers.

    Of classes, the probability of each by softmax; of one unit, that of the second class; of several labels, the
    probability that each is on; numbers are themselves.
    """
    function = of_plan(plan).answers
    return logits if function is None else FUNCTIONS[function](logits)
