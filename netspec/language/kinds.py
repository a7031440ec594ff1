"""The layer kinds. Adding one: see CONTRIBUTING.md."""

from __future__ import annotations

from netspec.language.conv import CONV
from netspec.language.fc import FC
from netspec.language.kind import Kind
from netspec.language.pool import POOL

KINDS: dict[str, Kind] = {kind.name: kind for kind in (CONV, POOL, FC)}
