"""A third list of mistakes: words of other frameworks, values of a neighbour, templates, keyboards and copies."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import pairwise

from .bases import Base
from .sites import Site, line_of, lines_of
from .slip import Draft, Slip
from .slips import FRAGILE, Mistakes, made, named

KEYS = {
    "filters": "nb_filter num_output out_planes n_kernels width maps",
    "kernel": "filter kernelSize receptive_field window f",
    "stride": "step strides stride_size hop",
    "padding": "pad_size border_mode padding_mode zero_padding",
    "window": "pool_window kernel pool ksize width",
    "units": "hidden nodes size n_out num_units hidden_units",
    "activation": "nonlin activations fn relu",
    "norm": "bn batchnorm BatchNormalization use_bn",
    "dropout": "p rate keep_prob drop_out",
    "repeat": "count num repetitions depth",
    "conv": "Conv2D Convolution2D conv_layer cnn conv1",
    "pool": "MaxPooling2D max_pool subsampling downsample pool1",
    "blocks": "network model backbone architecture conv_layers",
    "fc": "Dense output mlp fc_layers dense_layers",
    "input": "image image_size in inputs input_dim",
    "channels": "num_channels nc colors ch",
    "height": "rows image_size H",
    "optimizer": "solver opt optimizer_type",
    "learning_rate": "lr learningRate eta step_size",
    "momentum": "rho beta1 momentum_term",
    "weight_decay": "l2_reg regularization weightDecay",
    "epochs": "n_epoch iterations nb_epoch max_epoch",
    "batch_size": "batchSize mini_batch minibatch_size batch",
    "schedule": "lr_policy lr_decay learning_rate_schedule",
    "loss": "criterion objective cost",
    "seed": "rng manual_seed randomSeed",
    "validation": "val_split valid holdout validation_fraction",
    "normalize": "normalise standardize preprocessing",
    "source": "dataset kind set",
    "path": "data_dir location file",
    "parameters": "weights_count size max_params",
    "memory": "ram vram gpu_memory",
    "target": "expect accuracy stop_at",
    "at_least": "value minimum above",
    "patience": "wait epochs",
}
WORDS = {
    "relu": "nn.ReLU() F.relu tf.nn.relu ReLU() rectifier",
    "tanh": "nn.Tanh() torch.tanh hyperbolic",
    "sigmoid": "nn.Sigmoid sigm",
    "max": "MaxPool2d(2) max_pool maxpooling MAX",
    "average": "avgpool AvgPool2d mean_pool",
    "batch": "BatchNorm2d() batch_normalization BN yes",
    "same": "SAME_UPPER half samee",
    "adam": "torch.optim.Adam Adam() adam_optimizer",
    "adamw": "optax.adamw AdamW() adam-w",
    "sgd": "SGD() gradient_descent optim.SGD",
    "cosine": "CosineDecay cosine_annealing cosin",
    "digits": "sklearn-digits digit load_digits",
    "fashion-mnist": "fashion fmnist Fashion-MNIST keras.datasets.fashion_mnist",
    "mnist": "mnist.npz MNIST_digits",
    "cifar-10": "CIFAR-10 cifar cifar_10",
    "images": "folder imagenet imgs",
    "accuracy": "top1 accuracy_score validation-accuracy",
    "cross_entropy": "softmax ce nll cross-entropy",
}
FREE = {
    "dropout": "true 0.5% 1/2 50%",
    "bias": "0 none enabled False",
    "norm": "true layer yes",
    "padding": "-1 auto 1px [1] true",
    "stride": "none 1.5 [2] '2",
    "activation": "null true linear",
    "learning_rate": "1e−3 0,001 10^-3 auto 1/1000",
    "momentum": "90% 0.9f 1.9",
    "epochs": "1e1 ten 10epochs all 5.0.1",
    "batch_size": "1e2 auto 2^5 full",
    "seed": "random none 1.5",
    "warmup": "0.05 5pc true",
    "schedule": "none true 0.1",
    "optimizer": "[adam] 1e-3 true",
    "precision": "fp16 half 32 float",
    "validation": "10% 10 true none",
    "normalize": "true imagenet 255",
    "resize": "32 auto bilinear",
    "augment": "true [flip] flip",
    "early_stopping": "5 true accuracy",
    "checkpoint": "true best 1",
    "at_least": "97% 97 high",
    "label_smoothing": "10% 1 yes",
    "kernel": "3.0.0 3,3 3×3 '3x3' large",
    "window": "2×2 half [2,2,2] -2",
    "filters": "32k 3-2 [32] 32filters",
    "units": "100k.5 many 1-0 [10]",
    "repeat": "twice x2 0 2.0.0",
    "channels": "rgb grey RGB 0",
    "height": "28px auto 28.5 -28",
    "width": "28px auto 28.5 -28",
}
PLACEHOLDERS = ("???", "<value>", "{{ value }}", "${VALUE}", "$VALUE", "TODO", "...", "%d", "@value", "*", "N/A", "nan")


def slips(base: Base, rng: random.Random) -> list[Slip]:
    """Every slip the kinds below make of one base."""
    return made(KINDS, base, rng)


def vocabulary(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    """Keys and values as frameworks, papers and people call them; placeholders that were never filled in."""
    for site in named(draft):
        assert site.key is not None
        if site.name in KEYS:
            yield draft.swap("word for a key", site.key, rng.choice(KEYS[site.name].split()))
        if site.scalar is None or site.name in FRAGILE:
            continue
        if site.scalar in WORDS:
            yield draft.swap("word for a value", site.value, rng.choice(WORDS[site.scalar].split()))
        if site.name in FREE:
            yield draft.swap("value of another kind", site.value, rng.choice(FREE[site.name].split()))
        if site.scalar:
            yield draft.swap("placeholder", site.value, rng.choice(PLACEHOLDERS))
        if site.scalar.isdigit():
            yield draft.swap("arithmetic", site.value, f"{site.scalar} {rng.choice('*+')} 2")
            yield draft.swap("range", site.value, f"{site.scalar}..{int(site.scalar) * 2}")
            yield draft.swap("a few to choose from", site.value, f"{site.scalar} or {int(site.scalar) * 2}")


def neighbours(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    """Two values or keys exchanged, a value that belongs to the key beside it, a key from the layer beside."""
    sites = [site for site in named(draft) if site.scalar is not None and site.name not in FRAGILE]
    for first, second in pairwise(sites):
        assert first.key is not None
        assert second.key is not None
        if first.parent is not second.parent or first.scalar == second.scalar:
            continue
        between = draft.text[first.value[1] : second.value[0]]
        exchanged = f"{second.scalar}{between}{first.scalar}"
        yield draft.swap("values exchanged", (first.value[0], second.value[1]), exchanged, _line(draft, first.key[0]))
        between = draft.text[first.key[1] : second.key[0]]
        exchanged = f"{second.name}{between}{first.name}"
        yield draft.swap("keys exchanged", (first.key[0], second.key[1]), exchanged, _line(draft, first.key[0]))
        yield draft.swap("key of the neighbour", second.key, first.name, _line(draft, first.key[0]))
    for site in named(draft):
        if site.name in ("conv", "pool") and site.flow is False and "{" in draft.text[slice(*site.value)][:1]:
            at = site.value[0] + 1
            setting = {"conv": "window: 2, ", "pool": "kernel: 3, "}[site.name]
            yield draft.swap("key of the layer beside", (at, at), setting)
        if site.path == ("input",) and "[" in draft.text[slice(*site.value)][:1]:
            sizes = draft.text[site.value[0] + 1 : site.value[1] - 1].split(", ")
            yield draft.swap("channels first", site.value, f"[{', '.join([sizes[-1], *sizes[:-1]])}]")
            yield draft.swap("channels left out", site.value, f"[{', '.join(sizes[:-1])}]")
            yield draft.swap("batch axis", site.value, f"[{rng.choice(['32', 'null', '-1'])}, {', '.join(sizes)}]")


def lists(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    """A list without its brackets, in others, one too many, or a mapping in its place."""
    for site in named(draft):
        text = draft.text[site.value[0] : site.value[1]]
        if re.fullmatch(r"\[[\w, ]+\]", text):
            yield draft.swap("list without brackets", site.value, text[1:-1])
            yield draft.swap("list in round brackets", site.value, f"({text[1:-1]})")
            yield draft.swap("list in braces", site.value, f"{{{text[1:-1]}}}")
            yield draft.swap("list in a list", site.value, f"[{text}]")
            yield draft.swap("list as a string", site.value, f'"{text}"')
            yield draft.swap("list with blanks for commas", site.value, text.replace(", ", " "))
            yield draft.swap("list with x", site.value, text[1:-1].replace(", ", "x"))
        if site.name == "fc" and text.startswith("["):
            items = text[1:-1].split(", ")
            yield draft.swap("one number for the list", site.value, items[-1].strip("[]{} "))
        if site.name in ("conv", "pool") and re.fullmatch(r"\{[^{}]+\}", text):
            yield draft.swap("layer without braces", site.value, text[1:-1])
            yield draft.swap("layer as a call", site.value, "(" + text[1:-1].replace(": ", "=") + ")")
            yield draft.swap("layer in brackets", site.value, f"[{text[1:-1]}]")
            yield draft.swap("layer as a list of pairs", site.value, "[{" + text[1:-1].replace(", ", "}, {") + "}]")


def signs(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    """What other keyboards, word processors and web pages put in the place of a sign."""
    for site in named(draft):
        assert site.key is not None
        near = _line(draft, site.key[0])
        colon = (site.key[1], site.key[1] + 1)
        yield draft.swap("wide colon", colon, "\uff1a", near)
        yield draft.swap("arrow for a colon", colon, " ->" if site.flow else " =>", near)
        if draft.text[colon[1] : colon[1] + 1] == " ":
            yield draft.swap("no-break space", (colon[1], colon[1] + 1), "\u00a0", near)
        yield draft.swap("zero-width space", site.key, site.name + "\u200b")
        if len(site.name) > 4:
            yield draft.swap("blank inside a key", site.key, f"{site.name[:3]} {site.name[3:]}")
        if site.scalar and site.scalar.isdigit():
            yield draft.swap("real minus", site.value, "\u2212" + site.scalar)
            yield draft.swap("wide digits", site.value, site.scalar.translate({48 + n: 0xFF10 + n for n in range(10)}))
        if site.name == "description":
            yield draft.swap("colon in the text", site.value, "Baseline: the first try")
            yield draft.swap("quote in the text", site.value, "'It's the first try'")
            yield draft.swap("text that begins with a sign", site.value, rng.choice("@%`*&!") + "home")
        if site.name == "name" and len(site.path) == 1:
            yield draft.swap(
                "name with a sign", site.value, rng.choice(["my net", "net/2", "net.v2", "net#1 a", "r\u00e9seau"])
            )
    for match in re.finditer(r"^( *)- ", draft.text, re.MULTILINE):
        at = (match.end(1), match.end(1) + 1)
        yield draft.swap("long dash", at, "\u2013")
        yield draft.swap("bullet", at, rng.choice("*+\u2022"))
    for match in re.finditer(r"^ +(?=\S)", draft.text, re.MULTILINE):
        yield draft.swap("no-break spaces as indentation", match.span(), "\u00a0" * len(match[0]))
    for match in re.finditer(r", ", draft.text):
        if not draft.text[: match.start()].split("\n")[-1].lstrip().startswith(("description", "#")):
            yield draft.swap("and for a comma", match.span(), " and ")
            yield draft.swap("comment inside braces", (match.end(), match.end()), "# later ")


def nesting(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    """A setting or a section a level up or down, a section in another, a section's body at the margin."""
    lines = draft.text.split("\n")
    heads = [i for i, line in enumerate(lines) if re.match(r"[a-z]+:\s*$", line)]
    for i in heads:
        end = next(
            (j for j in range(i + 1, len(lines)) if re.match(r"\S", lines[j]) and lines[j][0] not in "-#"), len(lines)
        )
        while end > i + 1 and not lines[end - 1].strip():
            end -= 1
        body = lines[i + 1 : end]
        around = range(max(1, i), end + 1)
        flat = [line[2:] if line.startswith("  ") else line for line in body]
        yield draft.lines("body at the margin", [*lines[: i + 1], *flat, *lines[end:]], *around)
        deeper = ["  " + line for line in lines[i:end]]
        yield draft.lines("section in the one before", [*lines[:i], *deeper, *lines[end:]], *around)
        yield draft.lines("section's name lost", [*lines[:i], *lines[i + 1 :]], *around)
        yield draft.lines("section twice", [*lines[:end], *lines[i:end], *lines[end:]], i + 1, end + 1)
        yield draft.lines("section in a list", [*lines[: i + 1], *_itemized(body), *lines[end:]], *around)
    for site in named(draft):
        if site.flow and len(site.path) > 2 and site.scalar is not None:
            moved = draft.gone("setting outside the braces", site)
            if moved is not None and moved.text.split("\n")[min(moved.edited) - 1 : max(moved.edited)]:
                end = _end_of_braces(moved.text, max(lines_of(moved.text, (0, site.key[0] if site.key else 0))))
                if end is not None:
                    text = f"{moved.text[:end]}, {site.name}: {site.scalar}{moved.text[end:]}"
                    yield Slip(moved.kind, draft.base, text, moved.edited | {line_of(text, end)})


