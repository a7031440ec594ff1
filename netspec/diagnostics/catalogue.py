"""Every code, by its name. The families stand in `codes/`, one file each; `labels` and `weights` have codes of several."""

from __future__ import annotations

from netspec.diagnostics.code import Code
from netspec.diagnostics.codes import (
    blocks,
    budgets,
    data,
    grammar,
    importing,
    labels,
    shapes,
    structure,
    text,
    training,
    weights,
)

FAMILIES = (text, structure, grammar, blocks, importing, shapes, budgets, data, training, labels, weights)

CODES: dict[str, Code] = {
    code.code: code
    for code in sorted((code for family in FAMILIES for code in family.CODES), key=lambda code: code.code[:3])
}
