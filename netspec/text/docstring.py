"""Documentation that people read, by the command line and in the schema, from where the code has it."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable

WITHOUT = 2
"""The level of `PYTHONOPTIMIZE` from which on Python leaves docstrings out."""


def docstring(thing: type | Callable[..., object]) -> str:
    """The docstring of a class or function, by its file where Python has left it out; empty where there is none."""
    if sys.flags.optimize < WITHOUT:
        return inspect.getdoc(thing) or ""
    definition = ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]
    assert isinstance(definition, ast.ClassDef | ast.FunctionDef)
    return ast.get_docstring(definition) or ""
