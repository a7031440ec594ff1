"""What is known of a convolution before it runs: its geometry, and which algorithm each direction gets.

The algorithms themselves are JAX and lie in `netspec/lowering/convolution/`; choosing among them needs none, and the
memory that training takes depends on the choice.
"""

from netspec.analysis.convolution.choice import Choice
from netspec.analysis.convolution.geometry import Geometry
from netspec.analysis.convolution.rules import choose

__all__ = ["Choice", "Geometry", "choose"]
