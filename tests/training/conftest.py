"""Arrays of different ranks never meet unnoticed: broadcasting must be written out."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import pytest


@pytest.fixture(autouse=True)
def no_silent_broadcasting() -> Iterator[None]:
    with jax.numpy_rank_promotion("raise"):
        yield
