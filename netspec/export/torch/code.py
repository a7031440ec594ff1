"""A plan as a module of PyTorch, and where in it each of netspec's arrays lies."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from netspec.analysis.plan import Plan, PlannedLayer
from netspec.export.code.fit import fitted
from netspec.export.code.names import Names, class_name
from netspec.export.code.part import Part, Said
from netspec.export.code.program import IMAGES, Words, statements, taken
from netspec.export.code.program import Statement as AnyStatement
from netspec.export.layouts import Layout, flattened_first, permuted
from netspec.export.torch.kinds import KINDS
from netspec.export.torch.names import TAKEN
from netspec.export.torch.steps import step
from netspec.language.kind import Shape, dimensions

FLATTENED = "{0}.permute(0, 2, 3, 1).flatten(1)"
Statement = AnyStatement[Said, Part]
Child = tuple[str, tuple[Part, ...]]
"""An attribute of the module, and what it is: one module, or several one after the other."""


def module(plan: Plan) -> str:
    """The text of a module with one class, formatted. Raises Unsupported."""
    found = said(plan)
    made = [_made(*child) for one in found for child in _children(one)]
    run = [line for one in found for line in _run(one)]
    run[-1] = f"return {_end(plan, run[-1].removeprefix(f'{found[-1].target} = '))}"
    helpers = _helpers("\n".join([*made, *run]))
    body = [
        f"class {class_of(plan)}(nn.Module):",
        f'    """{_shapes(plan)}."""',
        "",
        "    def __init__(self) -> None:",
        "        super().__init__()",
        *(fitted(line, 8) for line in made),
        "",
        f"    def forward(self, {_first(found)}: Tensor) -> Tensor:",
        *(fitted(line, 8) for line in run),
    ]
    head = f'"""{plan.name} in PyTorch. Maps are (batch, channels, height, width)."""'
    own = sorted({line for one in found for part in _parts(one) for line in part.imports})
    imports = [*_imports("\n".join([*body, *helpers])), *(["", *own] if own else [])]
    return "\n".join([head, "", *imports, "", "", *(f"{text}\n\n" for text in helpers), *body, ""])


def class_of(plan: Plan) -> str:
    """The name of the class."""
    return Names([*_sources(), "Tensor"]).given(class_name(plan.name))


def said(plan: Plan) -> list[Statement]:
    """The layers in PyTorch's words. Raises Unsupported."""
    return statements(plan, Words(KINDS, step, "netspec's PyTorch", _flattened, TAKEN | _sources().keys()))


def arrays(plan: Plan) -> Iterator[tuple[str, str, str, Layout | None]]:
    """Each array: layer, netspec's name, the name in the state dict of `module`, and how it is laid out there, if otherwise."""
    for one in said(plan):
        shapes = {**one.layer.shapes, **one.layer.statistics}
        for name, parts in _children(one):
            for n, part in enumerate(parts):
                place = f"{name}.{n}" if len(parts) > 1 else name
                for own, word in part.arrays.items():
                    if own in shapes:
                        yield one.layer.name, own, f"{place}.{word}", _layout(plan, one.layer, own, shapes[own])


def _layout(plan: Plan, layer: PlannedLayer, name: str, shape: Shape) -> Layout | None:
    if len(shape) == 4:
        return permuted(shape, 3, 2, 0, 1)
    if len(shape) != 2:
        return None
    read = taken(plan, layer)
    return flattened_first(shape, read, turned=True) if name == "kernel" and len(read) == 3 else permuted(shape, 1, 0)


def _flattened(said: Said) -> Said:
    return replace(said, given=FLATTENED)


def _parts(one: Statement) -> tuple[Part, ...]:
    return (*one.lead, *one.said.parts, *one.after)


def _children(one: Statement) -> Iterator[Child]:
    """The attributes of a layer: its modules, and by themselves those that lead others too."""
    own = (*one.said.parts, *one.after)
    if one.leads is not None:
        yield one.leads, one.lead
    else:
        own = (*one.lead, *own)
    if own:
        yield one.name, own


def _made(name: str, parts: tuple[Part, ...]) -> str:
    """The line that makes an attribute."""
    code = ", ".join(part.code for part in parts)
    return f"self.{name} = {code if len(parts) == 1 else f'nn.Sequential({code})'}"


def _run(one: Statement) -> Iterator[str]:
    """The lines that run a layer."""
    x, names = one.said.given.format(*one.sources), [name for name, _ in _children(one)]
    if one.leads is not None:
        yield f"{one.leads} = self.{one.leads}({x})"
        x, names = one.leads, names[1:]
    for name in names:
        x = f"self.{name}({x})"
    yield f"{one.target} = {one.said.result.format(x)}"


def _first(found: list[Statement]) -> str:
    """What the images are called."""
    return next((IMAGES for one in found if IMAGES in one.sources), "x")


def _end(plan: Plan, x: str) -> str:
    return f"{x}.flatten(1)" if plan.layers[-1].output[:-1] == (1, 1) else x


def _shapes(plan: Plan) -> str:
    """What goes in and comes out, in words."""
    height, width, channels = plan.input
    out = plan.output if len(plan.output) == 1 else (plan.output[2], *plan.output[:2])
    return f"(batch, {channels}, {height}, {width}) to (batch, {', '.join(map(str, out))}): {dimensions(plan.output)} logits"


def _imports(used: str) -> Iterator[str]:
    if re.search(r"\btorch\.", used):
        yield "import torch"
    yield "from torch import Tensor, nn"
    if re.search(r"\bfunctional\.", used):
        yield "from torch.nn import functional"


@cache
def _sources() -> dict[str, str]:
    """The classes and functions of `modules.py` as text."""
    text = Path(__file__).with_name("modules.py").read_text("utf-8")
    nodes = (node for node in ast.parse(text).body if isinstance(node, ast.ClassDef | ast.FunctionDef))
    return {node.name: ast.get_source_segment(text, node) or "" for node in nodes}


def _helpers(code: str) -> list[str]:
    """Those that the code calls."""
    return [text for name, text in _sources().items() if re.search(rf"(?<![.\w]){name}\(", code)]
