"""Chooses algorithms by measuring them on this machine.

Each part of a network (one direction of one layer) is timed by every algorithm that supports it, equal parts once, the
largest first, until the time is spent. A part on its own misleads where parts share work or fuse. So the whole
training step decides: with the quickest algorithms against the rules', in turn. Modes:

- `off`: the rules of `netspec/analysis/convolution/rules.py` alone.
- `auto`: what was measured here before; else measures for at most `MOST_SECONDS` and `SHARE` of the time that training is
  expected to take, and not at all where that is too little to learn anything.
- `full`: measures everything anew, then tries each algorithm that came near in the whole step, one part after the other.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import jax.numpy as jnp

from netspec.analysis.plan import Plan, known_steps_per_epoch, steps_per_epoch
from netspec.analysis.pooling import WINDOWS
from netspec.data.splits import Images
from netspec.language.plain import plain
from netspec.lowering.planner import Part, Unfit, choices_here, from_names, parts
from netspec.lowering.workload import Direction
from netspec.training.step import batch_of
from netspec.tuning.bench import Say, expected_seconds
from netspec.tuning.cache import Entry, Measurements, Seconds, Warn
from netspec.tuning.timed_step import STEPS_PER_EPOCH, Step
from netspec.tuning.timing import Call, compiled, in_turn, once

Mode = Literal["auto", "off", "full"]
MODES: tuple[Mode, ...] = get_args(Mode)

MOST_SECONDS = 8.0
SHARE = 0.05
LEAST_SECONDS = 1.5
"""Less than this is not begun: compiling a few candidates and two whole steps takes as long."""
PART_GAIN = 0.95
"""A part's algorithm is replaced by one that takes less than this share of its time: less is noise."""
STEP_GAIN = 0.985
"""The same for whole steps, of which more runs are made."""
HOPELESS = 1.5
"""A candidate whose first run takes this many times the best one's is not run again, nor tried in a whole step."""
MOST_TEMPORARY_BYTES = 2**31
"""A candidate that needs more memory than this for itself is not run."""

Names = dict[tuple[str, Direction], str]


@dataclass
class Tuning:
    """The algorithms chosen for a plan, and how they were chosen."""

    choices: dict[str, Any]
    how: Literal["model", "cache", "measured", "pinned"]
    seconds: float = 0.0
    left: int = 0
    """Parts for which there was no time."""
    steps: dict[str, float] = field(default_factory=dict)
    """The median seconds of a whole step, `model` and `tuned`, where they were compared."""

    changed: list[str] = field(default_factory=list)
    """The parts that do not run the rules' algorithm, where it was measured, with their algorithms."""

    def as_json(self) -> dict[str, Any]:
        """For a run's plan and the bench."""
        return {
            "how": self.how,
            "seconds": round(self.seconds, 3),
            "parts_left": self.left,
            "step_seconds": self.steps,
            "changed": self.changed,
        }


def autotune(plan: Plan, mode: Mode, say: Say, warn: Warn, *, images: Images | None = None, devices: int = 1) -> Tuning:
    """The choices for a plan at its batch size; with `images`, the step that is timed is that of their training.

    `warn` is told what is wrong with the cache, which is never an error. Raises Indivisible.
    """
    return _Tuner(plan, say, images, devices).run(mode, warn)


