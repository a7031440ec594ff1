"""Whether a tree has the structure of a spec: `jsonschema` finds what is wrong, this says it at its place."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain, islice
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from netspec.diagnostics.diagnostic import ALIKE, Diagnostic, and_more
from netspec.language.as_meant import mostly_known, read_as, scalar
from netspec.language.causes import BrokenValue, MissingKey, UnknownKey
from netspec.language.edits import written
from netspec.language.fields import Key, Schema, keys
from netspec.language.kinds import KINDS
from netspec.language.meant import Meaning, called_elsewhere, equally_near, meaning, meant_values, word_within
from netspec.language.other_systems import SIDES, squeezed
from netspec.language.schema import schema
from netspec.language.spelling import one_slip
from netspec.language.vocabulary import TYPE, facts_at, held_keys, known_keys, section_names, variants_at
from netspec.text.characters import shown
from netspec.text.foreign import FILL_IN, is_placeholder
from netspec.text.nodes import Entry, Mapping, Node, Path, Scalar, Sequence, plain, walk
from netspec.text.scalars import resolve
from netspec.text.source import Source, Span

CODES = {
    "type": "NS101",
    "minimum": "NS102",
    "maximum": "NS102",
    "exclusiveMinimum": "NS102",
    "exclusiveMaximum": "NS102",
    "enum": "NS103",
    "const": "NS108",
    "additionalProperties": "NS104",
    "required": "NS105",
    "pattern": "NS106",
    "maxLength": "NS106",
    "minItems": "NS107",
    "maxItems": "NS107",
}


DEPTH = 8
"""How many keys in one another are read as what they are slips of."""
NEEDS = {"join": "branches"}
"""Keys that are meant by one of their words only beside another key."""
MEANT = 1_000
"""Of how many unknown keys of one mapping, and wrong values of places alike, the meaning is sought: about 0.05 s."""


@dataclass(slots=True)
class Findings:
    """What is wrong, and which parts of the tree cannot be used for that."""

    root: Node
    """The tree as it is plainly meant: the paths of findings are those in it."""
    diagnostics: list[Diagnostic] = field(default_factory=list)
    _told: set[tuple[str, Span, str]] = field(default_factory=set)
    _exact: set[Path] = field(default_factory=set)
    _prefixes: set[Path] = field(default_factory=set)

    def add(self, path: Path, diagnostic: Diagnostic) -> None:
        """Records a finding at a path of the tree: what stands there cannot be used."""
        self.note(diagnostic)
        self.spoil(path)

    def spoil(self, path: Path) -> None:
        """Records that what stands at a path of the tree cannot be used."""
        self._exact.add(path)
        self._prefixes.update(path[:i] for i in range(len(path) + 1))

    def note(self, diagnostic: Diagnostic) -> None:
        """Records a finding that hides nothing; one at the place of an anchor once, however many aliases repeat it."""
        mark = diagnostic.code, diagnostic.span, diagnostic.message
        if mark not in self._told:
            self._told.add(mark)
            self.diagnostics.append(diagnostic)

    def intact(self, *path: str | int) -> bool:
        """Whether nothing is wrong at or below this path, nor with a mapping or list, below the top, that holds it."""
        return self.sound(*path) and not any(path[:i] in self._exact for i in range(1, len(path) + 1))

    def sound(self, *path: str | int) -> bool:
        """Whether nothing at or below this path is wrong."""
        return path not in self._prefixes

    def wrong_itself(self, *path: str | int) -> bool:
        """Whether something is wrong with this very mapping, list or value, not only below it."""
        return path in self._exact


_KNOWN: dict[tuple[int, str], list[ValidationError]] = {}
_KNOWN_LIMIT = 100_000
_ERRORS_LIMIT = 4


def _part(validator: Any, value: object, schema: Schema, path: str | int, **place: str) -> Iterator[ValidationError]:
    """What is wrong with a part. What was sound or wrong once is so again: layers say the same few things, and this
    halves the time of a spec of 5,000 (0.45 s to 0.2 s)."""
    mark = (id(schema), repr(value))
    known = _KNOWN.get(mark)
    if known is not None:
        yield from (_again(error, path) for error in known)
        return
    errors = list(validator.descend(value, schema, path=path, **place))
    if len(_KNOWN) == _KNOWN_LIMIT:
        _KNOWN.clear()
    if len(errors) <= _ERRORS_LIMIT:
        _KNOWN[mark] = [_again(error, path) for error in errors]
    yield from errors


def _again(error: ValidationError, path: str | int) -> ValidationError:
    """The same error of a part in another place; whoever holds the part adds to its paths."""
    again = copy(error)
    again.relative_path = again.path = deque((path, *islice(error.relative_path, 1, None)))
    again.relative_schema_path = again.schema_path = error.relative_schema_path.copy()
    return again


def _properties(validator: Any, properties: Schema, value: object, _: Schema) -> Iterator[ValidationError]:
    for name, below in properties.items() if isinstance(value, dict) else ():
        if name in value:  # type: ignore[operator]
            yield from _part(validator, value[name], below, path=name, schema_path=name)  # type: ignore[index]


def _items(validator: Any, items: Schema, value: object, _: Schema) -> Iterator[ValidationError]:
    for i, item in enumerate(value if isinstance(value, list) else ()):
        yield from _part(validator, item, items, path=i)


@cache
def _validator() -> Any:
    """A validator that, unlike JSON Schema, does not take 3.0 for a whole number."""
    checker = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    keywords = {"properties": _properties, "items": _items}
    return extend(Draft202012Validator, validators=keywords, type_checker=checker)(schema())  # type: ignore[no-untyped-call]


def check(source: Source, root: Node) -> Findings:
    """All errors of structure, each at its place. Assumes a tree of the reader."""
    findings = Findings(root)
    for _ in range(DEPTH):
        errors = _errors(findings.root)
        sought = Counter[Path]()
        readings = dict(chain.from_iterable(_readings(source, findings, path, errors[path], sought) for path in errors))
        if not readings:
            break
        findings.root = read_as(findings.root, readings)
    alike: dict[tuple[Path, frozenset[str]], list[Diagnostic]] = {}
    more = Counter[tuple[Path, frozenset[str]]]()
    for path, found in errors.items():
        kind = wherever(path), frozenset(str(one.validator) for one in found)
        findings.spoil(path)
        if len(told := alike.setdefault(kind, [])) >= ALIKE:
            more[kind] += 1
            continue
        node = walk(findings.root, path)
        assert node is not None
        told += _at(source, findings, node, path, found)
    for kind, told in alike.items():
        for diagnostic in told[:-1]:
            findings.note(diagnostic)
        for diagnostic in told[-1:]:
            findings.note(and_more(diagnostic, more[kind]))
    for path, value in _scalars(findings.root, ()):
        if isinstance(value.value, float) and not math.isfinite(value.value) and findings.sound(*path):
            key = key_at(findings.root, path)  # below an unknown key nothing is known
            if key is not None:
                message = f"`{value.text}` is not a finite number"
                cause = BrokenValue(path, "finite", None)
                help = "write a finite number"
                findings.add(path, Diagnostic("NS109", message, source, value.span, help=help, cause=cause))
    return findings


def wherever(path: Path) -> Path:
    """A path without the places in lists: what is the same for all items."""
    return tuple(0 if isinstance(step, int) else step for step in path)


def _errors(root: Node) -> dict[Path, list[ValidationError]]:
    """What the schema refuses, by place; of a value of another type, only that."""
    errors: dict[Path, list[ValidationError]] = {}
    for error in _validator().iter_errors(plain(root)):
        errors.setdefault(tuple(error.absolute_path), []).append(error)
    for path, found in errors.items():
        errors[path] = [error for error in found if error.validator == "type"][:1] or found
    return errors


def _readings(
    source: Source, findings: Findings, path: Path, errors: list[ValidationError], sought: Counter[Path]
) -> Iterator[tuple[Path, Node | Entry]]:
    """What at one place is plainly meant, each with its finding: what follows is read as if it stood there. `sought` counts
    the places alike that were asked already."""
    sought[alike := wherever(path)] += 1
    if sought[alike] > MEANT:
        return
    node = walk(findings.root, path)
    for error in errors:
        if error.validator == "additionalProperties":
            assert isinstance(node, Mapping)
            for unknown in _unknown(node, path, error):
                if unknown.meaning and unknown.readable:
                    findings.note(_unknown_key(source, unknown, path))
                    yield (*path, unknown.entry.name), unknown.meaning.entry
        elif isinstance(node, Scalar):
            finding = _wrong(source, findings.root, node, path, error)
            cause = finding.cause
            assert isinstance(cause, BrokenValue)
            if cause.meant and not cause.others:
                findings.note(finding)
                yield path, scalar(cause.meant, node.span)
                return


def _scalars(node: Node, path: Path) -> Iterator[tuple[Path, Scalar]]:
    if isinstance(node, Scalar):
        yield path, node
    elif isinstance(node, Mapping):
        for entry in node:
            yield from _scalars(entry.value, (*path, entry.name))
    else:
        for i, item in enumerate(node.items):
            yield from _scalars(item, (*path, i))


def _at(source: Source, findings: Findings, node: Node, path: Path, errors: list[Any]) -> Iterator[Diagnostic]:
    """The diagnostics of one place; what follows from another of them is left out."""
    likely: set[str] = set()
    for error in errors:
        if error.validator == "additionalProperties":
            assert isinstance(node, Mapping)
            made = list[Diagnostic]()
            unknowns = [*_unknown(node, path, error)]
            for unknown in unknowns:
                likely |= (
                    {unknown.meaning.entry.name}
                    if unknown.meaning
                    else _held(unknown.entry, path, facts_at(path, node))
                )
                if len(made) < ALIKE:
                    made.append(_unknown_key(source, unknown, path))
            yield from made[:-1]
            yield from (and_more(last, len(unknowns) - len(made)) for last in made[-1:])
    said: set[str] = set()
    for error in errors:
        code = CODES[error.validator]
        if error.validator == "required":
            assert isinstance(node, Mapping)
            for name in error.validator_value:
                if node.entry(name) is None and name not in likely and name not in said:
                    said.add(name)
                    yield missing(source, name, owner(path), node, path, facts_at(path, node))
        elif error.validator != "additionalProperties" and code not in said:
            said.add(code)
            yield _wrong(source, findings.root, node, path, error)


def _held(entry: Entry, path: Path, facts: tuple[Key, ...]) -> set[str]:
    """What an unknown key holds: a key that its place lacks may stand one level too deep, or under that other name."""
    node = entry.value
    names = {below.name for below in node} if isinstance(node, Mapping) else set()
    if entry.name in variants_at(path):
        return {TYPE}
    if path == ("input",) and squeezed(entry.name) in SIDES:
        return {"height", "width"}
    return names | {key.name for key in facts if names and names <= section_names(path, key.name, node)}


@dataclass(frozen=True, slots=True)
class _Unknown:
    """A key that a mapping does not have."""

    entry: Entry
    meaning: Meaning | None
    readable: bool
    """Whether its value is one that the key has which is meant."""
    instead: str
    """The keys that the mapping may have and has not, for a message."""


def _unknown(node: Mapping, path: Path, error: ValidationError) -> Iterator[_Unknown]:
    """The unknown keys of a mapping. A misspelt `type` is the only one: it decides which the others are."""
    properties = cast("Schema", error.schema)["properties"]
    facts = facts_at(path, node)
    given = {entry.name for entry in node}
    absent = tuple(key.name for key in facts if key.name not in given)
    entries = [entry for entry in node if entry.name not in properties]
    words = {
        key.name: _words(key) for key in facts if key.name in absent and key.name in NEEDS and NEEDS[key.name] in given
    }
    words |= {key.name: _words(key) for key in facts if key.name in absent and key.name not in NEEDS}
    words |= {TYPE: tuple(variants_at(path))} if TYPE in absent and variants_at(path) else {}
    meanings = {id(entry): meaning(entry, facts, words) for entry in entries[:MEANT]}
    if any(found is not None and found.entry.name == TYPE for found in meanings.values()):
        of_any = {key.name for variant in variants_at(path).values() for key in keys(variant)}
        entries = [entry for entry in entries if entry.name not in of_any]
    instead = ", ".join(f"`{name}`" for name in absent)
    held = held_keys(path, node) if meanings else frozenset()
    for entry in entries:
        found = meanings.get(id(entry))
        if entry.name in held and found is not None and called_elsewhere(entry.name, facts) is None:
            found = None  # it is no slip of a key that it is alike
        if found is None or found.entry.name in given:
            yield _Unknown(entry, None, False, instead)
            continue
        given.add(found.entry.name)
        name, value = found.entry.name, found.entry.value
        is_slip = isinstance(value, Scalar) and (
            one_slip(entry.name.lower(), name) or called_elsewhere(entry.name, facts) == name
        )
        readable = is_slip or fits(plain(value), properties.get(name, {})) or mostly_known((*path, name), value)
        yield _Unknown(entry, found, readable, instead)


def _words(key: Key) -> tuple[str, ...]:
    """The words that a key takes."""
    return (*key.type.schema.get("enum", ()), *key.type.variants)


def _unknown_key(source: Source, unknown: _Unknown, path: Path) -> Diagnostic:
    name, found = unknown.entry.name, unknown.meaning
    if found is None:
        help = f"remove `{name}`" + (f", or write one of {unknown.instead}" if unknown.instead else "")
    else:
        help = f"did you mean `{found.text}`?" if found.text == found.entry.name else f"write `{found.text}`"
    cause = UnknownKey(path, name, found.text if found else None, found is not None and found.with_value)
    message = f"{owner(path)} has no key `{name}`"
    return Diagnostic("NS104", message, source, unknown.entry.key.span, help=help, cause=cause)


def key_at(root: Node, path: Path) -> Key | None:
    """The facts of the key whose value stands at this path; an item of `fc` is its `units`."""
    if len(path) == 2 and path[0] == "fc":
        return keys(KINDS["fc"].settings)[0]
    parent = walk(root, path[:-1]) if path and isinstance(path[-1], str) else None
    if not isinstance(parent, Mapping):
        return None
    found = next((key for key in known_keys(path[:-1], parent) if key.name == path[-1]), None)
    return found or _free(key_at(root, path[:-1]), str(path[-1]))


def _free(holder: Key | None, name: str) -> Key | None:
    """The facts of a key that its author has named, in a mapping whose keys are free."""
    if holder is None or holder.type.values is None:
        return None
    return replace(holder, name=name, type=holder.type.values, also=(), examples=())


def _wrong(source: Source, root: Node, node: Node, path: Path, error: ValidationError) -> Diagnostic:
    name = next((f"`{step}`" for step in reversed(path) if isinstance(step, str)), "a spec")
    if path and isinstance(path[-1], int):
        name = f"an item of {name}"
    expected = _expected(error)
    found = described(node)
    keyword, bound = str(error.validator), cast("Any", error.validator_value)
    code = CODES[keyword]
    key = key_at(root, path)
    rule = key.type.schema if key is not None and not key.type.variants else cast("Schema", error.schema)
    meanings = meant_values(node, keyword, bound, in_list=path[:1] == ("fc",))
    meant, *others = [text for text in meanings if fits(resolve(text), rule)] or [""]
    if keyword == "enum" and meant and isinstance(node, Scalar) and key is not None and word_within(node.text, key):
        meant = ""  # it is a word for a key within, and no slip of one that it is alike
    if keyword != "pattern":
        options = [str(option) for option in bound] if keyword == "enum" else []
        others = [*equally_near(node.text, meant, options)] if meant and isinstance(node, Scalar) else []
    message = f"{name} cannot be {found}: {expected}"
    help = expected.replace("expected", "write", 1)
    if meant:
        help = f"did you mean `{meant}`?" if keyword == "enum" else f"write `{meant}`"
    if isinstance(node, Scalar) and is_placeholder(node.text):
        code, help = "NS041", FILL_IN
        message = f"{name} is the placeholder `{shown(node.text)}`: {expected}"
    if keyword == "const":
        message, help = f"this netspec reads version {bound} of the format, not {found}", f"write `netspec: {bound}`"
    cause = BrokenValue(path, keyword, tuple(bound) if isinstance(bound, list) else bound, meant or None, tuple(others))
    return Diagnostic(code, message, source, _shown(node), help=help, cause=cause)


def fits(value: object, rule: Schema) -> bool:
    """Whether a plain value is one that a part of the schema admits."""
    return bool(_validator().evolve(schema=rule).is_valid(value))


def _expected(error: ValidationError) -> str:
    """The nearest `errorMessage` on the way through the schema to what failed."""
    at: Any = schema()
    message = "expected something else" if error.absolute_path else "expected a mapping with the keys of a spec"
    for step in error.absolute_schema_path:
        if isinstance(at, dict):
            message = at.get("errorMessage", message)
        if isinstance(at, dict) and step not in at:  # jsonschema leaves `$ref` and `if` out of its paths
            at = schema()["$defs"][at["$ref"].rsplit("/", 1)[1]]
            message = at.get("errorMessage", message)
        at = at[step]
    if error.validator == "minItems" and error.validator_value == 1:
        return "expected at least one item"
    if error.validator == "maxLength":
        return f"expected at most {error.validator_value} characters"
    return str(message)


def missing(
    source: Source, name: str, owner: str, node: Node, path: Path, facts: tuple[Key, ...], span: Span | None = None
) -> Diagnostic:
    """The diagnostic of a key that must be there."""
    key = next(key for key in facts if key.name == name)
    example = key.examples[0] if key.examples else None
    shown = f"`{name}: {written(example)}`" if example is not None else f"`{name}`"
    return Diagnostic(
        "NS105",
        f"{owner} needs the key `{name}`",
        source,
        span or _shown(node),
        notes=(f"`{name}`: {key.doc}",),
        help=f"add {shown}",
        cause=MissingKey(path, name),
    )


def owner(path: Path) -> str:
    """What a person calls the mapping at this path."""
    names = [step for step in path if isinstance(step, str)]
    if not names:
        return "a spec"
    if names[-1] in ("blocks", "branches"):
        return "a block"
    return f"`{names[-1]}`"


def described(node: Node) -> str:
    """A value in a few words, for a message."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return f"a list of {len(node.items)}" if node.items else "an empty list"
    if node.value is None:
        return "empty"
    text = node.text if len(node.text) <= 40 else node.text[:37] + "..."
    return f"the string `{text}`" if isinstance(node.value, str) else f"`{text}`"


def _shown(node: Node) -> Span:
    """Where to point for a whole node: its first key or item, where it goes over several lines."""
    if isinstance(node, Mapping) and node.entries and node.span.line != node.span.end_line:
        return node.entries[0].key.span
    return node.span
