"""Every diagnostic as Markdown, made from the catalogue: `python -m netspec.diagnostics.codes_page`."""

from __future__ import annotations

from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Code, Part

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
    """A heading for each family and each code, with its reason, an example and the arithmetic of it."""
    parts = []
    for family, title in FAMILIES.items():
        parts.append(f"## {family}: {title}")
        for code in CODES.values():
            if code.code.startswith(family):
                parts += _entry(code)
    return "\n\n".join(parts) + "\n"


def _entry(code: Code) -> list[str]:
    parts = [f"### {code.code}: {code.title}", code.meaning, code.why]
    for part in (*code.broken, *code.whole):
        parts += [part.words, fenced(part)]
    return parts


def fenced(part: Part) -> str:
    """A text as a block of code; whatever does not show is escaped, for the page is read by people."""
    text = part.text.rstrip()
    shown = "".join(c if c == "\n" or c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return f"```{part.language}\n{shown}\n```"


if __name__ == "__main__":
    print(page(), end="")
