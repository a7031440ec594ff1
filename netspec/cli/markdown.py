"""Results as Markdown has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(rows: Iterable[Sequence[str]]) -> str:
    r"""A table, whose second row is its rule.

    >>> print(table([["a|b", "c"], ["---", "---:"], ["1", "2"]]))
    | a\|b | c |
    | --- | ---: |
    | 1 | 2 |
    """
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)
