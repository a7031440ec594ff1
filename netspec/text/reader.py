"""YAML text becomes located nodes, or faults with their places."""

from __future__ import annotations

from functools import lru_cache

import yaml

from netspec.text.characters import forbidden_characters
from netspec.text.foreign import conflicts, placeholders
from netspec.text.nodes import Node
from netspec.text.source import Fault, Source
from netspec.text.surrogates import masked
from netspec.text.syntax import explain, refused_directives
from netspec.text.tree import Tree

if not yaml.__with_libyaml__:
    # The pure Python parser places and words errors differently and is six times slower: not a substitute.
    raise ImportError(
        "netspec needs PyYAML with libyaml: pip install --force-reinstall --only-binary PyYAML PyYAML",
        name="yaml.cyaml",
    )


def read(source: Source) -> tuple[Node | None, list[Fault]]:
    """The root node of the text and everything wrong with it, in order of place.

    The node is None where the text has no faithful tree: bad bytes, syntax, limits, and what is refused but
    would have given a value (tags, merge keys, undefined aliases). After duplicate and non-string keys, which
    are left out, and forbidden characters in a value, the node is there for further checks.
    """
    faults = [*source.faults] or forbidden_characters(source) or refused_directives(source) or conflicts(source)
    if faults:
        return None, faults
    root, faults = _tree(source.text)
    filled = placeholders(source, faults) if faults else faults
    return (root, faults) if filled is faults else (None, filled)


@lru_cache(maxsize=1)
def _tree(text: str) -> tuple[Node | None, list[Fault]]:
    """The last one is kept: a text that was made to see whether it can be read is checked next."""
    source = Source("", text)
    tree = Tree(source)
    try:
        loader = yaml.CSafeLoader(masked(text))
        while not tree.stopped and (event := loader.get_event()) is not None:
            tree.take(event)
    except yaml.MarkedYAMLError as error:
        if (
            error.problem == "exceeded maximum nesting depth"
        ):  # PyYAML 6.0.4 looks this far ahead before the first event
            tree.refuse_depth(error.problem_mark.index if error.problem_mark else len(source.text))
            return None, tree.faults
        tree.lost = True
        tree.faults.append(explain(source, error, tree.opened_flow(), tree.last_quoted, tree.ended))
    return (None if tree.lost else tree.root), sorted(tree.faults, key=lambda fault: fault.span)


def parses(text: str) -> bool:
    """Whether a text is YAML, whatever it says and however deep: much quicker than `read`."""
    return stops_at(text) == len(text)


def stops_at(text: str) -> int:
    """The line, from 0, at which a text is no YAML; its length where it is."""
    loader = yaml.CSafeLoader(masked(text))
    try:
        loader.raw_parse()
    except yaml.MarkedYAMLError as error:
        return error.problem_mark.line if error.problem_mark else 0
    except yaml.YAMLError:
        return 0
    finally:
        loader.dispose()
    return len(text)
