"""The compiled kernels: C++ in `src/`, built where there is a compiler, and which of their instruction sets runs here.

Imports no JAX: `netspec/lowering/foreign.py` calls them.
"""

from netspec.kernels.library import VERSION, chosen, identity, loaded

__all__ = ["VERSION", "chosen", "identity", "loaded"]
