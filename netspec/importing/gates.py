"""Squeeze and excitation as one operation: a map times what two layers make of the mean of each channel."""

from __future__ import annotations

from dataclasses import replace

from netspec.importing.graph import Arrays, Conv, Fc, Gate, Graph, Op, Pool, Unsaid
from netspec.importing.same import is_join
from netspec.language.activations import Activation, NoActivation


def gated(graph: Graph) -> Graph:
    """The graph in which each product that is a gate is one; others stay, and are refused later."""
    graph = graph.needed()  # what a function in pieces was made of reads the same values
    users, ops = graph.users(), list(graph.ops)
    for number, op in enumerate(graph.ops, 1):
        if is_join(op, "multiply") and len(op.reads) == 2:
            for map, factor in (op.reads, op.reads[::-1]):
                made = _gate(graph, users, map, factor, op)
                if made is not None:
                    ops[number - 1] = made
                    break
    return replace(graph, ops=ops).needed()


def _gate(graph: Graph, users: list[list[int]], map: int, factor: int, product: Op) -> Op | None:
    """The gate that a product is, of a map and a factor for each of its channels."""
    chain: list[Op] = []
    at = factor
    while at != map and len(chain) < 6:
        if not at or len(users[at]) != 1 or len(graph.ops[at - 1].reads) != 1:
            return None
        chain.append(graph.ops[at - 1])
        at = graph.ops[at - 1].reads[0]
    if at != map or not chain:
        return None
    mean, *rest = reversed(chain)
    if not (isinstance(mean.settings, Pool) and mean.settings.whole and mean.settings.type == "average"):
        return None
    sums = [place for place, op in enumerate(rest) if isinstance(op.settings, Conv | Fc)]
    functions = [op.settings for op in rest if isinstance(op.settings, Activation)]
    if (
        len(sums) != 2
        or len(sums) + len(functions) != len(rest)
        or sums[0] != 0
        or sums[1] > 2
        or len(rest) - sums[1] > 2
    ):
        return None
    squeeze, excite = rest[sums[0]], rest[sums[1]]
    if not (_is_plain(squeeze) and _is_plain(excite)) or any(function.parameters(1) for function in functions):
        return None
    between = [op.settings for op in rest[1 : sums[1]] if isinstance(op.settings, Activation)]
    behind = [op.settings for op in rest[sums[1] + 1 :] if isinstance(op.settings, Activation)]
    if not (_has_bias(squeeze) and _has_bias(excite)):
        what = "squeeze and excitation without biases; the two layers of a `gate` have them"
        graph.unsaid.append(Unsaid("NS290", what, product.origin))
    settings = Gate(squeeze.shape[-1], (between or [NoActivation()])[0], (behind or [NoActivation()])[0])
    arrays: Arrays = {**_named("squeeze", squeeze), **_named("excite", excite)}
    return Op(settings, (map,), product.shape, product.origin, arrays)


def _is_plain(op: Op) -> bool:
    """Whether an operation is a fully connected layer of the channels, or the same as a convolution."""
    made = op.settings
    if isinstance(made, Conv):
        return made.kernel == (1, 1) and made.groups == 1 and op.shape[:2] == (1, 1)
    return True


def _has_bias(op: Op) -> bool:
    return isinstance(op.settings, Conv | Fc) and op.settings.bias


def _named(part: str, op: Op) -> Arrays:
    """The arrays of one layer of a gate; kernels are (inputs, units)."""
    made = {f"{part}_{name}": array for name, array in op.arrays.items()}
    if (kernel := made.get(f"{part}_kernel")) is not None:
        made[f"{part}_kernel"] = lambda: kernel().reshape(-1, kernel().shape[-1])
        if not _has_bias(op):  # a partial import has one that adds nothing
            made[f"{part}_bias"] = lambda: kernel().reshape(-1, kernel().shape[-1])[0] * 0
    return made
