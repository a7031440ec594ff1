"""NS5: data."""

from netspec.diagnostics.code import Code

CODES: tuple[Code, ...] = ()
