"""The networks that are compared, and what is made the same for all of them."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from netspec.analysis.plan import Plan
from netspec.language.data import Augment
from netspec.language.steps import Dropout
from netspec.language.train import OPTIMIZERS, Constant, CrossEntropy
from netspec.repair.check import check_source
from netspec.text.files import Unreadable, read_source

ROOT = Path(__file__).parent.parent
SPECS = (
    "specs/lenet5-fashion.yaml",
    "specs/fully-connected.yaml",
    "benchmarks/mobilenet-small.yaml",
    "specs/vgg-small.yaml",
    "specs/all-cnn-c.yaml",
)
QUICK = SPECS[:4]
"""Without all-cnn-c, whose steps take longer than those of all the others together."""


def read(path: str, batch: int, optimizer: dict[str, Any]) -> Plan:
    """The plan of a spec, trained by `optimizer` ({"type", its keys}) at one rate on batches of `batch`.

    Dropout and augmentation are off: every framework draws other random numbers, and losses could not be compared.
    Raises ValueError where the spec has errors, OSError where it cannot be read.
    """
    source = read_source(path)
    if isinstance(source, Unreadable):
        raise OSError(f"{path}: {source.reason}")
    report = check_source(source)
    if report.plan is None:
        raise ValueError(f"{path}: {report.diagnostics[0].message}")
    keys = {name: value for name, value in optimizer.items() if name != "type"}
    train = replace(
        report.plan.spec.train.value,
        batch_size=batch,
        optimizer=OPTIMIZERS[optimizer["type"]](**keys),
        schedule=Constant(),
        loss=CrossEntropy(),
        gradient_clip=None,
        epochs=1,
    )
    spec = report.plan.spec
    data = replace(spec.data.value, augment=Augment(), validation=0.0)
    spec = replace(spec, train=replace(spec.train, value=train), data=replace(spec.data, value=data))
    layers = tuple(replace(layer, settings=_steady(layer.settings)) for layer in report.plan.layers)
    return replace(report.plan, spec=spec, layers=layers)


def _steady(settings: Any) -> Any:
    off = {"dropout": Dropout(), "drop": 0.0}
    return replace(settings, **{field.name: off[field.name] for field in fields(settings) if field.name in off})


def examples(plan: Plan, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Normal images (batch, height, width, channels), float32, and labels (batch,), int32; always the same ones."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal((batch, *plan.input), np.float32)
    return images, rng.integers(0, plan.output[-1], batch, np.int32)
