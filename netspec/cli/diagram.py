"""`netspec diagram`: the picture of a network."""

from __future__ import annotations

import click

from netspec.cli import messages, options, specs, written
from netspec.cli.outcome import Outcome


@click.command(short_help="Draw a network as SVG.", epilog="Example: netspec diagram specs/lenet5.yaml -o lenet5.svg")
@click.argument("file", type=options.FILE)
@click.option(
    "-o", "--output", "output", metavar="SVG", type=options.FILE, help="Write this file instead of standard output."
)
@click.option(
    "--width", metavar="PIXELS", type=click.IntRange(200, 10_000), default=1200, show_default=True,
    help="Wrap into rows of this width: 480 for a telephone.",
)  # fmt: skip
@written.overwrite
@options.forms()
@options.overrides
def diagram(file: str, output: str | None, width: int, overwrite: bool, overrides: tuple[str, ...]) -> Outcome:
    """Draw the network of a spec as SVG: maps, windows, sizes and parameters.

    FILE is a spec, `-` for standard input, or a run directory. A network that exceeds its budgets is drawn too; the exit status is then 1.
    """
    from netspec.report.diagram import draw

    options.require_svg(output, specs.of_run(file))
    written.require_free(output, overwrite)
    plan, report = specs.require_costs(file, overrides)
    status, picture = int(not report.ok), draw(plan, width)
    if output is None or output == "-":
        return Outcome(report.diagnostics, lambda _: [picture], status)
    written.write(output, picture.encode())
    written.say(output, f"the picture of {messages.safe(plan.name)}")
    return Outcome(report.diagnostics, status=status)
