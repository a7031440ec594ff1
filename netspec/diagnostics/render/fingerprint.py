"""An identity for a diagnostic that outlives edits elsewhere in its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.render.paths import relative


def fingerprints(diagnostics: Sequence[Diagnostic]) -> list[str]:
    """One for each, all different: of file, code, layer and the marked line's text, not of its number.

    Diagnostics alike in all of these are told apart by their order.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    prints = []
    for found in diagnostics:
        lines = found.source.lines
        text = lines[min(found.span.line, len(lines)) - 1].strip()
        identity = (relative(found.source.name), found.code, found.layer or "", text)
        seen[identity] += 1
        prints.append(_digest((*identity, str(seen[identity]))))
    return prints


def _digest(parts: Sequence[str]) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