class _Tuner:
    def __init__(self, plan: Plan, say: Say, images: Images | None, devices: int) -> None:
        self.plan, self.say, self.images, self.devices = plan, say, images, devices
        self.train = plan.spec.train.value
        examples = None if images is None else len(images.train)
        self.batch_size, self.part_batch = batch_of(self.train, examples, devices)
        self.dtype = jnp.dtype(self.train.precision)
        self.model = choices_here(plan, self.part_batch)
        self.start = self.model
        """What measured algorithms are put into."""
        self.parts = parts(plan)
        self.seconds: Seconds = {}

    def run(self, mode: Mode, warn: Warn) -> Tuning:
        began = time.perf_counter()
        if mode == "off":
            return Tuning(self.model, "model")
        kept = Measurements(warn)
        network = self._network()
        entry = kept.entry(network) if mode == "auto" else None
        if entry is not None:
            try:
                return Tuning(from_names(self.plan, entry.choices), "cache", steps=entry.steps)
            except Unfit as error:
                warn(f"measurements of another version are ignored: {error}")
        if mode == "full":
            self.start = self._apart_or_together()
        budget = math.inf if mode == "full" else self.budget()
        if budget < LEAST_SECONDS:
            return Tuning(self.model, "model")
        self.seconds = kept.parts() if mode == "auto" else {}
        # Half is left for the two whole steps.
        names, left = self._measured(began + budget / 2)
        chosen, steps = self._decided(names, thorough=mode == "full")
        kept.write(network, Entry(plain(chosen), self._own_seconds(), steps))
        return Tuning(chosen, "measured", time.perf_counter() - began, left, steps, self._changed(chosen))

    def budget(self) -> float:
        """Seconds that measuring may take."""
        known = known_steps_per_epoch(self.plan) or STEPS_PER_EPOCH
        an_epoch = known if self.images is None else steps_per_epoch(len(self.images.train), self.train)
        batches = an_epoch * self.train.epochs * self.train.accumulate
        return min(MOST_SECONDS, SHARE * expected_seconds(self.plan, self.batch_size) * batches)

    def _network(self) -> dict[str, Any]:
        """What a choice depends on besides the machine, as plain data."""
        layers = [[layer.name, layer.kind, plain(layer.settings)] for layer in self.plan.layers]
        sizes = {"batch_size": self.batch_size, "devices": self.devices, "precision": self.train.precision}
        return {"input": list(self.plan.input), "layers": layers, **sizes}

    def _groups(self) -> list[tuple[Part, tuple[Direction, ...]]]:
        """What has a choice, the largest first; of equal works the first one that computes the direction."""
        seen: dict[tuple[Any, tuple[Direction, ...]], tuple[Part, tuple[Direction, ...]]] = {}
        for part in self.parts:
            for group in part.workload.groups():
                computed = tuple(direction for direction in group if direction in part.directions)
                alone = WINDOWS not in part.workload.names(self.start.get(part.layer)).values()
                if alone and computed and len(part.workload.algorithms(computed[0])) > 1:
                    seen.setdefault((part.workload, computed), (part, computed))
        return sorted(seen.values(), key=lambda found: -found[0].macs)

    def _key(self, part: Part, direction: Direction) -> str:
        return f"{part.workload!r} {direction} batch {self.part_batch} {self.dtype}"

    def _own_seconds(self) -> Seconds:
        keys = {self._key(part, direction) for part in self.parts for direction in part.directions}
        return {key: seconds for key, seconds in self.seconds.items() if key in keys}

    def _measured(self, until: float) -> tuple[Names, int]:
        """The quickest algorithm of each part where there was time to measure it, and how many parts were left."""
        groups = self._groups()
        names: Names = {}
        left = 0
        for number, (part, directions) in enumerate(groups):
            self.say(f"{part.layer} {directions[0].replace('_', ' ')}", number, len(groups) + 2)
            best = self._quickest(part, directions, until)
            left += best is None
            for other in self.parts:
                if best is not None and other.workload == part.workload:
                    names |= {(other.layer, direction): best for direction in directions}
        return names, left

    def _quickest(self, part: Part, directions: tuple[Direction, ...], until: float) -> str | None:
        current = part.workload.names(self.start.get(part.layer))[directions[0]]
        known = self.seconds.get(self._key(part, directions[0]), {})
        if current not in known:
            if time.perf_counter() > until:
                return None
            known = self._time(part, directions, current, until)
        best = min(known, key=lambda name: known[name])
        return best if known[best] < PART_GAIN * known[current] else current

    def _time(self, part: Part, directions: tuple[Direction, ...], current: str, until: float) -> dict[str, float]:
        """The seconds of each algorithm, in turn with the best one so far."""
        names = [current, *(name for name in part.workload.algorithms(directions[0]) if name != current)]
        best = self._calls(part, directions, current)
        if best is None:
            return {current: math.inf}
        seconds = {current: in_turn([best], seconds=0.1)[0].min}
        for name in names[1:]:
            if time.perf_counter() > until:
                break
            call = self._calls(part, directions, name)
            if call is None:
                continue
            leader = min(seconds.values())
            first = min(once(call), once(call))
            seconds[name] = first
            if first < HOPELESS * leader:
                timings = in_turn([best, call], seconds=0.2, least=4)
                seconds[name] = leader * timings[1].min / timings[0].min
                best = call if seconds[name] < leader else best
        self.seconds[self._key(part, directions[0])] = seconds
        return seconds

    def _calls(self, part: Part, directions: Sequence[Direction], name: str) -> Call | None:
        """The directions one after the other, compiled; None where they need too much memory."""
        calls = []
        for direction in directions:
            call, temporary = compiled(part.workload.program(direction, name, self.part_batch, self.dtype))
            if temporary > MOST_TEMPORARY_BYTES:
                return None
            calls.append(call)
        return lambda: [call() for call in calls]

    def _choices(self, names: Names) -> dict[str, Any]:
        """The start's choices with these algorithms in their place; plain XLA's stay no choice where it is the start's."""
        chosen: dict[str, Any] = {}
        for part in self.parts:
            own = self.start.get(part.layer)
            before = part.workload.names(own)
            after = before | {d: name for (layer, d), name in names.items() if layer == part.layer}
            choice = own if after == before else part.workload.choice(after)
            if choice is not None:
                chosen[part.layer] = choice
        return chosen

    def _changed(self, chosen: dict[str, Any]) -> list[str]:
        pairs = [
            (
                f"{part.layer} {direction.replace('_', ' ')}",
                *(part.workload.names(those.get(part.layer))[direction] for those in (self.model, chosen)),
            )
            for part in self.parts
            for direction in part.directions
        ]
        return [f"{place} by {after}" for place, before, after in pairs if after != before]

    def _decided(self, names: Names, *, thorough: bool) -> tuple[dict[str, Any], dict[str, float]]:
        """The better one of the model's choices and the measured ones, in the whole step."""
        total = len(self._groups()) + 2
        tuned = self._choices(names)
        if tuned == self.model and not thorough:
            return tuned, {}
        self.say("the whole step", total - 2, total)
        base = best = Step(self.plan, self.model, self.images, self.devices)
        steps: dict[str, float] = {}
        if tuned != self.model:
            best, steps = self._better(base, Step(self.plan, tuned, self.images, self.devices))
        if thorough:
            best = self._refined(best, names if best is not base else {})
            if best is not base:
                best, steps = self._better(base, best)
        return dict(best.choices), steps

    def _apart_or_together(self) -> dict[str, Any]:
        """The model's choices, or those where each layer runs on its own, if the whole step is quicker by them."""
        apart = choices_here(self.plan, self.part_batch, together=False)
        if apart == self.model:
            return apart
        self.say("the whole step, convolution and pooling apart", 0, 1)
        steps = [Step(self.plan, those, self.images, self.devices) for those in (self.model, apart)]
        return dict(self._better(*steps)[0].choices)

    def _better(self, first: Step, second: Step) -> tuple[Step, dict[str, float]]:
        a, b = in_turn([first, second], seconds=1.0, least=5, most=60)
        ratio = statistics.median(y / x for x, y in zip(a.runs, b.runs, strict=True))
        return second if ratio < STEP_GAIN else first, {"model": a.median, "tuned": b.median}

    def _refined(self, best: Step, names: Names) -> Step:
        """Tries in the whole step what came near on its own, the largest parts first."""
        groups = self._groups()
        for number, (part, directions) in enumerate(groups):
            seconds = self.seconds.get(self._key(part, directions[0]))
            if seconds is None:  # its own algorithm needs too much memory to be run alone
                continue
            now = part.workload.names(best.choices.get(part.layer))[directions[0]]
            near = [name for name, value in seconds.items() if value < HOPELESS * min(seconds.values()) and name != now]
            for name in sorted(near, key=lambda name: seconds[name]):
                self.say(f"the whole step, {part.layer} {directions[0].replace('_', ' ')}: {name}", number, len(groups))
                same = [other.layer for other in self.parts if other.workload == part.workload]
                tried = names | {(layer, direction): name for layer in same for direction in directions}
                step = Step(self.plan, self._choices(tried), self.images, self.devices)
                better, _ = self._better(best, step)
                if better is step:
                    best, names = step, tried
        return best


def summary(tuning: Tuning) -> str | None:
    """One line on what tuning has changed; None where nothing was measured."""
    if tuning.how != "measured":
        return None
    line = f"chose in {tuning.seconds:.1f} s: "
    if not tuning.changed:
        return line + "nothing was quicker than the rules' choices"
    before, after = (1e3 * tuning.steps[name] for name in ("model", "tuned"))
    return line + f"a step takes {after:.3g} ms instead of {before:.3g}; {', '.join(tuning.changed)}"
