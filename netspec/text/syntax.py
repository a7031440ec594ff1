"""What libyaml's syntax errors mean to the author of a spec, and where the mistake is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import yaml

from netspec.text.causes import Cause, SecondDocument, Syntax, Tab, Tag, Unclosed
from netspec.text.characters import shown
from netspec.text.source import Fault, Source, Span

SYNTAX, UNCLOSED = Syntax(), Unclosed()


@dataclass(frozen=True, slots=True)
class Opened:
    """A `[` or `{` that no bracket has closed yet."""

    index: int
    bracket: str

    @property
    def closing(self) -> str:
        """The bracket it waits for."""
        return "]" if self.bracket == "[" else "}"


def refused_directives(source: Source) -> list[Fault]:
    """Directives other than one `%YAML 1.1` or `%YAML 1.2` before the document.

    libyaml would refuse most of them too, but takes a time quadratic in the `%TAG` lines: seconds for 1 MiB.
    """
    versions = 0
    for number, line in enumerate(source.lines, 1):
        if line.startswith("%"):
            directive = line.split("#")[0].rstrip()
            versions += 1
            if versions > 1 or not _VERSION.fullmatch(directive):
                message = f"the directive `{shown(directive)}` is not known"
                if directive.startswith("%YAML"):
                    message = "the directive `%YAML` takes `1.2`, once"
                span = Span(number, 1, number, 1 + len(directive))
                return [Fault("NS015", message, span, help="remove it: specs are read as YAML 1.2")]
        elif line.strip() and not line.lstrip().startswith("#"):
            break
    return []


_VERSION = re.compile(r"%YAML[ \t]+1\.[12]")


def explain(
    source: Source,
    error: yaml.MarkedYAMLError,
    opened: list[Opened],
    last_quoted: tuple[int, int] | None,
    ended: bool,
) -> Fault:
    """The one fault that libyaml stopped at.

    `opened` are the brackets open by then, `last_quoted` is the range of the last quoted scalar before it,
    `ended` says whether `...` closed a document.
    """
    mark = error.problem_mark or error.context_mark
    context = error.context_mark or mark
    where = _Where(
        source,
        error.problem or "",
        error.context or "",
        mark.index if mark else 0,
        context.index if context else 0,
        opened,
        last_quoted,
        ended,
    )
    for recognise in _RECOGNISED:
        if fault := recognise(where):
            return fault
    return where.fault("NS005", f"the YAML cannot be read here: {where.problem}", help="quote the value")


@dataclass(frozen=True, slots=True)
class _Where:
    """libyaml's words, and the text around the place."""

    source: Source
    problem: str
    context: str
    index: int
    context_index: int
    opened: list[Opened]
    last_quoted: tuple[int, int] | None
    ended: bool

    @property
    def char(self) -> str:
        """The character at the place, empty at the end of the text."""
        return self.source.text[self.index : self.index + 1]

    @property
    def named(self) -> str:
        """The character at the place, as a message names it."""
        if not self.char:
            return "the end of the text"
        return "the end of the line" if self.char in "\r\n" else f"`{shown(self.char)}`"

    def line_start(self, index: int) -> int:
        """Where the line of `index` starts."""
        text = self.source.text
        return max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1

    def rest(self, index: int) -> str:
        """The line from `index` on, without comment and blanks at its end."""
        found = re.compile(r"[^\r\n]*").match(self.source.text, index)
        assert found
        return re.split(r"\s#", found[0])[0].rstrip()

    def indent(self, index: int) -> int:
        """How many blanks the line of `index` starts with."""
        start = self.line_start(index)
        line = self.source.text[start:index]
        return len(line) - len(line.lstrip(" "))

    def outside(self, opened: int) -> int | None:
        """Where, between a bracket's line and the place, a line begins that is no deeper than the key before the bracket."""
        text = self.source.text
        depth = len(re.sub(r"[^ -].*", "", text[self.line_start(opened) : opened]))
        for found in re.compile(r"(?<=[\r\n])([ -]*)[^\s#\]}]").finditer(text, opened, self.index + 1):
            if len(found[1]) <= depth:
                return found.end(1)
        return None

    def closed(self, opened: Opened) -> bool:
        """Whether a bracket is closed further down, by one that no other bracket was opened for."""
        depth = 0
        for found in re.compile(r"[\[\]{}]").finditer(self.source.text, opened.index):
            depth += 1 if found[0] in "[{" else -1
            if depth == 0:
                return found[0] == opened.closing
        return False

    def value_before(self) -> int | None:
        """Where the line before ends, if it is one value of a list or mapping and the place belongs to the next; else None."""
        start = self.line_start(self.index)
        if not re.fullmatch(r" *[\w-]*" if self.char == ":" else r" *", self.source.text[start : self.index]):
            return None
        while start:
            line = self.line_start(start - 1)
            text = re.split(r"(?:^|\s)#", self.source.text[line:start].rstrip("\r\n"))[0].rstrip()
            if text:
                return line + len(text) if text[-1] not in ",[{:" else None
            start = line
        return None

    def begins_line(self) -> bool:
        """Whether only blanks stand before the place."""
        return not self.source.text[self.line_start(self.index) : self.index].strip(" ")

    def fault(
        self,
        code: str,
        message: str,
        start: int | None = None,
        end: int | None = None,
        *,
        related: tuple[int, str] | None = None,
        help: str | None = None,
        cause: Cause | None = SYNTAX,
    ) -> Fault:
        """A fault at `start`, by default the place, over one character unless `end` is given."""
        start = min(self.index if start is None else start, len(self.source.text))
        end = min(start + 1 if end is None else end, len(self.source.text))
        places: tuple[tuple[Span, str], ...] = ()
        if related:
            at, words = related
            places = ((self.source.span(at, min(at + 1, len(self.source.text))), words),)
        return Fault(code, message, self.source.span(start, end), places, help, cause)


