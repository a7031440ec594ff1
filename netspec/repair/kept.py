"""What a change keeps of what the author wrote: by this the fixes of one finding are ranked, and told."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from netspec.diagnostics.diagnostic import Edit, Fix
from netspec.text.source import Source

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?(?: ?[kmgt]i?b?|x)?(?![\w])", re.IGNORECASE)


def taken_away(source: Source, fix: Fix) -> int:
    """How many numbers of the author's vanish without another in their place."""
    old, new = _numbers(source, fix)
    return max(0, (old - new).total() - (new - old).total())


def _numbers(source: Source, fix: Fix) -> tuple[Counter[str], Counter[str]]:
    """The numbers in what a change takes, and in what it puts there."""
    old, new = (Counter[str](), Counter[str]())
    for edit in fix.edits:
        if _is_double(source, edit):
            continue
        old.update(NUMBER.findall(source.excerpt(edit.span)))
        new.update(NUMBER.findall(edit.text))
    return old, new


def rank(source: Source, fix: Fix) -> tuple[bool, bool, bool]:
    """The order of fixes: first what can only be meant, then what keeps numbers and words, then what takes them away, last what is for display."""
    return (
        fix.applicability == "display",
        not fix.safe and taken_away(source, fix) > 0,
        not fix.safe and takes_words(source, fix),
    )


def takes_words(source: Source, fix: Fix) -> bool:
    """Whether it takes words or numbers away and puts none there, not only signs and blanks."""
    taken = any(
        re.search(r"\w", source.excerpt(edit.span)) and not (_is_name(source, edit) or _is_double(source, edit))
        for edit in fix.edits
    )
    return taken and not any(re.search(r"\w", edit.text) for edit in fix.edits)


def _is_double(source: Source, edit: Edit) -> bool:
    """Whether a change takes a line away that stands there twice."""
    line = source.excerpt(edit.span)
    after = source.text[source.offset(edit.span.end_line, edit.span.end_column) :]
    before = source.text[: source.offset(edit.span.line, edit.span.column)]
    return not edit.text and line.endswith("\n") and (after.startswith(line) or before.endswith("\n" + line))


def _is_name(source: Source, edit: Edit) -> bool:
    """Whether a change takes the name of a section away, and leaves all that stands under it."""
    below = source.text[source.offset(edit.span.end_line, edit.span.end_column) :]
    return bool(re.fullmatch(r"[\w-]+:\s*", source.excerpt(edit.span)) and re.match(r"[\w\[{]", below))


def told(source: Source, fix: Fix) -> Fix:
    """The fix with a title that names each number which it takes away, with its key where that goes too."""
    old, new = _numbers(source, fix)
    lost = [number for number in old - new if number not in NUMBER.findall(fix.title)]
    if not lost or not taken_away(source, fix) or fix.applicability != "unsafe":
        return fix
    taken = " ".join(source.excerpt(edit.span) for edit in fix.edits)
    shown = ", ".join(f"`{_with_key(taken, number)}`" for number in lost[:3]) + ", ..." * (len(lost) > 3)
    return replace(fix, title=f"{fix.title}, without {shown}")


def _with_key(taken: str, number: str) -> str:
    """A number, with the key that it is the value of, in a text that is taken away.

    >>> _with_key("{kernel: 3, stride: 2}", "2"), _with_key("[120, 84]", "84")
    ('stride: 2', '84')
    """
    found = re.search(rf"[\w-]+: +{re.escape(number)}(?![\w.])", taken)
    return found[0] if found else number
