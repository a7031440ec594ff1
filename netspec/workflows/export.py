"""A network in the form of another system, or which layer that system has no words for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.analysis import schedules
from netspec.analysis.plan import Plan
from netspec.diagnostics.diagnostic import Diagnostic, placeless
from netspec.diagnostics.errors import RunError, SpecError
from netspec.export.unsupported import Unsupported

if TYPE_CHECKING:
    from netspec.training.trained import TrainedNetwork

HELP = "export to `onnx` or `pytorch-code`, which have all of the format"


def code(plan: Plan, target: str) -> str:
    """The text of a module. Raises SpecError, at the layer, where the target cannot say it."""
    from netspec.export.code.targets import WRITERS

    try:
        return WRITERS[target](plan)
    except Unsupported as error:
        span = next((layer.layer.span for layer in plan.layers if layer.name == error.layer), None)
        if span is None:
            raise SpecError([placeless("NS626", str(error), HELP)]) from None
        found = Diagnostic("NS626", str(error), plan.spec.source, span, layer=error.layer, help=HELP)
        raise SpecError([found]) from None


def trained(network: TrainedNetwork, target: str, form: dict[str, Any]) -> bytes:
    """The bytes of a file; `form` holds the options of the target. Raises RunError where the target cannot say a layer."""
    from netspec.export.targets import WRITERS

    try:
        return WRITERS[target](network, **form)
    except Unsupported as error:
        raise RunError([placeless("NS626", str(error), HELP)]) from None


def compiled(
    plan: Plan,
    folder: Path,
    platforms: Sequence[str],
    run: Path | None = None,
    network: TrainedNetwork | None = None,
    *,
    steps_per_epoch: int | None = None,
    say: Callable[[str], None] = lambda stage: None,
) -> dict[str, Any]:
    """Prediction and a training step as StableHLO in a folder, with the variables of the `network` that was loaded of a `run`.

    Returns what they cost. Raises `netspec.export.artefact.Occupied` and OSError; SpecError where the schedule needs to know the
    steps of an epoch or contradicts them; RunError where the network is not the plan's.
    """
    from netspec.export.artefact import AnotherNetwork, write
    from netspec.export.trained import of_run
    from netspec.training.optimizer import Contradiction, StepsUnknown
    from netspec.workflows.runs import another

    given: dict[str, Any] = {}
    if run is not None and network is not None:
        arrays, known = of_run(run, network)
        steps_per_epoch = steps_per_epoch or known
        given = {"trained": arrays, "classes": network.classes or None, "pixels": network.pixels}
    try:
        return write(plan, folder, platforms, **given, steps_per_epoch=steps_per_epoch, say=say)
    except StepsUnknown as error:
        span = plan.spec.train.at("schedule")
        finding = Diagnostic("NS613", str(error), plan.spec.source, span, help="pass --steps-per-epoch")
        raise SpecError([finding]) from None
    except Contradiction:
        steps = steps_per_epoch and steps_per_epoch * plan.spec.train.value.epochs
        raise SpecError(list(schedules.check(plan.spec, steps))) from None
    except AnotherNetwork as error:
        raise another(run, network.plan.name if network is not None else "", plan, error) from None
