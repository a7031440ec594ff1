"""What is wrong with a text, as data: what a finding carries, and what a repair starts from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """What is wrong, without words and without a place: the finding has both. Equal causes are the same mistake."""


@dataclass(frozen=True)
class Syntax(Cause):
    """The text is no YAML; the parser noticed it here, and the slip may stand further up."""


@dataclass(frozen=True)
class Tab(Cause):
    """A tab indents."""


@dataclass(frozen=True)
class Unclosed(Cause):
    """A bracket or quote that nothing closes, or another one does."""


@dataclass(frozen=True)
class RepeatedKey(Cause):
    """A key is given twice; the first is the finding's label."""


@dataclass(frozen=True)
class KeyOfAnotherType(Cause):
    """A key is no string."""


@dataclass(frozen=True)
class Tag(Cause):
    """A tag such as `!!int`."""


@dataclass(frozen=True)
class MergeKey(Cause):
    """The key `<<`."""


@dataclass(frozen=True)
class UnknownAlias(Cause):
    """`*name` without `&name` before it."""


@dataclass(frozen=True)
class SecondDocument(Cause):
    """`---` or `...`, and another document behind it."""


@dataclass(frozen=True)
class Conflict(Cause):
    """The markers of a merge: of a whole conflict, or some without the others."""

    lines: tuple[int, ...]
