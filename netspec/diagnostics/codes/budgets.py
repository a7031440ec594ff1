"""NS4: budgets."""

from netspec.diagnostics.code import Code

_HEAD = "netspec: 1\nname: example\ninput: [8, 8, 1]\n"
_NET = _HEAD + "blocks:\n  - conv: {filters: 4, kernel: 3}\nfc: [10]\n"


def _code(
    code: str, title: str, key: str, meaning: str, why: str, low: str, high: str, arithmetic: tuple[str, ...] = ()
) -> Code:
    broken, good = (f"{_NET}budget: {{{key}: {limit}}}\n" for limit in (low, high))
    told_as_one = key != "receptive_field"  # a cost is lowered by less, a receptive field by more
    return Code(code, title, meaning, why, broken, good, arithmetic, told_as_one=told_as_one, latent=True)


CODES: tuple[Code, ...] = (
    _code(
        "NS401",
        "too many parameters",
        "parameters",
        (
            "The network trains more numbers than `budget.parameters` allows. A convolution has kernel height x "
            "kernel width x channels in / groups x filters weights, a fully connected layer inputs x units; each "
            "may have a bias for each output, and batch norm a scale and a shift. Running statistics are not "
            "counted."
        ),
        (
            "The budget is what the device, the download or the data can bear; it is cheaper to learn of it "
            "before training."
        ),
        "1k",
        "2k",
        arithmetic=("(3*3*1*4 + 4) + (6*6*4*10 + 10) = 40 + 1450 = 1490",),
    ),
    _code(
        "NS402",
        "too many multiply-adds",
        "macs",
        (
            "One forward pass of one example takes more multiply-adds than `budget.macs` allows: for a "
            "convolution, output cells x kernel cells x channels in / groups; for a fully connected layer, inputs "
            "x units. FLOPs are twice that."
        ),
        "The budget stands for the time or the energy of one answer.",
        "1k",
        "10k",
        arithmetic=("6*6*4 * 3*3*1 + 144*10 = 1296 + 1440 = 2736",),
    ),
    _code(
        "NS403",
        "weights too large",
        "weights",
        "The trained numbers take more bytes than `budget.weights` allows: four each in float32, two in bfloat16.",
        "The weights are what is stored and sent.",
        "1KiB",
        "8KiB",
        arithmetic=("1490 * 4 = 5960", "1 * 1024 = 1024"),
    ),
    _code(
        "NS404",
        "activations too large",
        "activations",
        (
            "The input and the output of the largest layer together take more bytes than `budget.activations` "
            "allows, for one example in float32."
        ),
        "That is what a device without recomputation must hold at once.",
        "512",
        "1KiB",
        arithmetic=("(8*8*1 + 6*6*4) * 4 = (64 + 144) * 4 = 832",),
    ),
    _code(
        "NS405",
        "training needs too much memory",
        "memory",
        (
            "Weights, gradients, optimizer state, the activations kept for the backward pass and the workspace of the layer at "
            "work take more bytes than `budget.memory` allows at `train.batch_size`. Activations and workspace grow with the "
            "batch, the rest does not. `netspec summary` shows the parts."
        ),
        "A run that does not fit ends by itself, often only after many steps.",
        "16KiB",
        "4MiB",
        ("weights = 1490 * 4 = 5960", "optimizer = 2 * 1490 * 4 = 11920", "images = 128 * 8*8*1 * 4 = 32768"),
    ),
    Code(
        "NS406",
        "receptive field too small",
        (
            "A unit of the last feature map sees fewer pixels than `budget.receptive_field` asks for. Each layer "
            "adds (F - 1) times the product of the strides before it."
        ),
        "What is larger than the receptive field cannot be told apart by its parts.",
        _NET + "budget: {receptive_field: 5}\n",
        _NET + "budget: {receptive_field: 3}\n",
        arithmetic=("1 + (3 - 1)*1 = 3",),
    ),
)
