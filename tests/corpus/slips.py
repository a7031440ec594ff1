"""Mistakes of one edit as authors make them: of the fingers, of another system's words, of arithmetic."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator

from .bases import Base
from .sites import Site, line_of, lines_of
from .slip import Draft, Slip

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
FOREIGN_KEYS = {
    "filters": "out_channels num_filters n_filters channels_out features",
    "kernel": "kernel_size kernel_shape filter_size ksize k",
    "stride": "strides subsample",
    "padding": "pad pads",
    "dilation": "dilation_rate dilations",
    "groups": "group num_groups",
    "bias": "use_bias bias_term",
    "norm": "normalization batch_norm",
    "activation": "act activation_function nonlinearity",
    "dropout": "dropout_rate drop",
    "repeat": "repeats times n",
    "window": "pool_size kernel_size size",
    "units": "out_features neurons num_outputs",
    "blocks": "layers stages features",
    "fc": "dense classifier linear head",
    "conv": "conv2d Conv2D convolution",
    "pool": "pooling maxpool MaxPool2d",
    "input": "input_shape input_size shape",
    "height": "h image_height",
    "width": "w image_width",
    "channels": "c in_channels depth",
    "parameters": "params num_params max_parameters",
    "macs": "max_macs mac",
    "memory": "mem max_memory",
    "budget": "budgets limits constraints",
    "data": "dataset datasets",
    "source": "dataset name",
    "path": "dir root folder",
    "train": "training trainer fit",
    "epochs": "num_epochs max_epochs n_epochs",
    "batch_size": "batchsize batch bs",
    "optimizer": "optim optimiser",
    "learning_rate": "lr base_lr",
    "weight_decay": "wd decay l2",
    "momentum": "beta mu",
    "schedule": "scheduler lr_schedule lr_scheduler",
    "warmup": "warmup_steps warm_up",
    "seed": "random_seed random_state",
    "name": "title id",
    "description": "comment desc",
    "defaults": "default common",
    "augment": "augmentation transforms",
    "target": "goal",
    "at_least": "min threshold",
}
FOREIGN_VALUES = {
    "relu": "ReLU Relu RELU relu6",
    "leaky_relu": "LeakyReLU leakyrelu lrelu",
    "sigmoid": "Sigmoid logistic",
    "tanh": "Tanh",
    "gelu": "GELU",
    "batch": "batchnorm BatchNorm2d bn batch_norm",
    "max": "MaxPool2d maximum Max maxpool",
    "average": "avg mean AveragePooling2D",
    "sgd": "SGD momentum",
    "adam": "Adam ADAM",
    "adamw": "AdamW adam_w",
    "rmsprop": "RMSprop rms_prop",
    "cosine": "CosineAnnealingLR cosine_decay cos",
    "step": "StepLR multistep",
    "exponential": "exponential_decay exp",
    "cross_entropy": "crossentropy CrossEntropyLoss categorical_crossentropy",
    "same": "SAME Same",
    "valid": "VALID",
    "depthwise": "depth_wise depth-wise",
    "all": "global full",
    "mnist": "MNIST minst",
    "fashion-mnist": "fashion_mnist FashionMNIST",
    "cifar-10": "cifar10 CIFAR10",
    "images": "image image_folder ImageFolder",
    "horizontal": "h lr vertical",
    "accuracy": "acc Accuracy",
    "true": "True yes on",
}
INTEGERS = {
    "filters",
    "kernel",
    "stride",
    "dilation",
    "repeat",
    "window",
    "units",
    "height",
    "width",
    "channels",
    "epochs",
    "batch_size",
    "seed",
}
REQUIRED = {
    "filters",
    "kernel",
    "window",
    "units",
    "height",
    "width",
    "channels",
    "netspec",
    "name",
    "input",
    "at_least",
    "source",
}
FRAGILE = {"description", "name", "path"}

Mistakes = Callable[[Draft, random.Random], Iterator[Slip | None]]


def slips(base: Base, rng: random.Random) -> list[Slip]:
    """Every slip the kinds below make of one base; where a kind has several forms, one is chosen by `rng`."""
    return made(KINDS, base, rng)


def made(kinds: Iterable[Mistakes], base: Base, rng: random.Random) -> list[Slip]:
    """Every slip that some kinds make of one base."""
    draft = Draft(base)
    found = [slip for kind in kinds for slip in kind(draft, rng)]
    return [slip for slip in found if slip is not None and slip.text != base.text]


def named(draft: Draft) -> Iterator[Site]:
    return (site for site in draft.sites if site.key is not None)


def _scalars(draft: Draft) -> Iterator[tuple[Site, str]]:
    return ((site, site.scalar) for site in draft.sites if site.scalar is not None)


def typed(word: str, rng: random.Random) -> dict[str, str]:
    """A word as tired fingers write it: a neighbouring key, two letters swapped, one lost, one doubled."""
    letters = [i for i, letter in enumerate(word) if letter.isalpha()]
    if len(letters) < 3:
        return {}
    i = rng.choice(letters[1:])
    row = next((row for row in ROWS if word[i] in row), "")
    near = row[(row.index(word[i]) + rng.choice([-1, 1])) % len(row)] if row else "x"
    j = rng.choice(range(len(word) - 1))
    return {
        "neighbour": word[:i] + near + word[i + 1 :],
        "swapped": word[:j] + word[j + 1] + word[j] + word[j + 2 :],
        "lost": word[:i] + word[i + 1 :],
        "doubled": word[:i] + word[i] + word[i:],
    }


def key_typos(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    for site in named(draft):
        for how, word in typed(site.name, rng).items():
            yield draft.swap(f"key {how}", site.key, word)  # type: ignore[arg-type]


def key_forms(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    for site in named(draft):
        name = site.name
        assert site.key is not None
        yield draft.swap("key in capitals", site.key, rng.choice([name.capitalize(), name.upper()]))
        if "_" in name:
            other = rng.choice(
                [
                    name.replace("_", "-"),
                    name.replace("_", " "),
                    name.replace("_", ""),
                    re.sub("_(.)", lambda m: m[1].upper(), name),
                ]
            )
            yield draft.swap("key hyphenated", site.key, other)
        number = name[:-1] if name.endswith("s") else name + "s"
        yield draft.swap("key in the other number", site.key, number)
        if name in FOREIGN_KEYS:
            yield draft.swap("key of another system", site.key, rng.choice(FOREIGN_KEYS[name].split()))


def value_words(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    for site, value in _scalars(draft):
        if site.name in FRAGILE or not re.fullmatch("[a-z][a-z_0-9-]*", value):
            continue
        for how, word in typed(value, rng).items():
            yield draft.swap(f"value {how}", site.value, word)
        if value in FOREIGN_VALUES:
            yield draft.swap("value of another system", site.value, rng.choice(FOREIGN_VALUES[value].split()))


def value_types(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    for site, value in _scalars(draft):
        if site.key is None:
            if re.fullmatch(r"\d+", value):
                yield draft.swap(
                    "item of another type",
                    site.value,
                    rng.choice([f'"{value}"', f"{value}.5", "ten", f"[{value}]", f"-{value}"]),
                )
            continue
        if site.name in INTEGERS and value.isdigit():
            yield draft.swap("quoted number", site.value, f'"{value}"')
            yield draft.swap("fraction", site.value, f"{value}.5")
            yield draft.swap("number in a list", site.value, rng.choice([f"[{value}, {value}, {value}]", f"[{value}]"]))
            yield draft.swap("number in words", site.value, rng.choice(["one", "three", "two", "many", "auto", "none"]))
            yield draft.swap("truth for a number", site.value, rng.choice(["true", "false"]))
            yield draft.swap("mapping for a number", site.value, f"{{value: {value}}}")
            yield draft.swap("unit", site.value, value + rng.choice(["px", "%", " px", "x"]))
        elif re.fullmatch(r"[\d.]+(e-\d+)?", value):
            yield draft.swap("decimal comma", site.value, value.replace(".", ",") if "." in value else f"{value},0")
            yield draft.swap("number in words", site.value, rng.choice(["low", "default", "auto"]))
        elif site.name not in FRAGILE:
            yield draft.swap("number for a word", site.value, rng.choice(["0", "1", "3.5", "true"]))
            yield draft.swap("list for a word", site.value, f"[{value}]")
        yield draft.swap("value forgotten", site.value, "")


def punctuation(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    for site in named(draft):
        assert site.key is not None
        colon = (site.key[1], site.key[1] + 1)
        near = line_of(draft.text, site.key[0])
        inline = draft.text[colon[1] : colon[1] + 1] == " "
        yield draft.swap("colon forgotten", colon, "", near)
        if inline:
            yield draft.swap("space forgotten", (colon[0], colon[1] + 1), ":", near)
            yield draft.swap("equals for colon", (colon[0], colon[1] + 1), rng.choice(["=", " = "]), near)
        yield draft.swap("other colon", colon, rng.choice(["::", ";", " :=", "."]), near)
        if site.scalar is not None and site.name not in FRAGILE:
            yield draft.swap("quote left open", site.value, rng.choice(['"', "'"]) + site.scalar)
            yield draft.swap("quote never opened", site.value, site.scalar + rng.choice(['"', "'"]))
    for match in re.finditer(r", ", draft.text):
        if not draft.text[: match.start()].split("\n")[-1].startswith("description"):
            at = match.span()
            yield draft.swap("comma forgotten", at, " ")
            yield draft.swap("other comma", at, rng.choice(["; ", ",, ", ". ", ",", " , ,"]))
    for match in re.finditer(r"[\[\]{}]", draft.text):
        line = draft.text[: match.start()].split("\n")[-1]
        if line.startswith("description") or "#" in line:
            continue
        bracket, at = match[0], match.span()
        side = "opening" if bracket in "[{" else "closing"
        yield draft.swap(f"{side} bracket forgotten", at, "")
        yield draft.swap(
            f"{side} bracket of another kind", at, {"[": "{", "{": "(", "]": "}", "}": rng.choice([")", "]"])}[bracket]
        )
        yield draft.swap(f"{side} bracket twice", at, bracket * 2)


def layout(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    lines = draft.text.split("\n")
    for i, line in enumerate(lines):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        at, indent = i + 1, len(line) - len(line.lstrip(" "))

        def other(kind: str, new: str, i: int = i, *also: int) -> Slip:
            return draft.lines(kind, [*lines[:i], new, *lines[i + 1 :]], i + 1, *also)

        yield other("line indented", " " * rng.choice([1, 2]) + line)
        if indent:
            yield other("line outdented", line[rng.choice([1, 2]) :] if indent > 1 else line[1:])
            yield other("line at the margin", line.lstrip(" "))
            yield other("tab", "\t" * max(1, indent // 2) + line.lstrip(" "))
        if line.lstrip().startswith("- "):
            yield other("dash forgotten", line.replace("- ", "  ", 1))
            yield other("dash glued", line.replace("- ", "-", 1))
        yield draft.lines("line twice", [*lines[: i + 1], line, *lines[i + 1 :]], at, at + 1)
        follower = lines[i + 1] if i + 1 < len(lines) else ""
        if follower.strip() and not follower.lstrip().startswith("#"):
            yield draft.lines("lines swapped", [*lines[:i], follower, line, *lines[i + 2 :]], at, at + 1)
        around = {at - 1, at} - {0}
        yield draft.lines("line lost", [*lines[:i], *lines[i + 1 :]], *around, *_owner(draft, i))
        yield other("commented out", " " * indent + "# " + line.lstrip(" "), i, *around, *_owner(draft, i))


def _owner(draft: Draft, index: int) -> set[int]:
    """The lines of the mapping that a line's first entry belongs to, when the line is gone; the first line for the top."""
    for site in draft.sites:
        start = site.value[0] if site.key is None else site.key[0]
        if line_of(draft.text, start) == index + 1:
            if site.parent_span[0] == 0:
                return {1}
            return set(lines_of(draft.text, site.parent_span)) | {line_of(draft.text, site.parent_span[0]) - 1}
    return set()


