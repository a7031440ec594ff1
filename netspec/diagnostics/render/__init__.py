"""How diagnostics look: one renderer a file, loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from netspec.diagnostics.diagnostic import Diagnostic, told

RENDERERS: dict[str, str] = {
    "full": "netspec.diagnostics.render.full",
    "concise": "netspec.diagnostics.render.concise",
    "json": "netspec.diagnostics.render.json",
    "github": "netspec.diagnostics.render.github",
    "gitlab": "netspec.diagnostics.render.gitlab",
    "sarif": "netspec.diagnostics.render.sarif",
    "junit": "netspec.diagnostics.render.junit",
}
"""The module that renders each format. Names, not modules: `full` must not pay for an XML library."""


class Renderer(Protocol):
    """What every module named in `RENDERERS` has as its `render`."""

    def __call__(self, diagnostics: Sequence[Diagnostic], files: Sequence[str], *, color: bool, width: int) -> str:
        """The text to write: every line ended, empty where the format has nothing to say.

        `files` are all that were checked, the clean ones too. `color` and `width` (in terminal cells) concern
        what people read.
        """


def renderer(format: str) -> Renderer:
    """The renderer of `format`, a key of `RENDERERS`; none shows a hint."""
    render = cast(Renderer, import_module(RENDERERS[format]).render)

    def rendered(diagnostics: Sequence[Diagnostic], files: Sequence[str], *, color: bool, width: int) -> str:
        return render(told(diagnostics), files, color=color, width=width)

    return rendered
