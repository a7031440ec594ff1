"""A network as it is written: from it follows its program, for images of another size or with another value of a setting too."""

from __future__ import annotations

from dataclasses import dataclass, replace

from netspec.language.activations import Activation
from netspec.language.program import Program, TooMany
from netspec.language.spec import Layer, Located, Other
from netspec.language.structure import Findings
from netspec.language.templates import BlockTemplate, LayerTemplate
from netspec.language.top import Input
from netspec.text.nodes import Entry, Node
from netspec.text.source import Source


@dataclass(frozen=True, slots=True)
class Writing:
    """A network as it is written, from which its program follows for images of a size."""

    source: Source
    images: Entry | None
    """What is said of the images."""
    blocks: list[BlockTemplate]
    end: list[LayerTemplate]
    activation: Activation | None
    """That of `defaults`."""

    def layers(self, input: Located[Input] | None, findings: Findings) -> tuple[Layer, ...]:
        """The program; nothing where it has too many layers."""
        program = Program(self.source, findings, self.activation, [input.value.shape if input else None])
        try:
            program.end(self.end, program.blocks(self.blocks, program.of_images(input, self.images)))
        except TooMany:
            return ()
        return tuple(program.layers)

    def otherwise(self, input: Located[Input] | None, other: Other | None, root: Node) -> tuple[Layer, ...] | None:
        """The program for images of another size, or with another value of a setting; None where something does not go so."""
        blocks, end = self.blocks, self.end
        if other is not None:
            blocks, end = [block.otherwise(other) for block in blocks], [layer.otherwise(other) for layer in end]
        findings = Findings(root)
        layers = replace(self, blocks=blocks, end=end).layers(input, findings)
        return None if findings.diagnostics else layers
