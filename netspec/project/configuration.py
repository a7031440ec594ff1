"""What a project says of its specs: `netspec.toml`, or the table `tool.netspec` of `pyproject.toml`.

The nearest such file upward from a spec holds for it. `netspec validate`, the hooks and editors read it; commands that
need a network do not: a run is made by its spec and its options alone.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from netspec.analysis.check import costed, without
from netspec.analysis.report import Report
from netspec.analysis.suppression import covers, known
from netspec.diagnostics.diagnostic import Diagnostic, in_order
from netspec.diagnostics.render.paths import relative
from netspec.language.override import Aliased, Override, nested, override
from netspec.language.spelling import likest
from netspec.repair.check import check_source
from netspec.text.characters import shown
from netspec.text.files import Unreadable, read_source
from netspec.text.source import START, Source, Span

FILES = {"netspec.toml": (), "pyproject.toml": ("tool", "netspec")}
"""The names of such files, and where in them it stands. Of two in a folder the first holds."""
PROBE = "netspec: 1\nname: any\ninput: [1, 1, 1]\nfc: [1]\n"
"""A spec that has no budget: what a budget may be is found by giving it to this one."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What holds for the specs below a folder. Without a file, nothing but what specs say themselves."""

    source: Source | None = None
    """The file that says so; its name as a person would give it."""
    strict: bool = False
    exclude: tuple[str, ...] = ()
    """Patterns of what is left out, of paths from the folder of the file."""
    budgets: tuple[str, ...] = ()
    """Each as `parameters=60k`."""
    select: tuple[str, ...] = ()
    """The only codes, or beginnings of codes, that are reported; empty for all."""
    ignore: tuple[str, ...] = ()
    problems: tuple[Diagnostic, ...] = field(default=(), repr=False)
    """What is wrong with the file; what is sound in it holds."""

    def leaves_out(self, path: str) -> bool:
        """Whether a file or folder is to be left out."""
        if not self.exclude or self.source is None or self.source.path is None:
            return False
        return left_out(os.path.relpath(_absolute(path), self.source.path.parent), self.exclude)

    def wants(self, code: str) -> bool:
        """Whether findings of a code are reported."""
        selected = not self.select or any(covers(item, code) for item in self.select)
        return selected and not any(covers(item, code) for item in self.ignore)

    def judged(self, report: Report) -> Report:
        """A report with the findings that are wanted, warnings as errors where that is asked for.

        All of them stay where the text gives no spec: without it nothing that is wanted was looked for.
        """
        if report.spec is not None:
            stay = tuple(finding for finding in report.diagnostics if self.wants(finding.code))
            taken = tuple(finding for finding in report.diagnostics if not self.wants(finding.code))
            report = without(report, stay, taken)
        if self.strict:
            judged = (one if one.severity == "hint" else replace(one, severity="error") for one in report.diagnostics)
            report = replace(report, diagnostics=tuple(judged))
        return report

    def check(self, source: Source) -> Report:
        """The report on a source, judged; the budgets are not in it."""
        return self.judged(check_source(source))

    def limited(self, source: Source, but: Collection[str] = ()) -> tuple[Source, list[Override], list[Diagnostic]]:
        """A source with the budgets in its text, but for those of these keys; what was written, and what cannot be."""
        made: list[Override] = []
        unset: list[Diagnostic] = []
        for item in self.budgets:
            key, _, value = item.partition("=")
            name = self.source.name if self.source is not None else ""
            try:
                change = None if key in but else override(source, f"{item} in {name}", ["budget", key], value)
            except Aliased as error:
                message = f"the budget `{item}` of `{name}` cannot be set here: {error}"
                unset.append(Diagnostic("NS024", message, source, START, help="write it out"))
                continue
            if change is not None:
                made.append(change)
                source = change.source
        return source, made, unset


