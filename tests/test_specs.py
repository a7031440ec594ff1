"""The specs that people know, against what was published of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec
from netspec.analysis.plan import grammar

SPECS = Path(__file__).parent.parent / "specs"

PARAMETERS = {
    "lenet5": 61_706,  # LeCun and others 1998, with full connections from map to map
    "lenet5-fashion": 61_706,
    "alexnet": 62_378_344,  # one tower, 227x227
    "vgg11": 132_863_336,  # torchvision's weights
    "vgg16": 138_357_544,  # Keras's weights
    "vgg19": 143_667_240,
    "mobilenet-v1": 4_231_976,  # Keras's weights, trainable
    "all-cnn-c": 1_369_738,
    "notes/thousand-by-thousand": 100_000_100,
}


@pytest.mark.parametrize(
    "path", sorted(SPECS.glob("*.yaml")) + sorted(SPECS.glob("notes/*.yaml")), ids=lambda p: p.stem
)
def test_every_spec_is_clean(path: Path) -> None:
    report = netspec.check(path)
    # A projection of a residual network leaves cells out on purpose: a hint.
    assert [finding for finding in report.diagnostics if finding.severity != "hint"] == []
    assert report.plan is not None
    assert report.plan.name == path.stem


@pytest.mark.parametrize("name", PARAMETERS)
def test_published_counts_are_hit_to_the_last_digit(name: str) -> None:
    plan = netspec.check(SPECS / f"{name}.yaml").plan
    assert plan is not None
    assert plan.parameters == PARAMETERS[name]


def test_published_costs() -> None:
    vgg, mobile = (netspec.check(SPECS / f"{name}.yaml").plan for name in ("vgg16", "mobilenet-v1"))
    assert vgg is not None
    assert mobile is not None
    assert f"{vgg.macs / 1e9:.2f}" == "15.47"
    assert f"{mobile.macs / 1e6:.0f}" == "569"  # Howard and others 2017, table 4
    assert vgg.receptive_field == (212, 212)  # Araujo, Norris and Sim 2019


def test_the_grammar_is_told_back() -> None:
    plan = netspec.check(SPECS / "lenet5.yaml").plan
    assert plan is not None
    assert grammar(plan.spec) == {"N": [1, 1], "M": 2, "K": 3, "text": "INPUT -> [CONV -> POOL]*2 -> FC*3"}
