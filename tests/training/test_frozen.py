"""Frozen layers and rates by layer, against PyTorch's `requires_grad`, `eval()` and groups of parameters."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

from netspec.storage.tree import to_host
from tests.lowering.networks import network, variables

TOLERANCE = 1e-5
"""Relative: of the largest number of an array."""

BODY = """\
netspec: 1
name: t
input: [8, 8, 4]
data: {source: npz, path: t.npz}
defaults: {activation: tanh, conv: {kernel: 3, padding: 1, norm: batch, order: [norm, activation, conv]}}
blocks:
  - conv: {filters: 4, order: [conv, norm, activation]}
  - conv: [{filters: 6, first: {stride: 2}}, {filters: 6, gate: {units: 2}}]
    shortcut: add
  - repeat: 2
    conv: {filters: 6}
    shortcut: add
fc: [{units: 6, norm: batch}, 3]
train:
  batch_size: 16
  from: runs/base
"""
TRAINED = {
    "first block": "freeze: 'block[1].*'\n  gradient_clip: 0.5\n  optimizer: "
    "{type: sgd, learning_rate: 0.2, momentum: 0.9, weight_decay: 0.1, rate_factors: {block*: 0.1, block3.*: 0.5}}",
    "from within": "freeze: [block2.conv1, block4.*, fc1]\n  accumulate: 2\n  optimizer: "
    "{type: adamw, learning_rate: 0.05, weight_decay: 0.1, rate_factors: {fc*: 2, '*.conv?': 0.3}}",
}
FACTORS = {
    "first block": lambda name: 0.5 if name.startswith("block3.") else 0.1 if name.startswith("block") else 1.0,
    "from within": lambda name: 2.0 if name.startswith("fc") else 0.3 if name[:-1].endswith(".conv") else 1.0,
}
STEPS = 3


def agree(found: Any, wanted: Any, what: str) -> None:
    wanted = np.asarray(wanted)
    worst = np.abs(np.asarray(found, np.float64) - wanted).max(initial=0) / max(np.abs(wanted).max(initial=0), 1e-6)
    assert worst < TOLERANCE, f"{what}: {worst:.2e}"


@pytest.mark.parametrize("name", TRAINED)
def test_steps_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    from benchmarks.peers import torch_net

    net = network(f"{BODY}  {TRAINED[name]}\n", chosen=True)
    frozen, settings = net.plan.frozen, net.train.optimizer
    rng = np.random.default_rng(0)
    batches = [(rng.normal(size=(16, 8, 8, 4)).astype(np.float32), rng.integers(0, 3, 16)) for _ in range(STEPS)]
    state: Any = net.init_training(0) | {"variables": jax.device_put(variables(net))}
    start = jax.device_get(state["variables"])
    doubles = {
        part: {
            layer: {name: torch.tensor(np.asarray(value, np.float64)) for name, value in own.items()}
            for layer, own in start[part].items()
            if layer != "input"
        }
        for part in start
    }
    module = torch_net.module(net.plan).double()
    module.load_state_dict(torch_net.weights(net.plan, doubles["params"], doubles["state"]), strict=False)
    groups = []
    for called, row in module.named_children():
        layer = next(
            one.name for one in net.plan.layers if called in (own := one.name.replace(".", "_"), f"{own}_lead")
        )
        if layer in frozen:
            row.eval().requires_grad_(False)
        elif parameters := list(row.parameters()):
            groups.append({"params": parameters, "lr": settings.learning_rate * FACTORS[name](layer)})
    rule = {"momentum": 0.9} if settings.type == "sgd" else {}
    theirs = (torch.optim.SGD if rule else torch.optim.AdamW)(groups, weight_decay=settings.weight_decay, **rule)
    trained = [one for group in groups for one in group["params"]]
    count = net.train.accumulate
    for images, labels in batches:
        state, metrics = net.train_step(state, images, labels.astype(np.int32))
        theirs.zero_grad()
        for part in range(count):  # dealt out in turn
            x = torch.tensor(images[part::count].astype(np.float64)).permute(0, 3, 1, 2)
            loss = torch.nn.functional.cross_entropy(module(x), torch.tensor(labels[part::count]))
            (loss / count).backward()
        norm = torch.nn.utils.clip_grad_norm_(trained, net.train.gradient_clip or 1e9)
        theirs.step()
        assert float(metrics["gradient_norm"]) == pytest.approx(norm.item(), rel=TOLERANCE)
        assert float(metrics["learning_rate"]) == pytest.approx(settings.learning_rate)
    after = jax.device_get(state["variables"])
    own = {
        layer: {name: torch.tensor(np.asarray(value, np.float64)) for name, value in arrays.items()}
        for layer, arrays in after["params"].items()
    }
    wanted = dict(module.named_parameters())
    for parameter, value in torch_net.weights(net.plan, own, {}).items():
        agree(value, wanted[parameter].detach(), parameter)
    moved, before = to_host(after), to_host(start)
    still = {path for path in moved if moved[path].tobytes() == before[path].tobytes()}
    assert still == {path for path in moved if path.split("/")[1] in {*frozen, "input"}}
    assert {path.split("/")[1] for path in still if "/mean" in path} > {"input"}
