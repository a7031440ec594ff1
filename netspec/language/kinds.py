"""The layer kinds. Adding one: see CONTRIBUTING.md."""

from __future__ import annotations

from netspec.language.conv import Conv
from netspec.language.fc import Fc
from netspec.language.kind import Settings
from netspec.language.pool import Pool

KINDS: dict[str, type[Settings]] = {"conv": Conv, "pool": Pool, "fc": Fc}
