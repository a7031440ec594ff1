"""NS0: reading the text."""

from netspec.diagnostics.code import Code

CODES: tuple[Code, ...] = ()
