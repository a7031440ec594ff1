"""The networks of torchvision, pytorchcv and keras.applications: what they give, and their weights in netspec's arrays.

Both sides are told as parts in the order they run: a part is a weighted sum, or a norm, with its arrays in netspec's layout.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Part = dict[str, np.ndarray]
"""`kernel` (height, width, channels in / groups, filters) or (inputs, units) and `bias`; or `scale`, `shift`, `mean`, `variance`."""
Told = tuple[list[Part], np.ndarray]
"""The parts of a reference, and the logits (1, classes) that it gives for an image."""


def told(reference: str, image: np.ndarray) -> Told:
    """The parts of `package:model` and its logits for an image (1, height, width, channels), with weights that are drawn.

    Raises ImportError where the package is not there.
    """
    package, _, model = reference.partition(":")
    if package != "keras":
        importlib.import_module("torch").manual_seed(0)
    return {"torchvision": _torchvision, "pytorchcv": _pytorchcv, "keras": _keras}[package](model, image)


def _torchvision(name: str, image: np.ndarray) -> Told:
    models = _with_operators("torchvision.models")
    keys = {"googlenet": {"aux_logits": False, "transform_input": False, "init_weights": False}}
    keys["inception_v3"] = {"transform_input": False, "init_weights": False}
    return _of_torch(getattr(models, name)(**keys.get(name, {})), image)


def _with_operators(module: str) -> Any:
    """torchvision's wheel wants CUDA; beside a PyTorch without it, the operators that it misses are declared: no network has them."""
    try:
        return importlib.import_module(module)
    except RuntimeError:
        import torch

        operators = torch.library.Library("torchvision", "FRAGMENT")
        sys.modules["torchvision_operators"] = operators  # type: ignore[assignment]
        for name in ("nms", "qnms"):
            operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return importlib.import_module(module)


def _pytorchcv(name: str, image: np.ndarray) -> Told:
    return _of_torch(_with_operators("pytorchcv.model_provider").get_model(name), image)


def _of_torch(model: Any, image: np.ndarray) -> Told:
    """Computed in float64."""
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            # Larger ones let residual sums grow until gates saturate, where float32 keeps no digits in PyTorch either.
            torch.nn.init.uniform_(module.weight, 0.3, 0.7)
            torch.nn.init.normal_(module.bias, std=0.1)
            torch.nn.init.normal_(module.running_mean, std=0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    parts: list[Part] = []
    for module in model.modules():
        module.register_forward_hook(lambda module, inputs, _: parts.extend(_torch_parts(module, inputs[0])))
    with torch.no_grad():
        logits = model.double().eval()(torch.tensor(np.ascontiguousarray(image.transpose(0, 3, 1, 2))).double())
    return parts, logits.numpy()


def _torch_parts(module: Any, x: Any) -> Iterator[Part]:
    import torch

    arrays = {name: tensor.detach().numpy() for name, tensor in module.named_parameters(recurse=False)}
    if isinstance(module, torch.nn.Conv2d):
        yield {"kernel": arrays["weight"].transpose(2, 3, 1, 0)} | _renamed(arrays, bias="bias")
    elif isinstance(module, torch.nn.Linear):
        yield {"kernel": arrays["weight"].T} | _renamed(arrays, bias="bias")
    elif isinstance(module, torch.nn.BatchNorm2d | torch.nn.LayerNorm):
        buffers = {name: tensor.numpy() for name, tensor in module.named_buffers(recurse=False)}
        names = {"weight": "scale", "bias": "shift", "running_mean": "mean", "running_var": "variance"}
        yield _renamed(arrays | buffers, **names)
    elif "layer_scale" in arrays:
        yield {"kernel": arrays["layer_scale"].reshape(1, 1, 1, -1)}


def _renamed(arrays: Part, **names: str) -> Part:
    return {new: arrays[old] for old, new in names.items() if old in arrays}


def _keras(name: str, image: np.ndarray) -> Told:
    os.environ["KERAS_BACKEND"] = "jax"
    keras = importlib.import_module("keras")
    keras.utils.set_random_seed(0)
    model, called = _recorded(
        keras, lambda: getattr(keras.applications, name)(weights=None, classifier_activation=None)
    )
    rng = np.random.default_rng(0)
    for layer in called:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
        if name == "ResNet50V2" and layer.name == "conv1_conv":
            # Keras pads with zeros before the maximum; where all is above 0, that is no padding.
            layer.set_weights([layer.get_weights()[0], np.full(64, 20)])
    return [part for layer in called for part in _keras_parts(layer)], np.asarray(model(image))


def _recorded(keras: Any, make: Callable[[], Any]) -> tuple[Any, list[Any]]:
    """A functional model, and its layers in the order in which they were called."""
    called: list[Any] = []
    original = keras.layers.Layer.__call__

    def call(layer: Any, *args: Any, **keys: Any) -> Any:
        called.append(layer)
        return original(layer, *args, **keys)

    keras.layers.Layer.__call__ = call
    try:
        return make(), called
    finally:
        keras.layers.Layer.__call__ = original


def _keras_parts(layer: Any) -> Iterator[Part]:
    arrays = {weight.name: np.asarray(weight) for weight in layer.weights}
    for name in ("depthwise_kernel", "pointwise_kernel", "kernel"):
        if name in arrays:
            kernel = arrays[name]
            if name == "depthwise_kernel" or type(layer).__name__ == "DepthwiseConv2D":
                kernel = kernel.reshape(*kernel.shape[:2], 1, -1)
            yield {"kernel": kernel} | (_renamed(arrays, bias="bias") if name != "depthwise_kernel" else {})
    if "moving_mean" in arrays:
        yield _renamed(arrays, gamma="scale", beta="shift", moving_mean="mean", moving_variance="variance")
