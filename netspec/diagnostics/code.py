"""What a diagnostic code is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

VALIDATE = "netspec validate example.yaml"


class Family(Enum):
    """What the codes that begin alike are about."""

    TEXT = "NS0"
    STRUCTURE = "NS1"
    GRAMMAR = "NS2"
    SHAPES = "NS3"
    BUDGETS = "NS4"
    DATA = "NS5"
    TRAINING = "NS6"


class OfFile(Enum):
    """What can be wrong with a file of data."""

    ABSENT = auto()
    FORMAT = auto()
    DAMAGE = auto()
    SIZE = auto()
    """The size of its images is another than was declared."""


@dataclass(frozen=True, slots=True)
class Code:
    """One code of the catalogue. Once released it keeps its meaning.

    A person can see it: save `example` as `example.yaml` in an empty folder, run the lines of `setup`, and `command`
    raises exactly this code (and those of `beside`). Then either run the lines of `repair` or, where there are none, replace `example.yaml` by
    `repaired` and run `command` again: nothing is raised.
    """

    code: str
    title: str
    """The kind of mistake in a few words."""
    meaning: str
    """What is the case: one paragraph."""
    why: str
    """Why it is refused, or warned of: what would happen otherwise."""
    example: str = ""
    """A spec; where `command` is to validate it, it raises exactly this code, once."""
    repaired: str = ""
    """The same spec without the mistake."""
    arithmetic: tuple[str, ...] = ()
    """What the numbers of the example give, then those of the repaired one: `formula = numbers = result` a line."""
    setup: str = ""
    """Lines of a POSIX shell that make what the mistake needs beside a spec: files, a run."""
    command: str = VALIDATE
    repair: str = ""
    beside: tuple[str, ...] = ()
    """Other codes that `command` raises too."""
    several_repairs: bool = False
    """Whether several fixes are shown though the first leaves nothing to find: what was meant stands in more than one place."""
    told_as_one: bool = False
    """Whether findings of such codes in one spec are told as one, with the fixes that repair all of them."""

    latent: bool = False
    """Whether it is found only where all that it rests on is sound: that a change brings it to light may be the merit of the
    change."""

    hides: bool = False
    """Whether what stands at its place, or the text as a whole, is not looked at while it is there: a fix that takes it away may
    bring to light what is wrong with that."""

    of_file: OfFile | None = None
    """What of a file of data is wrong, where the same help serves all files of which that is so."""
    family: Family = field(init=False)
    """What it is about."""
    structural: bool = field(init=False)
    """Whether it is about the text or its structure: while there is one, what the spec means is not known in full."""

    def __post_init__(self) -> None:
        family = Family(self.code[: len(Family.TEXT.value)])
        object.__setattr__(self, "family", family)
        object.__setattr__(self, "structural", family in (Family.TEXT, Family.STRUCTURE))

    @property
    def alone(self) -> bool:
        """Whether the example raises it by itself, with no other file and no run."""
        return bool(self.example) and self.command == VALIDATE and not self.setup

    @property
    def broken(self) -> Iterator[Part]:
        """What shows the mistake: the arithmetic, the spec, the commands."""
        if self.example:
            yield Part(
                "This spec raises it:" if self.alone else "With this spec as `example.yaml`", "yaml", self.example
            )
        if not self.alone:
            words = "these commands raise it, the last one:" if self.example else "These commands raise it:"
            yield Part(words, "sh", f"{self.setup.rstrip()}\n{self.command}\n".lstrip())
        if self.arithmetic:
            yield Part("The arithmetic:", "text", "\n".join(self.arithmetic) + "\n")

    @property
    def whole(self) -> Iterator[Part]:
        """What repairs it."""
        if self.repair:
            yield Part("Repaired by:", "sh", self.repair + "\n")
        elif self.repaired:
            yield Part("Repaired:", "yaml", self.repaired)


@dataclass(frozen=True, slots=True)
class Part:
    """A few words, and the text that they introduce."""

    words: str
    language: str
    text: str
