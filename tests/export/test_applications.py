"""Networks of Keras: in by an import, out as Keras saves them, and in again, all numbers by Keras's own."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from netspec.importing.imported import imported
from tests.cli.run import here

pytestmark = [
    pytest.mark.skipif("NETSPEC_LONG" not in os.environ, reason="NETSPEC_LONG is not set: a minute of compiling"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of Keras, on numpy 2
]


@pytest.mark.parametrize("name", ["MobileNet", "MobileNetV2", "ResNet50", "DenseNet121", "EfficientNetB0"])
def test_a_network_goes_there_and_back(name: str, tmp_path: Path) -> None:
    os.environ.setdefault("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    model = getattr(keras.applications, name)(
        weights=None, input_shape=(64, 64, 3), classes=10, classifier_activation=None
    )
    rng = np.random.default_rng(0)
    for variable in model.variables:  # as after training: the statistics of new norms are 0 and 1, whatever they norm
        if "moving" in variable.path or variable.path.endswith(("gamma", "beta")):
            low, high = (0.5, 1.5) if variable.path.endswith(("variance", "gamma")) else (-0.1, 0.1)
            variable.assign(rng.uniform(low, high, variable.shape))
    first, again = tmp_path / "net.keras", tmp_path / "again" / "net.keras"
    again.parent.mkdir()
    model.save(first)
    found = imported(str(first), arrays=True)
    found.save(tmp_path / "net.yaml", tmp_path / "net.safetensors")
    done = here("export", str(tmp_path / "net.safetensors"), "--to", "keras", "--logits", "-o", str(again))
    assert done.exit_code == 0, done.output
    second = imported(str(again), arrays=True)
    assert (second.text, second.arrays.keys()) == (found.text, found.arrays.keys())
    for key, array in found.arrays.items():
        np.testing.assert_allclose(second.arrays[key], array, rtol=1e-6, err_msg=key)
    images = rng.uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
    truth, out = (
        keras.ops.convert_to_numpy(one(images, training=False)) for one in (model, keras.models.load_model(again))
    )
    assert np.abs(out - truth).max() <= 1e-5 * np.abs(truth).max()
