"""Other values for keys of a spec, written into its text: what a run is made of stands in one file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netspec.diagnostics.edits import edited
from netspec.language.causes import UnknownKey
from netspec.language.edits import insert
from netspec.language.fields import keys, keys_by_name
from netspec.language.kinds import KINDS
from netspec.language.meant import meant_key
from netspec.language.top import Input, Top
from netspec.language.vocabulary import facts_at
from netspec.text import reader
from netspec.text.nodes import Entry, Mapping, Node, Scalar, Sequence, walk
from netspec.text.source import Source, Span

Position = tuple[int, int]


class Aliased(ValueError):
    """The value to change is an alias: it stands elsewhere in the text, and others may use it."""


class NoItem(ValueError):
    """The list has no item of this number."""


@dataclass(frozen=True, slots=True)
class Override:
    """A value from the command line, written into a text."""

    option: str
    """As the user gave it: `--set train.epochs=3`."""
    before: Source
    edit: Edit

    @property
    def source(self) -> Source:
        """The text with the value in it."""
        return replace(self.before, text=edited(self.before.text, (self.edit,)))

    def located(self, finding: Diagnostic, *, named: bool = True) -> Diagnostic:
        """A finding on `source`, told of the text as it was: only that can be opened in an editor.

        What is said of the value itself points at where it would stand, and names the option unless it is not to be
        `named`; what repairs it is another option.
        """
        labels = tuple(Label(self._back(label.span), label.message) for label in finding.labels)
        origin = f" (with `{self.option}`)" if named and self.touches(finding.span) else ""
        return replace(
            finding,
            message=finding.message + origin,
            source=self.before,
            span=self._back(finding.span),
            labels=labels,
            help=next(filter(None, (self._given_already(finding), *map(self._instead, finding.fixes))), finding.help),
            fixes=tuple(self._fix(fix) for fix in finding.fixes if not any(self.touches(e.span) for e in fix.edits)),
        )

    def _instead(self, fix: Fix) -> str | None:
        """A fix of one word of the option, as the option to give."""
        edit = fix.edits[0]
        if len(fix.edits) > 1 or edit.span.line != edit.span.end_line or not self.touches(edit.span):
            return None
        old = self.source.excerpt(edit.span)
        option, count = re.subn(rf"(?<![\w-]){re.escape(old)}(?![\w-])", lambda _: edit.text, self.option)
        return f"give `{option}`" if old.strip() and edit.text.strip() and count == 1 else None

    def _given_already(self, finding: Diagnostic) -> str | None:
        """The option with the key that was meant, where the text has that already: it is read as no slip of it then."""
        cause = finding.cause
        if not isinstance(cause, UnknownKey) or cause.meant or not self.touches(finding.span):
            return None
        node = walk(reader.read(self.source)[0], cause.path)
        meant = meant_key(cause.name, facts_at(cause.path, node)) if node is not None else None
        if meant is None:
            return None
        option, count = re.subn(rf"(?<![\w-]){re.escape(cause.name)}(?![\w-])", lambda _: meant, self.option)
        return f"give `{option}`" if count == 1 else None

    def _fix(self, fix: Fix) -> Fix:
        return replace(fix, edits=tuple(replace(edit, span=self._back(edit.span)) for edit in fix.edits))

    def _ends(self) -> tuple[Position, Position, Position]:
        """Where the edit starts, where it ended, and where it ends now."""
        span, *_, last = self.edit.span, *self.edit.text.split("\n")
        lines = self.edit.text.count("\n")
        end = (span.line + lines, len(last) + 1) if lines else (span.line, span.column + len(last))
        return (span.line, span.column), (span.end_line, span.end_column), end

    def touches(self, span: Span) -> bool:
        """Whether a span of `source` has some of the value in it."""
        start, _, end = self._ends()
        return (span.line, span.column) < end and (span.end_line, span.end_column) > start

    def _back(self, span: Span) -> Span:
        start, old, new = self._ends()

        def back(at: Position, inside: Position) -> Position:
            if at <= start:
                return at
            if at < new:
                return inside
            return (at[0] - new[0] + old[0], at[1] - new[1] + old[1] if at[0] == new[0] else at[1])

        return Span(*back((span.line, span.column), start), *back((span.end_line, span.end_column), old))


def override(source: Source, option: str, path: list[str], value: str) -> Override | None:
    """`value` (as YAML) at the key `path`, which is added where it is not there; a short form is written out for that. A
    number is the place of an item in its list, from 0.

    None for a text that is no mapping: checking it says why. Raises Aliased, NoItem.
    """
    root, _ = reader.read(source)
    if not isinstance(root, Mapping):
        return None
    node, rest = root, list(path)
    while len(rest) > 1 and (entry := _entry(node, rest[0])) is not None:
        if isinstance(entry.value, Mapping):
            node, rest = entry.value, rest[1:]
        elif isinstance(entry.value, Sequence) and rest[1].isdigit():
            item = _item(entry.value, rest[:2])
            if len(rest) == 2 or not isinstance(item, Mapping):
                short = _short(source, item, path[: 2 - len(rest)]) if len(rest) > 2 else {}
                return Override(option, source, Edit(item.span, _with(short, rest[2:], value)))
            node, rest = item, rest[2:]
        else:
            break
    entry = _entry(node, rest[0])
    if entry is None:
        return Override(option, source, insert(source, node, rest[0], nested(rest[1:], value)))
    told = _told(source, entry.value, path[: 1 - len(rest)]) if len(rest) > 1 else {}
    return Override(option, source, _replaced(entry, _with(told, rest[1:], value)))


def _with(told: dict[str, str], path: list[str], value: str) -> str:
    """A value at a path, beside what a short form says already."""
    if not told:
        return nested(path, value)
    told = told | {path[0]: nested(path[1:], value)}
    return f"{{{', '.join(f'{name}: {below}' for name, below in told.items())}}}"


def _item(listed: Sequence, path: list[str]) -> Node:
    """The item of a list that a path ends in. Raises NoItem."""
    name, number = path[0], int(path[1])
    if number < len(listed.items):
        return listed.items[number]
    raise NoItem(f"`{name}` has {len(listed.items)} items, numbered from 0: there is no `{name}.{number}`")


def _short(source: Source, node: Node, path: list[str]) -> dict[str, str]:
    """What an item of a list of layers says that is short for one: `10` for `{units: 10}`."""
    kind = KINDS.get(path[0])
    if kind is None or kind.short is None or not isinstance(node, Scalar):
        return {}
    return {kind.short: source.excerpt(node.span)}


def _told(source: Source, node: Node, path: list[str]) -> dict[str, str]:
    """What a short form says, by the keys of the mapping that it is short for; empty where it is none.

    `sgd` is short for `{type: sgd}`, `[28, 28, 1]` for `{height: 28, width: 28, channels: 1}`.
    """
    cls: type = Top
    for name in path[:-1]:
        key = keys_by_name(cls).get(name)
        if key is None or key.type.section is None:
            return {}
        cls = key.type.section
    key = keys_by_name(cls).get(path[-1])
    if key is not None and key.type.variants and isinstance(node, Scalar) and node.value is not None:
        return {"type": source.excerpt(node.span)}
    sizes = tuple(key.name for key in keys(Input) if key.required)
    if path == ["input"] and isinstance(node, Sequence) and len(node.items) <= len(sizes):
        return {name: source.excerpt(item.span) for name, item in zip(sizes, node.items, strict=False)}
    return {}


def _replaced(entry: Entry, text: str) -> Edit:
    """Another value, in flow style, which has to stand apart from its key and further in than it."""
    key, value = entry.key.span, entry.value.span
    if value.line == key.line:
        indent = 1 if value == value.start else 0
    else:
        indent = max(0, key.column + 1 - value.column)
    return Edit(value, " " * indent + text)


def _entry(node: Mapping, name: str) -> Entry | None:
    entry = node.entry(name)
    if entry is not None and entry.value.span < entry.key.span:
        raise Aliased(f"`{name}` is an alias of what stands on line {entry.value.span.line}")
    return entry


def nested(path: list[str], value: str) -> str:
    """A value within mappings, in flow style.

    >>> nested(["optimizer", "learning_rate"], "0.1")
    '{optimizer: {learning_rate: 0.1}}'
    """
    for name in reversed(path):
        value = f"{{{name}: {value}}}"
    return value