def _itemized(body: list[str]) -> list[str]:
    """The first line of a section's body as the first of an item; unchanged where it is one."""
    if not body or not re.match(r" {2,}[a-z]", body[0]):
        return body
    return [f"  - {body[0].lstrip()}", *(f"  {line}" for line in body[1:])]


def _end_of_braces(text: str, line: int) -> int | None:
    """Behind the last brace of a line that ends with one."""
    start = sum(len(one) + 1 for one in text.split("\n")[: line - 1])
    found = re.match(r".*\}(?=\s*(#.*)?$)", text[start:].split("\n")[0])
    return start + found.end() if found else None


def figures(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    """Sizes, counts and budgets that are out by one, by a layer, by a thousand, or of another data set."""
    for site in draft.sites:
        value = site.scalar
        if value is None:
            continue
        if site.path[:1] == ("budget",) and (amount := re.fullmatch(r"([\d.]+)([kMG]?)(i?B)?", value)):
            yield draft.swap("unit left out", site.value, amount[1])
            yield draft.swap(
                "unit of disks", site.value, f"{amount[1]}{rng.choice(['MB', 'GB', 'kB', 'mio', 'Kb', ' k'])}"
            )
            yield draft.swap(
                "budget of a smaller net", site.value, f"{float(amount[1]) / 20:g}{amount[2]}{amount[3] or ''}"
            )
            yield draft.swap(
                "thousands marked", site.value, rng.choice(["62,000", "62'000", "62.000,5", "~62k", "<62k"])
            )
        if site.path == ("data", "source"):
            yield draft.swap("another data set", site.value, rng.choice(["cifar-10", "mnist", "digits", "cifar-100"]))
            yield draft.swap("file for a source", site.value, rng.choice(["data.npz", "./photos", "train-images.idx"]))
        if not value.isdigit():
            continue
        number = int(value)
        if site.name in ("kernel", "window", "stride") and site.path[0] in ("blocks", "defaults"):
            yield draft.swap("of the size of the image", site.value, rng.choice(["28", "32", "224", "65"]))
            yield draft.swap(
                "sign and size", site.value, rng.choice(["-1", f"-{value}", "0", f"{value}.0.0", f"{value}."])
            )
        if site.name == "filters":
            yield draft.swap(
                "depthwise on the wrong count",
                (site.value[1], site.value[1]),
                _beside(draft, site, "groups: depthwise"),
            )
            yield draft.swap(
                "kernel of the image", (site.value[1], site.value[1]), _beside(draft, site, "dilation: 16")
            )
        if site.path[:1] == ("input",):
            yield draft.swap("one off", site.value, str(number + rng.choice([-1, 1])))
            yield draft.swap("a tenth", site.value, str(max(1, number // 10)))
        if site.path[:1] == ("fc",) and site.key is None:
            yield draft.swap("classes of another set", site.value, rng.choice(["100", "1000", "1", "11", "0"]))


def _beside(draft: Draft, site: Site, setting: str) -> str:
    """The text that adds a setting behind an entry of a mapping that lacks it."""
    if any(key.value == setting.split(":")[0] for key, _ in site.parent.value):
        return ""
    assert site.key is not None
    column = site.key[0] - (draft.text.rfind("\n", 0, site.key[0]) + 1)
    return f", {setting}" if site.flow else f"\n{' ' * column}{setting}"


def copies(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    """What cutting and pasting does: a line moved, a line from elsewhere, two on one, a word lost, an alias of nothing."""
    lines = draft.text.split("\n")
    full = [i for i, line in enumerate(lines) if line.strip() and not line.lstrip().startswith(("#", "description"))]
    for i in full:
        line = lines[i]
        j = rng.choice(full)
        if j not in (i, i - 1):
            yield draft.lines("line from elsewhere", [*lines[:i], lines[j], *lines[i:]], i, i + 1, i + 2, j + 1, j + 2)
        words = list(re.finditer(r"[\w.-]+", line))
        if len(words) > 1:
            word = rng.choice(words)
            yield draft.lines(
                "word lost", [*lines[:i], line[: word.start()] + line[word.end() :], *lines[i + 1 :]], i, i + 1
            )
            yield draft.lines(
                "word twice",
                [*lines[:i], f"{line[: word.end()]} {word[0]}{line[word.end() :]}", *lines[i + 1 :]],
                i + 1,
            )
        yield draft.lines("backslash at the end", [*lines[:i], line + " \\", *lines[i + 1 :]], i + 1, i + 2)
        yield draft.lines("document ends early", [*lines[:i], rng.choice(["---", "..."]), *lines[i:]], i + 1, i + 2)
        yield draft.lines("comment sign of C", [*lines[:i], "// as in the paper", *lines[i:]], i, i + 1, i + 2)
        yield draft.lines("quoted line", [*lines[:i], "> " + line, *lines[i + 1 :]], i + 1)
        yield draft.lines("numbered line", [*lines[:i], f"{i + 1}: {line}", *lines[i + 1 :]], i + 1)
    for site in named(draft):
        text = draft.text[site.value[0] : site.value[1]]
        if site.name in ("conv", "pool") and text.startswith("{"):
            yield draft.swap("alias of nothing", site.value, "*base")
            yield draft.swap("merge key", (site.value[0] + 1, site.value[0] + 1), "<<: *base, ")
        if site.scalar and site.name not in FRAGILE:
            yield draft.swap("tag", site.value, f"!!int {site.scalar}")


def _line(draft: Draft, offset: int) -> int:
    return line_of(draft.text, offset)


KINDS: tuple[Mistakes, ...] = (vocabulary, neighbours, lists, signs, nesting, figures, copies)
