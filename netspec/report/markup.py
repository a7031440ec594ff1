"""HTML from templates: what they are given is escaped, and shown as on a terminal where it cannot be seen."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from netspec.diagnostics.render.cells import shown


def _visible(value: object) -> object:
    """What is no markup as text without anything invisible."""
    return value if isinstance(value, Markup) else shown(str(value))


@cache
def _fragments() -> Any:
    environment = Environment(
        autoescape=True,
        finalize=_visible,
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("fragments.html").module


def fragment(name: str, *values: object) -> Markup:
    """The macro `name` of `fragments.html`.

    >>> fragment("paragraph", "<b>\\u202e\\x1b")
    Markup('<p>&lt;b&gt;\\\\u202e␛</p>')
    """
    return Markup(getattr(_fragments(), name)(*values))
