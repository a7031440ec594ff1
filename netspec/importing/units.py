"""From single operations to layers: which norm, activation and dropout belong to which layer, before or behind it."""

from __future__ import annotations

from dataclasses import dataclass, field

from netspec.importing.graph import Conv, Drop, Fc, Gate, Graph, Join, Op, Pool
from netspec.language.added import Projection
from netspec.language.kind import Shape
from netspec.language.steps import AROUND


@dataclass(slots=True)
class Unit:
    """One layer: an operation with the steps around it, or steps that stand alone."""

    op: Op | None
    """None where steps stand alone."""
    reads: tuple[int, ...]
    """The numbers of the units that it reads, 0 the image."""
    read: tuple[Shape, ...]
    shape: Shape
    leading: list[Op] = field(default_factory=list)
    following: list[Op] = field(default_factory=list)
    drop: tuple[int, float] | None = None
    """Which of the values that it joins has stochastic depth, and with which rate."""
    led: bool = False
    """Whether it reads what the first convolution of its block convolves, behind that one's leading steps."""

    @property
    def kind(self) -> str:
        """The kind of layer, as the format calls it; `multiply` is half of a gate."""
        if self.op is None:
            return "steps"
        settings = self.op.settings
        if isinstance(settings, Join):
            return settings.how
        return {Conv: "conv", Pool: "pool", Fc: "fc", Gate: "gate", Projection: "projection"}[type(settings)]

    @property
    def ops(self) -> list[Op]:
        """Its operations in the order they run."""
        return [*self.leading, *([self.op] if self.op else []), *self.following]

    @property
    def steps(self) -> tuple[str, ...]:
        """What runs, by the names that `order` has."""
        return tuple(op.step or self.kind for op in self.ops)


STYLES = ("after", "before joins", "before all")
"""Where steps go that could stand behind one layer or before the next: always behind; before the next where that one follows a
join, or a pooling; before the next."""


