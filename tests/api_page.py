"""The public names as Markdown, made from their docstrings: `python -m tests.api_page`."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import netspec

FUNCTIONS = ("check", "compile", "train", "load", "evaluate", "predict", "from_torch")
RESULTS = (
    "Report",
    "Diagnostic",
    "Plan",
    "TrainableNetwork",
    "TrainedNetwork",
    "Run",
    "Evaluated",
    "Prediction",
    "LabelsPrediction",
    "NumbersPrediction",
    "Imported",
)
WATCHERS = ("Watcher",)
ERRORS = ("NetspecError", "SpecError", "DataError", "RunError", "DamagedFile", "DeviceError")
GROUPS = {
    "Functions": FUNCTIONS,
    "What they give and take": RESULTS,
    "Watching a training": WATCHERS,
    "Errors": ERRORS,
}


def page() -> str:
    """A heading for each group and each name, with its signature, its docstring and its members."""
    parts = []
    for title, names in GROUPS.items():
        parts.append(f"## {title}")
        for name in names:
            found = getattr(netspec, name)
            parts += _class(name, found) if inspect.isclass(found) else _function(name, found)
    return "\n\n".join(parts) + "\n"


def _function(name: str, found: Any) -> Iterator[str]:
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(found))).body
    assert isinstance(node, ast.FunctionDef)
    yield f"### `{name}`"
    yield f"```python\nnetspec.{name}({_arguments(node)}) -> {_type(node.returns)}\n```"
    yield _words(ast.get_docstring(node))


def _class(name: str, found: type) -> Iterator[str]:
    bases = [base.__name__ for base in found.__bases__ if base is not object and base.__name__ != "Protocol"]
    shown = [base for base in bases if base in netspec.__all__ or base in dir(__builtins__) or base.endswith("Error")]
    yield f"### `{name}`" + (f" ({', '.join(shown)})" if shown else "")
    yield _words(inspect.getdoc(found))
    lines = {}
    for part in reversed(found.__mro__):
        inherited = any(issubclass(above, part) for above in found.__mro__[1:] if above.__name__ in netspec.__all__)
        if part.__module__.startswith("netspec.") and not inherited:
            lines |= dict(_members(part))
    if lines:
        yield "\n".join(f"- {line}" for line in lines.values())


def _members(part: type) -> Iterator[tuple[str, str]]:
    """What a class has itself: its fields, its properties, its methods, what its constructor sets and describes."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(part))).body
    assert isinstance(node, ast.ClassDef)
    set_up = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
    for body, prefix in [(node.body, ""), *((one.body, "self.") for one in set_up)]:
        for one, following in zip(body, [*body[1:], None], strict=True):
            if isinstance(one, ast.FunctionDef):
                name, doc = one.name, ast.get_docstring(one)
                called = "" if any(ast.unparse(by).endswith("property") for by in one.decorator_list) else _call(one)
            else:
                targets = (
                    [one.target]
                    if isinstance(one, ast.AnnAssign)
                    else one.targets
                    if isinstance(one, ast.Assign)
                    else []
                )
                written = ast.unparse(targets[0]) if targets else ""
                doc = _literal(following)
                if not written.startswith(prefix) or (prefix and doc is None):
                    continue
                name = written.removeprefix(prefix)
                called = f": {_type(one.annotation)}" if isinstance(one, ast.AnnAssign) else ""
            if name.isidentifier() and not name.startswith("_"):
                yield name, f"`{name}{called}`" + (f": {' '.join(doc.split())}" if doc else "")


def _literal(node: ast.stmt | None) -> str | None:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return node.value.value
    return None


def _call(node: ast.FunctionDef) -> str:
    return f"({_arguments(node)})"


def _arguments(node: ast.FunctionDef) -> str:
    written = re.sub(r"^self(?:, )?", "", ast.unparse(node.args))
    return written.replace("=", " = ").replace("AnyPath", "str | PathLike")


def _type(node: ast.expr | None) -> str:
    return ast.unparse(node) if node is not None else "None"


def _words(doc: str | None) -> str:
    """A docstring as Markdown: what it raises as a list."""
    head, _, raised = inspect.cleandoc(doc or "").partition("\nRaises:\n")
    items = re.sub(r"\n {8,}", " ", f"\n{raised.rstrip()}")
    listed = re.sub(r"\n {4}([\w, ]+): ", lambda match: f"\n- `{match[1].replace(', ', '`, `')}`: ", items)
    return head.strip() + (f"\n\nRaises:\n{listed}" if raised else "")


if __name__ == "__main__":
    print(page(), end="")
