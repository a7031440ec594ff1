"""One framework in one process that stays warm: it reads one JSON request a line and answers each with one line.

Run by `benchmarks.fleet`; `python -m benchmarks.worker first-step PEER SPEC BATCH` is the whole of a cold start.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import networks
from benchmarks.peers.peer import Peer, Unsupported, Weights
from netspec.analysis.plan import Plan

MODULES = {"netspec": "netspec_jax", "pytorch": "pytorch", "keras": "keras_jax", "flax": "flax_nnx"}


def load(peer: str) -> Any:
    """The module of a framework; ImportError where it is not installed."""
    return importlib.import_module(f"benchmarks.peers.{MODULES[peer]}")


def initial(plan: Plan) -> Weights:
    """The weights that all begin with: netspec's for seed 0."""
    from netspec.lowering.initialize import parameters

    return {layer.name: parameters(layer, 0) for layer in plan.layers if layer.shapes}


class Worker:
    """The networks of one framework, by the name that the parent gave each."""

    def __init__(self, peer: str) -> None:
        self.peer = peer
        self.module = load(peer)
        self.open: dict[str, Peer] = {}
        self.data: tuple[np.ndarray, np.ndarray] | None = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """What a request asks for: its key `do` names one of the methods below."""
        action = request.pop("do")
        return getattr(self, f"do_{action}")(**request)  # type: ignore[no-any-return]

    def do_open(self, name: str, spec: str, batch: int, optimizer: dict[str, Any], variant: str, task: str) -> Any:
        plan = networks.read(spec, batch, optimizer)
        if plan.frozen and self.peer != "netspec":
            raise Unsupported(f"this comparison's {self.peer} trains every layer")
        images, labels = networks.examples(plan, batch)
        make = self.module.Network
        self.open[name] = make(plan, variant, initial(plan), images, labels, task != "inference")
        return {"parameters": self.open[name].parameters}

    def do_losses(self, name: str, steps: int) -> Any:
        return {"values": self.open[name].train(steps)}

    def do_logits(self, name: str) -> Any:
        return {"values": self.open[name].infer(1).astype(np.float64).ravel().tolist()}

    def do_time(self, name: str, task: str, steps: int) -> Any:
        run = self.open[name].train if task == "training" else self.open[name].infer
        start = time.perf_counter()
        run(steps)
        return {"seconds": time.perf_counter() - start}

    def do_epoch(self, name: str, folder: str | None, steps: int | None) -> Any:
        if self.data is None:
            self.data = _fashion(folder)
        start = time.perf_counter()
        loss = self.open[name].epoch(*self.data, steps)
        return {"seconds": time.perf_counter() - start, "loss": loss}

    def do_matmul(self, size: int) -> Any:
        """Floating-point operations a second of a float32 matrix product in this framework's library."""
        return {"flops": self.module.matmul_flops(size)}

    def do_close(self, name: str) -> Any:
        del self.open[name]
        return {}


def _fashion(folder: str | None) -> tuple[np.ndarray, np.ndarray]:
    """The training images of Fashion-MNIST, normalized, (60000, 28, 28, 1), and their labels."""
    from netspec.data import Dataset, load
    from netspec.data.splits import Settings

    found = load(Settings("fashion-mnist", Path(folder) if folder else None, False), (28, 28, 1), 10)
    if not isinstance(found, Dataset):
        raise Unsupported(found[0].message)
    pixels = found.train.images.astype(np.float32)
    return (pixels - pixels.mean()) / pixels.std(), found.train.labels


def first_step(peer: str, spec: str, batch: int) -> None:
    """From nothing to one training step."""
    plan = networks.read(spec, batch, {"type": "sgd", "momentum": 0.9})
    module = load(peer)
    module.Network(plan, module.VARIANTS[0], {}, *networks.examples(plan, batch), True).train(1)


def serve(peer: str) -> None:
    """Answers requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not look like an answer
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a stopped process must not outlive its parent
    try:
        worker = Worker(peer)
    except ImportError as error:
        print(json.dumps({"missing": str(error)}), file=answers, flush=True)
        return
    print(json.dumps({"variants": worker.module.VARIANTS}), file=answers, flush=True)
    for line in sys.stdin:
        try:
            found = worker.answer(json.loads(line))
        except Unsupported as error:
            found = {"unsupported": str(error)}
        print(json.dumps(found), file=answers, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "first-step":
        first_step(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        serve(sys.argv[1])