def _tab(where: _Where) -> Fault | None:
    if where.char == "\t" and "cannot start any token" in where.problem:
        at = where.index
    elif "tab character" in where.problem:
        at = where.source.text.find("\t", where.index)
    else:
        return None
    return where.fault("NS006", "a tab cannot indent", max(at, where.index), help="indent with spaces", cause=Tab())


def _directive(where: _Where) -> Fault | None:
    if "directive" in where.context + where.problem or where.problem == "found incompatible YAML document":
        return where.fault("NS015", "a directive cannot stand here", where.context_index, help="remove it", cause=None)
    return None


def _tag(where: _Where) -> Fault | None:
    if "tag" in where.context or "tag handle" in where.problem:
        start = where.context_index
        tag = where.rest(start).split()[0]
        message = f"the tag `{shown(tag)}` is refused"
        return where.fault("NS012", message, start, start + len(tag), help="remove it: specs have no tags", cause=Tag())
    return None


def _quote(where: _Where) -> Fault | None:
    help = "close it on the same line, or write a longer text after `|`"
    if where.last_quoted:
        start, end = where.last_quoted
        lines = where.source.text[start:end].splitlines()
        if end in (where.index, where.context_index) and len(lines) > 1 and where.source.text[start] in "'\"":
            quote = where.source.text[start]
            related = (end - 1, "this quote, meant to open, closes it")
            return where.fault(
                "NS007", f"the quote `{quote}` is not closed", start, related=related, help=help, cause=UNCLOSED
            )
    if where.context == "while scanning a quoted scalar":
        start = where.context_index
        return where.fault(
            "NS007", f"the quote `{where.source.text[start]}` is not closed", start, help=help, cause=UNCLOSED
        )
    return None


def _escape(where: _Where) -> Fault | None:
    if where.context != "while parsing a quoted scalar":
        return None
    # libyaml marks an unknown escape at its backslash, a bad code behind `\x`, `\u` or `\U`
    start = where.index if where.problem == "found unknown escape character" else where.index - 2
    found = re.compile(r"\\(?:x\w{0,2}|u\w{0,4}|U\w{0,8}|.?)").match(where.source.text, start)
    assert found
    message = f"the escape `{shown(found[0])}` names no character"
    help = r"write `\\` for a backslash, or use single quotes"
    if re.fullmatch(r"\\u[dD][89a-fA-F]\w\w", found[0]):
        message = f"the escape `{found[0]}` is one half of a character"
        help = r"write the character itself, both halves, or its code as `\U` and eight digits"
    return where.fault("NS021", message, start, found.end(), help=help, cause=None)


def _bracket(where: _Where) -> Fault | None:
    """In flow style: a bracket that is not closed, closed by the other kind, or a comma that is missing."""
    expects = ("did not find expected", "not allowed in this context", "could not find expected")
    if not where.opened or not (where.problem.startswith(expects) or where.problem.endswith(expects)):
        return None
    last = where.opened[-1]
    name, closing = last.bracket, last.closing
    opener = (last.index, f"this `{name}` is open")
    never = f"the bracket `{name}` is not closed"
    if (hidden := _COMMENT.match(where.source.text, last.index)) and closing in hidden["comment"]:
        message = f"the comment holds the `{closing}` that would close `{name}`"
        help = f"close it with `{closing}` before the comment"
        return where.fault("NS007", message, *hidden.span("comment"), related=opener, help=help, cause=UNCLOSED)
    if not where.source.text[where.index :].strip():
        return where.fault("NS007", never, last.index, help=f"close it with `{closing}`", cause=UNCLOSED)
    if where.char in "]}" and where.char != closing:
        message = f"the bracket `{name}` is closed by {where.named}"
        return where.fault("NS007", message, related=opener, help=f"write `{closing}`", cause=UNCLOSED)
    if where.char not in "]}" and not where.closed(last) and (outside := where.outside(last.index)):
        related = (outside, "what follows does not belong inside it")
        return where.fault(
            "NS007", never, last.index, related=related, help=f"close it with `{closing}`", cause=UNCLOSED
        )
    if "node content" in where.problem:
        return where.fault("NS005", f"expected a value before {where.named}", help="write one, or remove the comma")
    if end := where.value_before():
        return where.fault("NS005", "a comma is missing here", end, end, related=opener, help="add `,`")
    message = f"expected `,` or `{closing}`, got {where.named}"
    return where.fault("NS005", message, related=opener, help="put a comma between the values")


