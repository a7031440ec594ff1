"""The reference of the format as Markdown, made from the keys: `python -m netspec.language.reference`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netspec.language.activations import ACTIVATIONS
from netspec.language.edits import written
from netspec.language.fields import Key, keys
from netspec.language.gate import Gating
from netspec.language.kinds import written as written_kinds
from netspec.language.norms import NORMS
from netspec.language.shortcut import SHORTCUTS
from netspec.language.steps import Dropout
from netspec.language.top import Block, Defaults, Input, Top
from netspec.text.docstring import docstring


def reference() -> str:
    """A table for every mapping of the format, in the order in which a spec has them."""
    parts = [*_section("The top of a spec", Top)]
    places = {"`input`": Input, "`defaults`": Defaults, "An item of `blocks`": Block}
    for title, section in places.items():
        parts += _section(title, section)
    for name, kind in written_kinds().items():
        parts += _section(f"`{name}`", kind.settings)
    shared: Mapping[str, Mapping[str, type]] = {"norm": NORMS, "activation": ACTIVATIONS, "shortcut": SHORTCUTS}
    for name, variants in shared.items():
        for variant, settings in variants.items():
            parts += _section(f"`{name}: {{type: {variant}}}`", settings) if keys(settings) else ()
    parts += [*_section("`dropout`", Dropout), *_section("`gate`", Gating), *_nested("", Top)]
    return "\n\n".join(parts) + "\n"


def _nested(path: str, section: type) -> Iterator[str]:
    """The mappings below a section: those with fixed keys, and those that `type` chooses."""
    for key in keys(section):
        name = f"{path}{key.name}"
        if key.type.section is not None and key.type.section is not Defaults:
            yield from _section(f"`{name}`", key.type.section)
            yield from _nested(f"{name}.", key.type.section)
        for variant, settings in key.type.variants.items():
            yield from _section(f"`{name}: {{type: {variant}}}`", settings)


def _section(title: str, section: type) -> Iterator[str]:
    yield f"### {title}"
    yield docstring(section)
    rows = ["| key | value | default | meaning |", "|---|---|---|---|", *map(_row, keys(section))]
    if len(rows) > 2:
        yield "\n".join(rows)


def _row(key: Key) -> str:
    cells = [f"`{key.name}`", key.type.expected, default(key), key.doc]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def described(key: Key) -> str:
    """All facts of a key as Markdown, for an editor: its documentation, what it takes, its default, examples."""
    lines = [key.doc, "", f"Takes {key.type.expected}."]
    shown = default(key)
    lines.append("Required." if key.required else f"Default: {shown if set(shown) & set('` ') else f'`{shown}`'}.")
    if key.examples:
        lines.append(f"For example {', '.join(f'`{written(example)}`' for example in key.examples)}.")
    return "\n".join(lines)


def default(key: Key) -> str:
    """The default of a key, for a person."""
    if key.required:
        return "required"
    if key.default_words:
        return key.default_words
    if isinstance(key.default, bool):
        return "true" if key.default else "false"
    if isinstance(key.default, tuple):
        return str(key.default[0]) if len(set(key.default)) == 1 else str(list(key.default))
    if isinstance(key.default, int | float):
        return f"{key.default:g}"
    return str(key.default or "none")


if __name__ == "__main__":
    print(reference(), end="")