class Configurations:
    """Finds the configuration of each file; each folder is looked at once in the life of this."""

    def __init__(self) -> None:
        self._of_folder: dict[Path, Configuration] = {}

    def of(self, file: str) -> Configuration:
        """The configuration of the nearest folder upward from a file, which need not exist."""
        return self._within(_absolute(file).parent)

    def _within(self, folder: Path) -> Configuration:
        if folder not in self._of_folder:
            found = _in_folder(folder)
            if found is None:
                found = Configuration() if folder == folder.parent else self._within(folder.parent)
            self._of_folder[folder] = found
        return self._of_folder[folder]


def _absolute(path: str) -> Path:
    """A path from the root, its links not followed: what a person sees above a file is what holds for it."""
    return Path(os.path.normpath(Path(path).absolute()))


def left_out(path: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern matches the path, a folder it lies in, or the end of either.

    >>> left_out("specs/broken/tab.yaml", ["broken"]), left_out("specs/broken/tab.yaml", ["*/tab.*"])
    (True, True)
    >>> left_out("specs/broken.yaml", ["broken"])
    False
    """
    parts = Path(path).parts
    ends = ("/".join(parts[start:end]) for end in range(1, len(parts) + 1) for start in range(end))
    return bool(patterns) and any(fnmatchcase(part, pattern) for part in ends for pattern in patterns)


def told_of(report: Report, made: Sequence[Override]) -> Report:
    """A report on a text with other values in it, told of the text as it was."""
    found, ignored = (
        tuple(_told_of(finding, made) for finding in those) for those in (report.diagnostics, report.ignored)
    )
    return replace(report, diagnostics=found, ignored=ignored)


def _told_of(finding: Diagnostic, made: Sequence[Override]) -> Diagnostic:
    """A finding, told of the text as it was; of several values in one place the last is named."""
    named = True
    for change in reversed(made):
        touched = change.touches(finding.span)
        finding = change.located(finding, named=named)
        named = named and not touched
    return finding


def wrong_budget(path: list[str], value: str) -> str | None:
    """Why no spec could have this budget; None where one could."""
    report = check_source(Source("", f"{PROBE}budget: {nested(path, value)}\n"))
    if costed(report) is not None:
        return None
    first = report.diagnostics[0]
    return f"{first.message}; {first.help}" if first.help else first.message


def _in_folder(folder: Path) -> Configuration | None:
    for name, table in FILES.items():
        path = folder / name
        if not os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises where a folder cannot be searched
            continue
        source = read_source(str(path))
        if isinstance(source, Unreadable):
            unread = Source(relative(str(path)), "", path)
            return Configuration(unread, problems=(_problem(unread, START, f"it cannot be read: {source.reason}"),))
        if (found := _read(replace(source, name=relative(str(path))), table)) is not None:
            return found
    return None


def _read(source: Source, table: Sequence[str]) -> Configuration | None:
    """The configuration that stands in a file; None where there is none."""
    if source.faults:
        fault = source.faults[0]
        return None if table else Configuration(source, problems=(_problem(source, fault.span, fault.message),))
    try:
        settings: Any = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        if table and not any(_header(line) == [*table] for line in source.lines):
            return None  # another tool's file, and its mistake
        return Configuration(source, problems=(_problem(source, _mark(source, str(error)), _words(str(error))),))
    for name in table:
        settings = settings.get(name) if isinstance(settings, Mapping) else None
        if settings is None:
            return None
    reading = _Reading(source, [*table])
    return reading.configuration(settings)


_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


def _words(message: str) -> str:
    return f"not TOML: {_PLACE.sub('', message)}"


def _mark(source: Source, message: str) -> Span:
    """Where tomllib says that it stopped."""
    found = _PLACE.search(message)
    end = len(source.text.rstrip())
    at = source.offset(int(found[1]), int(found[2])) if found and found[1] else max(end - 1, 0)
    return source.span(at, min(at + 1, len(source.text)))


def _problem(source: Source, place: Span, message: str, help: str | None = None) -> Diagnostic:
    return Diagnostic("NS024", message, source, place, help=help)


@dataclass(slots=True)
class _Reading:
    """Takes the settings of a file one by one, and keeps what is wrong with them."""

    source: Source
    table: list[str]
    problems: list[Diagnostic] = field(default_factory=list)

    def configuration(self, settings: Any) -> Configuration:
        """What holds: all that is sound."""
        if not isinstance(settings, Mapping):
            self._wrong([], "expected a table")
            return Configuration(self.source, problems=tuple(self.problems))
        readers: dict[str, Callable[[str, Any], Any]] = {
            "strict": self._flag,
            "exclude": self._strings,
            "budgets": self._budgets,
            "select": self._codes,
            "ignore": self._codes,
        }
        sound = {}
        for name, value in settings.items():
            if name in readers:
                sound[name] = readers[name](name, value)
            else:
                close = likest(name, readers)
                help = f"write `{close}`" if close else f"it is one of {', '.join(f'`{one}`' for one in readers)}"
                self._wrong([name], f"`{shown(name)}` is no setting of netspec", help)
        return Configuration(self.source, **sound, problems=tuple(in_order(self.problems)))

    def _wrong(self, path: list[str], message: str, help: str | None = None, item: str | None = None) -> None:
        self.problems.append(_problem(self.source, _place(self.source, [*self.table, *path], item), message, help))

    def _flag(self, name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            self._wrong([name], f"`{name}` is `true` or `false`")
        return value is True

    def _strings(self, name: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self._wrong([name], f"`{name}` is a list of strings", f'as in `{name} = ["{EXAMPLES[name]}"]`')
            return ()
        return tuple(os.path.normpath(one) if name == "exclude" else one for one in value)

    def _codes(self, name: str, value: Any) -> tuple[str, ...]:
        items = self._strings(name, value)
        for item in items:
            if not known(item):
                self._wrong(
                    [name], f"there is no code `{shown(item)}`", "take the code from the finding's first line", item
                )
        return tuple(item for item in items if known(item))

    def _budgets(self, name: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, Mapping):
            self._wrong([name], f"`{name}` is a table", f"as in `{name} = {{ {EXAMPLES[name]} }}`")
            return ()
        items = []
        for key, limit in value.items():
            text = limit if isinstance(limit, str) else json.dumps(limit, default=str)
            if why := wrong_budget([key], text):
                self._wrong([name, key], why)
            else:
                items.append(f"{key}={text}")
        return tuple(items)


EXAMPLES = {"exclude": "specs/broken", "select": "NS3", "ignore": "NS302", "budgets": 'parameters = "60k"'}


_PART = r"""(?:"[^"\n]*"|'[^'\n]*'|[\w-]+)"""
_PATH = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEADER = re.compile(rf"[ \t]*\[[ \t]*({_PATH})[ \t]*\]")
_ENTRY = re.compile(rf"[ \t]*({_PATH})[ \t]*=")


def _names(path: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(_PART, path)]


def _header(line: str) -> list[str] | None:
    found = _HEADER.match(line)
    return _names(found[1]) if found else None


def _place(source: Source, path: list[str], item: str | None = None) -> Span:
    """Where a key stands, or an item of its list: tomllib tells no places. The nearest thing around it, if not itself."""
    table: list[str] = []
    best, depth = START, 0
    for number, line in enumerate(source.lines, 1):
        if (header := _header(line)) is not None:
            table, here, place = header, header, Span(number, 1, number, len(line.rstrip()) + 1)
        elif entry := _ENTRY.match(line):
            here, place = [*table, *_names(entry[1])], Span(number, entry.start(1) + 1, number, entry.end(1) + 1)
        else:
            continue
        if here == path[: len(here)] and len(here) > depth:
            best, depth = place, len(here)
    start = source.offset(best.end_line, best.end_column)
    for word in (*path[depth:], *filter(None, [item])):
        found = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])").search(source.text, start)
        if found:
            best, start = source.span(*found.span()), found.end()
    return best
