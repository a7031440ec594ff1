"""Max and average pooling with a choice of algorithm."""

from netspec.analysis.pooling import Window
from netspec.lowering.pooling.pool import ALGORITHMS, pool
from netspec.lowering.pooling.workload import Pooling

__all__ = ["ALGORITHMS", "Pooling", "Window", "pool"]
