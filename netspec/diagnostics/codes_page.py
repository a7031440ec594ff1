"""Every diagnostic as Markdown, made from the catalogue: `python -m netspec.diagnostics.codes_page`."""

from __future__ import annotations

from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Code

FAMILIES = {
    "NS0": "Reading text",
    "NS1": "Structure",
    "NS2": "Grammar, and values that contradict each other",
    "NS3": "Shapes",
    "NS4": "Budgets",
    "NS5": "Data",
    "NS6": "Training and runs",
}


def page() -> str:
    """A heading for each family and each code, with its example where a spec can raise it."""
    parts = []
    for family, title in FAMILIES.items():
        parts.append(f"## {family}: {title}")
        for code in CODES.values():
            if code.code.startswith(family):
                parts += _entry(code)
    return "\n\n".join(parts) + "\n"


def _entry(code: Code) -> list[str]:
    parts = [f"### {code.code}: {code.title}", code.meaning.strip()]
    if code.example:
        parts.append(_fenced(code.example))
    if code.repaired:
        parts += ["Repaired:", _fenced(code.repaired)]
    return parts


def _fenced(spec: str) -> str:
    """A spec as a block of code; whatever does not show is escaped, for the page is read by people."""
    shown = "".join(c if c == "\n" or c.isprintable() else c.encode("unicode_escape").decode() for c in spec.rstrip())
    return f"```yaml\n{shown}\n```"


if __name__ == "__main__":
    print(page(), end="")
