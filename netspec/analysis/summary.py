"""What `netspec summary` says, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from netspec.analysis.plan import Plan, PlannedLayer, grammar
from netspec.analysis.streaming import streaming
from netspec.language.kind import Settings, elements


def one_as_json(plan: Plan, layer: PlannedLayer) -> dict[str, Any]:
    """The summary of one layer as other programs read it."""
    chain = sharing(layer)
    return {
        "version": 1,
        "name": plan.name,
        "layer": layer_as_json(plan, layer),
        **({} if chain is None else {"sharing": asdict(chain)}),
    }


def as_json(plan: Plan) -> dict[str, Any]:
    """The summary as other programs read it."""
    return {
        "version": 1,
        "name": plan.name,
        "grammar": grammar(plan.spec),
        "input": list(plan.input),
        "layers": [layer_as_json(plan, layer) for layer in plan.layers],
        "parameters": plan.parameters,
        **({"frozen_parameters": plan.parameters - plan.trained_parameters} if plan.frozen else {}),
        "macs": plan.macs,
        "weight_bytes": plan.weight_bytes,
        "training_bytes": plan.training_bytes,
        "training_memory": asdict(plan.training_memory),
        **({"streaming": asdict(streaming(plan))} if plan.spec.data.value.loading == "stream" else {}),
        "receptive_field": list(plan.receptive_field),
    }


def layer_as_json(plan: Plan, layer: PlannedLayer) -> dict[str, Any]:
    """One layer of a plan as other programs read it."""
    return {
        "name": layer.name,
        "kind": layer.kind,
        "input": list(layer.input),
        "output": list(layer.output),
        "parameters": layer.parameters,
        "macs": layer.macs,
        "activation_bytes": layer.activation_bytes,
        "receptive_field": list(layer.receptive_field),
        "arithmetic": layer.arithmetic,
        "fc_parameters": layer.fc_parameters,
        "line": layer.layer.span.line,
        **_reads(plan, layer),
        **({"frozen": True} if layer.name in plan.frozen else {}),
    }


def _reads(plan: Plan, layer: PlannedLayer) -> dict[str, list[str]]:
    """What a layer reads, by name, where that is not the one before."""
    return {} if layer.reads == (layer.value - 1,) else {"reads": [plan.named(value) for value in layer.reads]}


@dataclass(frozen=True, slots=True)
class Sharing:
    """The parameters of one conv layer without its norm, and what they would be without the ideas of convolution."""

    fully_connected: int
    """No idea: a layer with the same input and output, (inputs + 1) * outputs."""
    local: int
    """Local connection: each output cell has weights of its own, for the cells of its window, and its own bias."""
    shared: int
    """Weight sharing: one filter for the whole image. That is what the layer trains."""


def sharing(layer: PlannedLayer) -> Sharing | None:
    """The chain of one layer; None where no kernel serves several places.

    A 10x10 window over 1000x1000 cells that stands at 100 places, without bias: 100,000,100, then 10,000, then 100.
    """
    if not layer.shares_weights:
        return None
    filters = layer.output[2]
    own = (elements(layer.shapes["kernel"]) + elements(layer.shapes.get("bias", (0,)))) // filters
    return Sharing(layer.fc_parameters, own * elements(layer.output), own * filters)


@dataclass(frozen=True, slots=True)
class Savings(Sharing):
    """What the three ideas of a convolutional network are worth, in parameters.

    The first three are sums over the conv layers of what `Sharing` has, each idea on top of the one before; batch norm, which
    all of them would have, is left out. The last two are the first fc layer: it takes in what downsampling has left.
    """

    undiminished: int
    """The first fc layer if every stride were 1 and no layer pooled; 0 where there is no fc or nothing before it, or
    where a window would not fit then."""
    downsampled: int
    """The first fc layer as it is."""


def savings(plan: Plan) -> Savings:
    """The three savings.

    LeNet-5 by hand: fully connected (784 + 1) * 4704 + (1176 + 1) * 1600; local (25 + 1) * 4704 + (150 + 1) * 1600;
    shared (25 + 1) * 6 + (150 + 1) * 16; its first fc without pooling has 24 * 24 * 16 inputs instead of 5 * 5 * 16.
    """
    chains = [chain for chain in map(sharing, plan.layers) if chain is not None]
    full, local, shared = (sum(getattr(chain, field.name) for chain in chains) for field in fields(Sharing))
    return Savings(full, local, shared, *_first_fc(plan))


def _first_fc(plan: Plan) -> tuple[int, int]:
    first = next((layer for layer in plan.layers if len(layer.output) == 1 and "kernel" in layer.shapes), None)
    if first is None or first.reads == (0,):
        return 0, 0
    sizes = [plan.input]
    for layer in plan.layers[: first.value - 1]:
        read = [sizes[value] for value in layer.reads]
        output = read[0] if _passed(layer) else _undiminished(layer).infer(*read).output
        if output is None:  # it fits only what a pooling layer has padded, or joins what fits only so
            return 0, 0
        sizes.append(output)
    per_input = elements(first.shapes["kernel"]) // first.input[0]
    bias = elements(first.shapes.get("bias", (0,)))
    return elements(sizes[first.reads[0]]) * per_input + bias, first.input[0] * per_input + bias


def _passed(layer: PlannedLayer) -> bool:
    """Whether it gives as many channels as it reads and has no kernel: pooling, norms, gates."""
    return len(layer.inputs) == 1 and "kernel" not in layer.shapes and layer.input[-1] == layer.output[-1]


def _undiminished(layer: PlannedLayer) -> Settings:
    """The settings with stride 1, where there is one."""
    settings: Any = layer.settings
    return replace(settings, stride=(1, 1)) if hasattr(settings, "stride") else settings  # type: ignore[no-any-return]
