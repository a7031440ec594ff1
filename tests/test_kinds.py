"""A layer kind is one object: two that only the tests have pass through every stage, with no line changed elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from typing import Any
from xml.etree import ElementTree

import pytest

from netspec.analysis.memory import TOLERANCE
from netspec.language.activations import Relu
from netspec.language.conv import Conv
from netspec.language.fc import FC, Fc
from netspec.language.kinds import KINDS
from netspec.language.norms import BatchNorm
from netspec.language.pool import Pool
from netspec.language.schema import schema
from tests.cli.run import ROOT


@cache
def stage(name: str) -> dict[str, Any]:
    """What `tests.toys.through` prints of some stages."""
    command = [sys.executable, "-m", "tests.toys.through", name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_no_constructor_gives_settings_that_cannot_run() -> None:
    fc, conv, normed = Fc(units=3), Conv(filters=2, kernel=(3, 3)), BatchNorm()
    assert (fc.activation, fc.bias, Fc(units=3, norm=normed).bias) == (Relu(), True, False)
    assert (conv.activation, Conv(filters=2, kernel=(3, 3), norm=normed).bias) == (Relu(), False)
    assert (Pool(window=(3, 2)).stride, Pool(window="all").stride) == ((3, 2), (1, 1))
    assert all(kind.name == name for name, kind in KINDS.items())


def test_toy_kinds_are_validated() -> None:
    found = stage("front")
    assert found["spec"] == [0, []]
    status, (typo,) = found["typo"]
    assert (status, typo["line"], typo["message"], typo["help"]) == (
        1,
        found["line"],
        "`scale` has no key `bye`",
        "write `by`",
    )


def test_what_is_said_of_a_block_is_said_of_its_kinds() -> None:
    status, (order,) = stage("front")["order"]
    assert (status, order["code"], order["message"]) == (
        0,
        "NS234",
        "`bridge` is written above `scale`, and runs after it",
    )
    status, (empty,) = stage("front")["empty"]
    assert (status, empty["message"]) == (
        1,
        "a block needs at least one of `conv`, `scale`, `bridge`, `pool`, `branches`, `blocks`",
    )
    assert {"add `scale: {by: 2}`", "add `bridge: {}`"} <= {fix["title"] for fix in empty["fixes"]}


def test_only_one_kind_may_stand_behind_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "other", replace(FC, word="OTHER"))
    with pytest.raises(AssertionError, match="only `fc` may stand behind the blocks"):
        schema.__wrapped__()


def test_a_join_names_both_of_what_it_cannot_join() -> None:
    status, (found,) = stage("front")["unequal"]
    assert (status, found["message"]) == (1, "`block2.bridge`: 4x4x4 and 2x2x4 cannot be added")
    assert [label["message"] for label in found["labels"]] == [
        "`block1.pool` gives 4x4x4",
        "`block2.scale` gives 2x2x4",
    ]
    assert found["notes"] == ["shapes: input 8x8x3 -> block1.conv1 8x8x4 -> block1.pool 4x4x4 -> here"]


def test_toy_kinds_are_summed_up() -> None:
    found = stage("front")
    facts = json.loads(found["json"])
    assert facts["grammar"] == {
        "N": [1, 1, 1],
        "M": 3,
        "K": 1,
        "text": "INPUT -> CONV -> POOL -> [CONV -> SCALE -> BRIDGE -> POOL]*2 -> FC",
    }
    layers = {layer["name"]: layer for layer in facts["layers"]}
    assert {name: layer["reads"] for name, layer in layers.items() if "reads" in layer} == {
        "block2.bridge": ["block1.pool", "block2.scale"],
        "block3.bridge": ["block2.pool", "block3.scale"],
    }
    assert (layers["block2.scale"]["parameters"], layers["block2.scale"]["macs"]) == (4, 64)
    # the largest of what is joined: the convolution sees 8x8, what it bridges 4x4
    assert layers["block2.bridge"]["receptive_field"] == [8, 8]
    assert layers["block2.pool"]["receptive_field"] == [10, 10]
    assert "block2.scale  scale by 2" in found["table"]
    for form in ("markdown", "csv"):
        assert "block3.bridge" in found[form]


def test_layers_that_are_left_out_leave_no_gap() -> None:
    """Who read one of them reads what that one read first: a repair tries networks with fewer layers."""
    found = stage("front")
    joins = {name: {layer: reads for layer, *reads in found[name]} for name in found if name.startswith("reads")}
    assert joins["reads"]["block2.bridge"] == [2, 4]
    assert joins["reads"]["block3.bridge"] == [6, 8]
    assert joins["reads without scale"]["block2.bridge"] == [2, 3]
    assert joins["reads without scale"]["block3.bridge"] == [5, 6]
    assert joins["reads without block 2"]["block3.bridge"] == [2, 4]
    assert joins["reads without block 2"]["fc1"] == [6]


def test_toy_kinds_are_drawn() -> None:
    picture = ElementTree.fromstring(stage("front")["diagram"])
    words = {element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")}
    assert {"scaling", "addition", "scale by 2", "reads block1.pool, block2.scale"} <= words
    style = next(picture.iter("{http://www.w3.org/2000/svg}style")).text or ""
    assert ".net .scale{fill:#fde047}" in style
    assert ".net .scale{fill:#a16207}" in style


def test_toy_kinds_are_in_the_schema_and_the_editor() -> None:
    found = stage("front")
    assert found["schema"] == [], "the spec is valid by the schema"
    assert {"scale", "bridge"} <= json.loads(found["schema command"])["$defs"].keys()
    assert found["keys of a block"]["bridge"] == "bridge: {}"
    assert found["keys of scale"] == ["by", "name"]
    assert "**block2.scale** 4x4x4 -> 4x4x4" in found["hover"]
    assert found["hints"][str(found["line"])] == "4x4x4 .. 3x3x4, 8 parameters"


@pytest.mark.slow
def test_toy_kinds_compute_and_train() -> None:
    """That output and gradients are those of PyTorch, `through` holds itself; a value with two readers adds theirs up."""
    pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    found = stage("training")
    assert found["bridge"] == 0
    assert found["losses"][-1] < found["losses"][0] / 10
    assert all(abs(after - before) > 0.01 for after, before in zip(found["scale"], (1, 2, 3, 4), strict=True))
    predicted, compiled = found["bytes"]
    assert predicted == pytest.approx(compiled, rel=TOLERANCE)
