"""A second list of mistakes, written when netspec already did well on the first: other hands, other habits."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from .bases import Base
from .sites import line_of
from .slip import Draft, Slip
from .slips import Mistakes, made, named


def slips(base: Base, rng: random.Random) -> list[Slip]:
    """Every slip the kinds below make of one base."""
    return made(KINDS, base, rng)


def python(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    """What Python, JSON and C would write."""
    for site in named(draft):
        assert site.key is not None
        value = site.scalar
        if value in ("true", "false"):
            yield draft.swap("None for a truth", site.value, "None")
        if value and value.isdigit() and site.name in ("kernel", "stride", "window", "padding"):
            yield draft.swap("tuple", site.value, f"({value}, {value})")
            yield draft.swap("3x3", site.value, f"{value}x{value}")
            yield draft.swap("star for a pair", site.value, f"{value}*{value}")
        if value is not None and not site.flow and site.name != "description":
            yield draft.swap("comma after a value", (site.value[1], site.value[1]), ",")
            yield draft.swap("semicolon after a value", (site.value[1], site.value[1]), ";")
            yield draft.swap("slashes for a comment", (site.value[1], site.value[1]), "  // as before")
            yield draft.swap("comment without a space", (site.value[1], site.value[1]), "# as before")
        if value is not None and re.fullmatch("[a-z_]+", value) and site.name not in ("description", "path", "name"):
            yield draft.swap("backticks", site.value, f"`{value}`")
            yield draft.swap("typographic quotes", site.value, f"\u201c{value}\u201d")
        yield draft.swap("quote on one side of a key", site.key, '"' + site.name, line_of(draft.text, site.key[0]))
        yield draft.swap("dotted key", site.key, f"conv.{site.name}")
        yield draft.swap("key in brackets", site.key, f"[{site.name}]")


def unlike_digits(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    """Letters that look like digits, other marks of thousands, powers."""
    for site in draft.sites:
        value = site.scalar
        if value is None or not re.fullmatch(r"\d[\d.]*", value):
            continue
        if "0" in value:
            yield draft.swap("O for 0", site.value, value.replace("0", "O", 1))
        if "1" in value:
            yield draft.swap("l for 1", site.value, value.replace("1", "l", 1))
        if value.isdigit() and len(value) > 3:
            yield draft.swap("thousands with a point", site.value, f"{value[:-3]}.{value[-3:]}")
            yield draft.swap("thousands with a space", site.value, f"{value[:-3]} {value[-3:]}")
        if value.isdigit() and site.name != "netspec":
            yield draft.swap("a point behind", site.value, value + ".")
            yield draft.swap("a letter hit as well", site.value, value + rng.choice("qwert"))
            yield draft.swap("plus or minus", site.value, rng.choice(["~", "<", "="]) + value)
        if value.startswith("0."):
            yield draft.swap("power as people write it", site.value, "1x10^-3")
            yield draft.swap("point twice", site.value, value.replace(".", "..", 1))
            yield draft.swap("percent for a share", site.value, f"{float(value) * 100:g}%")


def synonyms(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    """Short forms and another ending for a key or a word."""
    for site in named(draft):
        assert site.key is not None
        if len(site.name) > 5:
            yield draft.swap("key cut short", site.key, site.name[: rng.randint(4, len(site.name) - 2)])
            yield draft.swap("two letters lost", site.key, site.name[:2] + site.name[4:])
            yield draft.swap("ing", site.key, site.name.rstrip("e") + "ing")
        yield draft.swap("space before the colon's key", site.key, f"{site.name}_")
        yield draft.swap("letter before", site.key, rng.choice("asdf") + site.name)
        value = site.scalar
        if value and re.fullmatch("[a-z][a-z_-]{4,}", value) and site.name not in ("description", "path", "name"):
            yield draft.swap("word cut short", site.value, value[:4])
            yield draft.swap("word with an ending", site.value, value + rng.choice(["s", "_layer", "d", "()"]))
            yield draft.swap("word in title case", site.value, value.title())


def structure(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    """A level too many or too few, a layer where it cannot stand, text that was cut off."""
    for site in named(draft):
        assert site.key is not None
        value = draft.text[site.value[0] : site.value[1]]
        if site.flow and "\n" not in value:
            yield draft.swap("a level too many", site.value, f"{{{site.name}: {value}}}")
            yield draft.swap("a list of one", site.value, f"[{value}]")
        if site.scalar and site.name in ("filters", "units"):
            yield draft.swap("list of sizes", site.value, f"[{value}, {value}]")
        if site.name == "pool" and not site.flow:
            yield draft.swap("pool inside conv", site.key, " " * 2 + "pool", line_of(draft.text, site.key[0]))
            yield draft.swap("pool as an item", site.key, "- pool", line_of(draft.text, site.key[0]))
        if len(site.path) == 1 and site.name in ("blocks", "fc", "train", "data"):
            yield draft.swap("section named by its type", site.key, "- " + site.name)
    lines = draft.text.split("\n")
    for i, line in enumerate(lines):
        if len(line) > 12 and not line.lstrip().startswith(("#", "description")):
            cut = rng.randrange(len(line) // 2, len(line) - 1)
            yield draft.lines("line cut off", [*lines[:i], line[:cut], *lines[i + 1 :]], i + 1)
            if i + 1 < len(lines) and lines[i + 1].strip():
                joined = line + " " + lines[i + 1].strip()
                yield draft.lines("two lines joined", [*lines[:i], joined, *lines[i + 2 :]], i + 1)
            if ", " in line:
                head, tail = line.split(", ", 1)
                yield draft.lines("line broken", [*lines[:i], head + ",", tail, *lines[i + 1 :]], i + 1, i + 2)
        if line.strip():
            yield draft.lines("merge marker", [*lines[:i], "<<<<<<< HEAD", *lines[i:]], i + 1, i + 2)
            yield draft.lines("stray word", [*lines[:i], "asdf", *lines[i:]], i, i + 1, i + 2)
            yield draft.lines("stray character", [*lines[:i], rng.choice("qx/\\.;") + line, *lines[i + 1 :]], i + 1)


def sizes(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    """Numbers of another place: two settings exchanged, the wrong image, one layer from another network."""
    for site in named(draft):
        if site.scalar is None or not site.scalar.isdigit():
            continue
        number = int(site.scalar)
        if site.name == "kernel":
            yield draft.swap("kernel from a larger net", site.value, rng.choice(["11", "21", "64"]))
        if site.name == "stride" and "blocks" in site.path:
            yield draft.swap("stride from a larger net", site.value, rng.choice(["16", "32"]))
        if site.name in ("height", "width"):
            yield draft.swap("half the image", site.value, str(number // 4 or 1))
        if site.name == "channels":
            yield draft.swap("other channels", site.value, "3" if number == 1 else "1")
        if site.name == "filters":
            yield draft.swap("filters hundredfold", site.value, str(number * 100))
        if site.name == "units":
            yield draft.swap("units hundredfold", site.value, str(number * 100))
        if site.name in ("epochs", "batch_size"):
            yield draft.swap("negative run", site.value, rng.choice(["-1", "0", "1e3.5", "10k epochs"]))
        if site.name == "repeat":
            yield draft.swap("repeat tenfold", site.value, str(number * 10))


KINDS: tuple[Mistakes, ...] = (python, unlike_digits, synonyms, structure, sizes)
