"""What an unknown key stands for (another key, another `type`, the same key in another section), and what a missing one is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Mapping as MappingType
from dataclasses import dataclass

from netspec.analysis.against_data import known_data
from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netspec.language.causes import MissingKey, UnknownKey
from netspec.language.edits import insert, remove
from netspec.language.fields import Key, keys
from netspec.language.kinds import KINDS
from netspec.language.kinds import written as written_kinds
from netspec.language.meant import called_elsewhere, meant_word
from netspec.language.other_systems import IMPLIED, NEEDLESS, SWITCHES, plain_word, squeezed
from netspec.language.spelling import likeness
from netspec.language.structure import fits
from netspec.language.top import Block, Top
from netspec.language.vocabulary import below, facts_at, known_keys, section_at, section_names, variants_at
from netspec.repair import forms, lines, rounding, wrapped
from netspec.repair.values import elsewhere, removal, says_off, type_of, usual
from netspec.text.nodes import Entry, Mapping, Node, Path, Scalar, Sequence, walk
from netspec.text.source import Source, Span


def unknown(report: Report, finding: Diagnostic, cause: UnknownKey) -> Iterator[Fix]:
    """The key that it plainly is a slip of; else what the line may have been, and what the key may mean."""
    source, root = finding.source, report.root
    node = walk(root, cause.path)
    assert isinstance(root, Mapping)
    assert isinstance(node, Mapping)
    entry = next(entry for entry in node if entry.key.span == finding.span)
    facts = facts_at(cause.path, node)
    if cause.meant:
        span = entry.key.span.to(entry.value.span) if cause.with_value else entry.key.span
        yield Fix(f"write `{cause.meant}`", (Edit(span, cause.meant),), "safe")
    elif cause.path[:1] == ("blocks",) and len(cause.path) == 2:
        yield from forms.after_the_blocks(source, root)
    yield from forms.bare_layer(source, cause.path, node)
    yield from forms.spatial(source, entry, facts)
    yield from forms.named_type(source, cause.path, entry)
    yield from forms.repeated(source, entry, facts)
    yield from forms.halved(source, entry, facts)
    yield from forms.betas(source, node, entry)
    yield from forms.axes(source, node, entry, facts)
    yield from forms.in_epochs(source, root, entry, facts)
    yield from forms.pool_of_type(source, entry, facts)
    yield from forms.one_level_up(source, entry, facts)
    yield from forms.last_units(source, root, node, entry)
    yield from _outward(source, root, cause.path, node, entry)
    yield from forms.implied_block(source, root, cause.path, entry)
    yield from forms.of_kind(source, cause.path, node, entry)
    yield from forms.numbered(source, node, entry, facts)
    yield from forms.first_block(source, root, node, entry)
    yield from forms.sides(source, cause.path, node, entry)
    yield from wrapped.lifted(source, cause.path, node, entry, facts)
    needless = plain_word(cause.name) in (*NEEDLESS, *IMPLIED)
    if needless:
        yield removal(source, node, entry, cause.name, needless)
    yield from lines.misplaced(report, finding, cause)
    if entry.name != cause.name:  # it is read as what it means
        yield removal(source, node, entry, cause.name)
        return
    yield from _other_type(source, node, entry, variants_at(cause.path))
    yield from rounding.up(report, cause.path, node, entry)
    yield from forms.into_convolutions(source, cause.path, node, entry)
    if entry.value.span.line == entry.value.span.end_line:
        for home in _homes(root, cause.path, node):
            yield from home.given(source, node, entry)
    given = (node, walk(root, ("defaults", *[step for step in cause.path if isinstance(step, str)][-1:])))
    there = {other.name for mapping in given if isinstance(mapping, Mapping) for other in mapping}
    lacking = [key.name for key in facts if key.required and key.name not in there]
    lacking += [key.name for key in facts if key.name not in lacking and _holds(cause.path, key, entry.value)]
    yield from (Fix(f"write `{name}`", (Edit(entry.key.span, name),)) for name in lacking if not node.entry(name))
    yield removal(source, node, entry, cause.name, says_off(entry.value))


def missing(report: Report, finding: Diagnostic, cause: MissingKey) -> Iterator[Fix]:
    """What the line may have been; the key with likely values, in the mapping it belongs to."""
    source, root = finding.source, report.root
    node = walk(root, cause.path)
    assert root is not None
    assert node is not None
    yield from forms.unwrapped(source, cause.path, root, node)
    yield from lines.misplaced(report, finding, cause)
    layers = entry.value if isinstance(root, Mapping) and (entry := root.entry("fc")) else None
    if cause.name == "units" and isinstance(layers, Sequence) and isinstance(node, Mapping) and node in layers.items:
        yield from forms.with_layer_before(source, layers, node)
    key = next(key for key in facts_at(cause.path, node) if key.name == cause.name)
    known = report.spec is not None and known_data(report.spec) is not None
    yield from _additions(source, root, cause.path, node, key, known)


def _outward(source: Source, root: Mapping, path: Path, node: Mapping, entry: Entry) -> Iterator[Fix]:
    """What stands in a section, in the mapping around that section, which has the key."""
    above = path[:-1]
    while above and not isinstance(walk(root, above), Mapping):
        above = above[:-1]
    outer = walk(root, above)
    if not path or not isinstance(outer, Mapping) or len(node.entries) == 1:
        return
    name = called_elsewhere(entry.name, known_keys(above, outer))
    if name is None or outer.entry(name) is not None:
        return
    rule = next(key.type.schema for key in known_keys(above, outer) if key.name == name)
    if isinstance(entry.value, Scalar) and not fits(entry.value.value, rule):
        return
    title = f"move `{entry.name}` out of `{next(step for step in reversed(path) if isinstance(step, str))}`"
    title += f" as `{name}`" * (name != entry.name)
    if not node.flow and not outer.flow and node.entries[-1] is entry:
        by = outer.entries[0].key.span.column - entry.key.span.column
        edits = tuple(lines.shifted(source, range(entry.key.span.line, forms.last_line(entry) + 1), by))
        yield Fix(title, (*edits, *((Edit(entry.key.span, name),) if name != entry.name else ())))
    elif entry.value.span.line == entry.value.span.end_line:
        text = source.excerpt(entry.value.span)
        yield Fix(title, (remove(source, node, entry), insert(source, outer, name, text)))


def _other_type(source: Source, node: Mapping, entry: Entry, variants: MappingType[str, type]) -> Iterator[Fix]:
    """The types that have the key, and every other key that is given; the one with the likest name first."""
    old = node.entry("type")
    now = old.value.text if old and isinstance(old.value, Scalar) else ""
    names = {other.name for other in node} - {"type"}
    fitting = [
        name for name, section in variants.items() if all(any(map(_named(given), keys(section))) for given in names)
    ]
    for name in sorted(fitting, key=lambda name: -likeness(now, name)):
        edit = Edit(old.value.span, name) if old else insert(source, node, "type", name)
        yield Fix(f"set `type: {name}`, which has `{entry.name}`", (edit,))


def _named(name: str) -> Callable[[Key], bool]:
    return lambda key: name == key.name or name in key.also


@dataclass(frozen=True, slots=True)
class _Home:
    """A section that is there or could be: its keys, and the deepest mapping or short form that holds it."""

    names: tuple[str, ...]
    section: type
    holder: Node
    lacking: tuple[str, ...]
    """The sections, from the holder down, that have to be written for it."""

    def given(self, source: Source, mapping: Mapping, entry: Entry) -> Iterator[Fix]:
        """The key there, if that section has it."""
        switch = (
            SWITCHES.get((squeezed(entry.name), entry.value.text.lower())) if isinstance(entry.value, Scalar) else None
        )
        said, _, value = (switch or "").partition(": ")
        facts = tuple(keys(self.section))
        meant = said or called_elsewhere(entry.name.removeprefix(f"{self.names[-1]}_"), facts)
        key = next((key for key in facts if key.name == meant), None)
        if (
            key is None
            or (not value and _is_other_word(entry.value, key))
            or (isinstance(self.holder, Mapping) and not self.lacking and self.holder.entry(key.name))
        ):
            return
        name, *inner = (*self.lacking, key.name)
        text = "".join(f"{{{step}: " for step in inner) + (value or source.excerpt(entry.value.span)) + "}" * len(inner)
        title = f"move `{entry.name}` to `{'.'.join(self.names)}`" + f" as `{key.name}`" * (key.name != entry.name)
        edits: tuple[Edit, ...]
        if self.holder is mapping:
            edits = (Edit(entry.key.span.to(entry.value.span), f"{name}: {text}"),)
        else:
            edits = (remove(source, mapping, entry), insert(source, self.holder, name, text))
        yield Fix(title, edits)


def _is_other_word(node: Node, key: Key) -> bool:
    """Whether a key takes one of a few words, and a value is none of them."""
    options = key.type.schema.get("enum") if isinstance(node, Scalar) else None
    return bool(options) and meant_word(node.text, [str(option) for option in options or ()]) is None  # type: ignore[union-attr]


def _homes(root: Mapping, path: Path, node: Mapping) -> Iterator[_Home]:
    """The sections inside a mapping, then all others of the spec; in a block its layers."""
    if path == ("defaults",):
        yield from _defaults(node)
    if path and path[0] in ("blocks", "fc"):
        section = section_at(path, node)
        yield from _inside(section, node, ()) if section is not None else ()
        return
    found = sorted(_inside(Top, root, ()), key=lambda home: home.names[: len(path)] != path)
    yield from (home for home in found if home.names != path)


def _defaults(node: Mapping) -> Iterator[_Home]:
    """The kinds of layers for which `defaults` may have values; one that it has values for is alone."""
    given = [
        name for name in KINDS if isinstance(entry := node.entry(name), Entry) and isinstance(entry.value, Mapping)
    ]
    for name in given[:1] or written_kinds():
        entry = node.entry(name)
        yield _Home(("defaults", name), KINDS[name].settings, entry.value if entry else node, () if entry else (name,))


def _inside(
    section: type, node: Node, names: tuple[str, ...], lacking: tuple[str, ...] = (), above: tuple[type, ...] = ()
) -> Iterator[_Home]:
    """The mappings below a section; none that stands in itself, as blocks do."""
    for key in keys(section):
        entry = node.entry(key.name) if isinstance(node, Mapping) and not lacking else None
        holder = entry.value if entry else node
        kind = KINDS.get(key.name) if section is Block else None
        inner = kind.settings if kind else None if key.type.listed else below(section, key.name, holder)
        if (
            inner is None
            or inner in (section, *above)
            or key.name in ("input", "defaults", "projection")
            or (entry and not isinstance(holder, Mapping | Scalar))
        ):
            continue
        missing = () if entry else (*lacking, key.name)
        yield _Home((*names, key.name), inner, holder, missing)
        yield from _inside(inner, holder, (*names, key.name), missing, (section, *above))


def _additions(source: Source, root: Node, path: Path, node: Node, key: Key, known: bool) -> Iterator[Fix]:
    """The missing key with likely values, in the mapping it belongs to."""
    near = [*elsewhere(root, node, key, node)]
    texts = dict.fromkeys([*near, *usual(key), *(["network"] if key.name == "name" else [])])
    if key.name == "window" and not near and _is_last_average(root, path, node):
        near, texts = ["all"], {"all": None} | texts
    for text in texts:
        if isinstance(node, Scalar) and not node.text:
            return
        edit = insert(source, node, key.name, text, "units" if isinstance(getattr(node, "value", ""), int) else "type")
        if isinstance(node, Mapping) and not node.flow and node.entries and node.entries[0].key.span.column == 1:
            edit = _at_the_top(source, node, key.name, text)
        # a number that stands nowhere is a guess, but for the size of images that are known
        guess = key.name not in ("netspec", "name", "type") and text not in near and not (key.name == "input" and known)
        yield Fix(f"add `{key.name}: {text}`", (edit,), "display" if guess else "unsafe")


def _is_last_average(root: Node, path: Path, node: Node) -> bool:
    """Whether a pooling layer takes averages behind all others: elsewhere that is the average of the whole map."""
    blocks = walk(root, ("blocks",))
    last = isinstance(blocks, Sequence) and path[:2] == ("blocks", len(blocks.items) - 1)
    return last and type_of(node) == "average"


def _at_the_top(source: Source, root: Mapping, name: str, text: str) -> Edit:
    """What every spec begins with: the version before all, the rest behind the first key."""
    first = root.entries[0]
    if name == "netspec":
        return Edit(first.key.span.start, f"{name}: {text}\n")
    line = max(first.key.span.end_line, first.value.span.end_line)
    column = len(source.lines[line - 1]) + 1
    return Edit(Span(line, column, line, column), f"\n{name}: {text}")


def _holds(path: Path, key: Key, value: Node) -> bool:
    """Whether a value, by its keys, is the section that a key has."""
    names = {entry.name for entry in value} if isinstance(value, Mapping) else set()
    return bool(names) and names <= section_names(path, key.name, value)
