"""Data sources: files become checked arrays, or a list of everything that is wrong. One file a source kind.

Needs numpy; Pillow is imported when an image folder is read.
"""

from netspec.data.dataset import Dataset, Split, hold_out, statistics
from netspec.data.problem import Problem
from netspec.data.sources import load

__all__ = ["Dataset", "Problem", "Split", "hold_out", "load", "statistics"]
