"""Every code, by its name. The families stand in `codes/`, one file each."""

from __future__ import annotations

from netspec.diagnostics.code import Code
from netspec.diagnostics.codes import budgets, data, grammar, shapes, structure, text, training

FAMILIES = (text, structure, grammar, shapes, budgets, data, training)

CODES: dict[str, Code] = {code.code: code for family in FAMILIES for code in family.CODES}
