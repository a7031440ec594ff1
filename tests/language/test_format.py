"""Every key of the format: what it parses to, what it defaults to, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netspec.analysis.check import examine
from netspec.analysis.plan import grammar
from netspec.analysis.report import Report
from netspec.language.activations import Elu, Gelu, Relu, Tanh
from netspec.language.spec import Group, Spec
from netspec.language.steps import Dropout
from netspec.repair.check import check_source
from netspec.text.source import Source

TOP = "netspec: 1\nname: example\ninput: [64, 64, 4]\n"
TAIL = "fc: [10]\n"


def report(text: str) -> Report:
    return examine(Source("spec.yaml", text))


def spec(text: str) -> Spec:
    result = report(text)
    assert result.ok, result.diagnostics
    assert result.spec is not None
    return result.spec


def conv(settings: str = "") -> object:
    layers = spec(f"{TOP}blocks:\n  - conv: {{filters: 8, kernel: 3{', ' * bool(settings)}{settings}}}\n{TAIL}").layers
    return layers[0].settings


CONV = [
    ("filters: 8, kernel: [3, 5]", "kernel", (3, 5)),
    ("filters: 8, kernel: 3", "kernel", (3, 3)),
    ("filters: 8, kernel: 3", "stride", (1, 1)),
    ("filters: 8, kernel: 3, stride: [1, 2], padding: same", "stride", (1, 2)),
    ("filters: 8, kernel: 3", "padding", (0, 0)),
    ("filters: 8, kernel: 3, padding: [0, 2]", "padding", (0, 2)),
    ("filters: 8, kernel: 3, padding: same", "padding", "same"),
    ("filters: 8, kernel: 3, padding: valid", "padding", "valid"),
    ("filters: 8, kernel: 3", "dilation", (1, 1)),
    ("filters: 8, kernel: 3, dilation: 2", "dilation", (2, 2)),
    ("filters: 8, kernel: 3", "groups", 1),
    ("filters: 8, kernel: 3, groups: 2", "groups", 2),
    ("filters: 8, kernel: 3, groups: depthwise", "groups", "depthwise"),
    ("filters: 8, kernel: 3", "bias", True),
    ("filters: 8, kernel: 3, bias: false", "bias", False),
    ("filters: 8, kernel: 3, norm: batch", "bias", False),
    ("filters: 8, kernel: 3, norm: none", "bias", True),
    ("filters: 8, kernel: 3", "activation", Relu()),
    ("filters: 8, kernel: 3, activation: gelu", "activation", Gelu()),
    ("filters: 8, kernel: 3", "dropout", Dropout()),
    ("filters: 8, kernel: 3, dropout: 0.25", "dropout", Dropout(rate=0.25)),
    ("filters: 010, kernel: 0x3", "filters", 10),
]


@pytest.mark.parametrize(("written", "key", "value"), CONV)
def test_conv(written: str, key: str, value: object) -> None:
    settings = spec(f"{TOP}blocks:\n  - conv: {{{written}}}\n{TAIL}").layers[0].settings
    assert getattr(settings, key) == value
    assert type(getattr(settings, key)) is type(value)


POOL = [
    ("{window: 2}", "type", "max"),
    ("{window: 2, type: average}", "type", "average"),
    ("{window: [2, 4]}", "window", (2, 4)),
    ("{window: [2, 4]}", "stride", (2, 4)),
    ("{window: 4, stride: 2}", "stride", (2, 2)),
    ("{window: all}", "window", "all"),
    ("{window: 4, padding: [2, 0]}", "padding", (2, 0)),
    ("{window: 4, padding: same}", "padding", "same"),
]


@pytest.mark.parametrize(("written", "key", "value"), POOL)
def test_pool(written: str, key: str, value: object) -> None:
    settings = spec(f"{TOP}blocks:\n  - pool: {written}\n{TAIL}").layers[0].settings
    assert getattr(settings, key) == value


def test_fc_activations() -> None:
    layers = spec(f"{TOP}fc: [7, {{units: 8, activation: tanh}}, {{units: 9, norm: batch, repeat: 2}}, 10]\n").layers
    assert [layer.settings.units for layer in layers] == [7, 8, 9, 9, 10]  # type: ignore[union-attr]
    assert [layer.settings.activation.type for layer in layers] == ["relu", "tanh", "relu", "relu", "none"]  # type: ignore[union-attr]
    assert [layer.settings.bias for layer in layers] == [True, True, False, False, True]  # type: ignore[union-attr]


def test_the_last_fc_takes_no_default_activation_but_its_own() -> None:
    text = f"{TOP}defaults: {{activation: elu, fc: {{activation: silu}}}}\nfc: [{{units: 4}}, {{units: 10}}]\n"
    assert [layer.settings.activation.type for layer in spec(text).layers] == ["silu", "none"]  # type: ignore[union-attr]
    text = f"{TOP}fc: [{{units: 10, activation: sigmoid}}]\n"
    assert spec(text).layers[0].settings.activation.type == "sigmoid"  # type: ignore[union-attr]


def test_defaults_give_what_layers_leave_out() -> None:
    text = (
        f"{TOP}defaults:\n  activation: elu\n  conv: {{kernel: 3, padding: same, norm: batch}}\n"
        "  pool: {type: average, window: 2}\nblocks:\n  - conv: {filters: 8, kernel: 5}\n    pool: max\n"
        "  - conv: {filters: 8, norm: none, activation: tanh}\n    pool: {window: 4}\n" + TAIL
    )
    first, pool, second, other = (layer.settings for layer in spec(text).layers[:4])
    assert (first.kernel, first.padding, first.bias, first.activation) == ((5, 5), "same", False, Elu())  # type: ignore[union-attr]
    assert (pool.type, pool.window, pool.stride) == ("max", (2, 2), (2, 2))  # type: ignore[union-attr]
    assert (second.kernel, second.bias, second.activation) == ((3, 3), True, Tanh())  # type: ignore[union-attr]
    assert (other.type, other.window, other.stride) == ("average", (4, 4), (4, 4))  # type: ignore[union-attr]


def test_names_count_after_repetition() -> None:
    text = (
        f"{TOP}defaults: {{conv: {{kernel: 1}}}}\nblocks:\n  - repeat: 2\n    conv:\n      - {{filters: 2, repeat: 2}}\n"
        "      - {filters: 3, name: wide}\n    pool: {window: 1}\n  - pool: {window: 1, name: last}\n" + TAIL
    )
    built = spec(text)
    assert [layer.name for layer in built.layers] == [
        "block1.conv1", "block1.conv2", "wide1", "block1.pool",
        "block2.conv1", "block2.conv2", "wide2", "block2.pool", "last", "fc1",
    ]  # fmt: skip
    assert [layer.block and (layer.block.name, layer.block.repetition, layer.block.repetitions) for layer in built.layers] == [
        *[("block1", 1, 2)] * 4, *[("block2", 2, 2)] * 4, ("block3", 1, 1), None,
    ]  # fmt: skip
    assert [layer.reads for layer in built.layers] == [(value,) for value in range(10)], "each the one before"
    assert grammar(built) == {
        "N": [3, 3, 0], "M": 3, "K": 1, "text": "INPUT -> [CONV*3 -> POOL]*2 -> POOL -> FC",
    }  # fmt: skip


def test_the_one_block_of_a_group_has_its_name_and_each_layer_one_of_its_own() -> None:
    conv = "{conv: {filters: 2, kernel: 1}"
    inner = (
        f"{{branches: [{conv}}}, []], join: concat, pool: {{window: 1}}, shortcut: {{type: add, projection: skip}}}}"
    )
    group = f"{{blocks: [{inner}], shortcut: concat, activation: relu, pool: {{window: 1}}}}"
    bridged = f"{{blocks: [{conv}, shortcut: add, activation: relu}}], shortcut: add, activation: relu}}"
    built = spec(f"{TOP}blocks:\n  - {group}\n  - {bridged.replace('filters: 2', 'filters: 1x')}\n{TAIL}")
    assert [layer.name for layer in built.layers] == [
        "block1.branch1.conv1", "block1.concat", "block1.pool", "block1.concat2", "block1.pool2",
        "block2.conv1", "block2.add", "block2.add2", "fc1",
    ]  # fmt: skip
    assert not check_source(built.source).diagnostics


def test_the_grammar_says_what_is_nested() -> None:
    block = "  - conv: {filters: 2, kernel: 1, repeat: 2}\n  - {conv: {filters: 2, kernel: 1}, pool: {window: 1}}\n"
    built = spec(f"{TOP}blocks:\n{block * 2}{TAIL}")
    halves = [Group(f"block{n}", built.root, n, 2) for n in (1, 2)]
    outer = {layer.name: halves[int(layer.name[5]) > 2] for layer in built.layers if layer.block}
    nested = replace(
        built,
        layers=tuple(
            replace(layer, groups=(outer[layer.name], *layer.groups)) if layer.block else layer
            for layer in built.layers
        ),
    )
    assert grammar(built)["text"] == "INPUT -> CONV*2 -> CONV -> POOL -> CONV*2 -> CONV -> POOL -> FC"
    assert grammar(nested) == {
        "N": [3, 3],
        "M": 2,
        "K": 1,
        "text": "INPUT -> [CONV*2 -> CONV -> POOL]*2 -> FC",
    }


def test_grammar_without_blocks_and_without_fc() -> None:
    assert [layer.name for layer in spec(TOP + "fc: [10]\n").layers] == ["fc1"]
    assert [layer.name for layer in spec(TOP + "blocks:\n  - conv: {filters: 10, kernel: 64}\n").layers] == [
        "block1.conv1"
    ]
    assert [found.code for found in report(TOP).diagnostics] == ["NS204"]
    assert [found.code for found in report(TOP + "blocks: []\nfc: []\n").diagnostics] == ["NS204"]


BUDGET = [
    ("parameters: 164k", "parameters", 164_000),
    ("macs: 1.5M", "macs", 1_500_000),
    ("weights: 2GiB", "weights", 2 * 1024**3),
    ("weights: 2G", "weights", 2 * 1000**3),
    ("activations: 1536KiB", "activations", 1536 * 1024),
    ("memory: 1.5GiB", "memory", 3 * 2**29),
    ("memory: 1073741824", "memory", 2**30),
    ("receptive_field: [0x1, 1]", "receptive_field", (1, 1)),
]


@pytest.mark.parametrize(("written", "key", "value"), BUDGET)
def test_budget(written: str, key: str, value: object) -> None:
    assert getattr(spec(f"{TOP}{TAIL}budget: {{{written}}}\n").budget.value, key) == value


TRAIN = [
    ("epochs: 3", "epochs", 3),
    ("", "epochs", 10),
    ("", "batch_size", 128),
    ("", "optimizer.type", "adamw"),
    ("", "optimizer.weight_decay", 1e-4),
    ("optimizer: sgd", "optimizer.type", "sgd"),
    ("optimizer: {learning_rate: 1e-2}", "optimizer.learning_rate", 0.01),
    ("optimizer: {type: sgd, momentum: 0.9, nesterov: true}", "optimizer.nesterov", True),
    ("optimizer: {type: lion}", "optimizer.learning_rate", 1e-4),
    ("schedule: cosine", "schedule.type", "cosine"),
    ("schedule: {type: cosine, warmup: 5%}", "schedule.warmup", "5%"),
    ("schedule: {warmup: 100}", "schedule.warmup", 100),
    ("loss: {type: cross_entropy, label_smoothing: 0.1}", "loss.label_smoothing", 0.1),
    ("loss: mean_squared_error", "loss.type", "mean_squared_error"),
    ("precision: bfloat16", "precision", "bfloat16"),
    ("seed: 7", "seed", 7),
    ("gradient_clip: 1", "gradient_clip", 1.0),
    ("early_stopping: {metric: accuracy, patience: 2}", "early_stopping.patience", 2),
    ("checkpoint: {every_steps: 50}", "checkpoint.every_steps", 50),
    ("", "checkpoint.keep", 3),
    ("target: {metric: accuracy, at_least: 0.97}", "target.at_least", 0.97),
]


@pytest.mark.parametrize(("written", "path", "value"), TRAIN)
def test_train(written: str, path: str, value: object) -> None:
    at: object = spec(f"{TOP}{TAIL}data: {{source: idx}}\ntrain: {{{written}}}\n").train.value
    for step in path.split("."):
        at = getattr(at, step)
    assert at == value


DATA = [
    ("", "validation", 0.1),
    ("validation: 0", "validation", 0.0),
    ("", "normalize", "standard"),
    ("normalize: unit", "normalize", "unit"),
    ("path: ../images", "path", "../images"),
    ("augment: {flip: horizontal}", "augment.flip", "horizontal"),
    ("augment: {crop: 2, rotate: 10, cutout: 3}", "augment.rotate", 10.0),
]


@pytest.mark.parametrize(("written", "path", "value"), DATA)
def test_data(written: str, path: str, value: object) -> None:
    at: object = spec(f"{TOP}{TAIL}data: {{source: idx{', ' * bool(written)}{written}}}\n").data.value
    for step in path.split("."):
        at = getattr(at, step)
    assert at == value


def test_input_forms() -> None:
    for written in ("[4, 5, 6]", "{height: 4, width: 5, channels: 6}", "{channels: 6, width: 5, height: 4}"):
        located = spec(f"netspec: 1\nname: x\ninput: {written}\n{TAIL}").input
        assert located is not None
        assert (located.value.height, located.value.width, located.value.channels) == (4, 5, 6)


REFUSED = [
    ("netspec: 2", "NS108"),
    ("netspec: '1'", "NS108"),
    ("name: 'a b'", "NS106"),
    ("name: 7", "NS101"),
    ("description: 7", "NS101"),
    ("input: [1, 2]", "NS107"),
    ("input: [0, 1, 1]", "NS102"),
    ("input: 28", "NS101"),
    ("defaults: {norm: batch}", "NS104"),
    ("defaults: {conv: {kernel: none}}", "NS101"),
    ("blocks: 3", "NS101"),
    ("blocks: [3]", "NS101"),
    ("blocks: [{conv: []}]", "NS107"),
    ("blocks: [{conv: {filters: 1, kernel: 1}, repeat: 0}]", "NS102"),
    ("blocks: [{conv: {filters: 1, kernel: 1, repeat: true}}]", "NS101"),
    ("blocks: [{conv: {filters: 3.0, kernel: 1}}]", "NS101"),
    ("blocks: [{conv: {filters: 1, kernel: [1, 0]}}]", "NS102"),
    ("blocks: [{conv: {filters: 1, kernel: 1, padding: full}}]", "NS103"),
    ("blocks: [{conv: {filters: 1, kernel: 1, groups: all}}]", "NS103"),
    ("blocks: [{conv: {filters: 1, kernel: 1, bias: no}}]", "NS101"),
    ("blocks: [{conv: {filters: 1, kernel: 1, dropout: 1}}]", "NS102"),
    ("blocks: [{conv: {filters: 1, kernel: 1, name: ''}}]", "NS106"),
    ("blocks: [{conv: {filters: 1, kernel: 1, first: {repeat: 2}}, repeat: 2}]", "NS104"),
    ("blocks: [{conv: {filters: 1, kernel: 1}, shortcut: {type: add, projection: {gate: {units: 1}}}}]", "NS104"),
    ("blocks: [{pool: min}]", "NS103"),
    ("blocks: [{pool: {window: any}}]", "NS103"),
    ("blocks: [{pool: {type: max}}]", "NS105"),
    ("fc: [{bias: true}]", "NS105"),
    ("fc: ['10']", "NS101"),
    ("fc: [[10]]", "NS101"),
    ("budget: {parameters: 5KiB}", "NS106"),
    ("budget: {memory: 1:30}", "NS106"),
    ("budget: {macs: 1.5}", "NS101"),
    ("data: {source: mnist2}", "NS103"),
    ("data: {validation: 1}", "NS102"),
    ("data: {augment: {rotate: 0}}", "NS102"),
    ("train: {epochs: 0}", "NS102"),
    ("train: {epochs: 2024-13-45}", "NS101"),
    ("train: {optimizer: adan}", "NS103"),
    ("train: {optimizer: {type: adam, momentum: 0.9}}", "NS104"),
    ("train: {optimizer: {learning_rate: 1e999}}", "NS109"),
    ("train: {schedule: {warmup: 5 %}}", "NS106"),
    ("train: {target: {metric: accuracy}}", "NS254"),
    ("train: {gradient_clip: .nan}", "NS109"),
    ("train: {seed: 4294967296}", "NS102"),
]


@pytest.mark.parametrize(("line", "code"), REFUSED, ids=[line for line, _ in REFUSED])
def test_refused_once_at_its_line(line: str, code: str) -> None:
    base = {"netspec": "1", "name": "x", "input": "[8, 8, 1]", "fc": "[10]"}
    key, value = line.split(": ", 1)
    text = "\n".join(f"{name}: {given}" for name, given in (base | {key: value}).items()) + "\n"
    (finding,) = check_source(Source("spec.yaml", text)).diagnostics
    assert finding.code == code
    assert text.split("\n")[finding.span.line - 1].startswith(f"{key}:")
    assert finding.help
