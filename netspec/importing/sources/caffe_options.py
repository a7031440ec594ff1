"""Which options the layers of a prototxt have: those that are read, and those that change nothing while they are the usual ones."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.importing.sources.prototxt import Block
from netspec.text.source import Span

ANY = None
"""Among the usual values of an option: whatever it is, the network is the same."""
_FILLED = {"weight_filler": ANY, "bias_filler": ANY, "engine": ANY, "force_nd_im2col": ANY}
_WINDOW = "pad pad_h pad_w kernel_size kernel_h kernel_w stride stride_h stride_w"

OPTIONS: dict[str, tuple[str, dict[str, str | None]]] = {
    "convolution_param": (f"num_output bias_term group dilation {_WINDOW}", {**_FILLED, "axis": "1"}),
    "pooling_param": (f"pool global_pooling round_mode ceil_mode {_WINDOW}", {"engine": ANY}),
    "inner_product_param": ("num_output bias_term", {**_FILLED, "axis": "1", "transpose": ANY}),
    "relu_param": ("negative_slope", {"engine": ANY}),
    "prelu_param": ("channel_shared", {"filler": ANY}),
    "elu_param": ("alpha", {}),
    "sigmoid_param": ("", {"engine": ANY}),
    "tanh_param": ("", {"engine": ANY}),
    "dropout_param": ("dropout_ratio", {"scale_train": "true"}),
    "lrn_param": ("local_size alpha beta norm_region k", {"engine": ANY}),
    "batch_norm_param": ("moving_average_fraction eps", {"use_global_stats": ANY}),
    "scale_param": ("bias_term", {"axis": "1", "num_axes": "1", "filler": ANY, "bias_filler": ANY}),
    "concat_param": ("axis concat_dim", {}),
    "eltwise_param": ("operation coeff", {"stable_prod_grad": ANY}),
    "flatten_param": ("", {"axis": "1", "end_axis": "-1"}),
    "softmax_param": ("", {"engine": ANY, "axis": "1"}),
}
"""By the block that they stand in: what is read, and the usual values of what is not."""


def unread(layer: Block) -> Iterator[tuple[str, Span]]:
    """The options of a layer that may change what it computes, and that nothing reads, as they are written."""
    for name, (read, usual) in OPTIONS.items():
        for key, value, span in layer.block(name).fields:
            plain = value if isinstance(value, str) else "{}"
            if key not in read.split() and usual.get(key, "") not in (ANY, plain):
                yield f"{key}: {plain}` of `{name}", span


def shared(layer: Block) -> list[str]:
    """The names of its weights, by which layers share them: of the new form and the old."""
    return [name for name in (*(one.text("name") for one in layer.blocks("param")), *layer.texts("param")) if name]
