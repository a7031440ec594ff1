"""From a located tree to the typed spec: defaults filled in, repetitions written out, places kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from netspec.language.budget import Budget
from netspec.language.data import Data
from netspec.language.fields import keys
from netspec.language.kinds import KINDS
from netspec.language.spec import Located, Place, Spec, measured
from netspec.language.structure import Findings
from netspec.language.templates import LayerTemplate, Templates
from netspec.language.top import Input
from netspec.language.train import Train
from netspec.language.values import Places, Values
from netspec.language.writing import Writing
from netspec.text.nodes import Mapping, Scalar, Sequence, plain
from netspec.text.source import START, Source

T = TypeVar("T")


def build(source: Source, root: Mapping, findings: Findings) -> Spec:
    """The typed spec of a tree; assumes that `structure.check` gave `findings`, and adds to them.

    What is unsound is left out: a section falls back to its defaults, a layer's settings become None.
    """
    return _Builder(source, root, findings).spec()


@dataclass(frozen=True, slots=True)
class _Builder:
    source: Source
    root: Mapping
    findings: Findings

    def spec(self) -> Spec:
        """The whole spec."""
        input = self._input()
        writing = self._writing()
        layers = writing.layers(input, self.findings)
        data = self._section("data", Data)
        return Spec(
            source=self.source,
            root=self.root,
            name=self._word("name"),
            description=self._word("description"),
            input=input,
            layers=layers,
            budget=self._section("budget", Budget),
            data=data,
            train=measured(self._section("train", Train), data.value, sound=self.findings.sound("train", "loss")),
            whole=self._whole() and (input is None or self.findings.sound("input")),
            sourced=self.findings.intact("data", "source"),
            writing=lambda input, other: writing.otherwise(input, other, self.root),
            given={entry.name: Place(entry.key.span, entry.value.span) for entry in self.root},
        )

    def _whole(self) -> bool:
        """Whether the list of layers is: an unknown key at the top may be what holds the layers that are not there."""
        lists = ("blocks", "fc")
        there = all(self.root.entry(name) is not None for name in lists) or not self.findings.wrong_itself()
        return there and not any(self.findings.wrong_itself(name) for name in (*lists, "defaults"))

    def _word(self, name: str) -> str:
        entry = self.root.entry(name)
        sound = entry is not None and isinstance(entry.value, Scalar) and self.findings.sound(name)
        return str(entry.value.value) if entry and isinstance(entry.value, Scalar) and sound else ""

    def _input(self) -> Located[Input] | None:
        entry = self.root.entry("input")
        if entry is None or self.findings.wrong_itself("input"):
            return None
        sizes = [key.name for key in keys(Input) if key.required]
        if not all(self.findings.sound("input", name) for name in (*sizes, *range(len(sizes)))):
            return None
        if isinstance(entry.value, Sequence):
            values = dict(zip(sizes, plain(entry.value), strict=True))  # type: ignore[call-overload]
            spans = (item.span for item in entry.value.items)
            places = {name: Place(entry.key.span, span) for name, span in zip(sizes, spans, strict=True)}
            return Located(Input(**values), places, entry.key.span)
        return self._section("input", Input)

    def _section(self, name: str, cls: type[T]) -> Located[T]:
        entry = self.root.entry(name)
        if entry is None or not isinstance(entry.value, Mapping):
            return Located(cls(), {}, START)
        places: Places = {}
        value = Values(self.findings).section(cls, entry.value, (name,), places)
        return Located(value, places, entry.key.span)

    def _writing(self) -> Writing:
        templates = Templates(self.source, self.root, self.findings)
        blocks = self.root.entry("blocks")
        listed = blocks.value if blocks is not None else None
        end = list[LayerTemplate]()
        for kind in KINDS.values():
            entry = self.root.entry(kind.name) if kind.place == "end" else None
            if entry is not None and isinstance(entry.value, Sequence):
                end += templates.items(kind, entry.value, (kind.name,))
        return Writing(
            self.source,
            self.root.entry("input"),
            templates.blocks(listed, ("blocks",)) if isinstance(listed, Sequence) else [],
            end,
            templates.activation(),
        )
