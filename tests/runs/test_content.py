"""Files of netspec's own form with a right checksum and wrong content: refused by name, never by a traceback."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from netspec.runs import checkpoint, content
from netspec.runs.checkpoint import Checkpoint
from netspec.storage import tensors
from netspec.storage.tensors import Corrupt
from netspec.training.trained import load

MEASURED = ("accuracy", "validation_loss", "validation_accuracy")
ROW = {"epoch": 1, "step": 7, **dict.fromkeys((*content.NUMBERS, *MEASURED), 0.5)}
RECORD: dict[str, Any] = {
    "spec": {"data": {"path": None}, "train": {"schedule": {}}},
    **{"data": "00", "options": {}, "choices": {}, "versions": {}, "cores": 1, "processor": "p"},
    **{"classes": ["a", "b"], "devices": {"kind": "cpu", "count": 1}, "settings": {}},
}
SPEC = "netspec: 1\nname: x\ninput: [2, 2, 1]\nfc: [2]\n"
MODEL = {"netspec": 1, "spec": SPEC, "record": RECORD, "rows": [ROW]}
SAVED = {
    **{"checkpoint": checkpoint.FORMAT, "step": 7, "epoch": 1, "position": 0, "record": RECORD, "metrics": [ROW]},
    "more": {"text": SPEC, "best_after": 0, "epoch_seconds": 0.0},
}
OTHERS: tuple[object, ...] = (None, -1, True, "text", [], [3], {}, {"a": 3})


def spoiled(whole: Any) -> Iterator[tuple[str, Any]]:
    """The content with each value that is read replaced by those of other types, and without each key."""
    for path in paths(whole):
        for other in OTHERS:
            changed = copy.deepcopy(whole)
            place = changed
            for key in path[:-1]:
                place = place[key]
            number = isinstance(place[path[-1]], float) and other == -1
            if type(place[path[-1]]) is not type(other) and not number:
                place[path[-1]] = other
                yield f"{path}: {other!r}", changed
        if isinstance(path[-1], str):
            changed = copy.deepcopy(whole)
            place = changed
            for key in path[:-1]:
                place = place[key]
            del place[path[-1]]
            yield f"without {path}", changed


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from paths(inner, (*path, key))


def harmless(what: str) -> bool:
    """What a record may have: nobody reads it but to compare."""
    return (
        "'count'" in what or "'cores'" in what or "without ('record', 'settings')" in what or "'path'): 'text'" in what
    )


def test_the_content_of_a_model() -> None:
    assert content.of_model(MODEL) is None
    assert content.of_model(MODEL | {"netspec": 99}) == "it is a model of format 99, and this version reads 1"
    let_through = [what for what, changed in spoiled(MODEL) if content.of_model(changed) is None and not harmless(what)]
    assert not let_through


def test_the_content_of_a_checkpoint() -> None:
    def reason(changed: dict[str, Any]) -> str | None:
        try:
            return content.of_checkpoint(checkpoint.of_content(Path("x"), {}, changed))
        except Corrupt as error:
            return error.reason

    assert reason(SAVED) is None
    let_through = [what for what, changed in spoiled(SAVED) if reason(changed) is None and not harmless(what)]
    assert not let_through
    weights = {"kernel": np.array([1.0, np.nan], np.float32)}
    saved = Checkpoint(7, 1, 0, weights, RECORD, [ROW], SAVED["more"])  # type: ignore[arg-type]
    assert content.of_checkpoint(saved) == "`kernel` holds a number that is not finite"


def arrays(**others: np.ndarray) -> dict[str, np.ndarray]:
    ones = {"params/fc1/kernel": np.ones((4, 2), np.float32), "params/fc1/bias": np.ones(2, np.float32)}
    ones |= {f"state/input/{name}": np.ones(1, np.float32) for name in ("mean", "deviation")}
    return ones | others


@pytest.mark.parametrize(
    ("weights", "facts", "words"),
    [
        ({}, {}, None),
        (
            {"params/fc1/bias": np.array([0, np.nan], np.float32)},
            {},
            "`params/fc1/bias` holds a number that is not finite",
        ),
        ({}, {"netspec": 99}, "format 99"),
        ({}, {"record": RECORD | {"classes": ["a"]}}, "2 numbers an image, and its record names 1"),
        ({}, {"rows": [ROW | {"loss": "low"}]}, "`loss` of row 1"),
        ({}, {"rows": 3}, "rows"),
    ],
)
def test_a_model_is_loaded_or_refused(weights: Any, facts: Any, words: str | None, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(tensors.save_bytes(arrays(**weights), MODEL | facts))
    if words is None:
        assert load(path, warn=lambda _: None).classes == ("a", "b")
    else:
        with pytest.raises(Corrupt, match=words):
            load(path)


def crafted(metadata: str) -> bytes:
    """A file whose one metadata key is this text after the place of the hash, with the right hash."""
    data = save({"a": np.ones(1, np.float32)}, {"netspec": '{"hash":"' + "0" * 64 + metadata})
    return hashed(data)


def hashed(data: bytes) -> bytes:
    """The file with the right hash in the place of 64 digits that are all 0."""
    place = data.index(b"0" * 64)
    return data[:place] + tensors._hash(data, place) + data[place + 64 :]


WRONG, UNREAD = "checksum is right", "does not begin"


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ('"', UNREAD),
        ('"}', WRONG),
        ('","metadata":3}', WRONG),
        ('","metadata":[]}', WRONG),
        ('","metadata":{"loss":NaN}}', WRONG),
        ('","metadata":{"a":' + "[" * 90 + "]" * 90 + "}}", WRONG),
        ('","metadata":{"a":' + "[" * 50_000 + "]" * 50_000 + "}}", UNREAD),
    ],
    ids=range(7),
)
def test_metadata_that_is_none(rest: str, said: str) -> None:
    with pytest.raises(Corrupt, match=said):
        tensors.load(crafted(rest))


@pytest.mark.parametrize(
    ("old", "said"),
    [(b'"F32"', WRONG), (b'"shape":[1]', WRONG), (b'"data_offsets":[0,4]', WRONG), (b'"a":{', UNREAD)],
)
def test_a_header_that_is_none(old: bytes, said: str) -> None:
    data = save({"a": np.ones(1, np.float32)}, {"netspec": '{"hash":"' + "0" * 64 + '","metadata":{}}'})
    assert old in data
    spoiled = data.replace(
        old, old.replace(b"F32", b"F99").replace(b"1]", b"9]").replace(b"4]", b"9]").replace(b'"a":{', b'"a":['), 1
    )
    with pytest.raises(Corrupt, match=said):
        tensors.load(hashed(spoiled))
