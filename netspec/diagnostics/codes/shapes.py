"""NS3: shapes."""

from netspec.diagnostics.code import Code

_HEAD = "netspec: 1\nname: example\ninput: [8, 8, 6]\n"

CODES: tuple[Code, ...] = (
    Code(
        "NS301",
        "window does not fit",
        "A window of F cells moves over W cells with P cells of padding on each side in steps of S and gives "
        "(W - F + 2P)/S + 1 cells. Where F is larger than W + 2P the result is below 1: the window does not fit even "
        "once. With dilation d a kernel of k cells spans F = d*(k - 1) + 1.\n\n"
        "Frameworks that run such a layer anyway compute on empty arrays; the loss is then a plausible constant.",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: 9}\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: 9, padding: 1}\nfc: [10]\n",
    ),
    Code(
        "NS302",
        "cells that are never read",
        "Where S does not divide W - F + 2P, the quotient is rounded down, and the last rows or columns of the input are "
        "seen by no window. That may be meant; it is often a stride or a window that is off by one.",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: 3, stride: 2}\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: 3, stride: 2, padding: same}\nfc: [10]\n",
    ),
    Code(
        "NS303",
        "padding not less than the window",
        "A pooling window that lies in the padding alone would have no value to choose from.",
        _HEAD + "blocks:\n  - pool: {type: max, window: 2, padding: 2}\nfc: [10]\n",
        _HEAD + "blocks:\n  - pool: {type: max, window: 2, padding: 1}\nfc: [10]\n",
    ),
    Code(
        "NS304",
        "groups do not divide the channels",
        "A convolution in g groups splits the channels of its input into g equal parts.",
        _HEAD + "blocks:\n  - conv: {filters: 8, kernel: 3, groups: 4}\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 8, kernel: 3, groups: 2}\nfc: [10]\n",
    ),
    Code(
        "NS305",
        "groups do not divide the filters",
        "A convolution in g groups splits its filters into g equal parts, one for each part of the channels. "
        "`groups: depthwise` has one group a channel.",
        _HEAD + "blocks:\n  - conv: {filters: 8, kernel: 3, groups: 3}\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 9, kernel: 3, groups: 3}\nfc: [10]\n",
    ),
)
