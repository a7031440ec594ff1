"""netspec beside PyTorch, Keras and Flax. Example: python benchmarks/run.py --quick"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).parent.parent))
from benchmarks import compare, networks, table
from benchmarks.compare import Cell
from benchmarks.fleet import Worker, cold_start
from benchmarks.load import Elsewhere

SGD = {"type": "sgd", "learning_rate": 0.01, "momentum": 0.9}
ADAM = {"type": "adam", "learning_rate": 1e-3}
MATMUL_SIZES = (1024, 2048)


@click.command()
@click.argument("specs", nargs=-1)
@click.option(
    "--quick",
    is_flag=True,
    help="Under three minutes: training and start alone, one batch size, fewer networks and rounds.",
)
@click.option(
    "--task",
    "tasks",
    multiple=True,
    type=click.Choice(list(table.TASKS)),
    help="Default: all; quick: training and start.",
)
@click.option("--batch", "batches", multiple=True, type=click.IntRange(1), help="Default: 32 and 128; quick: 32.")
@click.option("--peer", "peers", multiple=True, type=click.Choice(table.PEERS), help="Default: all that are installed.")
@click.option("--rounds", type=click.IntRange(1), help="How often each is taken. Default: 9; quick: 3.")
@click.option("--fashion", help="Where Fashion-MNIST's files are. Default: where netspec looks for them.")
@click.option("--python", default=sys.executable, help="The interpreter that has the frameworks. Default: this one.")
@click.option("--json", "output", type=click.Path(dir_okay=False, path_type=Path), help="Writes everything measured.")
def main(
    specs: tuple[str, ...],
    quick: bool,
    tasks: tuple[str, ...],
    batches: tuple[int, ...],
    peers: tuple[str, ...],
    rounds: int | None,
    fashion: str | None,
    python: str,
    output: Path | None,
) -> None:
    """Times SPECS (default: five networks) in netspec and in what else is installed, in turn, and prints the ratios."""
    paths = list(specs) or [str(networks.ROOT / name) for name in (networks.QUICK if quick else networks.SPECS)]
    sizes = batches or ((32,) if quick else (32, 128))
    rounds, round_seconds = rounds or (3 if quick else 9), 0.15 if quick else 0.4
    chosen = tasks or (("training", "start") if quick else tuple(table.TASKS))
    for path in paths:
        try:
            networks.read(path, 1, SGD)
        except (OSError, ValueError) as error:
            raise click.UsageError(str(error)) from None
    with _workers(peers or table.PEERS, python) as workers:
        cells: list[Cell] = []
        elsewhere = Elsewhere(worker.process for worker in workers.values())
        for task in ("training", "inference"):
            if task in chosen:
                for path in paths:
                    cells += [_steps(workers, path, batch, task, rounds, round_seconds) for batch in sizes]
                _show(cells, task)
        others = elsewhere.cores()
        if "epoch" in chosen:
            cells.append(_epoch(workers, max(1, rounds // 3), fashion))
            _show(cells, "epoch")
        if "start" in chosen:
            cells.append(_start(workers, python, max(1, rounds // 3)))
            _show(cells, "start")
        peak = _peak(workers)
    _finish(cells, peak, others, output)


@contextmanager
def _workers(peers: Sequence[str], python: str) -> Iterator[Mapping[str, Worker]]:
    """A worker for netspec and for each peer that is installed; says which are not."""
    workers: dict[str, Worker] = {}
    try:
        for peer in (compare.OWN, *peers):
            worker = workers[peer] = Worker(peer, python)
            if not worker.variants:
                click.echo(f"{peer} is not installed: {worker.greeting['missing']}", err=True)
                worker.end()
                del workers[peer]
        if compare.OWN not in workers:
            raise click.UsageError("netspec's extra `train` is needed: pip install -e '.[bench]'")
        yield workers
    finally:
        for worker in workers.values():
            worker.end()


def _steps(workers: Mapping[str, Worker], path: str, batch: int, task: str, rounds: int, round_seconds: float) -> Cell:
    plan = networks.read(path, batch, SGD)
    cell = Cell(plan.name, batch, task)
    if task == "training":
        cell.flops = 2 * batch * plan.training_macs
    click.echo(f"{task}: {plan.name}, batch {batch} ...", err=True)
    request = {"spec": str(Path(path).resolve()), "batch": batch, "optimizer": SGD}
    compare.steps(workers, cell, request, rounds, round_seconds)
    click.echo(table.brief(cell), err=True)
    return cell


def _epoch(workers: Mapping[str, Worker], rounds: int, folder: str | None) -> Cell:
    path = networks.ROOT / "specs" / "lenet5-fashion.yaml"
    cell = Cell("lenet5-fashion", 128, "epoch")
    click.echo("epoch: lenet5-fashion ...", err=True)
    compare.epochs(workers, cell, {"spec": str(path), "batch": 128, "optimizer": ADAM}, rounds, folder)
    return cell


def _start(workers: Mapping[str, Worker], python: str, rounds: int) -> Cell:
    path = str(networks.ROOT / "specs" / "lenet5-fashion.yaml")
    cell = Cell("lenet5-fashion", 128, "start")
    click.echo("start: lenet5-fashion ...", err=True)
    runs = {(peer, "process"): lambda peer=peer: cold_start(peer, python, path, 128) for peer in workers}
    compare.in_turn(runs, rounds, cell)
    return cell


def _peak(workers: Mapping[str, Worker]) -> float:
    """The quickest matrix product of those libraries that are here, in floating-point operations a second."""
    libraries = [workers[peer] for peer in (compare.OWN, "pytorch") if peer in workers]
    return max(float(worker.ask("matmul", size=size)["flops"]) for worker in libraries for size in MATMUL_SIZES)


def _show(cells: Sequence[Cell], task: str) -> None:
    click.echo("\n".join(table.rows([cell for cell in cells if cell.task == task], task)) + "\n")


def _finish(cells: Sequence[Cell], peak: float, others: float | None, output: Path | None) -> None:
    trained = [cell for cell in cells if cell.task == "training"]
    lines = [*(table.shares(trained, peak) if trained else ()), *table.notes(cells, others)]
    click.echo("\n".join(lines))
    if output is not None:
        found: dict[str, Any] = {
            "version": 1,
            "machine": platform.machine(),
            "matmul_flops": peak,
            "cores_elsewhere": others,
        }
        found["cells"] = [cell.as_json() for cell in cells]
        output.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
