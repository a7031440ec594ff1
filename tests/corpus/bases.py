"""Valid specs to make mistakes in: those of `specs/`, the same in other layouts, and drawn ones."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from netspec.repair.check import check_source
from netspec.text.source import Source

SPECS = Path(__file__).parents[2] / "specs"


@dataclass(frozen=True)
class Base:
    """A valid spec."""

    name: str
    text: str


def known() -> list[Base]:
    """The files of `specs/`, as they are."""
    files = [*sorted(SPECS.glob("*.yaml")), *sorted((SPECS / "notes").glob("*.yaml"))]
    return [Base(file.stem, file.read_text(encoding="utf-8")) for file in files]


def chains() -> list[Base]:
    """Those of them in which each layer reads the one before."""
    plans = ((base, check_source(Source(base.name, base.text)).plan) for base in known())
    return [base for base, plan in plans if plan and all(layer.reads == (layer.value - 1,) for layer in plan.layers)]


def grown() -> list[Base]:
    """Small networks with shortcuts, branches, groups, gates, and norms and activations with arguments."""
    files = sorted((Path(__file__).parent / "grown").glob("*.yaml"))
    return [Base(file.stem, file.read_text(encoding="utf-8")) for file in files]


def relaid(bases: list[Base]) -> list[Base]:
    """Files as other authors would lay them out: block style, flow style, comments, anchors; those without a finding, since
    the comments that silence one are lost."""
    laid = []
    for base in bases:
        data = yaml.load(base.text, Loader=yaml.BaseLoader)
        laid.append(Base(f"{base.name}-block", _tall(data)))
        laid.append(Base(f"{base.name}-flow", _flow(data)))
        laid.append(Base(f"{base.name}-wide", _wide(data)))
        anchored = _anchored(data)
        if anchored is not None:
            laid.append(Base(f"{base.name}-anchors", anchored))
    return [base for base in laid if not check_source(Source(base.name, base.text)).diagnostics]


def drawn(number: int, seed: int) -> list[Base]:
    """Random specs: sizes, depths, styles and sections that an author might have."""
    rng = random.Random(seed)
    bases: list[Base] = []
    while len(bases) < number:
        text = rng.choice([_tall, _wide, _flow, _mixed])(_draw(rng))
        if rng.random() < 0.3:
            text = _commented(text, rng)
        if not check_source(Source("drawn.yaml", text)).diagnostics:
            bases.append(Base(f"drawn-{seed}-{len(bases)}", text))
    return bases


def _block(data: Any, step: int, indent: int = 0) -> list[str]:
    """Block style, `step` spaces a level; lists stand under their key, not further in."""
    space, lines = " " * indent, []
    if isinstance(data, list):
        for item in data:
            inner = _block(item, step, indent + 2)
            lines += [f"{space}- {inner[0].lstrip()}", *inner[1:]]
        return lines
    if not isinstance(data, dict):
        return [space + str(data)]
    for key, value in data.items():
        if isinstance(value, dict) or (isinstance(value, list) and isinstance(value[0], dict)):
            deeper = indent + step if isinstance(value, dict) or step > 2 else indent
            lines += [f"{space}{key}:", *_block(value, step, deeper)]
        else:
            lines.append(f"{space}{key}: {_inline(value)}")
    return lines


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return str(value)


def _flow(data: dict[str, Any]) -> str:
    """Each section on a line of its own, each block too."""
    lines = []
    for key, value in data.items():
        if key == "description":
            lines.append(f"{key}: {value}")
        elif isinstance(value, list) and len(_inline(value)) > 60:
            lines += [f"{key}:", *(f"  - {_inline(item)}" for item in value)]
        else:
            lines.append(f"{key}: {_inline(value)}")
    return "\n".join(lines) + "\n"


def _mixed(data: dict[str, Any]) -> str:
    """As people write it: sections in block style, layers in flow style."""
    lines = []
    for key, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            lines.append(f"{key}:")
            for item in value:
                head = "  - "
                for name, inner in item.items() if key == "blocks" else ():
                    lines.append(f"{head}{name}: {_inline(inner)}")
                    head = "    "
                if key != "blocks":
                    lines.append(f"  - {_inline(item)}")
        elif isinstance(value, dict) and key != "input":
            lines += [f"{key}:", *(f"  {name}: {_inline(inner)}" for name, inner in value.items())]
        else:
            lines.append(f"{key}: {_inline(value)}")
    return "\n".join(lines) + "\n"


def _wide(data: dict[str, Any]) -> str:
    """Four spaces a level, a comment over every section."""
    lines: list[str] = []
    for line in _block(data, 4):
        if line[:1] not in (" ", "-") and line.endswith(":"):
            lines += ["", f"# {line[:-1]}: see the report"]
        lines.append(line)
    return "\n".join(lines) + "\n"


def _tall(data: dict[str, Any]) -> str:
    return "\n".join(_block(data, 2)) + "\n"


def _commented(text: str, rng: random.Random) -> str:
    lines = text.rstrip("\n").split("\n")
    for i in rng.sample(range(len(lines)), min(len(lines), 4)):
        lines[i] += rng.choice(["  # as in the paper", "   # was twice that", " # {why}: [tried, 3]"])
    return "\n".join(lines) + "\n"


def _anchored(data: dict[str, Any]) -> str | None:
    """The second layer that is like another becomes an alias of it."""
    lines: list[str] = []
    first: dict[str, str] = {}
    text = _mixed(data)
    used = False
    for line in text.split("\n"):
        head, colon, rest = line.partition("conv: {")
        if "branches:" in head:
            lines.append(line)
        elif colon and rest in first:
            lines.append(f"{head}conv: *{first[rest]}")
            used = True
        elif colon and text.count(f"conv: {{{rest}\n") > 1:
            first[rest] = f"conv{len(first) + 1}"
            lines.append(f"{head}conv: &{first[rest]} {{{rest}")
        else:
            lines.append(line)
    return "\n".join(lines) if used else None


def _draw(rng: random.Random) -> dict[str, Any]:
    size = rng.choice([16, 20, 24, 28, 32, 40, 48, 64, 96])
    channels = rng.choice([1, 3])
    shape = {"height": size, "width": size, "channels": channels}
    spec: dict[str, Any] = {"netspec": 1, "name": rng.choice(["net", "small-cnn", "exp_7", "baseline"])}
    if rng.random() < 0.5:
        spec["description"] = rng.choice(["A first try", "Baseline of the course", "Fewer filters than before"])
    spec["input"] = shape if rng.random() < 0.6 else [size, size, channels]
    with_defaults = rng.random() < 0.4
    if with_defaults:
        spec["defaults"] = {"conv": {"kernel": 3, "padding": rng.choice(["same", 1])}}
    spec["blocks"] = []
    filters = rng.choice([8, 12, 16])
    for _ in range(rng.randint(1, 3)):
        spec["blocks"].append(_draw_block(rng, filters, with_defaults))
        filters *= 2
    spec["fc"] = rng.choice(
        [[10], [64, 10], [{"units": 32, "dropout": 0.25}, 10], [{"units": 48, "activation": "tanh"}, {"units": 10}]]
    )
    if rng.random() < 0.5:
        spec["budget"] = {"parameters": "5M"}
    if rng.random() < 0.8:
        spec["data"] = {"source": "images", "path": "photos", "resize": "true"}
        spec["train"] = _draw_train(rng)
    return spec


def _draw_block(rng: random.Random, filters: int, with_defaults: bool) -> dict[str, Any]:
    conv: dict[str, Any] = {"filters": filters}
    if not with_defaults:
        conv |= {"kernel": rng.choice([3, 5, [3, 3]]), "padding": rng.choice([1, 2, "same"])}
    if rng.random() < 0.3:
        conv["activation"] = rng.choice(["relu", "tanh", "leaky_relu", "gelu"])
    if rng.random() < 0.3:
        conv["norm"] = "batch"
    if rng.random() < 0.2:
        conv["dropout"] = 0.1
    if rng.random() < 0.3:
        conv["repeat"] = 2
    block: dict[str, Any] = {"conv": [conv, {**conv, "filters": filters * 2}] if rng.random() < 0.25 else conv}
    if rng.random() < 0.9:
        block["pool"] = rng.choice(
            ["max", {"window": 2}, {"type": "max", "window": 2}, {"type": "average", "window": 2}]
        )
        if block["pool"] == "max":
            block["pool"] = {"type": "max", "window": 2, "stride": 2}
    return block


def _draw_train(rng: random.Random) -> dict[str, Any]:
    train: dict[str, Any] = {"epochs": rng.choice([5, 20, 50]), "batch_size": rng.choice([32, 64])}
    train["optimizer"] = rng.choice(
        [
            "adam",
            {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9},
            {"type": "adamw", "learning_rate": "1e-3", "weight_decay": "1e-4"},
            {"type": "rmsprop", "learning_rate": "1e-3"},
        ]
    )
    if rng.random() < 0.5:
        train["schedule"] = rng.choice(
            [
                {"type": "cosine", "warmup": 100},
                {"type": "exponential", "transition_steps": 500, "decay_rate": 0.9},
                "constant",
            ]
        )
    if rng.random() < 0.3:
        train["loss"] = {"type": "cross_entropy", "label_smoothing": 0.1}
    if rng.random() < 0.3:
        train["seed"] = 7
    return train
