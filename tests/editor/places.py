"""Every mapping of the format, written with a place in it where something may be typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netspec.language.activations import ACTIVATIONS
from netspec.language.fields import Key, keys
from netspec.language.gate import Gating
from netspec.language.kinds import KINDS
from netspec.language.kinds import written as written_kinds
from netspec.language.norms import NORMS
from netspec.language.shortcut import SHORTCUTS
from netspec.language.steps import Dropout
from netspec.language.top import SECTIONS as MAPPINGS
from netspec.language.top import Block, Defaults, Input, Top

Path = tuple[str | int, ...]
HEAD = "netspec: 1\nname: x\n"
SIZE = "input: [28, 28, 1]\n"


def sections() -> Iterator[tuple[Path, str, tuple[Key, ...]]]:
    """The path of each mapping, what must stand in it (a `type`), and its keys; that `type` apart."""
    yield (), "", keys(Top)
    yield ("input",), "", keys(Input)
    yield ("defaults",), "", keys(Defaults)
    yield ("blocks", 0), "", keys(Block)
    yield ("blocks", 0, "conv"), "", keys(KINDS["conv"].settings)
    yield ("blocks", 0, "conv", 0), "", keys(KINDS["conv"].settings)
    yield ("blocks", 0, "pool"), "", keys(KINDS["pool"].settings)
    yield ("fc", 0), "", keys(KINDS["fc"].settings)
    for name, kind in written_kinds().items():
        yield ("defaults", name), "", keys(kind.settings)
    yield from _below((), Top)
    yield ("blocks", 0, "branches", 0), "", keys(Block)
    yield ("blocks", 0, "branches", 0, "conv", 0), "", keys(KINDS["conv"].settings)
    yield ("blocks", 0, "blocks", 0, "pool"), "", keys(KINDS["pool"].settings)
    yield ("blocks", 0, "conv", "gate"), "", keys(Gating)
    yield ("blocks", 0, "conv", "dropout"), "", keys(Dropout)
    yield ("blocks", 0, "conv", "first"), "", keys(MAPPINGS["first"])
    yield from _variants(("blocks", 0, "shortcut"), SHORTCUTS)
    yield from _variants(("blocks", 0, "conv", "gate", "activation"), ACTIVATIONS)
    yield from _variants(("blocks", 0, "branches", 0, "conv", "norm"), NORMS)


def _variants(path: Path, variants: Mapping[str, type]) -> Iterator[tuple[Path, str, tuple[Key, ...]]]:
    for name, settings in variants.items():
        yield path, f"type: {name}", keys(settings)


def _below(path: Path, section: type) -> Iterator[tuple[Path, str, tuple[Key, ...]]]:
    for key in keys(section):
        if key.type.section is not None and key.type.section is not Defaults:
            yield (*path, key.name), "", keys(key.type.section)
            yield from _below((*path, key.name), key.type.section)
        for name, settings in key.type.variants.items():
            yield (*path, key.name), f"type: {name}", keys(settings)


SECTIONS = list(sections())


def name(section: object) -> str:
    if isinstance(section, tuple) and len(section) == 3:
        path, chosen, _ = section
        return ".".join(map(str, path)) + (f"({chosen})" if chosen else "") or "top"
    return str(section)


def written(path: Path, entries: list[str], *, flow: bool) -> str:
    """A spec with the mapping at `path` holding these `key: value`s, the last of which ends the text."""
    head = HEAD + (SIZE if path[:1] != ("input",) and path else "")
    if not path:
        return head + "\n".join(entries)
    if flow:
        return head + f"{path[0]}: " + "".join(_opened(path[1:])) + "{" + ", ".join(entries)
    lines, column, dash = [], 0, False
    for step in path:
        if isinstance(step, int):
            dash = True
            continue
        lines.append(" " * column + ("- " if dash else "") + f"{step}:")
        column += 4 if dash else 2
        dash = False
    for entry in entries:
        lines.append(" " * column + ("- " if dash else "") + entry)
        column += 2 if dash else 0
        dash = False
    return head + "\n".join(lines)


def _opened(path: Path) -> Iterator[str]:
    for step in path:
        yield "[" if isinstance(step, int) else f"{{{step}: "


def end(text: str) -> tuple[int, int]:
    """The line and column of the end of a text, from 1."""
    return text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1


def closed(text: str) -> str:
    """The text with its open brackets closed, in order."""
    opened: list[str] = []
    for char in text:
        if char in "[{":
            opened.append("]" if char == "[" else "}")
        elif char in "]}" and opened:
            opened.pop()
    return text + "".join(reversed(opened))


def inserted(text: str, insert: str, column: int, line: int) -> str:
    """The text with what a completion inserts at its end, from `column` on, further lines indented as the line is."""
    lines = text.split("\n")
    own = lines[line - 1]
    indent = " " * (len(own) - len(own.lstrip(" ")))
    lines[line - 1] = own[: column - 1] + insert.replace("\n", "\n" + indent)
    return "\n".join(lines)
