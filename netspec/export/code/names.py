"""Names of layers and networks as Python has them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from keyword import iskeyword


class Names:
    """Gives each name once: what is taken, or means something else there, gets a number."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)

    def given(self, name: str) -> str:
        """The name as an identifier.

        >>> names = Names(["train"])
        >>> names.given("block1.conv1"), names.given("block1-conv1"), names.given("1x1"), names.given("train")
        ('block1_conv1', 'block1_conv1_2', '_1x1', 'train_2')
        """
        plain = identifier(name)
        made, n = plain, 1
        while made in self.taken or iskeyword(made):
            n += 1
            made = f"{plain}_{n}"
        self.taken.add(made)
        return made


def identifier(name: str) -> str:
    """A layer's name with `_` for what no identifier holds.

    >>> identifier("block1.conv1"), identifier("1x1")
    ('block1_conv1', '_1x1')
    """
    plain = re.sub(r"\W", "_", name, flags=re.ASCII)
    return f"_{plain}" if plain[0].isdigit() else plain


def class_name(name: str) -> str:
    """A network's name as that of a class.

    >>> class_name("resnet20-cifar"), class_name("lenet5"), class_name("3-layers")
    ('Resnet20Cifar', 'Lenet5', 'Net3Layers')
    """
    joined = "".join(word[:1].upper() + word[1:] for word in re.split(r"[^0-9A-Za-z]+", name))
    return joined if joined[:1].isalpha() and not iskeyword(joined) else f"Net{joined}"
