"""What was meant stays: the first help keeps what an unknown key, value or item says, in the words of the format."""

from __future__ import annotations

import pytest

from netspec.diagnostics.edits import edited
from netspec.repair.check import check_source
from netspec.repair.safe import fix_all
from netspec.text.source import Source

GOOD = """\
netspec: 1
name: x
input: [32, 32, 3]
blocks:
  - conv: {filters: 8, kernel: 3}
    pool: {window: 2}
fc: [64, 10]
data: {source: cifar-10}
train: {epochs: 3}
"""


@pytest.mark.parametrize(
    ("right", "written", "meant"),
    [
        ("{epochs: 3}", "{lr: 0.1}", "{optimizer: {learning_rate: 0.1}}"),
        (
            "{epochs: 3}",
            "{optimizer: sgd, learning_rate: 0.1}",
            "{optimizer: {type: sgd, learning_rate: 0.1}}",
        ),
        ("{epochs: 3}", "{optimizer: {name: sgd, momentum: 0.9}}", "{optimizer: {type: sgd, momentum: 0.9}}"),
        ("{epochs: 3}", "{optimizer: {sgd, momentum: 0.9}}", "{optimizer: {type: sgd, momentum: 0.9}}"),
        (
            "{epochs: 3}",
            "{optimizer: {type: adam, weight_decay: 1e-4}}",
            "{optimizer: {type: adamw, weight_decay: 1e-4}}",
        ),
        ("train: {epochs: 3}\n", "optimizer: adam\n", "train: {optimizer: adam}\n"),
        ("train: {epochs: 3}\n", "batch_size: 64\ntrain: {epochs: 3}\n", "train: {epochs: 3, batch_size: 64}\n"),
        (
            "{source: cifar-10}\ntrain: {epochs: 3}",
            "{source: cifar-10}\ntrain: {validation: 0.2, epochs: 3}",
            "{source: cifar-10, validation: 0.2}\ntrain: {epochs: 3}",
        ),
        ("data: {source: cifar-10}", "data: cifar10", "data: {source: cifar-10}"),
        ("[64, 10]", "[64, {units: 10, activation: softmax}]", "[64, {units: 10, activation: none}]"),
        ("[64, 10]", "[64, 10, softmax]", "[64, 10]"),
        ("[64, 10]", "[64, {dropout: 0.5}, 10]", "[{units: 64, dropout: 0.5}, 10]"),
        ("[64, 10]", "[64 10]", "[64, 10]"),
        ("kernel: 3}", "kernel: 3, batch_norm: true}", "kernel: 3, norm: batch}"),
        ("kernel: 3}", "kernel: 3, batchnorm: false}", "kernel: 3, norm: none}"),
        (
            "{filters: 8, kernel: 3}",
            "[{filters: 8, kernel: 3}, {depthwise: true, filters: 8, kernel: 3}]",
            "[{filters: 8, kernel: 3}, {groups: depthwise, filters: 8, kernel: 3}]",
        ),
        ("{filters: 8, kernel: 3}", "64", "{filters: 64, kernel: 3}"),
        ("{filters: 8, kernel: 3}", "[32, 3]", "{filters: 32, kernel: 3}"),
        ("    pool: {window: 2}", "   pool: {window: 2}", "    pool: {window: 2}"),
    ],
)
def test_the_first_help_keeps_what_was_meant(right: str, written: str, meant: str | None) -> None:
    assert right in GOOD
    source = Source("meant.yaml", GOOD.replace(right, written))
    [finding] = check_source(source).diagnostics
    assert edited(source.text, finding.fixes[0].edits) == GOOD.replace(right, meant)
    assert all(check_source(Source("meant.yaml", edited(source.text, fix.edits))).ok for fix in finding.fixes)


def test_a_type_that_has_all_keys_is_offered() -> None:
    text = GOOD.replace("{epochs: 3}", "{optimizer: {learning_rate: 0.1, nesterov: true, momentum: 0.9}}")
    [finding] = check_source(Source("several.yaml", text)).diagnostics
    assert finding.help == "set `type: sgd`, which has `nesterov`"


@pytest.mark.parametrize("source", ["cifar-100", "fashion-mnist-2", "mnist8m"])
def test_another_data_set_is_no_slip_of_a_known_one(source: str) -> None:
    text = GOOD.replace("cifar-10", source)
    assert fix_all(Source("other.yaml", text)) == (text, ())


def test_a_repair_that_brings_more_mistakes_to_light_is_not_made_unasked() -> None:
    text = "netspec: 1\nname: x\ninput: [8, 8, 1]\nlayers:\n  - {type: conv, filters: 8, kernel: 3}\nfc: [10]\n"
    assert fix_all(Source("layers.yaml", text)) == (text, ())


def test_a_name_with_a_blank_gets_no_other_name() -> None:
    [finding] = check_source(Source("name.yaml", GOOD.replace("name: x", "name: my net"))).diagnostics
    assert [fix.title for fix in finding.fixes] == ["set `name: my-net`"]


