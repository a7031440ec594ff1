"""How many images a second are read and decoded, with no network behind, beside PyTorch's DataLoader with as many workers.

`python benchmarks/reading.py` writes a folder of JPEG files, or takes one, and reads it in turn by netspec's threads and by
DataLoader's processes, which start before the clock does: once as is usual, an image an element, and once a batch an element.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent))
from benchmarks.load import Elsewhere
from benchmarks.ratios import ratio
from netspec.data import streamed
from netspec.data.image_files import ImageFiles


class Files(torch.utils.data.Dataset[Any]):
    """The same files for PyTorch: by a number one image, by several a batch."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, which: Any) -> torch.Tensor:
        if isinstance(which, list):
            return torch.stack([self[number] for number in which])
        with Image.open(self.paths[which]) as image:
            return torch.from_numpy(np.array(image.convert("RGB")))


def written(folder: Path, count: int, side: int) -> list[str]:
    """So many JPEG files of smooth noise."""
    rng = np.random.default_rng(0)
    names = [f"{number:06}.jpg" for number in range(count)]
    for name in names:
        pixels = rng.integers(0, 256, (side // 8, side // 8, 3), np.uint8)
        Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC).save(folder / name, quality=90)
    return names


def seconds(batches: Iterable[Any]) -> float:
    """How long it takes to have each of them once."""
    began = time.perf_counter()
    for _ in batches:
        pass
    return time.perf_counter() - began


@click.command()
@click.option("--images", "count", default=4000, show_default=True, type=click.IntRange(1))
@click.option("--side", default=224, show_default=True, type=click.IntRange(8))
@click.option("--batch", default=64, show_default=True, type=click.IntRange(1))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1))
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
def main(count: int, side: int, batch: int, workers: int, rounds: int) -> None:
    """Times epochs of reading, each way in turn."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        names = written(folder, count, side)
        images = streamed.Streamed.all(ImageFiles(folder, names, (side, side, 3), False))
        orders = np.random.default_rng(1).permutation(count)
        keys = [orders[start : start + batch] for start in range(0, count, batch)]
        files = Files([folder / name for name in names])
        options: dict[str, Any] = {"num_workers": workers, "persistent_workers": True}
        lists = [key.tolist() for key in keys]
        usual = torch.utils.data.DataLoader(files, batch_sampler=lists, **options)
        whole = torch.utils.data.DataLoader(files, batch_size=None, sampler=lists, **options)
        ways: dict[str, Callable[[], Iterable[Any]]] = {
            "netspec": lambda: images.ahead(keys),
            "DataLoader, an image an element": lambda: usual,
            "DataLoader, a batch an element": lambda: whole,
        }
        streamed.workers = lambda: workers
        for way in ways.values():
            seconds(way())
        elsewhere = Elsewhere(child.pid or 0 for child in active_children())
        taken = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                taken[name].append(seconds(way()))
        click.echo(f"{count:,} JPEG of {side}x{side}, batches of {batch}, {workers} workers, {rounds} rounds in turn")
        for name, times in taken.items():
            click.echo(f"{name}: {count / min(times):,.0f} images/s at best")
            if name != "netspec":
                found = ratio(times, taken["netspec"])
                click.echo(f"  netspec reads {found.median:.2f} times as many ({found.low:.2f} to {found.high:.2f})")
        if (cores := elsewhere.cores()) is not None:
            click.echo(f"{cores:.2f} cores were busy with other things")


if __name__ == "__main__":
    main()
