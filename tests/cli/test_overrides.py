"""Values from the command line: written into the text, told of the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netspec.cli import specs
from netspec.language.override import Aliased, override
from netspec.repair.check import check_source
from netspec.text.source import Source
from tests.cli.run import ROOT, here, netspec

SPEC = """\
netspec: 1
name: x
input: [8, 8, 1]
train: {epochs: 3, optimizer: {type: adamw}}  # short
budget:
  parameters: 1k
fc: [10]
"""


def text(item: str, spec: str = SPEC) -> str:
    source, _ = specs.written(Source("x.yaml", spec), "--set", [item])
    return source.text


@pytest.mark.parametrize(
    ("item", "line"),
    [
        ("train.epochs=12", "train: {epochs: 12, optimizer: {type: adamw}}  # short"),
        ("train.seed=7", "train: {epochs: 3, optimizer: {type: adamw}, seed: 7}  # short"),
        (
            "train.optimizer.learning_rate=0.1",
            "train: {epochs: 3, optimizer: {type: adamw, learning_rate: 0.1}}  # short",
        ),
        ("train.optimizer=sgd", "train: {epochs: 3, optimizer: sgd}  # short"),
        ("budget.macs=2k", "  parameters: 1k\n  macs: 2k\nfc:"),
        ("data.source=digits", "fc: [10]\ndata: {source: digits}\n"),
    ],
)
def test_the_rest_of_the_text_stays(item: str, line: str) -> None:
    changed = text(item)
    assert line in changed
    assert "# short" in changed
    assert check_source(Source("x.yaml", changed)).ok


@pytest.mark.parametrize(
    ("given", "item", "line"),
    [
        (
            "train: {optimizer: sgd}",
            "train.optimizer.learning_rate=0.1",
            "{optimizer: {type: sgd, learning_rate: 0.1}}",
        ),
        ("train: {optimizer: sgd}", "train.optimizer.momentum=0.9", "{optimizer: {type: sgd, momentum: 0.9}}"),
        ("train: {optimizer: sgd}", "train.optimizer.type=adam", "{optimizer: {type: adam}}"),
        ("train: {optimizer: adam}", "train.optimizer.b1=0.8", "{optimizer: {type: adam, b1: 0.8}}"),
        ("train: {schedule: 'cosine'}", "train.schedule.warmup=5%", "{schedule: {type: 'cosine', warmup: 5%}}"),
        ("train:\n  loss:\n    cross_entropy", "train.loss.label_smoothing=0.1", "    {type: cross_entropy, label_s"),
        ("train:", "train.epochs=3", "train: {epochs: 3}"),
    ],
)
def test_a_short_form_is_written_out_for_another_key(given: str, item: str, line: str) -> None:
    changed = text(item, SPEC.replace("train: {epochs: 3, optimizer: {type: adamw}}", given))
    assert line in changed
    assert check_source(Source("x.yaml", changed)).ok


@pytest.mark.parametrize("given", ["input: [8, 8, 1]", "input:\n- 8\n- 8\n- 1", "input:\n  [8,\n   8, 1]"])
@pytest.mark.parametrize(
    ("item", "size"),
    [("input.height=9", (9, 8, 1)), ("input.channels=3", (8, 8, 3)), ("input=[5, 6, 1]", (5, 6, 1))],
)
def test_the_short_form_of_the_input_keeps_the_other_sizes(given: str, item: str, size: tuple[int, ...]) -> None:
    spec = SPEC.replace("input: [8, 8, 1]", given).replace("1k", "3k") + "data: {source: npz, path: x.npz}\n"
    plan = check_source(Source("x.yaml", text(item, spec))).plan
    assert plan is not None
    assert plan.input == size


def test_a_list_is_replaced_at_the_indentation_of_its_key() -> None:
    plan = check_source(Source("x.yaml", text("fc=[10]", SPEC.replace("fc: [10]", "fc:\n- 5\n- 10")))).plan
    assert plan is not None
    assert len(plan.layers) == 1


def test_a_finding_points_into_the_file_and_names_the_option() -> None:
    source, made = specs.written(
        Source("x.yaml", SPEC), "--set", ["train.epochs=1000", "train.epochs=0", "input=[8, 8]"]
    )
    report = specs.check(source, made)
    size, epochs = report.diagnostics
    assert (size.span.line, size.span.column, size.span.end_column) == (3, 8, 17)
    assert (epochs.code, epochs.span.line, epochs.span.column, epochs.span.end_column) == ("NS102", 4, 17, 18)
    assert epochs.source.text == SPEC
    assert epochs.message.endswith(" (with `--set train.epochs=0`)")
    assert epochs.message.count("--set") == 1


@pytest.mark.parametrize("item", ["train.epochs=100000", "train.seed=123456", "budget.macs=2k", "data.source=digits"])
def test_places_behind_an_override_are_those_of_the_file(item: str) -> None:
    broken = SPEC.replace("{type: adamw}", "{type: adamw, momentun: 1}").replace("fc: [10]", "fc: [10, ten]")
    plain = check_source(Source("x.yaml", broken)).diagnostics
    assert len(plain) == 2
    source, made = specs.written(Source("x.yaml", broken), "--set", [item])
    moved = specs.check(source, made).diagnostics
    assert [(d.code, d.span) for d in moved] == [(d.code, d.span) for d in plain]
    assert [[fix.edits for fix in d.fixes] for d in moved] == [[fix.edits for fix in d.fixes] for d in plain]


def test_a_budget_from_the_command_line_blames_a_place_that_exists(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("netspec: 1\nname: x\ninput: [8, 8, 1]\nfc: [10]\n")
    done = netspec("validate", "--format", "json", "--budget", "parameters=100", str(path))
    (found,) = json.loads(done.stdout)["diagnostics"]
    assert (done.returncode, found["code"], found["line"]) == (1, "NS401", 4)
    assert found["message"].endswith("more than the budget of 100 (with `--budget parameters=100`)")


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("parameterss=60k", "`budget` has no key `parameterss`; write `parameters`."),
        ("parameters=60q", "`parameters` cannot be the string `60q`"),
        ("parameters=[1", "is closed by `}`"),
        ("memory.bytes=3", "--budget memory.bytes=3: "),
    ],
)
def test_a_budget_that_no_spec_could_have_is_wrong_usage(item: str, says: str) -> None:
    done = netspec("validate", "--budget", item, "specs")
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


def test_an_alias_is_not_changed_behind_its_anchor() -> None:
    spec = SPEC.replace("epochs: 3", "epochs: &n 3, seed: *n")
    with pytest.raises(Aliased):
        override(Source("x.yaml", spec), "--set train.seed=4", ["train", "seed"], "4")


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("blocks.1.shortcut", "none", "    shortcut: none"),
        ("blocks.1.conv.0.filters", "8", "    conv: [{filters: 8}, {filters: 16, activation: none}]"),
        ("fc.0.dropout", "0.5", "fc: [{units: 10, dropout: 0.5}]"),
        ("fc.0", "12", "fc: [12]"),
    ],
)
def test_an_item_of_a_list_is_called_by_its_number(path: str, value: str, line: str) -> None:
    text = (ROOT / "specs" / "notes" / "residual.yaml").read_text()
    made = override(Source("x.yaml", text), f"--set {path}={value}", path.split("."), value)
    assert made is not None
    assert line in made.source.text.splitlines()


def test_an_item_that_is_not_there_is_wrong_usage() -> None:
    done = netspec("summary", "specs/lenet5.yaml", "--set", "fc.3=64")
    assert (done.returncode, "`fc` has 3 items, numbered from 0: there is no `fc.3`" in done.stderr) == (2, True)


@pytest.mark.parametrize("item", ["train.epochs", "train.epochs=", "=3", "Train=3", "train..x=1"])
def test_what_is_no_assignment_is_wrong_usage(item: str) -> None:
    done = netspec("summary", "specs/lenet5.yaml", "--set", item)
    assert done.returncode == 2
    assert "write KEY=VALUE" in done.stderr


def test_what_repairs_an_option_is_another_option() -> None:
    source, made = specs.written(Source("x.yaml", SPEC), "--set", ["train.bach_size=50"])
    (found,) = specs.check(source, made).diagnostics
    assert (found.code, found.help, found.fixes) == ("NS104", "give `--set train.batch_size=50`", ())


def test_validate_takes_other_values_too() -> None:
    done = netspec("validate", "--format", "concise", "--set", "train.epochs=0", "specs/lenet5.yaml")
    assert done.returncode == 1
    assert "(with `--set train.epochs=0`)" in done.stdout


def test_a_value_that_reads_like_what_names_the_option_is_named_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("netspec: 1\nname: x\ninput: [8, 8, 1]\nfc: [10]\n")
    done = here("validate", str(path), "--set", "train.optimizer=' (with `'")
    assert "(with `--set train.optimizer=" in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("item", "instead"),
    [("train.epoch=5", "train.epochs=5"), ("fc.0.unit=8", "fc.0.units=8"), ("trian.epochs=5", "train.epochs=5")],
)
def test_a_slip_of_a_key_that_is_there_already_is_the_option_with_it(item: str, instead: str) -> None:
    source, made = specs.written(Source("x.yaml", SPEC), "--set", [item])
    found = next(one for one in specs.check(source, made).diagnostics if one.code == "NS104")
    assert found.help == f"give `--set {instead}`"
