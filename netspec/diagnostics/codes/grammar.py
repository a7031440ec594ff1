"""NS2: the grammar, and values that contradict each other."""

from netspec.diagnostics.code import Code

_HEAD = "netspec: 1\nname: example\n"
_DIGITS = _HEAD + "input: [8, 8, 1]\n"
_CONV = "blocks:\n  - conv: {filters: 4, kernel: 3}\n"

CODES: tuple[Code, ...] = (
    Code(
        "NS201",
        "empty block",
        "A block is [CONV]*N -> POOL?: it has a convolution, a pooling layer or both.",
        _DIGITS + "blocks:\n  - {repeat: 2}\nfc: [10]\n",
        _DIGITS + "blocks:\n  - {repeat: 2, conv: {filters: 4, kernel: 3}}\nfc: [10]\n",
    ),
    Code(
        "NS202",
        "too many layers",
        "With every `repeat` written out, a spec may have 10,000 layers. More is nearly always a slip of the keyboard.",
        _DIGITS + "blocks:\n  - conv: {filters: 4, kernel: 1, repeat: 1000000}\nfc: [10]\n",
        _DIGITS + "blocks:\n  - conv: {filters: 4, kernel: 1, repeat: 10}\nfc: [10]\n",
    ),
    Code(
        "NS203",
        "layer name taken",
        "Layers are known by their names in reports, checkpoints and exports, so names are unique. `input` is the image.",
        _DIGITS
        + "blocks:\n  - conv: {filters: 4, kernel: 3, name: stem}\n  - conv: {filters: 4, kernel: 3, name: stem}\nfc: [10]\n",
        _DIGITS
        + "blocks:\n  - conv: {filters: 4, kernel: 3, name: stem}\n  - conv: {filters: 4, kernel: 3, name: body}\nfc: [10]\n",
    ),
    Code(
        "NS204",
        "no layers",
        "Both `blocks` (M = 0) and `fc` (K = 0) may be absent, but not both at once.",
        _DIGITS,
        _DIGITS + "fc: [10]\n",
    ),
    Code(
        "NS205",
        "bias without effect",
        "Batch norm subtracts the mean of each feature map, and with it any bias. The bias would be trained on rounding "
        "noise, which an optimizer like Adam magnifies. It is off by default under `norm: batch`.",
        _DIGITS + "blocks:\n  - conv: {filters: 4, kernel: 3, norm: batch, bias: true}\nfc: [10]\n",
        _DIGITS + "blocks:\n  - conv: {filters: 4, kernel: 3, norm: batch}\nfc: [10]\n",
    ),
    Code(
        "NS206",
        "setting without meaning",
        "Global pooling (`window: all`) takes the whole map at once: there is nothing to stride over and nothing to pad.",
        _DIGITS + _CONV + "    pool: {type: average, window: all, stride: 2}\nfc: [10]\n",
        _DIGITS + _CONV + "    pool: {type: average, window: all}\nfc: [10]\n",
    ),
    Code(
        "NS207",
        "input is not the data's size",
        "The size of the images of this source is known, and `input` says another one.",
        _HEAD + "input: [28, 28, 1]\nfc: [10]\ndata: {source: digits}\n",
        _HEAD + "input: [8, 8, 1]\nfc: [10]\ndata: {source: digits}\n",
    ),
    Code(
        "NS208",
        "outputs are not the data's classes",
        "The last layer gives one number (logit) a class, so their counts are the same.",
        _DIGITS + "fc: [12]\ndata: {source: digits}\n",
        _DIGITS + "fc: [10]\ndata: {source: digits}\n",
    ),
    Code(
        "NS209",
        "output is a map",
        "Without `fc` the network ends in a feature map. Training needs it to be 1x1, so that it is one number a class.",
        _DIGITS + "blocks:\n  - conv: {filters: 10, kernel: 3}\ndata: {source: digits}\n",
        _DIGITS
        + "blocks:\n  - conv: {filters: 10, kernel: 3}\n    pool: {type: average, window: all}\ndata: {source: digits}\n",
    ),
    Code(
        "NS210",
        "two checkpoint intervals",
        "Checkpoints are written every so many epochs or every so many steps.",
        _DIGITS + "fc: [10]\ntrain:\n  checkpoint: {every_epochs: 1, every_steps: 50}\n",
        _DIGITS + "fc: [10]\ntrain:\n  checkpoint: {every_steps: 50}\n",
    ),
    Code(
        "NS211",
        "nesterov without momentum",
        "Nesterov's method looks ahead along the momentum; with momentum 0 there is nothing to look along.",
        _DIGITS + "fc: [10]\ntrain:\n  optimizer: {type: sgd, nesterov: true}\n",
        _DIGITS + "fc: [10]\ntrain:\n  optimizer: {type: sgd, nesterov: true, momentum: 0.9}\n",
    ),
    Code(
        "NS212",
        "nothing to watch",
        "Early stopping watches a metric of the validation set, and `data.validation: 0` holds no examples out for one.",
        _DIGITS + "fc: [10]\ndata: {validation: 0}\ntrain:\n  early_stopping: {metric: validation_loss, patience: 3}\n",
        _DIGITS
        + "fc: [10]\ndata: {validation: 0.1}\ntrain:\n  early_stopping: {metric: validation_loss, patience: 3}\n",
    ),
    Code(
        "NS213",
        "path without use",
        "The `digits` images come with netspec; no file is read.",
        _DIGITS + "fc: [10]\ndata: {source: digits, path: images}\n",
        _DIGITS + "fc: [10]\ndata: {source: digits}\n",
    ),
    Code(
        "NS214",
        "resize without use",
        "Only image folders are resized; the images of other sources have one size.",
        _DIGITS + "fc: [10]\ndata: {source: digits, resize: true}\n",
        _DIGITS + "fc: [10]\ndata: {source: digits}\n",
    ),
    Code(
        "NS215",
        "augmentation larger than the image",
        "A crop or a cutout as large as the image leaves nothing to learn from.",
        _DIGITS + "fc: [10]\ndata:\n  augment: {cutout: 8}\n",
        _DIGITS + "fc: [10]\ndata:\n  augment: {cutout: 2}\n",
    ),
)
