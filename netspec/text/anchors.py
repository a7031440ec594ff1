"""Where the aliases of a text lead, as far as it can be read."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

import yaml

from netspec.text.source import Source, Span
from netspec.text.surrogates import masked


class Alias(NamedTuple):
    """One `*name` and the `&name` that it repeats."""

    span: Span
    anchor: Span


def aliases(source: Source) -> list[Alias]:
    """The aliases up to the first fault of the text, in order; those without an anchor are left out.

    >>> aliases(Source("", "a: &x 1\\nb: *x"))
    [Alias(span=Span(line=2, column=4, end_line=2, end_column=6), anchor=Span(line=1, column=4, end_line=1, end_column=6))]
    """
    anchors: dict[str, Span] = {}
    found = []
    if "*" in source.text:
        loader = yaml.CSafeLoader(masked(source.text))
        with suppress(yaml.YAMLError):
            while (event := loader.get_event()) is not None:
                if not isinstance(event, yaml.NodeEvent) or event.anchor is None or event.start_mark is None:
                    continue
                start = event.start_mark.index
                if isinstance(event, yaml.AliasEvent):
                    if event.anchor in anchors:
                        span = source.span(start, start + 1 + len(event.anchor))
                        found.append(Alias(span, anchors[event.anchor]))
                else:
                    start = source.text.index("&", start)
                    anchors[event.anchor] = source.span(start, start + 1 + len(event.anchor))
    return found
