"""NS3: shapes."""

from dataclasses import replace

from netspec.diagnostics.code import Code

_HEAD = "netspec: 1\nname: example\ninput: [8, 8, 6]\n"

_CODES: tuple[Code, ...] = (
    Code(
        "NS301",
        "window does not fit",
        (
            "A window of F cells moves over W cells with P cells of padding on each side in steps of S and gives "
            "(W - F + 2P)/S + 1 cells. Where F is larger than W + 2P the result is below 1: the window does not "
            "fit even once. With dilation d a kernel of k cells spans F = d*(k - 1) + 1."
        ),
        "Frameworks that run such a layer anyway compute on empty arrays; the loss is then a plausible constant.",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: 9}\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: 9, padding: 1}\nfc: [10]\n",
        arithmetic=("(W - F + 2*P)/S + 1 = (8 - 9 + 2*0)/1 + 1 = 0", "(8 - 9 + 2*1)/1 + 1 = 2"),
    ),
    Code(
        "NS302",
        "cells that are never read",
        (
            "Where S does not divide W - F + 2P, the quotient is rounded down, and the last rows or columns of "
            "the input are seen by no window. Pooling with windows side by side (F = S) and kernels smaller than their "
            "stride leave cells out on purpose, and are not warned of."
        ),
        "That may be meant; it is often a stride or a window that is off by one.",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: 3, stride: 2}\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: 3, stride: 2, padding: same}\nfc: [10]\n",
        arithmetic=(
            "floor((W - F + 2*P)/S) + 1 = floor((8 - 3 + 2*0)/2) + 1 = 3",
            "(8 - 3 + 2*0) % 2 = 1",
            "ceil(8/2) = 4",
        ),
    ),
    Code(
        "NS303",
        "padding not less than the window",
        "The padding of a pooling layer is less than its window.",
        "A window that lies in the padding alone would have no value to choose from.",
        _HEAD + "blocks:\n  - pool: {type: max, window: 2, padding: 2}\nfc: [10]\n",
        _HEAD + "blocks:\n  - pool: {type: max, window: 2, padding: 1}\nfc: [10]\n",
        arithmetic=("2 - 2 = 0", "2 - 1 = 1"),
    ),
    Code(
        "NS304",
        "groups do not divide the channels",
        "A convolution in g groups splits the channels of its input into g equal parts.",
        "A part cannot have a fraction of a channel, and to leave some out would lose what they hold.",
        _HEAD + "blocks:\n  - conv: {filters: 8, kernel: 3, groups: 4}\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 8, kernel: 3, groups: 2}\nfc: [10]\n",
        arithmetic=("6 % 4 = 2", "6 % 2 = 0"),
    ),
    Code(
        "NS305",
        "groups do not divide the filters",
        (
            "A convolution in g groups splits its filters into g equal parts, one for each part of the channels. "
            "`groups: depthwise` has one group a channel."
        ),
        "Each part of the channels has to be given the same number of filters.",
        _HEAD + "blocks:\n  - conv: {filters: 8, kernel: 3, groups: 3}\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 9, kernel: 3, groups: 3}\nfc: [10]\n",
        arithmetic=("8 % 3 = 2", "9 % 3 = 0"),
    ),
    Code(
        "NS306",
        "no whole number of filters or units",
        (
            "`6x` is six times the channels that the innermost block reads, in each repetition anew; `0.5x` is half of them. The "
            "product is a whole number."
        ),
        "A fraction of a filter cannot be made, and rounding would give a network that nobody wrote down.",
        _HEAD + "blocks:\n  - conv: {filters: 0.25x, kernel: 3}\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 0.5x, kernel: 3}\nfc: [10]\n",
        arithmetic=("0.25 * 6 = 1.5", "0.5 * 6 = 3"),
    ),
    Code(
        "NS307",
        "maps that cannot be added",
        (
            "A sum needs maps of the same height, width and channels. A shortcut's `projection` makes what the block reads fit what "
            "its layers give: by a 1x1 convolution with the block's stride unless it says otherwise. It cannot make a map larger, and "
            "`pool` and `slice` cannot take channels away."
        ),
        "Each cell of the one map is added to its own cell of the other.",
        _HEAD + "blocks:\n  - conv: {filters: 6, kernel: 3}\n    shortcut: add\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 6, kernel: 3, padding: 1}\n    shortcut: add\nfc: [10]\n",
        arithmetic=("(8 - 3 + 2*0)/1 + 1 = 6", "(8 - 3 + 2*1)/1 + 1 = 8"),
    ),
    Code(
        "NS308",
        "maps that cannot be concatenated",
        "Maps whose channels are put one behind the other have the same height and the same width.",
        "Each cell of the result has the channels of that cell in all of them.",
        _HEAD
        + "blocks:\n  - branches:\n      - conv: {filters: 4, kernel: 1}\n      - conv: {filters: 4, kernel: 3}\n    join: concat\nfc: [10]\n",
        _HEAD
        + "blocks:\n  - branches:\n      - conv: {filters: 4, kernel: 1}\n      - conv: {filters: 4, kernel: 3, padding: 1}\n    join: concat\nfc: [10]\n",
        arithmetic=("(8 - 3 + 2*0)/1 + 1 = 6", "(8 - 3 + 2*1)/1 + 1 = 8"),
    ),
    Code(
        "NS309",
        "groups of a norm do not divide the features",
        "Group norm splits the features into equal groups of neighbours; there are 32 of them where `groups` is left out.",
        "A group cannot have a fraction of a feature.",
        _HEAD + "blocks:\n  - conv: {filters: 8, kernel: 3, norm: group}\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 8, kernel: 3, norm: {type: group, groups: 4}}\nfc: [10]\n",
        arithmetic=("8 % 32 = 8", "8 % 4 = 0"),
    ),
)

CODES = tuple(replace(code, latent=True) for code in _CODES)
