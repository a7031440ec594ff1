"""What a run was made of, and what may be different when it goes on.

A record is plain JSON:

- `spec`: the spec as `plain` gives it, every default filled in;
- `begun`: where `train.from` is given, the file that the training began from: its path, its SHA-256, what was taken of it;
- `data`: the fingerprint of the images and labels; `pixels`: the type of the images, which the fingerprint covers; `seed`;
- `versions`, `options` (of XLA), `choices` (of algorithms), `cores`, `processor`, `devices`, `settings` (variables of the
  environment: see `jax_environment`): these change no formula, but may change the last bits of its result.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from netspec.language.kinds import KINDS
from netspec.language.plain import ABSENT, Change, changes, plain
from netspec.language.usual import usual
from netspec.runs import processor

Effect = Literal["refused", "warned", "allowed"]

BITS_ONLY = ("versions", "options", "choices", "cores", "devices", "processor", "settings")
"""Parts of a record that change no formula: a run may go on where they differ."""

IMPLIED = ("pixels",)
"""Parts that cannot differ where the others agree. Runs of earlier versions lack them."""

READ_ONCE = ("begun",)
"""Parts that only who begins a run has: who goes on with it does not read the file again."""

FREE = (
    *("name", "description", "budget", "data.path", "data.loading"),
    *("train.checkpoint", "train.early_stopping", "train.target"),
)
"""Keys of a spec that no step depends on. `data.path` may move: the data's fingerprint says what is there."""

LATER: dict[str, object] = {"settings": {}}
"""Parts that runs of earlier versions lack, and what stands for them."""

LATER_KEYS: dict[str, object] = {
    **{"data.labels": "class", "train.accumulate": 1, "train.optimizer.decay_norms": True},
    **{"train.freeze": [], "train.optimizer.rate_factors": []},
}
"""Keys that specs of earlier versions lack, and what stands for them; any other key of theirs that is null now was not there."""

ANOTHER_RUN: tuple[Effect, str] = ("refused", "the run would be another one")
SAME_UP_TO_BITS: tuple[Effect, str] = ("warned", "the last bits of the results may differ")

PACKAGES = ("netspec-compiler", "jax", "jaxlib", "optax", "numpy", "ml_dtypes", "safetensors")


TYPES: tuple[tuple[str, tuple[type, ...], str], ...] = (
    ("spec", (dict,), "a mapping"),
    ("spec.data", (dict,), "a mapping"),
    ("spec.data.path", (str, type(None)), "a path or null"),
    ("spec.train", (dict,), "a mapping"),
    ("spec.train.schedule", (dict,), "a mapping"),
    ("data", (str,), "a string"),
    ("options", (dict,), "a mapping"),
    ("choices", (dict,), "a mapping"),
    ("versions", (dict,), "a mapping"),
    ("cores", (int, type(None)), "a number or null"),
    ("processor", (str,), "a string"),
    ("classes", (list,), "a list"),
    ("devices", (dict,), "a mapping"),
    ("devices.kind", (str,), "a string"),
)
"""What is read of a record: the key, its types, and these in words."""


@dataclass(frozen=True, slots=True)
class Difference(Change):
    """A change of a record with what it means for a run that goes on."""

    effect: Effect
    reason: str

    def __str__(self) -> str:
        if self.path == "data":  # two fingerprints, which tell a person nothing
            return "data: the images or labels are not those that it was begun with"
        return Change.__str__(self)


