"""`netspec bench`: what it measures is what the network has, and its table fits a screen."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from netspec.cli.bench import bench
from netspec.tuning.autotune import MODES
from tests.cli.run import ROOT, netspec

SPEC = """\
netspec: 1
name: tiny
input: [8, 8, 1]
blocks:
  - conv: {filters: 4, kernel: 3, norm: batch}
    pool: {window: 2}
  - conv: {filters: 8, kernel: 2}
fc: [10]
train: {batch_size: 16}
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    path = tmp_path_factory.mktemp("bench") / "tiny.yaml"
    path.write_text(SPEC)
    done = netspec("bench", str(path), "--compare", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "measuring tiny ...\n"
    return json.loads(done.stdout)  # type: ignore[no-any-return]


@pytest.mark.slow
def test_every_direction_that_training_computes_is_measured(found: dict[str, object]) -> None:
    layers = {layer["name"]: layer["directions"] for layer in found["layers"]}  # type: ignore[attr-defined]
    assert {name: list(directions) for name, directions in layers.items()} == {
        "block1.conv1": ["output", "weight_gradient"],
        "block1.conv1/norm": ["output", "input_gradient"],
        "block1.pool": ["output", "input_gradient"],
        "block2.conv1": ["output", "input_gradient", "weight_gradient"],
        "fc1": ["output", "input_gradient", "weight_gradient"],
    }
    for directions in layers.values():
        for one in directions.values():
            assert 0 < one["min_seconds"] <= one["median_seconds"]


@pytest.mark.slow
def test_the_documentation_has_every_key(found: dict[str, object]) -> None:
    page = (ROOT / "docs" / "performance.md").read_text()
    documented = set(re.findall(r"`(\w+)`", page[page.index("| key | |") : page.index("FLOPs are two")]))
    keys: set[str] = set()

    def collect(value: object) -> None:
        if isinstance(value, dict):
            keys.update(value)
            for part in value.values():
                collect(part)
        elif isinstance(value, list):
            for part in value:
                collect(part)

    collect({name: value for name, value in found.items() if name not in ("choices", "layers")})
    collect([layer | {"directions": list(layer["directions"].values())} for layer in found["layers"]])  # type: ignore[attr-defined]
    assert keys <= documented


@pytest.mark.slow
def test_rates_follow_from_the_times(found: dict[str, object]) -> None:
    step = found["train_step"]
    assert isinstance(step, dict)
    assert step["images_per_second"] == pytest.approx(16 / step["median_seconds"])
    # conv 3x3 on 6x6x4 without input gradient, conv 2x2 on 2x2x8 and fc 32x10 with all three
    flops = 2 * 16 * (2 * 36 * 9 * 4 + 3 * 4 * 4 * 4 * 8 + 3 * 32 * 10)
    assert step["flops_per_second"] == pytest.approx(flops / step["median_seconds"])
    assert step["share_of_peak"] == pytest.approx(step["flops_per_second"] / found["peak_flops_per_second"])


@pytest.mark.slow
def test_the_table_fits_and_a_long_step_takes_a_smaller_batch(tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(SPEC.replace("batch_size: 16", "batch_size: 16, precision: bfloat16"))
    done = netspec("bench", str(path), "--batch", "2")
    assert done.returncode == 0, done.stderr
    assert "batch 2, bfloat16" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "block2.conv1" in done.stdout


def test_a_map_has_no_step_to_measure(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text("netspec: 1\nname: map\ninput: [8, 8, 1]\nblocks: [{conv: {filters: 4, kernel: 3}}]\n")
    done = netspec("bench", str(path))
    assert done.returncode == 1
    assert f"--> {path}:4:" in done.stderr
    assert "NS209" in done.stderr
    assert "help: end with" in done.stderr


def test_its_modes_are_those_that_there_are() -> None:
    (tune,) = (option for option in bench.params if option.name == "tune")
    assert tuple(tune.to_info_dict()["type"]["choices"]) == MODES
