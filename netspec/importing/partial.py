"""What a partial import is not: what it cannot say is left out, or something else stands there, and the text says where."""

from __future__ import annotations

from dataclasses import replace

from netspec.importing.graph import Graph, Op, Unsaid
from netspec.importing.recovery import Recovered, Refused, recovered
from netspec.importing.words import comment, listed
from netspec.repair.check import check_source
from netspec.text.source import Source

MOST_CUTS = 60
"""How many places before what cannot be said are tried as the end of a partial import."""


def cut(graph: Graph, head: str, tail: str, unsaid: list[Unsaid]) -> tuple[Graph, Recovered] | None:
    """The network up to what cannot be said; None where nothing comes before it."""
    names = {one.origin.name for one in unsaid}
    end = next((n for n, op in enumerate(graph.ops, 1) if op.origin.name in names), len(graph.ops))
    for output in range(end - 1, max(0, end - MOST_CUTS), -1):
        part = replace(graph, output=output).needed()
        try:
            return part, recovered(part, head, tail)
        except Refused:
            continue
    return None


def told(unsaid: list[Unsaid], graph: Graph, ends: list[Unsaid]) -> list[Unsaid]:
    """What cannot be said, each with what the spec has in its place; before `ends` it ends."""
    made = []
    for one in unsaid:
        if one in ends:
            one, there = replace(one, behind=graph.ops[-1].origin), "the spec ends before it"
        else:
            kinds = [_kind(op) for op in graph.ops if op.origin.name == one.origin.name]
            there = f"the spec has {listed(dict.fromkeys(kinds))} there" if kinds else "it is left out"
        made.append(replace(one, message=f"{one.message}; {there}", help=None))
    return made


def marked(graph: Graph, found: Recovered, unsaid: list[Unsaid]) -> Recovered:
    """The spec with a comment at each place where it is another network than the source."""
    lines, places = found.text.splitlines(), {layer.name: layer.layer.span.line for layer in found.plan.layers}
    of: dict[str, list[str]] = {}
    for number, (_, name) in found.named.items():
        of.setdefault(graph.ops[number - 1].origin.name, []).append(name)
    begin = next(n for n, line in enumerate(lines, 1) if line.startswith("input:"))
    comments: dict[int, list[str]] = {}
    for one in unsaid:
        own, behind = of.get(one.origin.name, ()), of.get(one.behind.name, ()) if one.behind is not None else ()
        where = f" ({own[0]} here)" if own else f" (behind {behind[-1]})" if behind else ""
        rest = begin if one.behind is None else len(lines) + 1
        line = places[own[0]] if own else places[behind[-1]] if behind else rest
        word = "not as in the source" if own else "not imported"
        comments.setdefault(line, []).append(comment(f"{word}: {one.origin.name}{where}: {one.message}"))
    text = ""
    for number, content in enumerate([*lines, ""], 1):
        indent = content[: len(content) - len(content.lstrip())]
        text += "".join(f"{indent}{comment}\n" for comment in comments.get(number, ())) + f"{content}\n"
    text = text.rstrip("\n") + "\n"
    plan = check_source(Source("imported.yaml", text), fixes=False, hints=False).plan
    assert plan is not None  # comments change nothing
    return replace(found, text=text, plan=plan)


def _kind(op: Op) -> str:
    """What a layer or step is called in the format."""
    settings = op.settings
    named = getattr(settings, "how", None) or (getattr(settings, "type", None) if op.step else None)
    return str(named or type(settings).__name__.lower())
