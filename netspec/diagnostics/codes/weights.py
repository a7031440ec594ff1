"""What a training begins from and what it keeps: NS26 where a spec contradicts itself about it, NS64 where a run shows it."""

from netspec.diagnostics.code import Code

_DIGITS = "netspec: 1\nname: example\ninput: [8, 8, 1]\n"
_CONV = "blocks:\n  - conv: {filters: 4, kernel: 3}\n    pool: {window: 2}\n"


def _spec(train: str, layers: str = _CONV + "fc: [10]\n") -> str:
    return f"{_DIGITS}{layers}train:\n  from: runs/base\n{train}"


_MAKE = (
    "grep -v 'fr[oe]' example.yaml | sed 's/fc: .*/fc: [16, 10]/' > base.yaml\nnetspec train base.yaml --output base\n"
)


def _small(begun: str = "base", fc: str = "[16, 10]") -> str:
    """A network that trains in no time, and begins from another one."""
    train = f"train:\n  epochs: 1\n  batch_size: 100\n  from: {begun}\n"
    return f"{_DIGITS}fc: {fc}\ndata: {{source: digits}}\n{train}"


def _on_a_base(
    code: str,
    title: str,
    meaning: str,
    why: str,
    example: str,
    repaired: str = "",
    *,
    setup: str = "",
    command: str = "netspec train example.yaml",
    repair: str = "",
) -> Code:
    """A code about what a run begins from, for a network that `setup` has trained."""
    whole = "" if repair else repaired or _small()
    return Code(code, title, meaning, why, example, whole, setup=f"{_MAKE}{setup}", command=command, repair=repair)


CODES: tuple[Code, ...] = (
    Code(
        "NS266",
        "pattern that fits no layer",
        "`freeze` and `rate_factors` name layers as `netspec summary` does, or by patterns: `*` stands for any letters, dots too, "
        "`?` for one, `[12]` for one of these. A pattern is about the whole name: `block1` is no layer, `block1.*` is what stands in it.",
        "A slip would train what was to be kept, and nothing would show it.",
        _spec("  freeze: blok1.*\n"),
        _spec("  freeze: block1.*\n"),
        latent=True,
    ),
    Code(
        "NS267",
        "everything is frozen",
        "Every layer with parameters is one that `freeze` keeps as it is.",
        "A training that moves nothing costs as much as another, and ends where it began.",
        _spec("  freeze: '*'\n"),
        _spec("  freeze: block*\n"),
        latent=True,
    ),
    Code(
        "NS268",
        "pattern without effect",
        "What a pattern of `freeze` or `rate_factors` fits has no parameters, or they are frozen and so have no rate, or a later "
        "pattern decides for each of them.",
        "A warning: it says something of the training that is not so.",
        _spec("  freeze: [block1.conv1, block1.pool]\n"),
        _spec("  freeze: [block1.conv1]\n"),
        latent=True,
    ),
    Code(
        "NS269",
        "frozen at random values",
        "`freeze` keeps layers as they begin, and without `from` they begin with random numbers.",
        "A warning: the layers behind them learn from features that nobody has trained.",
        _DIGITS + _CONV + "fc: [10]\ntrain:\n  freeze: block1.*\n",
        _spec("  freeze: block1.*\n"),
    ),
    _on_a_base(
        "NS640",
        "nothing to begin from",
        "At the path of `train.from` there is no file, or a directory that holds neither a model nor a checkpoint. The path is "
        "relative to the spec.",
        "The training would begin with random numbers, and its result be taken for another one.",
        _small("bass"),
    ),
    _on_a_base(
        "NS641",
        "weights that cannot be used",
        "The file of `train.from` does not match the SHA-256 in it, is no safetensors file, or holds a number that is not finite. "
        "Weights of other systems are brought into netspec's names and layouts first.",
        "One altered byte is another network, and nothing else would show it.",
        _small("cut.safetensors"),
        setup="head -c 1000 base/model.safetensors > cut.safetensors",
    ),
    _on_a_base(
        "NS642",
        "no weight fits",
        "No array in the file of `train.from` has the name and the shape of one of the network. Names are those of a model file: "
        "`params/fc1/kernel`, `state/block1.conv1/mean`.",
        "The training would begin with random numbers, and its result be taken for another one.",
        _small(fc="[12, 3, 10]"),
    ),
    _on_a_base(
        "NS643",
        "frozen layer without weights",
        "A layer that `freeze` keeps as it is has an array that the file of `train.from` does not have, or has in another shape.",
        "A warning: it keeps random numbers, and the layers behind it learn from them.",
        _small("base\n  freeze: middle", "[16, {units: 16, name: middle}, {units: 10, name: fc2}]"),
        _small("base\n  freeze: fc1", "[16, {units: 16, name: middle}, {units: 10, name: fc2}]"),
    ),
    _on_a_base(
        "NS644",
        "weights have changed",
        "A run that was stopped before its first checkpoint begins again, and the file that `train.from` led to is not the one that it "
        "was: its SHA-256 is another.",
        "The record of the run would name weights that it did not begin from.",
        _small(),
        setup="netspec train example.yaml --output run\nrm run/checkpoints/* run/model.safetensors\n"
        "netspec train base.yaml --set train.seed=1 --output other\ncp other/model.safetensors base",
        command="netspec train --resume run",
        repair="netspec train example.yaml --output again",
    ),
    _on_a_base(
        "NS645",
        "weight of another shape",
        "An array in the file of `train.from` has the name of one of the network and another shape. Another number of outputs of the "
        "last layer is no reason for it: that is what other classes need.",
        "A warning: the layer begins with random numbers, though the file has it.",
        _small(fc="[16, 12, 10]"),
    ),
)
