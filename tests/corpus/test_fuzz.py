"""Fuzzing: random mutations of valid specs, of their structure and of their bytes, and what must hold for any text.

`NETSPEC_FUZZ=100000` runs so many mutations of each kind; a seed of one's own is `NETSPEC_FUZZ_SEED`.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.edits import edited
from netspec.diagnostics.render import RENDERERS, renderer
from netspec.repair.check import check_source
from netspec.repair.safe import fix_all
from netspec.text.files import decode
from netspec.text.source import Source, Span
from tests.lowering.grammar import specs

from .bases import known

pytestmark = pytest.mark.slow
RUNS = int(os.environ.get("NETSPEC_FUZZ", "0"))
SEED = int(os.environ.get("NETSPEC_FUZZ_SEED", "1"))
SECONDS = 60
"""How long one text may take before it counts as a hang; the usual one takes a hundredth of a second."""
SHORT = settings(max_examples=RUNS or 60, deadline=None, suppress_health_check=list(HealthCheck))
SIGNS = [
    *"[]{}:,-#'\"&*!|>%@`=;.~?\\ \t\n\r",
    "\0",
    "\x1b",
    "\u202e",
    "\ufeff",
    "\u2028",
    "é",
    "日",
    "\U0001f600",
]
WORDS = [
    "null", "true", "-1", "0", "1e999", ".nan", "9" * 30, "[]", "{}", "[[]]", "{a: b}", "same", "all", "depthwise", "1.5",
    "'", "*x", "&x [*x]", "<<: {a: 1}", "!!int 3", "repeat: 100000", "filters", "kernel: [1, 2, 3]", "0x1F", "5%", "1kk",
]  # fmt: skip


@contextmanager
def in_time() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TimeoutError(f"more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def inside(span: Span, source: Source) -> bool:
    """Whether a span lies in its text, its end not before its start."""
    lines = source.lines
    starts = 1 <= span.line <= len(lines) and 1 <= span.column <= len(lines[span.line - 1]) + 1
    ends = span.end_line <= len(lines) and 1 <= span.end_column <= len(lines[span.end_line - 1]) + 1
    return starts and ends and (span.line, span.column) <= (span.end_line, span.end_column)


def errors(found: tuple[Diagnostic, ...]) -> int:
    """How many errors there are, without those that may come to light once what hid them is repaired."""
    return sum(finding.severity == "error" and not CODES[finding.code].latent for finding in found)


def held(source: Source) -> tuple[Diagnostic, ...]:
    """Checks a text; all that must hold of the answer to any is asserted."""
    with in_time():
        found = check_source(source).diagnostics
    for finding in found:
        assert inside(finding.span, source), finding
        for label in finding.labels:
            assert inside(label.span, source), finding
        for fix in finding.fixes:
            assert all(inside(edit.span, source) for edit in fix.edits), fix
            repaired = Source(source.name, edited(source.text, fix.edits))
            assert finding not in check_source(repaired).diagnostics, fix
            assert errors(check_source(repaired).diagnostics) <= errors(found) or CODES[finding.code].hides, fix
    for form in RENDERERS:
        renderer(form)(list(found), [source.name], color=False, width=80).encode("utf-8")
    with in_time():
        once, _ = fix_all(source)
        assert fix_all(replace(source, text=once))[0] == once
    return found


def mutated(text: str, rng: random.Random) -> str:
    """A text with one to three mutations of its lines, words or signs."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        text = rng.choice([_of_lines, _of_signs, _of_words])(text, rng)
    return text


def _of_lines(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    return "\n".join(
        rng.choice(
            [
                [*lines[:i], *lines[i + 1 :]],
                [*lines[:i], lines[j], *lines[i:]],
                [*lines[:i], " " * rng.randrange(9) + lines[i].lstrip(), *lines[i + 1 :]],
                lines[:i] + lines[i : j + 1][::-1] + lines[max(i, j + 1) :],
            ]
        )
    )


def _of_signs(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    return rng.choice(
        [
            text[:at] + rng.choice(SIGNS) + text[at:],
            text[:at] + text[at + rng.randrange(1, 4) :],
            text[:at] + text[at : at + 40] + text[at:],
            text[:at],
        ]
    )


def _of_words(text: str, rng: random.Random) -> str:
    starts = [k for k in range(1, len(text)) if text[k - 1] in " :,[{" and text[k].isalnum()] or [0]
    start = rng.choice(starts)
    end = start + next((n for n, sign in enumerate(text[start:]) if not sign.isalnum()), 1)
    word = rng.choice([rng.choice(WORDS), text[start:end] * rng.choice([2, 30])])
    return text[:start] + word + text[end:]


@SHORT
@given(specs(), st.integers(0, 2**32))
def test_mutations_of_drawn_specs(text: str, seed: int) -> None:
    held(Source("drawn.yaml", mutated(text, random.Random(seed))))


def test_mutations_of_the_known_specs() -> None:
    rng = random.Random(SEED)
    texts = [base.text for base in known()]
    for _ in range(RUNS or 40):
        text = mutated(rng.choice(texts), rng)
        try:
            held(Source("known.yaml", text))
        except Exception as error:
            raise AssertionError(f"{error!r} for\n{text!r}") from error


def test_mutations_of_bytes() -> None:
    rng = random.Random(SEED)
    texts = [base.text.encode() for base in known()]
    for _ in range(RUNS or 80):
        data = bytearray(rng.choice(texts))
        for _ in range(rng.choice([1, 1, 2, 8])):
            at = rng.randrange(len(data) + 1)
            data[at : at + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
        try:
            held(decode(bytes(data), "bytes.yaml"))
        except Exception as error:
            raise AssertionError(f"{error!r} for\n{bytes(data)!r}") from error
