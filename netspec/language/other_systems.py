"""The words of other systems, each with what says it here.

What a key of the format is called elsewhere stands at the key itself (`also` in `key(...)`).
"""

from __future__ import annotations

BOOLEANS = {
    "yes": "true",
    "on": "true",
    "1": "true",
    "y": "true",
    "no": "false",
    "off": "false",
    "0": "false",
    "n": "false",
}
"""Words for true and false in YAML 1.1 and in command lines."""
VALUES = {
    "avg": "average", "mean": "average", "maximum": "max", "linear": "none", "identity": "none", "swish": "silu",
    "leakyrelu": "leaky_relu", "batchnorm": "batch", "bn": "batch", "global": "all", "fp32": "float32", "bf16": "bfloat16",
    "mse": "mean_squared_error", "crossentropy": "cross_entropy", "cifar10": "cifar-10", "fashion_mnist": "fashion-mnist",
}  # fmt: skip
"""Words for a value that is one of a few."""
LOGITS = ("softmax", "log_softmax")
"""What the loss applies itself: the last layer gives logits."""
IMPLIED = (*LOGITS, "flatten")
"""Layers that no spec writes: what they do is done without."""
_NORM = ("batch_norm", "batchnorm", "batch_normalization", "batch_normalize", "bn", "norm")
_SWITCHED = (("true", "batch"), ("1", "batch"), ("false", "none"), ("0", "none"))
SWITCHES = {
    **{(name, word): f"norm: {norm}" for name in _NORM for word, norm in _SWITCHED},
    ("depthwise", "true"): "groups: depthwise",
    ("horizontal_flip", "true"): "flip: horizontal",
    ("random_flip", "true"): "flip: horizontal",
}
"""A key with its value, as the key and value that say the same."""

KEYS: dict[str, tuple[str, ...]] = {
    "num_output": ("filters", "units"), "output": ("filters", "units"), "nb_filter": ("filters",), "n_filters": ("filters",),
    "kernel_shape": ("kernel",), "ksize": ("kernel", "window"), "pool_window": ("window",), "subsample": ("stride",),
    "convolutional": ("conv",), "max_pool": ("pool",), "max_pooling": ("pool",), "inner_product": ("fc",), "connected": ("fc",),
    "beta1": ("b1",), "beta_1": ("b1",), "beta2": ("b2",), "beta_2": ("b2",), "gamma": ("decay_rate",), "step_size": ("transition_steps",),
    "rotation": ("rotate",), "rotation_range": ("rotate",), "random_rotation": ("rotate",), "random_crop": ("crop",),
    "clip_grad_norm": ("gradient_clip",), "max_norm": ("gradient_clip",), "clipnorm": ("gradient_clip",), "p": ("dropout",),
    "val_split": ("validation",), "warmup_steps": ("warmup",), "n_epochs": ("epochs",), "nb_epoch": ("epochs",),
}  # fmt: skip
"""Words for keys, besides those at the keys themselves, each with the keys that it may be where they are known."""
GIVEN = ("in_channels", "in_features", "input_dim", "in_planes")
"""Keys that no spec has: what they say follows from the layer before."""
HALVED = {"flops": "macs", "flop": "macs"}
"""Keys whose value is twice that of the key here: a multiply-add is two floating-point operations."""
POOLS = {
    **dict.fromkeys(("gap", "global", "global_average", "globalaverage", "globalaveragepooling", "adaptiveavgpool", "globalavg", "global_avg"), "{type: average, window: all}"),
    **dict.fromkeys(("global_max", "globalmaxpooling", "adaptivemaxpool", "gmp"), "{type: max, window: all}"),
}  # fmt: skip
"""Words for a pooling layer as a whole."""


def plain_word(name: str) -> str:
    """A word without the dress of class names and of methods: in small letters, with `_`.

    >>> plain_word("nn.MaxPool2d"), plain_word("Conv2D"), plain_word("kernel-size")
    ('maxpool', 'conv', 'kernel_size')
    """
    word = name.rpartition(".")[2] if name.startswith(("nn.", "layers.", "keras.", "tf.", "torch.")) else name
    return word.lower().replace("-", "_").removesuffix("2d").rstrip("_")
