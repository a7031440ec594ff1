"""Mistakes of one edit in known specs: what a tired person does to a line, with the line it was done to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from netspec.text.files import read_source
from netspec.text.nodes import Entry, Mapping, Node, Scalar, Sequence
from netspec.text.reader import read
from netspec.text.source import Source, Span

SPECS = Path(__file__).parents[2] / "specs"


@dataclass(frozen=True)
class Mistake:
    """A spec with one edit. `lines` are where a person would look for it: the edited line, or what lost a line."""

    kind: str
    name: str
    text: str
    lines: range

    @property
    def id(self) -> str:
        return f"{self.name}:{self.lines.start}:{self.kind}"


def _entries(node: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Mapping, Entry]]:
    """Every entry of the tree with the path of keys that leads to it, itself last."""
    if isinstance(node, Mapping):
        for entry in node:
            yield (*path, entry.name), node, entry
            yield from _entries(entry.value, (*path, entry.name))
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _entries(item, path)


def mistakes(file: Path) -> list[Mistake]:
    """Every mistake the mutations below make of one spec."""
    source = read_source(str(file))
    assert isinstance(source, Source)
    root, _ = read(source)
    assert root is not None
    return list(_mistakes(source, root, file.stem))


def _swap(source: Source, span: Span, text: str) -> str:
    lines = source.text.split("\n")
    assert span.line == span.end_line
    line = lines[span.line - 1]
    lines[span.line - 1] = line[: span.column - 1] + text + line[span.end_column - 1 :]
    return "\n".join(lines)


KEYS = {"pool", "conv", "blocks", "fc"}
FOREIGN = {
    "kernel": "kernel_size",
    "filters": "out_channels",
    "units": "neurons",
    "window": "pool_size",
    "blocks": "layers",
    "learning_rate": "lr",
    "batch_size": "batch",
    "fc": "dense",
    "padding": "pad",
    "stride": "strides",
    "activation": "act",
    "dropout": "drop_rate",
}
BAD_VALUES: dict[str, dict[str, tuple[str, ...]]] = {
    "filters": {"range": ("0", "-8"), "type": ("2.5", "many", "true", "[8, 8]")},
    "units": {"range": ("0", "-1"), "type": ("1.5", "ten")},
    "kernel": {
        "range": ("0", "-3"),
        "type": ("3.5", "three", "null"),
        "items": ("[3, 3, 3]", "[3]"),
        "shape": ("999", "[500, 3]"),
    },
    "window": {"range": ("0",), "type": ("2.5",), "items": ("[2, 2, 2]",), "shape": ("500",)},
    "stride": {"range": ("0", "-2"), "type": ("1.5", "false"), "shape": ("400",)},
    "dilation": {"range": ("0",), "type": ("two",), "shape": ("300",)},
    "padding": {"range": ("-1",), "value": ("smae", "full"), "type": ("0.5",)},
    "repeat": {"range": ("0",), "type": ("1.5", "twice"), "many": ("1000000",)},
    "dropout": {"range": ("1", "-0.5", "50"), "type": ("half",)},
    "activation": {"value": ("rellu", "RelU6x", "softmax")},
    "norm": {"value": ("bacth", "layer")},
    "groups": {"range": ("0",), "value": ("depthwize",), "shape": ("7",)},
    "height": {"range": ("0",), "type": ("tall", "28.5"), "shape": ("1",)},
    "width": {"range": ("0", "-28"), "type": ("null",), "shape": ("2",)},
    "channels": {"range": ("0",), "type": ("rgb",)},
    "source": {"value": ("mnits", "imagenet")},
    "epochs": {"range": ("0", "-3"), "type": ("ten", "1.5")},
    "batch_size": {"range": ("0",), "type": ("large",)},
    "learning_rate": {"range": ("0", "-1e-3"), "type": ("fast",), "finite": (".inf", ".nan")},
    "at_least": {"range": ("97",), "type": ("high",)},
    "parameters": {"range": ("-1",), "form": ("62 thousand", "10kk"), "budget": ("1k",)},
    "macs": {"form": ("1.2X",), "budget": ("10",)},
    "netspec": {"version": ("2", "one")},
    "name": {"form": ("my net", "'#1'")},
    "warmup": {"form": ("5 percent",), "range": ("-5",)},
    "metric": {"value": ("acuracy",)},
    "bias": {"type": ("no", "0", "nope")},
    "seed": {"range": ("-1",), "type": ("1.5",)},
    "schedule": {"type": ("7",)},
    "type": {"value": ("maxx", "adamm", "cosin", "nothing")},
}


def _mistakes(source: Source, root: Node, name: str) -> Iterator[Mistake]:
    assert isinstance(root, Mapping)
    for path, mapping, entry in _entries(root):
        yield from _of_key(source, name, path, mapping, entry)
        yield from _of_value(source, name, path, entry)
    yield from _of_text(source, name)
    yield from _of_outputs(source, name, root)


def _line(span: Span) -> range:
    return range(span.line, span.line + 1)


def _whole(mapping: Mapping) -> range:
    return range(mapping.span.line, mapping.span.end_line + 1)


def _of_key(source: Source, name: str, path: tuple[str, ...], mapping: Mapping, entry: Entry) -> Iterator[Mistake]:
    key, span = entry.name, entry.key.span
    at = len(key) // 2
    typos = {
        "swapped": key[: at - 1] + key[at] + key[at - 1] + key[at + 1 :],
        "dropped": key[:at] + key[at + 1 :],
        "doubled": key[:at] + key[at - 1] + key[at:],
    }
    for kind, typo in typos.items():
        if typo != key and len(key) > 2:
            yield Mistake(f"key-{kind}", name, _swap(source, span, typo), _line(span))
    for kind, other in {
        "capital": key.capitalize(),
        "plural": key + "s",
        "hyphen": key.replace("_", "-"),
        "camel": re.sub(r"_(.)", lambda m: m[1].upper(), key),
    }.items():
        if other != key and other not in KEYS:
            yield Mistake(f"key-{kind}", name, _swap(source, span, other), _line(span))
    if (foreign := FOREIGN.get(key)) is not None:
        yield Mistake("key-foreign", name, _swap(source, span, foreign), _line(span))
    value = entry.value.span
    if value.line == value.end_line == span.line:
        written = source.lines[span.line - 1][span.column - 1 : value.end_column - 1]
        if mapping.flow:
            twice = _swap(source, span.to(value), f"{written}, {written}")
            yield Mistake("key-twice", name, twice, _line(span))
            unknown = _swap(source, Span(value.line, value.end_column, value.line, value.end_column), ", xyzzy: 1")
            yield Mistake("key-unknown", name, unknown, _line(span))
        elif len(path) > 1 or key not in ("blocks", "fc"):
            lines = source.text.split("\n")
            twice = "\n".join([*lines[: span.line], " " * (span.column - 1) + written, *lines[span.line :]])
            yield Mistake("key-twice", name, twice, range(span.line + 1, span.line + 2))
    required = {
        "filters",
        "kernel",
        "units",
        "window",
        "netspec",
        "name",
        "input",
        "height",
        "width",
        "channels",
        "at_least",
    }
    if key in required and "defaults" not in path and value.line == value.end_line == span.line:
        gone = _deleted(source, mapping, entry)
        if gone is not None:
            yield Mistake("key-missing", name, gone, _whole(mapping))


def _deleted(source: Source, mapping: Mapping, entry: Entry) -> str | None:
    at = mapping.entries.index(entry)
    if not mapping.flow:
        if mapping.span.column > 1 and at == 0:
            return None
        lines = source.text.split("\n")
        return "\n".join([*lines[: entry.key.span.line - 1], *lines[entry.value.span.end_line :]])
    if len(mapping.entries) == 1:
        return None
    if at + 1 < len(mapping.entries):
        after = mapping.entries[at + 1].key.span
        return (
            _swap(source, Span(entry.key.span.line, entry.key.span.column, after.line, after.column), "")
            if after.line == entry.key.span.line
            else None
        )
    before = mapping.entries[at - 1].value.span
    return _swap(
        source, Span(before.end_line, before.end_column, entry.value.span.end_line, entry.value.span.end_column), ""
    )


def _of_value(source: Source, name: str, path: tuple[str, ...], entry: Entry) -> Iterator[Mistake]:
    span, value = entry.value.span, entry.value
    if span.line != span.end_line:
        return
    for kind, texts in BAD_VALUES.get(entry.name, {}).items():
        for text in texts:
            if isinstance(value, Scalar) or entry.name not in ("schedule",):
                yield Mistake(f"{kind}:{entry.name}={text}", name, _swap(source, span, text), _line(span))
    if isinstance(value, Scalar):
        yield (
            Mistake("empty", name, _swap(source, span, ""), _line(span))
            if entry.name != "description"
            else Mistake("mapping", name, _swap(source, span, "{a: b}"), _line(span))
        )
        if isinstance(value.value, int) and entry.name not in ("netspec",):
            yield Mistake("quoted", name, _swap(source, span, f'"{value.text}"'), _line(span))
            if len(value.text) > 1:
                yield Mistake("separated", name, _swap(source, span, f"{value.text[0]}_{value.text[1:]}"), _line(span))
        if entry.name == "filters":
            yield from _of_filters(source, name, path, span)


def _of_filters(source: Source, name: str, path: tuple[str, ...], span: Span) -> Iterator[Mistake]:
    text = source.lines[span.line - 1][span.column - 1 : span.end_column - 1]
    if name.startswith("mobilenet") and text.isdigit():
        value = int(text)
        yield Mistake("filters-odd", name, _swap(source, span, str(value + 1)), _line(span))


def _of_outputs(source: Source, name: str, root: Mapping) -> Iterator[Mistake]:
    fc = root.entry("fc")
    if fc is None or not isinstance(fc.value, Sequence):
        return
    if root.entry("data") is not None and isinstance(fc.value.items[-1], Scalar):
        for units in ("7", "11", "100"):
            yield Mistake(
                f"classes={units}", name, _swap(source, fc.value.items[-1].span, units), _line(fc.value.items[-1].span)
            )
    if fc.value.span.line == fc.value.span.end_line:
        for text, kind in (("10", "type"), ("[]", "gone"), ("[0]", "range"), ("[ten]", "type"), ("[1.5, 10]", "type")):
            if (kind != "gone") or root.entry("data") is not None or root.entry("train") is not None:
                yield Mistake(
                    f"fc-{kind}:{text}",
                    name,
                    _swap(source, fc.value.span, text),
                    range(1, 99) if kind == "gone" else _line(fc.key.span),
                )


def _of_text(source: Source, name: str) -> Iterator[Mistake]:
    lines = source.text.split("\n")
    for i, line in enumerate(lines):
        here = range(i + 1, i + 2)

        def changed(new: str, at: int = i) -> str:
            return "\n".join([*lines[:at], new, *lines[at + 1 :]])

        content = line.lstrip(" -")
        if not content or content.startswith("#"):
            continue
        if line.startswith("  ") and not content.startswith(("-",)):
            yield Mistake("tab", name, changed("\t" + line.lstrip(" ")), here)
        if (found := re.match(r"( *(?:- )?)(\w+):( .*)$", line)) and found[3].strip():
            yield Mistake("colon-missing", name, changed(f"{found[1]}{found[2]}{found[3]}"), here)
            yield Mistake("space-missing", name, changed(f"{found[1]}{found[2]}:{found[3].strip()}"), here)
        if line.startswith("    ") and not content.startswith("-"):
            yield Mistake("outdented", name, changed(line[1:]), here)
        if ", " in line and not content.startswith("description"):
            yield Mistake("comma-missing", name, changed(line.replace(", ", " ", 1)), here)
            yield Mistake("comma-twice", name, changed(line.replace(", ", ",, ", 1)), here)
        for opener in "[{":
            if opener in content:
                yield Mistake(f"unopened{opener}", name, changed(line.replace(opener, "", 1)), here)
        if content.startswith("description"):
            yield Mistake("quote-open", name, changed(line.replace(": ", ": '", 1)), here)
            yield Mistake(
                "colon-in-value", name, changed(line.replace(" in ", ": ", 1).replace(" with ", ": ", 1)), here
            )
        if line.lstrip().startswith("- "):
            yield Mistake("dash-missing", name, changed(line.replace("- ", "  ", 1)), here)
            yield Mistake("dash-glued", name, changed(line.replace("- ", "-", 1)), here)
        if re.match(r"  +\w", line):
            yield Mistake("indented", name, changed(" " + line), here)
        for closer in "]}":
            if line.rstrip().endswith(closer):
                yield Mistake(f"unclosed{closer}", name, changed(line.rstrip()[:-1]), here)
