"""Lines of Python that fit a width, broken as Black and ruff break them."""

from __future__ import annotations

WIDTH = 88
"""The one of formatters that nobody has told otherwise."""
OPEN, CLOSE = "([{", ")]}"


def fitted(text: str, indent: int) -> str:
    """A statement or an item, its lines indented; where it is too long, broken at its last brackets.

    >>> print(fitted("x = f(" + ", ".join(["argument"] * 8) + ")", 4))
        x = f(
            argument, argument, argument, argument, argument, argument, argument, argument
        )
    """
    line = " " * indent + text
    comma = "," if text.endswith(",") else ""
    body = text.removesuffix(",")
    if len(line) <= WIDTH or (start := _last_bracket(body)) is None or start + 2 == len(body):
        return line
    end = len(body) - 1
    if indent + start + 1 > WIDTH and body[start - 1] in CLOSE:
        # of a call of what a call gives the first is broken, where what stands before the second is too long
        end, start = start - 1, _last_bracket(body[:start]) or 0
    elif indent + start + 1 > WIDTH and " = " in body:
        # what stands before the brackets is too long by itself
        head, _, whole = body.partition(" = ")
        return f"{' ' * indent}{head} = (\n{fitted(whole, indent + 4)}\n{' ' * indent})"
    head, inner, tail = body[: start + 1], body[start + 1 : end], body[end:] + comma
    deeper = indent + 4
    items = _items(inner)
    if deeper + len(inner) <= WIDTH or len(items) == 1:
        within = fitted(inner, deeper)
    else:
        within = "\n".join(fitted(f"{item},", deeper) for item in items)
    return f"{' ' * indent}{head}\n{within}\n{' ' * indent}{tail}"


def _last_bracket(text: str) -> int | None:
    """Where the bracket opens that the text ends with; None where it ends otherwise."""
    if not text or text[-1] not in CLOSE:
        return None
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += (text[at] in CLOSE) - (text[at] in OPEN)
        if depth == 0:
            return at
    return None


def _items(text: str) -> list[str]:
    """What stands between commas that no bracket encloses; no string of ours holds one."""
    found, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign in OPEN) - (sign in CLOSE)
        if sign == "," and depth == 0:
            found.append(text[start:at].strip())
            start = at + 1
    return [*found, text[start:].strip()]
