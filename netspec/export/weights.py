"""A trained network's arrays as one safetensors file, by netspec's names or by those of another system."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import jax
import numpy as np

from netspec.export.flax.code import arrays as in_flax
from netspec.export.keras.program import arrays as in_keras
from netspec.export.layouts import Layout
from netspec.export.told import told
from netspec.export.torch.code import arrays as in_torch
from netspec.storage.tensors import save_bytes
from netspec.storage.tree import to_host
from netspec.training.trained import TrainedNetwork

Names = Literal["netspec", "torch", "keras", "flax"]
Arrays = dict[str, np.ndarray]


def of_run(network: TrainedNetwork, names: Names = "netspec") -> bytes:
    """The file's bytes: the arrays, and what they are of as metadata. Raises Unsupported.

    netspec's names and layouts are those of a run's model: `params/fc1/kernel`, `state/block1.conv1/mean`.
    """
    variables = jax.device_get(network.variables)
    named = {"torch": in_torch, "keras": in_keras, "flax": in_flax}
    tensors = laid_out(named[names](network.plan), variables) if names in named else to_host(variables)
    facts = {**told(network, variables, inside=False), "names": names, "spec": network.plan.spec.source.text}
    return save_bytes(tensors, facts)


def laid_out(named: Iterable[tuple[str, str, str, Layout | None]], variables: Any) -> Arrays:
    """The arrays of variables by another system's names: layer, netspec's name, the other name, its layout, of each."""
    found = {}
    for layer, name, own, layout in named:
        array = {**variables["params"].get(layer, {}), **variables["state"].get(layer, {})}[name]
        found[own] = array if layout is None else layout.laid(array)
    return found
