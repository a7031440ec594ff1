"""NS27: what a block says of its layers, of their steps and of their repetitions."""

from netspec.diagnostics.code import Code

_DIGITS = "netspec: 1\nname: example\ninput: [8, 8, 1]\n"
_CONV = "blocks:\n  - conv: {filters: 4, kernel: 3}\n"
_STAGE = (
    "blocks:\n  - repeat: 2\n    conv:\n      - {filters: 4, kernel: 3, padding: 1, %s}\n"
    "      - {filters: 4, kernel: 1, activation: none}\n"
)
_POINTWISE = (
    "defaults: {conv: {padding: 1}}\nblocks:\n"
    "  - conv: [{filters: 8, kernel: 3}, {filters: 4, kernel: 1%s}]\nfc: [10]\n"
)
_BRIDGED = "blocks:\n  - conv: {filters: 4, kernel: 3}\n  - conv: {filters: 4, kernel: 3, padding: 1}\n    shortcut: %s\nfc: [10]\n"

CODES: tuple[Code, ...] = (
    Code(
        "NS270",
        "two answers to what a block is",
        "A block has convolutions, or `branches`, or a group of `blocks`; a pooling layer may follow each of them.",
        "Which of them runs first, and on what, would be a guess.",
        _DIGITS
        + "blocks:\n  - conv: {filters: 4, kernel: 3}\n    blocks: [{conv: {filters: 4, kernel: 3}}]\nfc: [10]\n",
        _DIGITS
        + "blocks:\n  - conv: {filters: 4, kernel: 3}\n  - blocks: [{conv: {filters: 4, kernel: 3}}]\nfc: [10]\n",
    ),
    Code(
        "NS271",
        "nothing to join",
        "`shortcut` joins what a block reads to what its convolutions, branches or group give; `join` says what becomes of `branches`.",
        "Where a block has none of them, the key says nothing, and what it was meant for stands elsewhere.",
        _DIGITS + _CONV + "  - pool: {window: 2}\n    shortcut: add\nfc: [10]\n",
        _DIGITS + _CONV + "  - pool: {window: 2}\nfc: [10]\n",
    ),
    Code(
        "NS272",
        "a step of the layer is not in its order once",
        (
            "`order` lists the steps of a layer in the order they run: what the layer itself does, and its norm, activation and dropout, "
            "each that it has once. What it does not have may be listed too, and is passed over."
        ),
        "A step that is left out would not run, though it is asked for.",
        _DIGITS
        + "blocks:\n  - conv:\n      {filters: 4, kernel: 3, norm: batch, order: [conv, activation]}\nfc: [10]\n",
        _DIGITS
        + "blocks:\n  - conv:\n      {filters: 4, kernel: 3, norm: batch, order: [conv, norm, activation]}\nfc: [10]\n",
    ),
    Code(
        "NS273",
        "`first` without repetition",
        "`first` has values for the first repetition of its block, or the first of its own copies.",
        "In a block that is not repeated they are the values of the only one, and belong into the layer itself.",
        _DIGITS + "blocks:\n  - conv: {filters: 4, kernel: 3, first: {stride: 2, padding: same}}\nfc: [10]\n",
        _DIGITS + "blocks:\n  - conv: {filters: 4, kernel: 3, stride: 2, padding: same}\nfc: [10]\n",
    ),
    Code(
        "NS274",
        "a stride in every repetition",
        "A convolution strides in each repetition of a block with a shortcut, or in each of its copies within one, and the block gives no more channels "
        "than it reads. With `first: {stride: 2}` the first repetition alone strides.",
        "A warning: the map would halve again and again. A stage of a residual network strides once, where its channels grow.",
        _DIGITS + _STAGE % "stride: 2" + "    shortcut: add\nfc: [10]\n",
        _DIGITS + _STAGE % "first: {stride: 2}" + "    shortcut: add\nfc: [10]\n",
        arithmetic=("floor((4 - 3 + 2*1)/2) + 1 = 2", "(4 - 3 + 2*1)/1 + 1 = 4"),
    ),
    Code(
        "NS275",
        "windows in the padding alone",
        "A convolution's padding is at least as wide as its kernel. Most often the padding stands in `defaults`, for larger kernels than that of this layer.",
        "A warning: the map grows by a border of numbers that see nothing of the image.",
        _DIGITS + _POINTWISE % "",
        _DIGITS + _POINTWISE % ", padding: 0",
        arithmetic=("(8 - 1 + 2*1)/1 + 1 = 10", "(8 - 1 + 2*0)/1 + 1 = 8"),
    ),
    Code(
        "NS276",
        "a projection that is never made",
        "A shortcut has a projection only where what the block reads and what its layers give differ: in shape, for `add`, or in height and width, for "
        "`concat`. Here they agree, in each repetition. It is not told where another shortcut asks for the same and has it.",
        "A warning: the shortcut is the map itself, without what was asked for. A convolution beside layers that keep the shape is a branch: "
        "`branches` of the two, with `join: add`.",
        _DIGITS + _BRIDGED % "{type: add, projection: conv}",
        _DIGITS + _BRIDGED % "{type: add}",
    ),
    Code(
        "NS277",
        "a map that is joined to itself",
        "An empty branch `[]` is the map that the block reads: two of them are the same map twice, and so are two branches of the same pooling layer. "
        "Concatenated it is told where a sum over all channels follows, for which twice the channels say no more.",
        "A warning: x + x is a map times two, which any weights behind it take back; a branch most often lacks its layers.",
        _DIGITS + "blocks:\n  - branches: [[], []]\n    join: add\nfc: [10]\n",
        _DIGITS + "blocks:\n  - branches: [[], {conv: {filters: 1, kernel: 3, padding: 1}}]\n    join: add\nfc: [10]\n",
    ),
)
