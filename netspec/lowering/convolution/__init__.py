"""Convolutions with a choice of algorithm for each layer and direction."""

from netspec.lowering.convolution.algorithms import ALGORITHMS
from netspec.lowering.convolution.convolve import Choice, convolve
from netspec.lowering.convolution.cost import choose
from netspec.lowering.convolution.geometry import Geometry
from netspec.lowering.convolution.work import Convolution

__all__ = ["ALGORITHMS", "Choice", "Convolution", "Geometry", "choose", "convolve"]
