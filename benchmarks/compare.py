"""One cell of the comparison: a network, a batch size and a task, in every framework, taken in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from benchmarks.fleet import Worker
from benchmarks.ratios import apart, best, ratio

OWN = "netspec"
CHECK_STEPS = 5
TOLERANCE = 1e-3
"""Losses over the first steps and logits may differ by this, relatively: float32 rounding, some steps on."""


@dataclass
class Cell:
    """What was measured. Times are seconds for one step, inference, epoch or start, one for each round."""

    network: str
    batch: int
    task: str
    seconds: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    """By framework and variant."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Why a framework is not in it."""
    apart: dict[str, float] = field(default_factory=dict)
    """How far losses, or logits, are from netspec's, relatively."""
    flops: int = 0
    """Floating-point operations of what is timed; 0 where it is not counted."""

    def best(self, peer: str) -> list[float]:
        """The times of a framework's quickest variant."""
        return self.seconds[peer][best(self.seconds[peer])]

    def as_json(self) -> dict[str, Any]:
        """Everything, with medians and ratios."""
        others = [peer for peer in self.seconds if peer != OWN] if OWN in self.seconds else []
        ratios = {peer: asdict(ratio(self.best(peer), self.best(OWN))) for peer in others}
        medians = {peer: median(self.best(peer)) for peer in self.seconds}
        return {**asdict(self), "median_seconds": medians, "ratios": ratios}


Name = tuple[str, str]
"""Framework and variant."""


def in_turn(runs: Mapping[Name, Callable[[], float]], rounds: int, cell: Cell) -> None:
    """Takes each run once a round, beginning with another one each time."""
    names = list(runs)
    for number in range(rounds if names else 0):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            seconds = runs[name]()
            cell.seconds.setdefault(name[0], {}).setdefault(name[1], []).append(seconds)


class Different(Exception):
    """Two frameworks do not compute the same."""


def steps(
    workers: Mapping[str, Worker], cell: Cell, request: Mapping[str, Any], rounds: int, round_seconds: float
) -> None:
    """Measures training steps or inference; raises Different where the networks are not the same function."""
    opened = _open(workers, cell, request, ("fit",))
    runs = {name: _timed(workers[name[0]], _key(name), cell.task, round_seconds) for name in opened}
    in_turn(runs, rounds, cell)
    for peer, variant in opened:
        workers[peer].ask("close", name=_key((peer, variant)))


def epochs(
    workers: Mapping[str, Worker], cell: Cell, request: Mapping[str, Any], rounds: int, folder: str | None
) -> None:
    """Measures whole epochs of the data in `folder`, or of those that are found; leaves out who cannot read them."""
    opened = _open(workers, cell, request, ())

    def epoch(name: Name, count: int | None) -> dict[str, Any]:
        return workers[name[0]].ask("epoch", name=_key(name), folder=folder, steps=count)

    runs: dict[Name, Callable[[], float]] = {}
    for name in opened:
        first = epoch(name, 3)  # compiles
        if "unsupported" in first:
            cell.left_out[name[0]] = first["unsupported"]
        else:
            runs[name] = lambda name=name: float(epoch(name, None)["seconds"])  # type: ignore[misc]
    in_turn(runs, rounds, cell)
    for peer, variant in opened:
        workers[peer].ask("close", name=_key((peer, variant)))


def _key(name: Name) -> str:
    return "/".join(name)


def _open(workers: Mapping[str, Worker], cell: Cell, request: Mapping[str, Any], without: Sequence[str]) -> list[Name]:
    """The networks that could be built, after checking that they have as many parameters and learn the same."""
    opened: list[Name] = []
    counts, wanted = set(), None
    for peer, worker in workers.items():
        for variant in worker.variants:
            if variant in without:
                continue
            key = _key((peer, variant))
            answer = worker.ask("open", name=key, variant=variant, task=cell.task, **request)
            if "unsupported" in answer:
                cell.left_out[peer] = answer["unsupported"]
                break
            opened.append((peer, variant))
            counts.add(answer["parameters"])
            if variant == "fit":
                continue
            check = {"do": "logits"} if cell.task == "inference" else {"do": "losses", "steps": CHECK_STEPS}
            values = worker.ask(name=key, **check)["values"]
            wanted = wanted or values
            distance = apart(values, wanted)
            cell.apart[peer] = max(distance, cell.apart.get(peer, 0.0))
            if distance > TOLERANCE:
                raise Different(f"{cell.network}, {cell.task}: {key} is {distance:.1e} from netspec: {values[:5]}")
    if len(counts) > 1:
        raise Different(f"{cell.network}: the frameworks count {sorted(counts)} parameters")
    return opened


def _timed(worker: Worker, key: str, task: str, round_seconds: float) -> Callable[[], float]:
    """A run of as many steps as fill `round_seconds`, at least two, after a first one that sets their number."""
    once = worker.ask("time", name=key, task=task, steps=2)["seconds"] / 2
    count = max(2, round(round_seconds / once))

    def run() -> float:
        return float(worker.ask("time", name=key, task=task, steps=count)["seconds"]) / count

    return run
