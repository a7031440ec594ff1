"""What a target of an export has no words for."""

from __future__ import annotations


class Unsupported(Exception):
    """A network, or a layer of it, cannot be said in the target."""

    def __init__(self, what: str, target: str, layer: str | None = None) -> None:
        super().__init__(f"{target} has no {what}" if layer is None else f"`{layer}`: {target} has no {what}")
        self.what, self.target, self.layer = what, target, layer
