"""Every diagnostic as Markdown, made from the catalogue: `python -m netspec.diagnostics.codes_page`."""

from __future__ import annotations

from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Code, Family, Part

TITLES = {
    Family.TEXT: "Reading text",
    Family.STRUCTURE: "Structure",
    Family.GRAMMAR: "Grammar, and values that contradict each other",
    Family.SHAPES: "Shapes",
    Family.BUDGETS: "Budgets",
    Family.DATA: "Data",
    Family.TRAINING: "Training and runs",
}


def page() -> str:
    """A heading for each family and each code, with its reason, an example and the arithmetic of it."""
    parts = []
    for family, title in TITLES.items():
        parts.append(f"## {family.value}: {title}")
        for code in CODES.values():
            if code.family is family:
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
