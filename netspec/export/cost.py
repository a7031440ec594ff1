"""What a network costs: netspec's counts beside XLA's, compiled for this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jax

from netspec.analysis.memory import training_bytes
from netspec.analysis.plan import Plan
from netspec.export.functions import Functions
from netspec.lowering.options import compiler_options

Say = Callable[[str], None]


def measure(plan: Plan, functions: Functions, say: Say) -> dict[str, Any]:
    """Each function compiled at the spec's batch size, and what XLA says of it; the content of `cost.json`."""
    batch = plan.spec.train.value.batch_size
    options: dict[str, str | bool] = {**compiler_options(jax.default_backend())}
    found: dict[str, Any] = {"batch_size": batch, "platform": jax.default_backend(), "compiler_options": options}
    found["netspec"] = {
        "parameters": plan.parameters,
        "macs": plan.macs,
        "predict_flops": 2 * plan.macs * batch,
        "train_step_flops": 2 * plan.training_macs * plan.spec.train.value.examples_per_step,
        "weight_bytes": plan.weight_bytes,
        "training_bytes": training_bytes(plan, batch, "cpu" if functions.network.choices else None),
    }
    arguments = functions.arguments(batch)
    for name, function in functions.all.items():
        say(f"compiling {name} for this machine, batch {batch}")
        donated = (0,) if name == "train_step" else ()
        began = time.monotonic()
        compiled = jax.jit(function, donate_argnums=donated).lower(*arguments[name]).compile(compiler_options=options)
        found[name] = {"compile_seconds": round(time.monotonic() - began, 3), **analysis(compiled)}
    return found


def analysis(compiled: Any) -> dict[str, Any]:
    """XLA's own figures. It leaves multiply-adds on padding out, so its flops are no textbook number."""
    costs, memory = compiled.cost_analysis(), compiled.memory_analysis()
    sizes = {part: int(getattr(memory, f"{part}_size_in_bytes")) for part in ("argument", "output", "alias", "temp")}
    return {
        "flops": float(costs.get("flops", 0.0)),
        "bytes_accessed": float(costs.get("bytes accessed", 0.0)),
        "transcendentals": float(costs.get("transcendentals", 0.0)),
        **{f"{part}_bytes": size for part, size in sizes.items()},
        "total_bytes": sizes["argument"] + sizes["output"] - sizes["alias"] + sizes["temp"],
    }
