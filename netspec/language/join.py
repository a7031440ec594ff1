"""What joins several maps into one: their sum, or all their channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netspec.language.causes import MapsDoNotJoin
from netspec.language.kind import Colour, Footprint, Inference, Kind, Problem, Shape, Window, dimensions
from netspec.language.steps import Stepped


@dataclass(frozen=True, kw_only=True)
class Join(Stepped):
    """A join, followed by norm, activation and dropout in this order."""

    drop: float = 0.0
    """Stochastic depth (Huang and others, 2016): the probability with which an image's last map is left out in training."""
    key: str = "join"
    """The key that asks for it: `join`, or `shortcut`."""

    def parameters(self, *inputs: Shape) -> dict[str, Shape]:
        """What norm and activation train."""
        features = self._features_of(inputs)
        return self.around(features, features)

    def statistics(self, *inputs: Shape) -> dict[str, Shape]:
        """The norm's running statistics."""
        features = self._features_of(inputs)
        return self.running(features, features)

    def macs(self, *inputs: Shape, output: Shape) -> int:
        """None: a join multiplies nothing."""
        return 0

    def reach(self, *inputs: Shape) -> Window:
        """One cell."""
        return Window()

    def footprint(self, *inputs: Shape) -> Footprint:
        """Of the steps alone: the gradient goes to all that is joined, as it is."""
        return self.held(reads_input=False)

    def _features_of(self, inputs: tuple[Shape, ...]) -> int:
        raise NotImplementedError

    def _joined(self, inputs: tuple[Shape, ...], output: Shape, arithmetic: str) -> Inference:
        problems = tuple(self.unsound(output[-1], output[-1]))
        return Inference(None if problems else output, arithmetic, problems)

    def _refused(self, code: str, message: str, help: str) -> Inference:
        return Inference(None, "", (Problem(code, self.key, message, (), help, MapsDoNotJoin()),))

    def _drops(self) -> tuple[str, ...]:
        return (f"drop {self.drop:.3g}",) if self.drop else ()


@dataclass(frozen=True, kw_only=True)
class Add(Join):
    """The sum of maps of one shape."""

    kind: ClassVar[str] = "add"

    def infer(self, *inputs: Shape) -> Inference:
        """The one shape of all."""
        if len(set(inputs)) > 1:
            sizes = " and ".join(map(dimensions, dict.fromkeys(inputs)))
            return self._refused("NS307", f"{sizes} cannot be added", "give both the same height, width and channels")
        return self._joined(inputs, inputs[0], " + ".join(map(dimensions, inputs)))

    def _features_of(self, inputs: tuple[Shape, ...]) -> int:
        return inputs[0][-1]

    def described(self) -> tuple[str, ...]:
        """`add`, what follows."""
        return self.in_words(("add", *self._drops()))


@dataclass(frozen=True, kw_only=True)
class Concat(Join):
    """The channels of all maps, one behind the other."""

    kind: ClassVar[str] = "concat"

    def infer(self, *inputs: Shape) -> Inference:
        """The one height and width of all, the sum of the channels."""
        sizes = dict.fromkeys(input[:-1] for input in inputs)
        if len(sizes) > 1:
            message = f"{' and '.join(map(dimensions, sizes))} cannot be concatenated"
            return self._refused("NS308", message, "give all the same height and width")
        channels = [input[-1] for input in inputs]
        output = (*inputs[0][:-1], sum(channels))
        return self._joined(inputs, output, f"{' + '.join(map(str, channels))} = {sum(channels)} channels")

    def _features_of(self, inputs: tuple[Shape, ...]) -> int:
        return sum(input[-1] for input in inputs)

    def described(self) -> tuple[str, ...]:
        """`concat`, what follows."""
        return self.in_words(("concat", *self._drops()))


ADD = Kind(
    settings=Add,
    lowering="netspec.lowering.join",
    place="added",
    word="ADD",
    title="sum",
    colour=Colour("blue", "#c4b5fd", "#6d28d9"),
)
CONCAT = Kind(
    settings=Concat,
    lowering="netspec.lowering.join",
    place="added",
    word="CONCAT",
    title="concatenation",
    colour=Colour("blue", "#f9a8d4", "#be185d"),
)
