"""Convolutions with a choice of algorithm for each layer and direction."""

from netspec.lowering.convolution.algorithms import ALGORITHMS
from netspec.lowering.convolution.convolve import convolve
from netspec.lowering.convolution.workload import Convolution

__all__ = ["ALGORITHMS", "Convolution", "convolve"]
