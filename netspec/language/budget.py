"""What a network may cost, and how far it must see."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.language.fields import Pair, count, key, pair, size_bytes


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Upper bounds on costs, and a lower bound on the receptive field. What is left out is not checked."""

    parameters: int | None = key(count(), "Trainable parameters.", None, examples=("62k",), also=("params",))
    macs: int | None = key(
        count(),
        "Multiply-adds of conv and fc, forward, one example; FLOPs = 2 * MACs.",
        None,
        examples=("1.5M",),
    )
    weights: int | None = key(
        size_bytes(), "Bytes of the trainable parameters at the training precision.", None, examples=("256KiB",)
    )
    activations: int | None = key(
        size_bytes(),
        "Bytes of the largest layer's input and output together, one example, float32.",
        None,
        examples=("64KiB",),
    )
    memory: int | None = key(
        size_bytes(),
        "Bytes of training at `train.batch_size`: weights, gradients, optimizer state, saved activations and workspace.",
        None,
        examples=("1GiB",),
    )
    receptive_field: Pair | None = key(
        pair(1), "The least receptive field of the last feature map.", None, examples=(28,)
    )
