"""How netspec does on mistakes of one edit: `python -m tests.corpus.figures --help`."""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from netspec.diagnostics.diagnostic import Diagnostic, told
from netspec.diagnostics.edits import edited
from netspec.repair.check import check_source
from netspec.text.source import Source

from . import slips, slips_later, slips_latest
from .bases import Base, chains, drawn, grown, relaid
from .slip import Slip

LISTS = {"first": slips.slips, "later": slips_later.slips, "latest": slips_latest.slips}


@dataclass(frozen=True)
class Outcome:
    slip: Slip
    found: tuple[Diagnostic, ...]
    cured: tuple[bool, ...]
    """Of each fix of the first finding, whether the spec has no error with it."""
    milliseconds: float
    """What the check of the faulty text took."""

    @property
    def one(self) -> bool:
        return len(self.found) == 1

    @property
    def on_line(self) -> bool:
        return self.found[0].span.line in self.slip.lines

    @property
    def offered(self) -> bool:
        return bool(self.cured)

    @property
    def proved(self) -> bool:
        return all(self.cured)


def outcome(slip: Slip) -> Outcome | None:
    """What netspec finds; None where the edit leaves the spec without an error, so that it is no mistake."""
    start = time.perf_counter()
    report = check_source(Source(slip.base.name, slip.text))
    milliseconds = 1000 * (time.perf_counter() - start)
    if report.ok:
        return None
    found = told(report.diagnostics)
    texts = (edited(slip.text, fix.edits) for fix in found[0].fixes)
    cured = tuple(check_source(Source(slip.base.name, text)).ok for text in texts)
    return Outcome(slip, tuple(found), cured, milliseconds)


def bases(number_drawn: int, seed: int) -> list[Base]:
    return [*chains(), *relaid(chains()), *drawn(number_drawn, seed)]


def bases_grown(number_drawn: int, seed: int) -> list[Base]:
    return [*grown(), *relaid(grown())]


BASES = {"chains": bases, "grown": bases_grown}


def sample(corpus: Iterable[Slip], each: int, seed: int) -> list[Slip]:
    """At most `each` slips of every kind, so that no kind drowns another."""
    kinds: dict[str, list[Slip]] = defaultdict(list)
    for slip in corpus:
        kinds[slip.kind].append(slip)
    rng = random.Random(seed)
    return [slip for kind in sorted(kinds) for slip in rng.sample(kinds[kind], min(each, len(kinds[kind])))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", choices=LISTS, default="first", help="which kinds of mistakes")
    parser.add_argument(
        "--bases", choices=BASES, default="chains", help="networks in which each layer reads the one before, or others"
    )
    parser.add_argument("--each", type=int, default=40, help="how many of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--drawn", type=int, default=40, help="how many random specs beside those of specs/")
    parser.add_argument("--misses", action="store_true", help="print every case that falls short")
    given = parser.parse_args()
    rng = random.Random(given.seed)
    corpus = [slip for base in BASES[given.bases](given.drawn, given.seed) for slip in LISTS[given.list](base, rng)]
    chosen = sample(corpus, given.each, given.seed)
    kinds: dict[str, list[Outcome]] = defaultdict(list)
    harmless: dict[str, int] = defaultdict(int)
    for slip in chosen:
        result = outcome(slip)
        if result is None:
            harmless[slip.kind] += 1
            continue
        kinds[slip.kind].append(result)
        if given.misses and not (result.one and result.on_line and result.offered and result.proved):
            print_miss(result)
    print_table(kinds, harmless)


def print_miss(result: Outcome) -> None:
    faults = {
        "several": not result.one,
        "elsewhere": not result.on_line,
        "no fix": not result.offered,
        "bad fix": not result.proved,
    }
    print(f"{', '.join(name for name, is_so in faults.items() if is_so)}: {result.slip.id}")
    before, after = result.slip.base.text.split("\n"), result.slip.text.split("\n")
    changed = [line for line in after if line not in before][:3] or [f"lines {sorted(result.slip.lines)[:6]}"]
    for line in changed:
        print(f"    > {line.strip()[:150]}")
    for finding in result.found[:3]:
        print(f"    {finding.code} {finding.span.line}:{finding.span.column} {finding.message} | {finding.help}")
    for fix, good in zip(result.found[0].fixes, result.cured, strict=True):
        if not good:
            print(f"    BAD: {fix.title}")


def print_table(kinds: dict[str, list[Outcome]], harmless: dict[str, int]) -> None:
    print(f"{'kind of edit':36}{'n':>6}{'one':>8}{'line':>8}{'fix':>8}{'proved':>8}{'ms':>8}{'no error':>10}")
    for kind in sorted(kinds):
        print_row(kind, kinds[kind], harmless[kind])
    print_row("all", [result for results in kinds.values() for result in results], sum(harmless.values()))


def print_row(kind: str, results: list[Outcome], harmless: int) -> None:
    columns = ("one", "on_line", "offered", "proved")
    shares = "".join(f"{100 * sum(getattr(r, c) for r in results) / len(results):7.1f}%" for c in columns)
    taken = sum(result.milliseconds for result in results) / len(results)
    print(f"{kind:36}{len(results):6}{shares}{taken:8.1f}{harmless:10}")


if __name__ == "__main__":
    main()
