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
_NORM = ("batch_norm", "batchnorm", "batch_normalization", "bn", "norm")
SWITCHES = {
    **{(name, word): f"norm: {norm}" for name in _NORM for word, norm in (("true", "batch"), ("false", "none"))},
    ("depthwise", "true"): "groups: depthwise",
}
"""A key with its value, as the key and value that say the same."""
