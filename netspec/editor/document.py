"""A text in an editor, and what is known of it: each answer is worked out once, when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from netspec.analysis.check import Report, examine, examined, plan_of
from netspec.analysis.plan import Plan, PlannedLayer
from netspec.language.fields import keys
from netspec.language.top import Top
from netspec.repair.offer import offer
from netspec.text.files import decode
from netspec.text.nodes import Mapping, Node
from netspec.text.outline import Outline
from netspec.text.source import Source

SIGNS = {"input", "blocks", "fc"}
"""Two of these keys make a mapping a spec: other YAML files have one at most."""


@dataclass(frozen=True)
class Document:
    """One version of a text."""

    source: Source

    @classmethod
    def of(cls, text: str, path: str) -> Document:
        """The text of the file at `path` as an editor has it; what a file may not hold is a fault here too."""
        return cls(decode(text.encode(errors="surrogatepass"), path, Path(path)))

    @cached_property
    def examined(self) -> Report:
        """The findings without what repairs them."""
        return examine(self.source)

    @cached_property
    def report(self) -> Report:
        """The findings with the fixes that were proved, as `netspec validate` has them."""
        return offer(self.examined, examine) if self.examined.diagnostics else self.examined

    @cached_property
    def known(self) -> Report:
        """What is known of the network, though the text may be broken: the sound layers up to the first that is not."""
        if self.examined.spec is not None or self.source.faults:
            return self.examined
        return examined(self.source, self.outline, [])

    @cached_property
    def outline(self) -> Node | None:
        """The tree of the text as far as it can be meant."""
        return Outline(self.source.text).root

    @property
    def root(self) -> Node | None:
        """The tree that the layers' nodes are of, or the outline where there is none."""
        return self.known.spec.root if self.known.spec is not None else self.outline

    @property
    def layers(self) -> tuple[PlannedLayer, ...]:
        """The layers whose shapes are known."""
        return self.known.shapes.layers if self.known.shapes is not None else ()

    @cached_property
    def plan(self) -> Plan | None:
        """The whole network, where all shapes are known; it may exceed a budget."""
        spec, shapes = self.known.spec, self.known.shapes
        return plan_of(spec, shapes) if spec is not None and shapes is not None else None

    @cached_property
    def is_spec(self) -> bool:
        """Whether it is one: an editor shows every YAML file to the server."""
        names = self._names
        return "netspec" in names or len(SIGNS & names) > 1 or (self.examined.spec is None and bool(self.source.faults))

    @cached_property
    def may_become_spec(self) -> bool:
        """Whether nothing in it says that it is something else, one key that is being typed aside."""
        return self.is_spec or len(self._names - {key.name for key in keys(Top)}) < 2

    @cached_property
    def _names(self) -> set[str]:
        return {entry.name for entry in self.outline} if isinstance(self.outline, Mapping) else set()
