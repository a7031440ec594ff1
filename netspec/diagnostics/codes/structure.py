"""NS1: structure."""

from netspec.diagnostics.code import Code

_HEAD = """\
netspec: 1
name: example
input: [8, 8, 1]
"""

CODES: tuple[Code, ...] = (
    Code(
        "NS101",
        "wrong type",
        (
            "The value is of another type than the key takes. YAML's words are read as in YAML 1.2: `no` and "
            "`1_000` are strings, `3.0` is no whole number, and `true` is not 1."
        ),
        "A value that is converted in silence trains another network than the one that was written.",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: three}\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: 3}\nfc: [10]\n",
        hides=True,
    ),
    Code(
        "NS102",
        "out of range",
        "The number is outside the range of its key.",
        "A network cannot have a filter of no cells or a stride of zero, and a share lies between 0 and 1.",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: 3, stride: 0}\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: 3, stride: 1}\nfc: [10]\n",
    ),
    Code(
        "NS103",
        "unknown value",
        "The key takes one of a few words, and this is none of them.",
        "To take the default instead would train another network than the one that was meant.",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: 3, activation: rellu}\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: 3, activation: relu}\nfc: [10]\n",
        hides=True,
    ),
    Code(
        "NS104",
        "unknown key",
        "No such key stands at this place.",
        "A key that is silently left out trains another network than the one that was meant.",
        _HEAD + "blocks:\n  - conv: {filtres: 4, kernel: 3}\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: 3}\nfc: [10]\n",
        hides=True,
    ),
    Code(
        "NS105",
        "missing key",
        "A key without a default is not there: neither in the layer nor, for layers, in `defaults`.",
        "There is no value that would be right for most networks, so none is assumed.",
        _HEAD + "blocks:\n  - conv: {filters: 4}\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: 3}\nfc: [10]\n",
    ),
    Code(
        "NS106",
        "malformed value",
        (
            "The text of the value is not written as its key wants it: a name has letters, digits and a few "
            "signs; a count is a number with `k`, `M`, `G` or none; a share of the run ends in `%`."
        ),
        "Read as a number it could be off by a thousand; as a name it could not be a file or a key of a report.",
        _HEAD + "fc: [10]\nbudget: {parameters: 62 thousand}\n",
        _HEAD + "fc: [10]\nbudget: {parameters: 62k}\n",
    ),
    Code(
        "NS107",
        "wrong number of items",
        "The list has too few or too many items: a pair is [height, width], an input is [height, width, channels].",
        "Which item was meant for which axis cannot be known.",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: [3, 3, 3]}\nfc: [10]\n",
        _HEAD + "blocks:\n  - conv: {filters: 4, kernel: [3, 3]}\nfc: [10]\n",
    ),
    Code(
        "NS108",
        "unknown version",
        "The key `netspec` names the version of the format. This netspec reads version 1.",
        "To guess what another version means is to train another network.",
        _HEAD.replace("netspec: 1", "netspec: 2") + "fc: [10]\n",
        _HEAD + "fc: [10]\n",
    ),
    Code(
        "NS109",
        "not finite",
        "Infinity and not-a-number are numbers in YAML, but no setting of a network can be either.",
        "One such number makes every weight not a number within a step.",
        _HEAD + "fc: [10]\ntrain:\n  optimizer: {type: sgd, learning_rate: .inf}\n",
        _HEAD + "fc: [10]\ntrain:\n  optimizer: {type: sgd, learning_rate: 0.1}\n",
    ),
)
