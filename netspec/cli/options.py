"""Arguments and options that several commands have, so that they read and complete alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

FILE = click.Path()
"""A name as it is given: what is wrong with it is said when it is read. Shells complete it."""


def formats(names: Sequence[str]) -> Decorator:
    """`--format`, the first of `names` by default."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(list(names)),
        metavar="FORMAT",
        default=names[0],
        show_default=True,
        help=f"One of {', '.join(names)}.",
    )


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
