"""Max and average pooling with a choice of algorithm."""

from netspec.lowering.pooling.cost import choose
from netspec.lowering.pooling.pool import ALGORITHMS, pool

__all__ = ["ALGORITHMS", "choose", "pool"]
