"""Any plan as a PyTorch module: the code that `netspec export --to pytorch-code` writes, run.

The tests hold netspec's numbers against this module in float64, so that what is timed, and what is exported, is what is
proved equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from benchmarks.peers.peer import refuse
from netspec.analysis.plan import Plan
from netspec.export.torch import code
from netspec.export.unsupported import Unsupported


def module(plan: Plan) -> nn.Module:
    """The network of a plan, its weights drawn by PyTorch."""
    try:
        text = code.module(plan)
    except Unsupported as error:
        refuse(error.what, "this comparison's PyTorch")
    names: dict[str, Any] = {}
    exec(compile(text, f"<{plan.name}>", "exec"), names)
    made: nn.Module = names[code.class_of(plan)]()
    return made


def weights(plan: Plan, params: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Tensor]:
    """netspec's arrays, as tensors {layer: {name: ...}}, by the names and in the layouts of `module`; differentiable."""
    found = {}
    for layer, name, own, layout in code.arrays(plan):
        tensor = {**params.get(layer, {}), **state.get(layer, {})}.get(name)
        if tensor is None:
            continue
        found[own] = tensor
        if layout is not None:
            found[own] = tensor.reshape(layout.split).permute(layout.axes).reshape(layout.joined)
    return found
