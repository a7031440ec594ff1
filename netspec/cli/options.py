"""Arguments and options that several commands have, so that they read and complete alike."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from netspec.cli import messages
from netspec.diagnostics.render import RENDERERS

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

FILE = click.Path()
"""A name as it is given: what is wrong with it is said when it is read. Shells complete it."""


def formats(names: Sequence[str]) -> Decorator:
    """`--format`, the first of `names` by default."""
    return _format(names, f"One of {', '.join(names)}.")


def forms(*results: str) -> Decorator:
    """`--format` of a command that has a result: those of the result, and those of `validate` for what is found.

    Without `results` the result has one form, and the default, `full`, tells what is found in words.
    """
    findings = [name for name in RENDERERS if name not in results and not (results and name == "full")]
    words = f"Of the result, one of {', '.join(results)}; or of what is found, one of {', '.join(findings)}."

    def read(context: click.Context, parameter: click.Parameter, form: str) -> str:
        told = messages.Told.of(context)
        if form in results:
            told.result_form = form
            return form
        told.form = None if form == "full" else form
        return results[0] if results else form

    if not results:
        words = f"Of what is found, one of {', '.join(findings)}."
    return _format([*results, *findings], words, callback=read, expose_value=bool(results))


def _format(names: Sequence[str], help: str, **more: Any) -> Decorator:
    return click.option(
        "--format",
        "form",
        type=click.Choice(list(names)),
        metavar="FORMAT",
        default=names[0],
        show_default=True,
        help=help,
        **more,
    )


def outputs(names: Sequence[str]) -> Decorator:
    """`--output`: further formats, each into a file, as pairs of a format and a path."""

    def read(_: click.Context, parameter: click.Parameter, items: tuple[str, ...]) -> tuple[tuple[str, Path], ...]:
        pairs = [(form, Path(path)) for form, _, path in (item.partition("=") for item in items)]
        for form, path in pairs:
            if form not in names or str(path) in (".", "-"):
                raise click.BadParameter(f"write FORMAT=PATH, with one of {', '.join(names)}, as in json=findings.json")
        if len({path for _, path in pairs}) < len(pairs):
            raise click.BadParameter("two formats cannot be written to one file")
        return tuple(pairs)

    help = "Write this format to a file too, as in sarif=netspec.sarif. Repeatable."
    return click.option("--output", "outputs", metavar="FORMAT=PATH", multiple=True, callback=read, help=help)


def codes(name: str, help: str) -> Decorator:
    """An option that takes diagnostic codes or beginnings of them, several with commas between."""

    def read(_: click.Context, parameter: click.Parameter, items: tuple[str, ...]) -> tuple[str, ...]:
        from netspec.analysis.suppression import known

        split = [part.strip() for item in items for part in item.split(",") if part.strip()]
        for part in split:
            if not known(part):
                raise click.BadParameter(f"there is no code {part}; `netspec explain` lists them")
        return tuple(split)

    return click.option(name, metavar="CODE", multiple=True, callback=read, help=help)


def layer(help: str, *, required: bool = False) -> Decorator:
    """`--layer`, one."""

    def read(_: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> str | None:
        if len(names) > 1:
            raise click.BadParameter(f"one layer at a time, not {len(names)}")
        return names[0] if names else None

    return click.option("--layer", "layer", metavar="NAME", multiple=True, required=required, callback=read, help=help)


def require_svg(output: str | None, spec: str) -> None:
    """A usage error where a picture cannot be written as `output`: by its ending, or since it is the file of the spec."""
    if output is None:
        return
    if (ending := Path(output).suffix).lower() not in ("", ".svg"):
        help = "name a file that ends in .svg; a browser, Inkscape or rsvg-convert make others of it"
        raise click.BadParameter(f"netspec draws SVG, and no {messages.safe(ending)}: {help}", param_hint="--output")
    if os.path.realpath(output) == os.path.realpath(spec):
        raise click.BadParameter("that is the spec itself", param_hint="--output")


def overrides(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--set`."""
    help = "Another value for a key of the spec, as in train.epochs=3. Repeatable."
    return click.option("--set", "overrides", metavar="KEY=VALUE", multiple=True, help=help)(command)


def data(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--data`."""
    help = "Where the images are, instead of the spec's `data.path`."
    return click.option("--data", "data", metavar="PATH", type=FILE, help=help)(command)


def checkpoint(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--checkpoint`."""
    return click.option(
        "--checkpoint",
        type=click.Choice(["model", "best"]),
        default="model",
        show_default=True,
        help="The network as it ended, or as it was best in validation.",
    )(command)