_COMMENT = re.compile(r"[^\r\n]*?\s(?P<comment>#[^\r\n]*)")


def _colon(where: _Where) -> Fault | None:
    if not where.problem.startswith("mapping values are not allowed"):
        return None
    start = where.line_start(where.index)
    before = where.source.text[start : where.index]
    key = re.match(r"(?:- +)*.*?:\s+", before)
    if key:
        value = where.rest(start + key.end())
        quoted = f": `'{shown(value)}'`" if "'" not in value else ""
        return where.fault("NS008", "a value cannot hold `: ` outside quotes", help=f"quote it{quoted}")
    first = start + where.indent(where.index)
    message = f"the indentation makes `{shown(before.strip())}` part of the value above it"
    return where.fault("NS009", message, first, where.index, help="align it with the keys it belongs to")


def _missing_colon(where: _Where) -> Fault | None:
    if where.problem != "could not find expected ':'":
        return None
    start = where.context_index
    words = where.rest(start)
    end = start + len(words)
    if glued := re.fullmatch(r"([\w.-]+):(\S.*)", words):
        help = f"put a space after the colon: `{shown(glued[1])}: {shown(glued[2])}`"
        return where.fault("NS005", f"expected a space after `{shown(glued[1])}:`", start, end, help=help)
    return where.fault("NS005", f"expected `:` after `{shown(words)}`", start, end, help="write `key: value`")


def _document(where: _Where) -> Fault | None:
    if where.problem != "did not find expected <document start>":
        return None
    if where.ended:
        help = "keep one network a file: remove the `...` before it, or what follows"
        return where.fault("NS014", "another document begins here", help=help, cause=SecondDocument())
    if where.source.text.lstrip().startswith("%"):
        return where.fault("NS015", "expected `---` after the directive", help="remove the directive", cause=None)
    return _stray(where)


def _stray(where: _Where) -> Fault | None:
    """Something that fits neither the line before nor the one above."""
    if where.char and where.char in "]}":
        return where.fault("NS005", f"the bracket {where.named} closes nothing", help="remove it, or open it")
    list_ends = where.problem == "did not find expected '-' indicator"
    mapping_ends = where.problem == "did not find expected key"
    if not where.begins_line():
        help = "quote the whole value, or begin a new line"
        return where.fault("NS005", f"unexpected {where.named} after the value", help=help)
    if mapping_ends and where.char == ":":
        return where.fault("NS005", "expected a key before `:`", help="write one")
    if (mapping_ends and where.char == "-") or (list_ends and where.char != "-"):
        here = "an item of a list" if mapping_ends else "a key"
        related = (where.context_index, f"a {'mapping' if mapping_ends else 'list'} begins here")
        message = f"{here} cannot stand in a {'mapping' if mapping_ends else 'list'}"
        return where.fault("NS005", message, related=related, help="put it under a key, or indent it as what it is")
    end = where.index + max(1, len(where.rest(where.index)))
    message = "the indentation matches no line above"
    return where.fault("NS009", message, where.index, end, help="align it with the lines it belongs to")


def _misplaced(where: _Where) -> Fault | None:
    if "cannot start any token" in where.problem:
        word = where.rest(where.index).split()[0]
        help = f"quote the value: `'{shown(word)}'`" if "'" not in word else "quote the value"
        return where.fault("NS005", f"a value cannot start with {where.named}", help=help)
    if where.problem.startswith(("block sequence entries", "mapping keys")):
        message = f"`{where.char} ` cannot stand behind a key on its line"
        return where.fault("NS005", message, help="begin a new line, or quote the value")
    if where.context == "while scanning a block scalar":
        sign = where.source.text[where.context_index]
        message = f"`{sign}` takes `-`, `+`, a digit from 1 to 9, and nothing else on its line"
        return where.fault("NS005", message, help="begin the text on the next line, or quote the value")
    if where.problem == "found unexpected ':'":
        return where.fault("NS005", "an unquoted value cannot hold this `:`", help="quote the value")
    if where.context in ("while scanning an anchor", "while scanning an alias"):
        sign = where.source.text[where.context_index]
        message = f"`{sign}` takes a name of letters, digits, `_` and `-`"
        return where.fault("NS005", message, where.context_index, help="quote the value where none is meant")
    if "node content" in where.problem:
        return (
            _stray(where)
            if where.char and where.char in "]}"
            else where.fault("NS005", "expected a value", help="write one")
        )
    if where.problem in ("did not find expected key", "did not find expected '-' indicator"):
        return _stray(where)
    return None


_RECOGNISED: tuple[Callable[[_Where], Fault | None], ...] = (
    _tab,
    _directive,
    _tag,
    _quote,
    _escape,
    _bracket,
    _colon,
    _missing_colon,
    _document,
    _misplaced,
)
