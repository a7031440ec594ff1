"""Keras's files: read without Keras, and held against what Keras gives where it is installed."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from netspec.diagnostics.errors import SpecError
from netspec.importing.imported import imported
from tests.importing.test_onnx import applied

pytest.importorskip("h5py")


def layer(kind: str, name: str, reads: list[str], **config: Any) -> dict[str, Any]:
    """A layer as Keras 2 writes it."""
    inbound = [[[one, 0, 0, {}] for one in reads]] if reads else []
    return {"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": inbound}


def model(*layers: dict[str, Any]) -> str:
    config = {"name": "net", "layers": list(layers), "output_layers": [[layers[-1]["name"], 0, 0]]}
    return json.dumps({"class_name": "Functional", "config": config, "keras_version": "2.12.0"})


IMAGE = layer("InputLayer", "image", [], batch_input_shape=[None, 16, 16, 4])


def test_a_model_of_keras_2_comes_in(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    conv = {"kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "use_bias": False, "activation": "linear"}
    path.write_text(
        model(
            IMAGE,
            layer("Conv2D", "c1", ["image"], filters=4, **conv),
            layer("BatchNormalization", "b1", ["c1"], axis=[3], epsilon=1e-5, momentum=0.9, scale=True, center=True),
            layer("LeakyReLU", "l1", ["b1"], alpha=0.1),
            layer("Add", "add", ["image", "l1"]),
            layer("GlobalAveragePooling2D", "mean", ["add"]),
            layer("Dense", "out", ["mean"], units=3, activation="softmax", use_bias=True),
        )
    )
    found = imported(str(path))
    assert (
        "  - conv: {filters: 4, kernel: 3, padding: 1, norm: batch, activation: {type: leaky_relu, slope: 0.1}}"
        in found.text
    )
    assert "    shortcut: add" in found.text
    assert found.plan.parameters == 4 * 4 * 9 + 8 + 15


@pytest.mark.parametrize(
    ("units", "last", "compiled", "said"),
    [
        (1, "sigmoid", "binary_crossentropy", ("class", "binary_cross_entropy", "none")),
        (3, "sigmoid", None, ("several", "binary_cross_entropy", "none")),
        (2, "linear", "mae", ("numbers", "mean_absolute_error", "none")),
        (1, "sigmoid", {"class_name": "MeanSquaredError"}, ("numbers", "mean_squared_error", "sigmoid")),
    ],
)
def test_what_stands_at_the_end_says_labels_and_loss(
    units: int, last: str, compiled: Any, said: tuple[str, str, str], tmp_path: Path
) -> None:
    whole = json.loads(
        model(IMAGE, layer("Flatten", "f", ["image"]), layer("Dense", "d", ["f"], units=units, activation=last))
    )
    path = tmp_path / "net.json"
    path.write_text(json.dumps(whole | ({"compile_config": {"loss": compiled}} if compiled else {})))
    plan = imported(str(path)).plan
    settings: Any = plan.layers[-1].settings
    assert (plan.spec.data.value.labels, plan.spec.train.value.loss.type, settings.activation.type) == said


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        (layer("Lambda", "twice", ["image"], function="4wEA"), "NS295", "`twice`: `Lambda` is a program"),
        ({**layer("Mine", "own", ["image"]), "registered_name": "mine>Mine"}, "NS295", "`own`: `Mine` is a program"),
        (layer("UpSampling2D", "up", ["image"], size=[2, 2]), "NS290", "`up`: a layer `UpSampling2D`"),
        (layer("ReLU", "cut", ["image"], max_value=4.0), "NS290", "largest value 4.0"),
        (layer("Conv2D", "c", ["image"], filters="many", kernel_size=[3, 3]), "NS292", "'many' is no size"),
        (layer("Conv2D", "c", ["elsewhere"], filters=2, kernel_size=[3, 3]), "NS292", "does not stand before"),
    ],
)
def test_what_cannot_come_in_is_named(wrong: dict[str, Any], code: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(
        model(IMAGE, wrong, layer("Flatten", "flat", [wrong["name"]]), layer("Dense", "out", ["flat"], units=3))
    )
    with pytest.raises(SpecError) as caught:
        imported(str(path))
    assert [one.code for one in caught.value.diagnostics] == [code]
    assert words in caught.value.diagnostics[0].message


@pytest.mark.parametrize(
    "content", ["", "[]", '{"config": {}}', '{"class_name": "Functional", "config": {"layers": [1]}}', "[" * 5000]
)
def test_a_file_that_is_no_model_is_said_to_be_that(content: str, tmp_path: Path) -> None:
    for name in ("net.json", "net.keras", "net.h5", "net.pt2"):
        (tmp_path / name).write_text(content)
        with pytest.raises(SpecError, match=r"NS29[25]"):
            imported(str(tmp_path / name))


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_predictions_are_those_of_keras(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras")
    import numpy as np

    layers = keras.layers
    keras.utils.set_random_seed(0)
    image = layers.Input((20, 18, 3))
    value = layers.Rescaling(1 / 255)(image)
    value = layers.ZeroPadding2D(((0, 1), (0, 1)))(value)
    value = layers.Conv2D(8, 3, strides=2, use_bias=False)(value)
    value = start = layers.ReLU(6.0)(layers.BatchNormalization()(value))
    value = layers.DepthwiseConv2D(3, padding="same", activation="swish")(value)
    mean = layers.Reshape((1, 1, 8))(layers.GlobalAveragePooling2D()(value))
    factor = layers.Conv2D(8, 1, activation="sigmoid")(layers.Conv2D(4, 1, activation="relu")(mean))
    value = layers.Add()([start, layers.Conv2D(8, 1)(layers.Multiply()([value, factor]))])
    value = layers.Concatenate()(
        [layers.SeparableConv2D(5, 3, padding="same")(value), layers.MaxPooling2D(3, 1, "same")(value)]
    )
    value = layers.Dense(6, activation="gelu")(layers.Flatten()(value))
    network = keras.Model(image, layers.Dense(3)(layers.Dropout(0.5)(value)))
    images = np.random.default_rng(0).uniform(0, 255, (2, 20, 18, 3)).astype(np.float32)
    path = tmp_path / f"net.{ending}"
    with warnings.catch_warnings(action="ignore"):  # HDF5 is the older form
        network.save(path)
    found = imported(str(path), arrays=True)
    assert found.arrays is not None
    given = (images - found.arrays["state/input/mean"]) / found.arrays["state/input/deviation"]
    expected = network.predict(images, verbose=0)
    assert np.abs(applied(found, given) - expected).max() <= 1e-5 * np.abs(expected).max()
