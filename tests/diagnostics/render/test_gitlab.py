from __future__ import annotations

import json
from dataclasses import replace

from netspec.diagnostics.render.gitlab import render
from netspec.text.source import Source, Span


def issues(found):
    return json.loads(render(found, [], color=False, width=80))


def test_every_fingerprint_is_unique(found):
    prints = [issue["fingerprint"] for issue in issues(found + found)]
    assert len(set(prints)) == 2 * len(found)


def test_fingerprints_outlive_lines_above_and_new_words(found):
    def moved(one):
        source = Source(one.source.name, "# new\n" + one.source.text)
        span = Span(one.span.line + 1, one.span.column, one.span.end_line + 1, one.span.end_column)
        return replace(one, source=source, span=span, message="other words", labels=(), fixes=())

    texts = [one for one in found if one.source.text]
    before, after = issues(texts), issues([moved(one) for one in texts])
    assert [one["fingerprint"] for one in before] == [one["fingerprint"] for one in after]
    assert all(
        a["location"]["positions"]["begin"]["line"] == b["location"]["positions"]["begin"]["line"] + 1
        for a, b in zip(after, before, strict=True)
    )


def test_severities_are_gitlabs_own(found):
    assert {issue["severity"] for issue in issues(found)} == {"major", "minor"}
