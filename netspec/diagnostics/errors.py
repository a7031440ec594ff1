"""The public exceptions: what ends a piece of work is findings too, and says by its class what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netspec.diagnostics.diagnostic import Diagnostic


class NetspecError(Exception):
    """What the user can mend ended the work: `diagnostics` say what is wrong, the message shows them one a line."""

    def __init__(self, diagnostics: Sequence[Diagnostic], status: int = 1) -> None:
        from netspec.diagnostics.render import renderer

        self.diagnostics = tuple(diagnostics)
        self.status = status
        """With what a command ends: 1 it was found wrong, 2 it could not be read, 3 the environment failed."""
        self.made: tuple[Any, ...] = ()
        """What was made all the same: of `predict` the answers to the other images."""
        super().__init__(renderer("concise")(self.diagnostics, (), color=False, width=80).rstrip())
        for help in dict.fromkeys(found.help for found in diagnostics if found.help and not found.placed):
            self.add_note(f"help: {help}")

    def __reduce__(self) -> tuple[type[NetspecError], tuple[Sequence[Diagnostic], int], dict[str, Any]]:
        return type(self), (self.diagnostics, self.status), {"made": self.made}


class SpecError(NetspecError, ValueError):
    """A spec has errors."""


class UnreadableSpec(SpecError, OSError):
    """The file of a spec cannot be read."""


class DataError(NetspecError, ValueError):
    """Images are missing, or wrong: those of a training or test set, or those to predict."""


class RunError(NetspecError):
    """A run is not there, is in use, is another network's, or cannot go on."""


class DamagedFile(RunError):
    """A model or a checkpoint does not hold what was written into it."""


class DeviceError(NetspecError, RuntimeError):
    """This machine lacks the device, or the memory, that was asked for."""


class Misuse(ValueError):
    """Arguments that have no meaning together. Of a command a usage error."""
