"""A trained network for LiteRT (.tflite): what XLA makes of prediction, with the weights inside, converted by LiteRT's own passes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import jax
import numpy as np
from litert_converter import converter_api_ext as converter
from litert_converter.mlir import ir, passmanager

from netspec.analysis.heads import of_plan
from netspec.export.meaning import result
from netspec.export.unsupported import Unsupported
from netspec.lowering.heads import answers
from netspec.lowering.network import Network
from netspec.training.trained import TrainedNetwork

SIGNATURE, IMAGES = "serving_default", "images"
"""What a file's only function, and what it reads, are called."""
LARGEST = 2**31 - 1
"""Bytes of a flatbuffer."""
MOST_WORDS = 400
"""Characters of what the converter says: it may say the whole program."""


@contextmanager
def _refused() -> Iterator[None]:
    """What the converter cannot turn over, in its words. Raises Unsupported."""
    try:
        yield
    except (ir.MLIRError, ValueError, RuntimeError) as error:
        words = " ".join(str(error).split())[:MOST_WORDS]
        raise Unsupported(f"form for this network: {words}", "LiteRT's converter") from error


def of_run(network: TrainedNetwork, *, normalized: bool, logits: bool) -> bytes:
    """The file's bytes, of one image (1, height, width, channels) as float32. Raises Unsupported.

    Layers run by XLA's own operations: kernels of netspec's have no words there.
    """
    plan, variables = network.plan, jax.device_get(network.variables)
    if plan.weight_bytes > LARGEST:
        raise Unsupported("more than 2 GiB of weights", "a LiteRT file")
    plain = Network(plan, {})

    def predict(images: jax.Array) -> jax.Array:
        found = plain.apply(variables, images if normalized else plain.normalize(variables, images))
        return found if logits else answers(plan, found)

    lowered = jax.jit(predict).lower(jax.ShapeDtypeStruct((1, *plan.input), np.float32))
    context = ir.Context()
    converter.prepare_mlir_context(context)
    with context, _refused():
        module = ir.Module.parse(lowered.as_text())
        passes = passmanager.PassManager("builtin.module")
        converter.set_signature(module.operation, SIGNATURE, [IMAGES], [result(of_plan(plan), logits)])
        converter.run_convert_to_tfl_passes(module, passes, converter.ConvertToTFLConfig())
        return bytes(converter.export_flatbuffer_to_bytes(module.operation))
