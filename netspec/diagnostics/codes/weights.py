"""What a training begins from and what it keeps: NS26 where a spec contradicts itself about it, NS64 where a run shows it."""

from netspec.diagnostics.code import Code

_DIGITS = "netspec: 1\nname: example\ninput: [8, 8, 1]\n"
_CONV = "blocks:\n  - conv: {filters: 4, kernel: 3}\n    pool: {window: 2}\n"


def _spec(train: str, layers: str = _CONV + "fc: [10]\n") -> str:
    return f"{_DIGITS}{layers}train:\n  from: runs/base\n{train}"


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
)
