"""Whether a spec learns as well as the same network in PyTorch: test accuracies over several seeds, side by side.

`python benchmarks/accuracy.py SPEC --seeds 3` trains with netspec, then the module of `benchmarks/peers/torch_net.py` from
the same first weights, with the same learning rate in each step, batches in PyTorch's own order, flips where the spec has them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent.parent))
import netspec
from benchmarks.peers import torch_net
from netspec.analysis.plan import Plan, steps_per_epoch
from netspec.data import splits
from netspec.training.step import TrainableNetwork


def by_netspec(spec: str, seed: int, folder: Path) -> float:
    """Test accuracy of a run."""
    text = Path(spec).read_text().replace("\ntrain:\n", f"\ntrain:\n  seed: {seed}\n")
    run = netspec.train(text=text, output=folder / f"seed{seed}")
    return float(netspec.evaluate(run.folder).accuracy)


def by_torch(plan: Plan, images: splits.Images, seed: int) -> float:
    """Test accuracy of the same network in PyTorch."""
    train = plan.spec.train.value
    steps = steps_per_epoch(len(images.train), train)
    net = TrainableNetwork(plan, {}, steps)
    state = net.init_training(seed)
    module = torch_net.module(plan)
    arrays = [
        {layer: {name: torch.from_numpy(np.array(array)) for name, array in own.items()} for layer, own in part.items()}
        for part in (state["variables"]["params"], state["variables"]["state"])
    ]
    module.load_state_dict(torch_net.weights(plan, *arrays), strict=False)
    optimizer: Any = torch.optim.AdamW(module.parameters(), weight_decay=train.optimizer.weight_decay)  # type: ignore[union-attr]
    torch.manual_seed(seed)
    x, y = _tensors(images.train, images)
    for step in range(steps * train.epochs):
        if step % steps == 0:
            order = torch.randperm(len(x))
        at = order[step % steps * train.batch_size :][: train.batch_size]
        batch = x[at]
        if plan.spec.data.value.augment.flip == "horizontal":
            batch = torch.where(torch.rand(len(at), 1, 1, 1) < 0.5, batch.flip(3), batch)
        for group in optimizer.param_groups:
            group["lr"] = float(net.optimizer.learning_rate(state | {"step": np.int32(step)}))
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(module(batch), y[at]).backward()
        optimizer.step()
    module.eval()
    x, y = _tensors(images.test, images)
    with torch.no_grad():
        right = sum(int((module(x[i : i + 500]).argmax(1) == y[i : i + 500]).sum()) for i in range(0, len(x), 500))
    return right / len(x)


def _tensors(part: Any, images: splits.Images) -> tuple[torch.Tensor, torch.Tensor]:
    normalized = (part.images.astype(np.float32) - images.mean) / images.deviation
    return torch.from_numpy(normalized).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(part.labels).long()


@click.command()
@click.argument("spec")
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--output", default="runs/accuracy", show_default=True, type=click.Path(path_type=Path))
def main(spec: str, seeds: int, output: Path) -> None:
    """Trains SPEC, whose optimizer is adamw, with netspec and with PyTorch."""
    plan = netspec.check(spec).plan
    images = None if plan is None else splits.read(plan)
    if plan is None or not isinstance(images, splits.Images) or plan.spec.train.value.optimizer.type != "adamw":
        raise click.UsageError(f"{spec} or its data have errors, or its optimizer is not adamw")
    pairs = []
    for seed in range(seeds):
        pairs.append((by_netspec(spec, seed, output), by_torch(plan, images, seed)))
        click.echo(f"seed {seed}: netspec {pairs[-1][0]:.2%}, PyTorch {pairs[-1][1]:.2%}")
    ours, theirs = (sum(column) / seeds for column in zip(*pairs, strict=True))
    click.echo(f"mean: netspec {ours:.2%}, PyTorch {theirs:.2%}, difference {ours - theirs:+.2%}")


if __name__ == "__main__":
    main()