def test_a_source_that_contradicts_its_settings_is_the_place_where_it_is_the_repair() -> None:
    text = GOOD.replace("data: {source: cifar-10}", "data:\n  source: mnist\n  path: photos\n  resize: true")
    [finding] = check_source(Source("source.yaml", text)).diagnostics
    assert (finding.code, finding.span.line, finding.labels[0].span.line) == ("NS214", 9, 11)
    assert finding.help == "set `source: images`"


@pytest.mark.parametrize(
    ("right", "written"),
    [
        ("kernel: 3}", "kernel: 3, activation: celu}"),
        ("kernel: 3}", "kernel: 3, negative_slope: 0.2}"),
        ("cifar-10", "svhn"),
        ("{epochs: 3}", "{optimizer: adamax}"),
        ("{epochs: 3}", "{loss: hinge}"),
        ("{epochs: 3}", "{clip_value: 1.0}"),
        ("{epochs: 3}", "{schedule: {type: one_cycle, momentum_range: 3}}"),
        ("filters: 8, ", ""),
    ],
)
def test_what_can_only_be_guessed_is_not_there_to_be_made(right: str, written: str) -> None:
    assert right in GOOD
    found = check_source(Source("foreign.yaml", GOOD.replace(right, written))).diagnostics
    assert not [fix.title for one in found for fix in one.fixes if fix.applicability != "display"]


@pytest.mark.parametrize(
    ("right", "written", "meant"),
    [
        ("{filters: 8, kernel: 3}", "nn.Conv2d(3, 8, kernel_size=(3, 3))", "{filters: 8, kernel: [3, 3]}"),
        ("pool: {window: 2}", "pool: MaxPool2d(2)", "pool: {window: 2}"),
        ("pool: {window: 2}", "AveragePooling2D: {pool_size: 2}", "pool: {type: average, window: 2}"),
        ("pool: {window: 2}", "pool: {type: global_average}", "pool: {type: average, window: all}"),
        ("kernel: 3}", "kernel_h: 3, kernel_w: 5}", "kernel: [3, 5]}"),
        ("kernel: 3}", "kernel: 3, no_bias: true}", "kernel: 3, bias: false}"),
        ("kernel: 3}", "kernel: 3, norm: true}", "kernel: 3, norm: batch}"),
        ("{epochs: 3}", "{epochs: 20, schedule: {type: step, step_size: 5}}", "{epochs: 20, schedule: {type: step, transition_steps: 25%}}"),
        ("{epochs: 3}", "{epochs: 20, schedule: ReduceLROnPlateau}", "{epochs: 20, schedule: plateau}"),
        ("{epochs: 3}", "{schedule: {type: MultiStepLR}}", "{schedule: {type: piecewise}}"),
        ("{epochs: 3}", "{gradient_accumulation_steps: 4}", "{accumulate: 4}"),
        ("cifar-10}", "cifar-10, augment: {vflip: true}}", "cifar-10, augment: {flip: vertical}}"),
        ("cifar-10}", "cifar-10, augment: {RandomErasing: 0.5}}", "cifar-10, augment: {erase: 0.5}}"),
        ("train: {epochs: 3}", "train:\n  optimizer: SGD(model.parameters(), lr=0.1)", "train:\n  optimizer: {type: sgd, learning_rate: 0.1}"),
        ("[32, 32, 3]", "{shape: [32, 32, 3]}", "[32, 32, 3]"),
        ("[32, 32, 3]", "{size: 32, channels: 3}", "{height: 32, width: 32, channels: 3}"),
        ("fc: [64, 10]", "fc: [64]\nnum_classes: 10", "fc: [64, 10]"),
        ("fc: [64, 10]", "fc: 64 -> 10", "fc: [64, 10]"),
        ("  - conv: {filters: 8, kernel: 3}", "  - {type: conv, filters: 8, kernel: 3}", None),
        ("blocks:\n  - conv: {filters: 8, kernel: 3}\n    pool", "conv: {filters: 8, kernel: 3}\npool", "blocks:\n  - conv: {filters: 8, kernel: 3}\n    pool"),
        ("    pool: {window: 2}", "    pool: {window: 2}   // halves", "    pool: {window: 2}   # halves"),
    ],
)  # fmt: skip
def test_habits_of_other_systems_are_read(right: str, written: str, meant: str | None) -> None:
    assert right in GOOD
    text = GOOD.replace(right, written)
    if meant is None:
        text = text.replace("    pool: {window: 2}\n", "")
        right, meant = (
            "  - conv: {filters: 8, kernel: 3}\n    pool: {window: 2}\n",
            "  - {conv: {filters: 8, kernel: 3}}\n",
        )
    source = Source("habits.yaml", text)
    found = check_source(source).diagnostics
    assert edited(source.text, found[0].fixes[0].edits) == GOOD.replace(right, meant)


def test_two_slips_of_the_text_are_repaired_one_after_the_other() -> None:
    text = GOOD.replace("8, kernel", "8 kernel").replace("{window: 2}", "{window: 2")
    for _ in range(2):
        first = check_source(Source("twice.yaml", text)).diagnostics[0]
        text = edited(text, first.fixes[0].edits)
    assert text == GOOD
