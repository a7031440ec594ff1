"""The predicted memory of a training step against XLA's own figure for it. Nothing is run, only compiled."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import netspec
from netspec.analysis.memory import TOLERANCE, training_bytes
from tests.lowering.networks import plan
from tests.training.memory import compiled_bytes

SPECS = Path(__file__).parent.parent.parent / "specs"

LONG = pytest.mark.skipif("NETSPEC_LONG" not in os.environ, reason="NETSPEC_LONG is not set: a minute of compiling")

KNOWN = [
    "digits",
    "lenet5",
    "fully-connected",
    "notes/thousand-by-thousand",
    pytest.param("digits-sigmoid", marks=pytest.mark.slow),
    pytest.param("vgg-small", marks=pytest.mark.slow),
    pytest.param("all-cnn-c", marks=pytest.mark.slow),
    pytest.param("alexnet", marks=pytest.mark.slow),
    pytest.param("vgg16", marks=pytest.mark.slow),
    pytest.param("resnet-fashion", marks=pytest.mark.slow),
    pytest.param("resnet20-cifar", marks=LONG),
    pytest.param("squeezenet", marks=LONG),
    pytest.param("lenet5-fashion", marks=LONG),
    pytest.param("vgg11", marks=LONG),
    pytest.param("vgg19", marks=LONG),
    pytest.param("mobilenet-v1", marks=LONG),
]

HEAD = "netspec: 1\nname: t\ninput: [%s]\ndata: {source: npz, path: t.npz}\n"
CONVOLUTIONS = (
    HEAD % "32, 32, 3" + "blocks: [{conv: {filters: 24, kernel: 3, padding: same, repeat: 2%s}, pool: {window: 2}}, "
    "{conv: {filters: 48, kernel: 3, padding: same%s}, pool: {%s}}]\nfc: [{units: 64%s}, 10]\n"
)
SEPARABLE = (
    "blocks: [{conv: [{filters: 32, kernel: 3, padding: same}, "
    "{filters: 32, kernel: 3, padding: same, groups: depthwise, norm: batch}, "
    "{filters: 64, kernel: 1, norm: batch}], pool: {window: 2}}]\nfc: [10]\n"
)
BRIDGED = HEAD % "32, 32, 3" + (
    "defaults: {conv: {kernel: 3, padding: 1, norm: batch%s}}\n"
    "blocks: [{conv: {filters: 16}}, {repeat: 2, conv: [{filters: 16}, {filters: 16, activation: none}], shortcut: %s}, "
    "{repeat: 2, conv: [{filters: 32, first: {stride: 2}}, {filters: 32, activation: none}], shortcut: %s}, "
    "{pool: {type: average, window: all}}]\nfc: [10]\n"
)
BOTTLENECKS = HEAD % "32, 32, 3" + (
    "defaults: {conv: {kernel: 1, norm: batch}}\n"
    "blocks: [{conv: {filters: 16, kernel: 3, padding: 1}}, {repeat: 3, conv: [{filters: 16}, "
    "{filters: 16, kernel: 3, padding: 1, first: {stride: 2}}, {filters: 64, activation: none}], shortcut: add, "
    "activation: relu}, {pool: {type: average, window: all}}]\nfc: [10]\n"
)
DENSE = HEAD % "32, 32, 3" + (
    "defaults: {conv: {kernel: 3, padding: 1, norm: batch, order: [norm, activation, conv]}}\n"
    "blocks: [{conv: {filters: 24, norm: none, activation: none}}, {repeat: 4, conv: [{filters: 48, kernel: 1, padding: 0}, "
    "{filters: 12}], shortcut: concat}, {pool: {type: average, window: all, norm: batch, activation: relu, "
    "order: [norm, activation, pool]}}]\nfc: [10]\n"
)
INCEPTION = HEAD % "32, 32, 3" + (
    "defaults: {conv: {kernel: 1}}\n"
    "blocks: [{conv: {filters: 32, kernel: 3, padding: 1}, pool: {window: 3, stride: 2, padding: 1}}, {repeat: 2, branches: "
    "[{conv: {filters: 16}}, {conv: [{filters: 24}, {filters: 32, kernel: 3, padding: 1}]}, "
    "[{pool: {window: 3, stride: 1, padding: 1}}, {conv: {filters: 8}}]], join: concat}, "
    "{pool: {type: average, window: all}}]\nfc: [10]\n"
)
GATED = HEAD % "32, 32, 3" + (
    "defaults: {conv: {kernel: 1, norm: batch, activation: hard_swish}}\n"
    "blocks: [{conv: {filters: 16, kernel: 3, padding: 1}}, {repeat: 3, conv: [{filters: 4x}, {kernel: 3, padding: 1, "
    "groups: depthwise, gate: {reduction: 4}, first: {stride: 2}}, {filters: 24, activation: none}], "
    "shortcut: {type: add, projection: skip}}, {pool: {type: average, window: all}}]\nfc: [10]\n"
)
RELU = "add, activation: relu"
VARIANTS = {
    "residual": (BRIDGED % ("", RELU, RELU), 32),
    "sliced shortcut": (BRIDGED % ("", RELU, "{type: add, projection: slice}, activation: relu"), 32),
    "averaged shortcut": (BRIDGED % ("", RELU, "{type: add, projection: pool}, activation: relu"), 64),
    "pre-activation": (BRIDGED % (", order: [norm, activation, conv]", "add", "add"), 64),
    "bottlenecks": (BOTTLENECKS, 64),
    "dense": (DENSE, 32),
    "inception": (INCEPTION, 64),
    "gates": (GATED, 32),
    "group norm": (CONVOLUTIONS % (", norm: {type: group, groups: 8}", "", "window: 2", ""), 64),
    "layer norm": (CONVOLUTIONS % (", norm: layer", ", norm: instance", "window: 2", ""), 64),
    "local response norm": (CONVOLUTIONS % (", norm: local_response", "", "window: 2, norm: local_response", ""), 64),
    "norm of pooling": (CONVOLUTIONS % ("", "", "window: 2, norm: batch, activation: relu", ""), 64),
    "norm behind": (CONVOLUTIONS % (", norm: batch, order: [conv, activation, norm]", "", "window: 2", ""), 64),
    "trained slopes": (CONVOLUTIONS % (", activation: prelu", "", "window: 2", ""), 64),
    "spatial dropout": (CONVOLUTIONS % (", dropout: {rate: 0.2, type: spatial}", "", "window: 2", ""), 64),
    "norm": (CONVOLUTIONS % (", norm: batch", ", norm: batch", "window: 2", ", norm: batch"), 64),
    "one image": (CONVOLUTIONS % ("", "", "window: 2", ""), 1),
    "many images": (CONVOLUTIONS % ("", "", "window: 2", ""), 512),
    "dropout": (CONVOLUTIONS % (", dropout: 0.2", "", "window: 2", ", dropout: 0.5"), 64),
    "smooth activations": (CONVOLUTIONS % (", activation: gelu", ", activation: silu", "window: 2", ""), 64),
    "linear": (CONVOLUTIONS % (", activation: none", ", activation: tanh", "window: 2", ""), 64),
    "global average": (CONVOLUTIONS % ("", "", "type: average, window: all", ""), 64),
    "padded pooling": (CONVOLUTIONS % ("", "", "window: 3, stride: 2, padding: 1", ""), 64),
    "strides": (CONVOLUTIONS % (", stride: 2", ", stride: 2", "window: 2", ""), 64),
    "groups": (CONVOLUTIONS % ("", ", groups: 4", "window: 2", ""), 64),
    "dilation": (CONVOLUTIONS % (", dilation: 2", "", "window: 2", ""), 64),
    "separable": (HEAD % "32, 32, 3" + SEPARABLE, 64),
    "bfloat16": (CONVOLUTIONS % ("", "", "window: 2", "") + "train: {precision: bfloat16}\n", 64),
    "frozen beginning": (
        CONVOLUTIONS % (", norm: batch", ", norm: batch", "window: 2", ", norm: batch") + "train: {freeze: block*}\n",
        64,
    ),
    "frozen end": (BRIDGED % ("", RELU, RELU) + "train: {freeze: ['block[4-9].*', 'fc*']}\n", 32),
    "accumulated": (HEAD % "28, 28, 1" + "fc: [1024, 1024, 10]\ntrain: {optimizer: sgd, accumulate: 4}\n", 64),
    "augmented and accumulated": (
        (CONVOLUTIONS % (", norm: batch", ", norm: batch", "window: 2", ", norm: batch")).replace(
            "t.npz}", "t.npz, augment: {flip: both, zoom: 0.1, saturation: 0.1, erase: 0.5, mixup: 0.2}}"
        )
        + "train: {accumulate: 3}\n",
        64,
    ),
    **{
        name: (HEAD % "28, 28, 1" + f"fc: [1024, 1024, 10]\ntrain: {{optimizer: {name}}}\n", 64)
        for name in ("sgd", "adam", "adamw", "rmsprop", "adagrad", "lion", "lamb")
    },
}
QUICK = {"norm", "adam"}


@pytest.mark.parametrize("name", KNOWN)
def test_known_specs_take_what_was_predicted(name: str) -> None:
    known = netspec.check(SPECS / f"{name}.yaml").plan
    assert known is not None
    batch = known.spec.train.value.batch_size
    assert training_bytes(known, batch) == pytest.approx(compiled_bytes(known, batch), rel=TOLERANCE)


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=[pytest.mark.slow, LONG]) for name in VARIANTS]
)
def test_variants_take_what_was_predicted(name: str) -> None:
    text, batch = VARIANTS[name]
    variant = plan(text)
    assert training_bytes(variant, batch) == pytest.approx(compiled_bytes(variant, batch), rel=TOLERANCE)
