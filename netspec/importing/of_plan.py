"""A plan as the flat graph that sources are read into: what an import is held against, and what names its weights."""

from __future__ import annotations

from typing import Any

from netspec.analysis.plan import Plan, PlannedLayer
from netspec.importing.graph import Conv, Drop, Fc, Gate, Graph, Join, Op, Origin, Pool, Settings
from netspec.language import added, conv, fc, gate, join, pool
from netspec.language.kind import Shape


def graph_of(plan: Plan) -> Graph:
    """The operations of a plan; each is called by its layer."""
    walk = _Walk(plan)
    for layer in plan.layers:
        walk.layer(layer)
    graph = Graph(plan.name, "netspec", plan.input, walk.ops, walk.values[-1])
    return graph.needed()


class _Walk:
    """The layers of a plan, one after another."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.ops: list[Op] = []
        self.values = [0]
        """For each value of the plan, its number among the operations."""
        self.led: dict[int, int] = {}
        """For each layer, the value behind its leading steps."""

    def layer(self, layer: PlannedLayer) -> None:
        """The steps of a layer in the order they run."""
        settings: Any = layer.settings
        led_by = layer.layer.led_by
        reads = [self.values[n] if led_by is None else self.led[led_by] for n in layer.reads]
        if isinstance(settings, join.Join) and settings.drop:
            reads[-1] = self._append(Drop(settings.drop), (reads[-1],), layer.inputs[-1], layer)
        value = reads[0]
        for step in getattr(settings, "steps", (layer.kind,)):
            if step != layer.kind:
                features = layer.output if step in settings.following else layer.input
                value = self._append(getattr(settings, step), (value,), features, layer)
                continue
            self.led[layer.value] = value
            if layer.kind != "steps":
                value = self._append(_operation(layer), (value, *reads[1:]), layer.output, layer)
        self.values.append(value)

    def _append(self, settings: Settings, reads: tuple[int, ...], shape: Shape, layer: PlannedLayer) -> int:
        self.ops.append(Op(settings, reads, shape, Origin(layer.name)))
        return len(self.ops)


def _operation(layer: PlannedLayer) -> Settings:
    settings: Any = layer.settings
    if isinstance(settings, conv.Conv):
        height, width = settings.axes(layer.input)
        before = (height.padding[0], width.padding[0])
        groups = settings.grouping(layer.input[2])
        return Conv(
            settings.filters, settings.kernel, settings.stride, before, settings.dilation, groups, settings.bias
        )
    if isinstance(settings, pool.Pool):
        return _pool(settings, layer.input)
    if isinstance(settings, fc.Fc):
        return Fc(settings.units, settings.bias)
    if isinstance(settings, gate.Gate):
        return Gate(settings.units, settings.activation, settings.gate)
    if isinstance(settings, added.Projection):
        return settings
    assert isinstance(settings, join.Join)
    return Join(settings.kind)


def _pool(settings: pool.Pool, input: Shape) -> Pool:
    axes = settings.axes(input)
    window = (axes[0].kernel, axes[1].kernel)
    before = (axes[0].padding[0], axes[1].padding[0])
    counts = settings.type == "average" and settings.count_padding and any(sum(axis.padding) for axis in axes)
    after = (axes[0].padding[1], axes[1].padding[1])
    stride = window if settings.window == "all" else settings.stride
    return Pool(settings.type, window, stride, before, after if counts else None, settings.window == "all")
