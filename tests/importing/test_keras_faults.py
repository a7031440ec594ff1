"""What Keras's models say that is easily passed over, and files of weights that reach beyond themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netspec.diagnostics.errors import SpecError
from netspec.importing.imported import imported
from tests.importing.test_keras import IMAGE, layer, model

h5py = pytest.importorskip("h5py")


def conv(name: str, reads: str, **more: Any) -> dict[str, Any]:
    return layer("Conv2D", name, [reads], filters=4, kernel_size=[3, 3], padding="same", **more)


def function(kind: str, **config: Any) -> dict[str, Any]:
    """A function as Keras 3 writes one that is a layer."""
    return {"class_name": kind, "module": "keras.layers", "config": config, "registered_name": None}


ELU, RELU6 = function("ELU", alpha=0.3), function("ReLU", max_value=6.0, negative_slope=0.0)
CASES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "relu6 in a layer": ([conv("c", "image", activation=RELU6)], "+activation: relu6"),
    "elu in a layer": ([conv("c", "image", activation=ELU)], "+alpha: 0.3"),
    "relu cut elsewhere": ([conv("c", "image", activation=function("ReLU", max_value=4.0))], "largest value 4.0"),
    "leaky relu6": ([layer("ReLU", "r", ["image"], max_value=6.0, negative_slope=0.1)], "slope 0.1"),
    "a softmax is added": (
        [conv("c", "image"), layer("Softmax", "s", ["c"]), layer("Add", "add", ["c", "s"])],
        "it reads probabilities",
    ),
    "a padded map is joined": (
        [conv("c", "image"), layer("ZeroPadding2D", "p", ["c"]), layer("Concatenate", "j", ["c", "p"])],
        "no convolution follows",
    ),
    "the result is padded": ([conv("c", "image"), layer("ZeroPadding2D", "p", ["c"])], "around the result"),
    "the image is read raw and scaled": (
        [
            layer("Rescaling", "r", ["image"], scale=0.5),
            conv("a", "image"),
            conv("b", "r"),
            layer("Add", "add", ["a", "b"]),
        ],
        "scaled in another way",
    ),
    "laid out anew": (
        [layer("GlobalAveragePooling2D", "m", ["image"]), layer("Reshape", "r", ["m"], target_shape=[2, 2, 1])],
        "laid out anew",
    ),
}
"""Layers with what is said of them, or with what the spec has."""


@pytest.mark.parametrize("name", CASES)
def test_no_setting_is_passed_over(name: str, tmp_path: Path) -> None:
    layers, words = CASES[name]
    path = tmp_path / "net.json"
    path.write_text(model(IMAGE, *layers))
    if words.startswith("+"):
        assert words[1:] in imported(str(path)).text
        return
    with pytest.raises(SpecError, match=words):
        imported(str(path))


@pytest.mark.parametrize("kind", ["link", "soft", "external", "virtual", "huge", "none"])
def test_weights_are_those_of_the_file_alone(kind: str, tmp_path: Path) -> None:
    import numpy as np

    path, numbers = tmp_path / "net.h5", np.ones((3, 3, 4, 4), "f4")
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["kernel"] = numbers
    (tmp_path / "raw").write_bytes(numbers.tobytes())
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = model(IMAGE, conv("c", "image", use_bias=False))
        group = file.create_group("model_weights/c")
        group.attrs["weight_names"] = ["c/kernel"]
        own = group.create_group("c")
        if kind == "link":
            own["kernel"] = h5py.ExternalLink("other.h5", "/kernel")
        elif kind == "soft":
            own["kernel"] = h5py.SoftLink("/elsewhere")
        elif kind == "external":
            own.create_dataset("kernel", numbers.shape, "f4", external=[(str(tmp_path / "raw"), 0, numbers.nbytes)])
        elif kind == "virtual":
            layout = h5py.VirtualLayout(numbers.shape, "f4")
            layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "kernel", numbers.shape)
            own.create_virtual_dataset("kernel", layout)
        elif kind == "huge":
            own.create_dataset("kernel", (1 << 20, 1 << 20), "f4", chunks=(1 << 10, 1 << 10), compression="gzip")
        else:
            own["kernel"] = numbers
    if kind == "none":
        assert imported(str(path), arrays=True).arrays is not None
        return
    with pytest.raises(SpecError, match="would be" if kind == "huge" else "NS295"):
        imported(str(path), arrays=True)