def required(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    for site in named(draft):
        if site.name in REQUIRED and "defaults" not in site.path:
            yield draft.gone("required key lost", site)


def numbers(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    for site, value in _scalars(draft):
        if not value.isdigit() or site.name in ("netspec", "seed") or "budget" in site.path:
            continue
        yield draft.swap("digit twice", site.value, value + value[-1])
        if len(value) > 1:
            yield draft.swap("digit lost", site.value, value[:-1])
        yield draft.swap("one more", site.value, str(int(value) + 1))
        yield draft.swap("one less", site.value, str(int(value) - 1))
        yield draft.swap("zero", site.value, "0")
        yield draft.swap("negative", site.value, f"-{value}")


def shapes(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    for site in named(draft):
        if "blocks" not in site.path and "defaults" not in site.path:
            continue
        if site.name in ("kernel", "window", "stride") and site.scalar and site.scalar.isdigit():
            yield draft.swap(f"{site.name} too large", site.value, str(int(site.scalar) * rng.choice([3, 5, 10, 40])))
            pair = rng.choice([f"[{site.scalar}, 300]", f"[300, {site.scalar}]"])
            yield draft.swap(f"{site.name} too large one way", site.value, pair)
        if site.name == "padding":
            yield draft.gone("padding removed", site)
            yield draft.swap("padding valid", site.value, "valid")
        if site.name == "filters" and site.scalar:
            yield draft.swap(
                "groups that do not divide",
                (site.value[1], site.value[1]),
                _beside(draft, site, "groups", rng.choice(["3", "5", "7"])),
            )
            yield draft.swap(
                "dilated", (site.value[1], site.value[1]), _beside(draft, site, "dilation", rng.choice(["8", "30"]))
            )
            yield draft.swap(
                "strided", (site.value[1], site.value[1]), _beside(draft, site, "stride", rng.choice(["4", "8", "50"]))
            )
            yield draft.swap(
                "repeated", (site.value[1], site.value[1]), _beside(draft, site, "repeat", rng.choice(["8", "40"]))
            )
    yield from _whole_shapes(draft, rng)


def _beside(draft: Draft, site: Site, key: str, value: str) -> str:
    """The text that adds a key behind an entry; nothing where the mapping has the key."""
    if any(key_node.value == key for key_node, _ in site.parent.value):
        return ""
    assert site.key is not None
    column = site.key[0] - (draft.text.rfind("\n", 0, site.key[0]) + 1)
    return f", {key}: {value}" if site.flow else f"\n{' ' * column}{key}: {value}"


def _whole_shapes(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    last = {site.path[:2]: site for site in draft.sites if site.path[:1] == ("blocks",) and len(site.path) == 2}
    for site in last.values():
        block = draft.text[site.value[0] : site.value[1]]
        if site.flow or block.startswith("{"):
            copies = (f"\n  - {block}") * rng.choice([3, 5])
            yield draft.swap("block copied", (site.value[1], site.value[1]), copies, *_lines_under(draft, "blocks"))
        flow = block.startswith("{")
        key = "repeat: 9, " if flow else "repeat: 9\n" + " " * _column(draft, site.value[0])
        if "repeat" not in [name.value for name, _ in site.node.value]:
            at = site.value[0] + flow
            yield draft.swap("block repeated", (at, at), key, line_of(draft.text, at))
    for site in draft.sites:
        if site.path[:1] == ("input",) and site.scalar:
            yield draft.swap("other input", site.value, rng.choice(["7", "2", "224", "1", "4"]))
    fc = [site for site in draft.sites if site.path[:1] == ("fc",) and len(site.path) == 2]
    if fc and fc[-1].scalar:
        yield draft.swap("class count", fc[-1].value, rng.choice(["2", "9", "100", "12"]))
        yield draft.gone("output lost", fc[-1])


def _column(draft: Draft, offset: int) -> int:
    return offset - (draft.text.rfind("\n", 0, offset) + 1)


def _lines_under(draft: Draft, key: str) -> range:
    site = next(site for site in draft.sites if site.path == (key,))
    span = lines_of(draft.text, site.value)
    return range(span.start, span.stop + 6)


def budgets(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    for site in draft.sites:
        if site.path[:1] == ("budget",) and site.scalar:
            match = re.fullmatch(r"([\d.]+)(\w*)", site.scalar)
            assert match
            amount, unit = float(match[1]), match[2]
            yield draft.swap("budget too small", site.value, f"{amount * rng.choice([0.5, 0.1, 0.9]):g}{unit}")
            yield draft.swap(
                "unit of the budget",
                site.value,
                f"{match[1]}" + rng.choice([f" {unit}", "kb", "mb", "KK", "million", f"{unit}s", "B"]),
            )
    if not any(site.path == ("budget",) for site in draft.sites):
        for line in (
            "parameters: 2k",
            "macs: 50k",
            "weights: 16KiB",
            "activations: 4KiB",
            "memory: 1MiB",
            "receptive_field: 500",
        ):
            end = len(draft.text.rstrip("\n"))
            yield draft.swap(f"budget of {line.split(':')[0]}", (end, end), f"\nbudget: {{{line}}}")


FOREIGN_SETTINGS = {
    "adam": ("momentum: 0.9", "nesterov: true", "rho: 0.9"),
    "adamw": ("momentum: 0.9", "nesterov: true", "alpha: 0.9"),
    "sgd": ("b1: 0.9", "eps: 1e-8", "betas: [0.9, 0.99]"),
    "rmsprop": ("b1: 0.9", "beta_1: 0.9"),
    "cosine": ("transition_steps: 100", "gamma: 0.1", "T_max: 10"),
    "exponential": ("alpha: 0.1", "step_size: 10"),
    "step": ("alpha: 0.1", "gamma: 0.1", "milestones: [30, 60]"),
    "cross_entropy": ("smoothing: 0.1", "weight: 2"),
}
OUT_OF_RANGE = {
    "dropout": "1 1.0 50 -0.1",
    "label_smoothing": "1 1.5 -0.1",
    "momentum": "1 9 -0.9",
    "learning_rate": "0 -1e-3 inf",
    "weight_decay": "-1e-4",
    "at_least": "98.5 97 -1",
    "decay_rate": "0 -1",
    "crop": "-4 0.5",
    "warmup": "-5 150% 5percent",
    "transition_steps": "0 -10 150%",
    "validation": "1 -0.1 20",
    "netspec": "2 1.0 v1",
    "seed": "-1 0.5",
}


def training(draft: Draft, rng: random.Random) -> Iterator[Slip | None]:
    for site in named(draft):
        assert site.key is not None
        if site.name == "type" and site.scalar in FOREIGN_SETTINGS:
            setting = rng.choice(FOREIGN_SETTINGS[site.scalar])
            key, _, value = setting.partition(": ")
            yield draft.swap(
                "setting of another type", (site.value[1], site.value[1]), _beside(draft, site, key, value)
            )
        if site.name in OUT_OF_RANGE and site.scalar:
            yield draft.swap("out of range", site.value, rng.choice(OUT_OF_RANGE[site.name].split()))
        if site.path in (("train", "epochs"), ("train", "batch_size")):
            for setting in (
                "momentum: 0.9",
                "learning_rate: 1e-3",
                "weight_decay: 1e-4",
                "warmup: 100",
                "dropout: 0.5",
            ):
                key, _, value = setting.partition(": ")
                yield draft.swap(
                    "setting in the wrong section", (site.value[1], site.value[1]), _beside(draft, site, key, value)
                )
    end = len(draft.text.rstrip("\n"))
    for setting in ("epochs: 10", "batch_size: 32", "optimizer: adam", "seed: 3", "classes: 10"):
        yield draft.swap("setting at the top", (end, end), f"\n{setting}")


KINDS: tuple[Mistakes, ...] = (
    key_typos,
    key_forms,
    value_words,
    value_types,
    punctuation,
    layout,
    required,
    numbers,
    shapes,
    budgets,
    training,
)
