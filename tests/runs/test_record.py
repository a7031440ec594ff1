from __future__ import annotations

import copy
import doctest
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from netspec.language import plain as plain_values
from netspec.language.plain import changes, plain
from netspec.runs import record as module
from netspec.runs.record import Difference, compare, environment, fingerprint


def record() -> dict[str, Any]:
    return {
        "spec": {
            "name": "x",
            "description": "",
            "layers": [{"name": "conv1", "filters": 8, "bias": True}, {"name": "fc1", "units": 10}],
            "budget": {"parameters": 100},
            "data": {"source": "digits", "path": None},
            "train": {
                "epochs": 10,
                "optimizer": {"type": "adamw", "learning_rate": 0.001},
                "schedule": {"type": "constant", "warmup": 0},
                "checkpoint": {"keep": 3},
                "target": None,
            },
        },
        "data": "a" * 64,
        "seed": 0,
        "versions": {"jax": "0.10.2"},
        "options": {},
        "choices": {"conv1": "direct"},
        "cores": 2,
    }


def with_(path: str, value: object, base: dict[str, Any] | None = None) -> dict[str, Any]:
    """A record that differs at one place, keys joined by slashes."""
    new = copy.deepcopy(base or record())
    *above, last = path.split("/")
    place: Any = new
    for key in above:
        place = place[int(key) if isinstance(place, list) else key]
    place[int(last) if isinstance(place, list) else last] = value
    return new


def only(old: dict[str, Any], new: dict[str, Any]) -> Difference:
    (difference,) = compare(old, new)
    return difference


def test_equal_records_differ_in_nothing() -> None:
    assert compare(record(), record()) == []
    assert compare(json.loads(json.dumps(record())), record()) == []


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("spec/train/optimizer/learning_rate", 0.01, "train.optimizer.learning_rate: 0.001 -> 0.01"),
        ("spec/layers/0/filters", 16, "layers[0].filters: 8 -> 16"),
        ("spec/layers/0/bias", 1, "layers[0].bias: true -> 1"),
        ("spec/train/epochs", 9, "train.epochs: 10 -> 9"),
        ("spec/train/gradient_clip", 1.0, "train.gradient_clip: absent -> 1.0"),
        ("spec/data/source", "mnist", 'data.source: "digits" -> "mnist"'),
        ("seed", 1, "seed: 0 -> 1"),
        ("data", "b" * 64, "data: the images or labels are not those that it was begun with"),
        ("spec/data/source", "m" * 64, f'data.source: "digits" -> "{"m" * 34}…"'),
        ("something_new", 1, "something_new: absent -> 1"),
    ],
)
def test_what_makes_another_run_is_refused_by_name(path: str, value: object, text: str) -> None:
    difference = only(record(), with_(path, value))
    assert str(difference) == text
    assert difference.effect == "refused"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec/name", "y"),
        ("spec/description", "longer"),
        ("spec/budget/parameters", 200),
        ("spec/budget", {}),
        ("spec/data/path", "/elsewhere"),
        ("spec/train/epochs", 11),
        ("spec/train/checkpoint/keep", 5),
        ("spec/train/target", {"metric": "accuracy", "at_least": 0.9}),
    ],
)
def test_what_no_step_depends_on_is_allowed(path: str, value: object) -> None:
    assert only(record(), with_(path, value)).effect == "allowed"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("versions/jax", "0.11.0"),
        ("versions/optax", "1.0"),
        ("options/a", "b"),
        ("choices/conv1", "fft"),
        ("cores", 8),
    ],
)
def test_what_may_change_the_last_bits_is_warned_of(path: str, value: object) -> None:
    difference = only(record(), with_(path, value))
    assert difference.effect == "warned"
    assert difference.path.startswith(path.split("/")[0])


def test_a_key_whose_name_begins_like_a_free_one_is_not_free() -> None:
    assert only(record(), with_("spec/name_of_data", "x")).effect == "refused"


def test_more_epochs_stretch_a_schedule_in_shares() -> None:
    cosine = with_("spec/train/schedule", {"type": "cosine", "warmup": 0, "decay_steps": "100%"})
    assert only(cosine, with_("spec/train/epochs", 20, cosine)).effect == "warned"
    absolute = with_("spec/train/schedule", {"type": "cosine", "warmup": 0, "decay_steps": 500})
    assert only(absolute, with_("spec/train/epochs", 20, absolute)).effect == "allowed"


def test_layers_that_came_or_went() -> None:
    found = compare(record(), with_("spec/layers", [record()["spec"]["layers"][0]]))
    assert [str(difference) for difference in found] == ['layers[1]: {"name": "fc1", "units": 10} -> absent']


def test_a_part_that_one_record_lacks() -> None:
    old = record()
    del old["data"]
    assert only(old, record()).effect == "refused"


def test_several_at_once_in_the_order_of_the_spec() -> None:
    new = with_("cores", 4, with_("spec/train/epochs", 20, with_("spec/layers/1/units", 5)))
    assert [difference.path for difference in compare(record(), new)] == [
        "layers[1].units",
        "train.epochs",
        "cores",
    ]


def test_one_and_one_point_zero_are_the_same_number() -> None:
    assert changes({"a": 1}, {"a": 1.0}) == []
    assert changes([1, (2, 3)], [1, [2, 3]]) == []


@dataclass(frozen=True)
class Sgd:
    type: ClassVar[str] = "sgd"
    rate: float = 0.5


@dataclass(frozen=True)
class Outer:
    optimizer: Sgd
    pairs: tuple[tuple[int, int], ...]
    own: frozenset[str]


def test_plain_keeps_the_type_of_a_variant() -> None:
    value = plain(Outer(Sgd(), ((1, 2),), frozenset({"b", "a"})))
    assert value == {"optimizer": {"type": "sgd", "rate": 0.5}, "pairs": [[1, 2]], "own": ["a", "b"]}
    assert json.loads(json.dumps(value)) == value
    with pytest.raises(TypeError, match="plain"):
        plain(object())


def test_fingerprint_depends_on_content_alone() -> None:
    assert fingerprint({"a": 1, "b": (2,)}) == fingerprint({"b": [2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
    assert len(fingerprint(None)) == 64


def test_environment_names_versions_and_usable_cores() -> None:
    found = environment()
    assert found["versions"]["numpy"] == __import__("numpy").__version__
    assert found["cores"] == len(os.sched_getaffinity(0))
    assert compare(found, environment()) == []


def test_environment_imports_nothing_heavy() -> None:
    code = "import sys, netspec.runs.record as r; r.environment(); print({'jax'} & {*sys.modules})"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert child.stdout == "set()\n"


def test_examples_in_the_documentation_run() -> None:
    for documented in (module, plain_values):
        results = doctest.testmod(documented)
        assert results.attempted
        assert not results.failed
