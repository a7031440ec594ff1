"""Settings in a section of another name, which belong into the section around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.diagnostics.diagnostic import Edit, Fix
from netspec.language.fields import Key, keys
from netspec.language.meant import called_elsewhere, called_word
from netspec.language.vocabulary import TYPE, variants_at
from netspec.text.nodes import Entry, Mapping, Path, Scalar
from netspec.text.source import Source


def lifted(source: Source, path: Path, node: Mapping, entry: Entry, facts: Sequence[Key]) -> Iterator[Fix]:
    """The settings that an unknown section holds, where the section itself stands: Caffe's `convolution_param: {…}`, and
    an optimizer's settings under its name, which becomes its `type`."""
    inner = entry.value
    if (
        not isinstance(inner, Mapping)
        or not inner.entries
        or inner.span.line == inner.span.end_line != entry.key.span.line
    ):
        return
    variants = {} if node.entry(TYPE) else variants_at(path)
    type = called_word(entry.name, [*variants])
    known = keys(variants[type]) if type else facts
    found = {TYPE: type} if type else {}
    for each in inner:
        key = next((key for key in known if key.name == called_elsewhere(each.name, known)), None)
        if key is None or key.name in found or node.entry(key.name) or each.value.span.line != each.value.span.end_line:
            return
        found[key.name] = _value(source, each, key)
    between = ", " if node.flow else "\n" + " " * (entry.key.span.column - 1)
    text = between.join(f"{name}: {value}" for name, value in found.items())
    title = (
        f"write `type: {type}` and its settings beside it" if type else f"write what `{entry.name}` holds without it"
    )
    yield Fix(title, (Edit(entry.key.span.to(inner.span), text),))


def _value(source: Source, entry: Entry, key: Key) -> str:
    """A value as it is written, or as the format calls it."""
    options = key.type.schema.get("enum")
    text = source.excerpt(entry.value.span)
    return (called_word(entry.value.text, options) or text) if options and isinstance(entry.value, Scalar) else text
