"""A network in the form of another system, or which layer that system has no words for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
