"""Typed values as a person would write them: nothing that goes without saying."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

from netspec.language.fields import key_of_field
from netspec.language.kinds import KINDS
from netspec.language.steps import Dropout


def said(value: object) -> Any:
    """A typed value in its shortest form: a choice by its name, a mapping of what is not usual, lists for tuples.

    >>> said(Dropout(rate=0.5)), said(Dropout(rate=0.5, type="spatial"))
    (0.5, {'rate': 0.5, 'type': 'spatial'})
    """
    if isinstance(value, tuple):
        return [said(item) for item in value]
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    fields = dataclasses.fields(value)
    given = {
        key_of_field(field.name): said(own)
        for field in fields
        if (own := getattr(value, field.name)) != _default(field)
    }
    if isinstance(value, Dropout):
        return given if "type" in given else value.rate
    chosen = getattr(type(value), "type", None)
    if isinstance(chosen, str) and all(field.name != "type" for field in fields):
        return {"type": chosen} | given if given else chosen
    return given


@cache
def usual(kind: str) -> dict[str, Any]:
    """What goes without saying of a layer of a kind, in its shortest form."""
    fields = dataclasses.fields(KINDS[kind].settings)  # type: ignore[arg-type]
    defaults = ((field.name, _default(field)) for field in fields)
    return {name: said(default) for name, default in defaults if default is not dataclasses.MISSING}


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