def malformed(value: object) -> str | None:
    """What is wrong with a record read from a file; None where every key that is read of it is there, of its type.

    >>> malformed({"spec": []})
    '`spec` is not a mapping'
    """
    if not isinstance(value, dict):
        return "it is not a mapping"
    for path, types, words in TYPES:
        place: Any = value
        *above, last = path.split(".")
        for key in above:
            place = place[key]
        if last not in place:
            return f"it has no `{path}`"
        if not isinstance(place[last], types) or isinstance(place[last], bool):
            return f"`{path}` is not {words}"
    if value.get("pixels", "uint8") not in ("uint8", "float32"):
        return "`pixels` are neither uint8 nor float32"
    if not all(isinstance(name, str) for name in value["classes"]):
        return "`classes` are not strings"
    if not isinstance(value.get("settings", {}), dict):
        return "`settings` is not a mapping"
    if (reason := _malformed_begun(value.get("begun"))) is not None:
        return reason
    named = (names.values() if isinstance(names, dict) else [names] for names in value["choices"].values())
    if not all(isinstance(name, str) for names in named for name in names):
        return "`choices` are not names"
    return None


def _malformed_begun(begun: object) -> str | None:
    """What is wrong with the part `begun`, where there is one."""
    if begun is None:
        return None
    if not isinstance(begun, dict) or not all(isinstance(begun.get(key), str) for key in ("path", "sha256")):
        return "`begun` names no file"
    return None


def fingerprint(value: object) -> str:
    """SHA-256 of a plain value's JSON, keys sorted: 64 digits."""
    return hashlib.sha256(json.dumps(plain(value), sort_keys=True).encode()).hexdigest()


def environment() -> dict[str, Any]:
    """The `versions` and `cores` of this process. Imports none of the packages."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    affinity = getattr(os, "sched_getaffinity", None)  # on Linux: the cores that this process may use
    cores = len(affinity(0)) if affinity else os.cpu_count()
    return {"versions": versions, "cores": cores, "processor": processor.name()}


def _shortest(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a record has of a spec, without what goes without saying of its layers: earlier versions said all they knew."""
    layers = [
        {key: value for key, value in layer.items() if key == "kind" or value != usual(layer["kind"]).get(key, ABSENT)}
        if isinstance(layer, dict) and layer.get("kind") in KINDS
        else layer
        for layer in spec.get("layers", ())
    ]
    return {**spec, "layers": layers} if "layers" in spec else spec


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """What differs between the record of a run and that of the process which would go on with it.

    A key of the spec is named as the spec names it. Refused is whatever is not known to be harmless.
    """
    differences = [
        Difference(change.path, change.old, change.new, *_judge_spec(change, new))
        for change in changes(_shortest(old.get("spec", {})), _shortest(new.get("spec", {})))
        if not (change.old is ABSENT and change.new == LATER_KEYS.get(change.path))
    ]
    for part in {**old, **new}:
        if part == "spec" or part in IMPLIED or (part in READ_ONCE and not (part in old and part in new)):
            continue
        effect, reason = SAME_UP_TO_BITS if part in BITS_ONLY else ANOTHER_RUN
        differences.extend(
            Difference(change.path, change.old, change.new, effect, reason)
            for change in changes(old.get(part, LATER.get(part, ABSENT)), new.get(part, ABSENT), part)
        )
    return differences


def foreign(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """What shows that something saved with the record `old` is not of the run `new`; None where it may be of an earlier stage of it."""
    refused = [change for change in compare(old, new) if change.effect == "refused" and change.path != "train.epochs"]
    return f"it is of another run: {'; '.join(map(str, refused))}" if refused else None


def _judge_spec(change: Change, new: Mapping[str, Any]) -> tuple[Effect, str]:
    """What a change of a key of the spec means."""
    if any(change.path == key or change.path.startswith(f"{key}.") for key in FREE):
        return "allowed", "no step depends on it"
    if change.path != "train.epochs":
        return ANOTHER_RUN
    if not (isinstance(change.old, int) and isinstance(change.new, int) and change.new > change.old):
        return "refused", "epochs may only be added"
    schedule = new["spec"]["train"].get("schedule", {})
    values = itertools.chain.from_iterable(value if isinstance(value, list) else [value] for value in schedule.values())
    if any(isinstance(value, str) and value.endswith("%") for value in values):
        return "warned", "the schedule counts in shares of all steps, which are more now"
    return "allowed", "the run goes on for longer"
