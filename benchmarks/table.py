"""What a comparison found, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks.compare import OWN, Cell
from benchmarks.ratios import geometric_mean, ratio

PEERS = ("pytorch", "keras", "flax")
TASKS = {
    "training": "Training steps",
    "inference": "Inference",
    "epoch": "Whole epochs",
    "start": "Start to first step",
}

WIDTH = 20
"""Of a framework's column: `13.21 (11.39-15.77)` and a blank."""


def rows(cells: Sequence[Cell], task: str) -> Iterator[str]:
    """The lines of one task's table: milliseconds, and how many times as fast netspec is, with the middle half."""
    yield f"{TASKS[task]}: netspec in ms, and how many times as fast it is (middle half)"
    yield f"  {'network':<16}{'batch':>6}{'netspec':>9}" + "".join(f"{peer:>{WIDTH}}" for peer in PEERS)
    for cell in cells:
        own = _milliseconds(median(cell.best(OWN))) if OWN in cell.seconds else "-"
        line = f"  {cell.network:<16}{cell.batch:>6}{own:>9}"
        for peer in PEERS:
            line += f"{_ratio(cell, peer):>{WIDTH}}"
        yield line.rstrip()
    if len(cells) > 1:
        yield f"  {'mean of ratios':<31}" + "".join(f"{_mean(cells, peer):>{WIDTH}}" for peer in PEERS).rstrip()


def brief(cell: Cell) -> str:
    """One line while the others are still to come."""
    peers = [f"{peer} {_ratio(cell, peer)}" for peer in PEERS if peer in cell.seconds]
    return f"  netspec {_milliseconds(median(cell.best(OWN)))} ms; " + ", ".join(peers)


QUIET_CORES = 0.1
"""What the system itself takes now and then."""


def notes(cells: Sequence[Cell], others: float | None = None) -> Iterator[str]:
    """What the tables do not show: how far apart results were, what is missing and why, who else was computing.

    `others` is how many cores other processes kept busy meanwhile.
    """
    if others is not None and others > QUIET_CORES:
        yield f"NOT QUIET: other processes kept {others:.1f} cores busy meanwhile, which slows threads in lockstep most"
    worst = max((distance for cell in cells for distance in cell.apart.values()), default=0.0)
    yield f"losses and logits agree to {worst:.1e}, parameters are as many"
    reasons = {f"{cell.network}: {peer} is left out: {why}" for cell in cells for peer, why in cell.left_out.items()}
    yield from sorted(reasons)


def shares(cells: Sequence[Cell], peak_flops: float) -> Iterator[str]:
    """How much of the machine's matrix product peak each network's training reaches."""
    yield f"of this machine's float32 matmul peak, {peak_flops / 1e9:.0f} GFLOP/s, a training step reaches"
    for cell in cells:
        parts = [f"{name} {cell.flops / median(cell.best(name)) / peak_flops:.0%}" for name in cell.seconds]
        yield f"  {cell.network:<16}{cell.batch:>6}  " + ", ".join(parts)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.2f}" if seconds < 0.1 else f"{seconds * 1e3:,.0f}"


def _ratio(cell: Cell, peer: str) -> str:
    if not {peer, OWN} <= cell.seconds.keys():
        return "-"
    found = ratio(cell.best(peer), cell.best(OWN))
    return f"{found.median:.2f} ({found.low:.2f}-{found.high:.2f})"


def _mean(cells: Sequence[Cell], peer: str) -> str:
    ratios = [ratio(cell.best(peer), cell.best(OWN)).median for cell in cells if {peer, OWN} <= cell.seconds.keys()]
    return f"{geometric_mean(ratios):.2f}" + " " * 12 if ratios else "-"
