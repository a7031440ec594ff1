"""A tree of arrays as a flat dict by path, and back: how state is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np


def flatten(tree: Any) -> dict[str, Any]:
    """The leaves by their path: `params/block1.conv1/kernel`."""
    leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
    return {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}


def to_host(tree: Any) -> dict[str, np.ndarray]:
    """The leaves as numpy arrays by their path; waits for what is being computed."""
    return {name: np.asarray(leaf) for name, leaf in flatten(tree).items()}


def unflatten(like: Any, arrays: Mapping[str, Any]) -> Any:
    """A tree of the structure of `like` with these leaves.

    Raises ValueError where a leaf is missing, is over, or has another shape or type.
    """
    wanted = flatten(like)
    if wanted.keys() != arrays.keys():
        names = ", ".join(sorted(wanted.keys() ^ arrays.keys())[:5])
        raise ValueError(f"these arrays are missing or do not belong: {names}")
    for name, leaf in wanted.items():
        array = arrays[name]
        if array.shape != leaf.shape or array.dtype != leaf.dtype:
            raise ValueError(
                f"{name}: expected {leaf.dtype}{list(leaf.shape)}. Received: {array.dtype}{list(array.shape)}"
            )
    return jax.tree_util.tree_unflatten(jax.tree_util.tree_structure(like), [arrays[name] for name in wanted])