@dataclass(slots=True)
class Units:
    """The layers of a graph."""

    graph: Graph
    style: str
    flipped: frozenset[int]
    """The values for which the other choice is made than the style makes."""
    units: list[Unit] = field(default_factory=list)
    choices: list[int] = field(default_factory=list)
    """The values where there was a choice that may matter."""
    users: list[list[int]] = field(default_factory=list)
    of: dict[int, int] = field(default_factory=dict)
    """For a value, the unit that gives it."""
    led: dict[int, list[Op]] = field(default_factory=dict)
    """For a value, the steps that the layer which reads it begins with."""
    before: dict[int, int] = field(default_factory=dict)
    """For a value behind such steps, the one before them."""

    def made(self) -> Units:
        """Itself, with the units of the graph."""
        self.users = self.graph.users()
        self.of[0] = 0
        self._chain(0)
        for number, op in enumerate(self.graph.ops, 1):
            if op.step is None and not isinstance(op.settings, Drop):
                self._anchor(number, op)
                self._chain(number)
            elif op.step is not None and len(self.users[op.reads[0]]) > 1:
                self._after_fork(number, op)
        return self

    def _anchor(self, number: int, op: Op) -> None:
        reads, led, drop, leading = [], False, None, list[Op]()
        for place, value in enumerate(op.reads):
            below = self.graph.ops[value - 1] if value else None
            if below is not None and isinstance(below.settings, Drop):
                drop, value = (place, below.settings.rate), below.reads[0]
            if value in self.led:
                leading = self.led[value]
                led = self._main(value) != number
                value = self.before[value]
            reads.append(self.of[value])
        read = tuple(self._shape(n) for n in reads)
        unit = Unit(op, tuple(reads), read, op.shape, [] if led else leading, drop=drop, led=led)
        self.units.append(unit)
        self.of[number] = len(self.units)

    def _chain(self, value: int) -> None:
        """Divides the steps behind a layer between it, the next one, and steps that stand alone."""
        steps = self._steps(value)
        if not steps:
            return
        owner = self.of[value]
        unit = self.units[owner - 1] if owner else None
        end = steps[-1]
        ops = [self.graph.ops[n - 1] for n in steps]
        shape = self._shape(owner)
        mapped = next((n for n, op in enumerate(ops) if not _fits(op, shape)), len(ops))
        most = min(_accepted(unit, ops), mapped)
        kept = 0 if self._leads(unit, value, end, ops) else most
        rest = ops[kept:]
        if rest and not self._may_lead(end, rest):
            kept, rest = most, ops[most:]
        if unit is not None:
            unit.following += ops[:kept]
        elif kept:
            self._alone(ops[:kept], 0, steps[kept - 1])
        for n in steps[: kept or 0]:
            self.of.setdefault(n, owner if unit is not None else len(self.units))
        self._pass_on(value if not kept else steps[kept - 1], steps[kept:], rest)

    def _after_fork(self, number: int, op: Op) -> None:
        """Steps that begin at a value which others read too."""
        value, steps = op.reads[0], [number, *self._steps(number)]
        self._pass_on(value, steps, [self.graph.ops[n - 1] for n in steps])

    def _pass_on(self, value: int, steps: list[int], ops: list[Op]) -> None:
        """Steps lead the layer that reads them, or else stand alone."""
        if not steps:
            return
        forked = len(self.users[value]) > 1
        main = self._main(steps[-1])
        if main and self._may_lead(steps[-1], ops) and (forked or not self._blocks(main, ops)):
            self.led[steps[-1]], self.before[steps[-1]] = ops, value
            return
        while ops:
            count = _in_order(ops)
            self._alone(ops[:count], self.of[value], steps[count - 1])
            value, steps, ops = steps[count - 1], steps[count:], ops[count:]

    def _may_lead(self, end: int, ops: list[Op]) -> bool:
        """Whether steps may stand before the layer that reads what they give; of a flat vector, all its numbers are features."""
        main = self._main(end)
        if main is None or not _each_once(ops):
            return False
        flat = isinstance(self.graph.ops[main - 1].settings, Fc)
        return not flat or all(_fits(op, (1,)) for op in ops)

    def _blocks(self, number: int, ops: list[Op]) -> bool:
        """Whether a layer that begins with steps has no place for those behind it, nor has the next."""
        behind = self._steps(number)
        kinds = {self.graph.ops[n - 1].step for n in behind}
        return bool(kinds & {op.step for op in ops}) and not self._main(behind[-1])

    def _alone(self, ops: list[Op], owner: int, number: int) -> None:
        shape = self._shape(owner)
        self.units.append(Unit(None, (owner,), (shape,), shape, following=list(ops)))
        self.of[number] = len(self.units)

    def _leads(self, unit: Unit | None, value: int, end: int, ops: list[Op]) -> bool:
        """Whether, by the style, steps that could stand behind a layer stand before the next."""
        if not self._may_lead(end, ops) or unit is None:
            return False
        joined = unit.kind in ("add", "concat", "pool", "projection")
        if joined or unit.kind == "conv":
            self.choices.append(value)
        chosen = {"after": False, "before joins": joined, "before all": ops[0].step == "norm"}[self.style]
        return chosen != (value in self.flipped)

    def _steps(self, value: int) -> list[int]:
        found: list[int] = []
        while len(self.users[value]) == 1 and self.graph.ops[(user := self.users[value][0]) - 1].step is not None:
            found.append(user)
            value = user
        return found

    def _main(self, value: int) -> int | None:
        """The layer that steps before it belong to: the one reader, or the one beside a projection."""
        users = self.users[value]
        if not all(isinstance(self.graph.ops[n - 1].settings, Conv | Fc | Pool) for n in users):
            return None
        if len(users) == 1:
            return users[0]
        beside = [n for n in users if not self._projects(n)]
        return beside[0] if len(users) == 2 and len(beside) == 1 else None

    def _projects(self, number: int) -> bool:
        """Whether an operation is a convolution whose sum is added at once."""
        users = self.users[number]
        op = self.graph.ops[number - 1]
        added = (
            len(users) == 1 and isinstance(join := self.graph.ops[users[0] - 1].settings, Join) and join.how == "add"
        )
        return isinstance(op.settings, Conv) and added

    def _shape(self, unit: int) -> Shape:
        return self.units[unit - 1].shape if unit else self.graph.input


def _accepted(unit: Unit | None, ops: list[Op]) -> int:
    """How many of the steps a layer may have behind it."""
    kinds = [op.step for op in ops]
    if unit is None:  # the images take a norm and a dropout
        usual = [step for step in AROUND if step != "activation"]
        return next((n for n in range(len(kinds), 0, -1) if kinds[:n] == [s for s in usual if s in kinds[:n]]), 0)
    if unit.kind in ("gate", "multiply", "projection"):
        return 0
    if unit.kind in ("add", "concat"):
        return _in_order(ops)
    seen = {op.step for op in unit.leading}
    for count, kind in enumerate(kinds):
        if kind in seen:
            return count
        seen.add(kind)
    return len(kinds)


def _in_order(ops: list[Op]) -> int:
    """How many of the steps stand in the usual order, each once."""
    places = [AROUND.index(op.step or "") for op in ops]
    return next((n for n in range(1, len(places)) if places[n] <= places[n - 1]), len(places))


def _fits(op: Op, shape: Shape) -> bool:
    """Whether a step may be done to a value of a shape as it is: a norm of a vector is no norm of the map it was."""
    return op.step != "norm" or len(op.shape) == len(shape)


def _each_once(ops: list[Op]) -> bool:
    return len({op.step for op in ops}) == len(ops)
