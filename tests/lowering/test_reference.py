"""netspec's numbers against onnx's evaluator, which is numpy and runs on every Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from netspec.language.activations import ACTIVATIONS
from tests.lowering.grammar import specs
from tests.lowering.networks import network, variables

pytest.importorskip("onnx")

from tests.lowering.reference import onnx_forward


def compare(text: str, *, chosen: bool) -> None:
    """To 1e-5 of the largest number; the reference computes in float64."""
    net = network(text, chosen=chosen)
    start = variables(net)
    images = np.random.default_rng(1).normal(size=(3, *net.plan.input)).astype(np.float32)
    wanted = onnx_forward(net, start, images)
    found = np.asarray(net.jit(net.apply)(start, images), np.float64)
    assert found.size == wanted.size
    scale = max(np.abs(wanted).max(), 1e-6)
    assert np.abs(found.reshape(wanted.shape) - wanted).max() / scale < 1e-5


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation: str) -> None:
    text = (
        f"netspec: 1\nname: t\ninput: [6, 5, 2]\ndefaults: {{activation: {activation}}}\n"
        "blocks:\n  - {conv: {filters: 4, kernel: 3, padding: same, norm: batch}, pool: {type: average, window: 2}}\n"
        "fc: [{units: 6, norm: batch}, 3]\n"
    )
    compare(text, chosen=True)


@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_random_networks(text: str) -> None:
    compare(text, chosen=True)


@pytest.mark.slow
@settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_many_random_networks(text: str) -> None:
    compare(text, chosen=False)
    compare(text, chosen=True)
