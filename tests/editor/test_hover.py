"""What a place says of itself: for every key its facts, for every layer its arithmetic, for budgets what is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.editor.document import Document
from netspec.editor.hover import hover
from netspec.language.reference import default
from tests.editor.places import SECTIONS, closed, end, name, written

ROOT = Path(__file__).parent.parent.parent
LENET = (ROOT / "specs" / "lenet5.yaml").read_text()


def shown(text: str, line: int, column: int) -> str:
    found = hover(Document.of(text, "x.yaml"), line, column)
    return found.text if found else ""


def at(text: str, marked: str, after: int = 0) -> str:
    """The hover at the first place where this text stands."""
    index = text.index(marked) + after
    return shown(text, *end(text[:index]))


@pytest.mark.parametrize("flow", [False, True], ids=["block", "flow"])
@pytest.mark.parametrize("section", SECTIONS, ids=name)
def test_every_key_of_every_mapping_is_explained(section: tuple, flow: bool) -> None:
    path, chosen, keys = section
    for key in keys:
        if not path and (flow or key.name in ("netspec", "name")):
            continue
        text = written(path, [*([chosen] if chosen else []), f"{key.name}: 1"], flow=flow)
        line, column = end(text)
        for whole in (text, closed(text), text + " {"):
            found = shown(whole, line, column - 4)
            assert key.doc in found, whole
            assert key.type.expected in found
            assert "Required." in found if key.required else default(key).strip("`") in found


@pytest.mark.parametrize(
    ("marked", "facts"),
    [
        ("conv: {filters: 16", ("block2.conv1", "14x14x6 -> 10x10x16", "(14 - 5 + 2*0)/1 + 1 = 10", "2,416", "240.0k", "14x14")),
        ("kernel: 5, padding", ("block1.conv1", "28x28x1 -> 28x28x6", "(28 - 5 + 2*2)/1 + 1 = 28", "156")),
        ("pool: {type", ("block1.pool", "(28 - 2 + 2*0)/2 + 1 = 14", "sees 6x6")),
        ("84", ("fc2", "120*84 + 84 = 10164", "10,164", "How many units.")),
        ("input:", ("784 numbers an image", "sees 16x16 of 28x28")),
        ("parameters: 62k", ("61,706 of 62,000", "fc1 48,120")),
        ("budget:", ("61,706 of 62,000",)),
        ("batch_size", ("training takes 12.3MiB at batch 128", "421 steps an epoch")),
        ("blocks:", ("INPUT -> [CONV -> POOL]*2 -> FC*3", "61,706 parameters")),
        ("mnist\n", ("28x28x1 images of 10 classes; 60,000 training",)),
        ("cosine", ("Half a cosine",)),
    ],
)  # fmt: skip
def test_a_place_has_its_figures(marked: str, facts: tuple[str, ...]) -> None:
    found = at(LENET, marked)
    assert [fact for fact in facts if fact not in found] == [], found


def test_the_text_around_it_may_be_broken() -> None:
    broken = LENET.replace("84, 10]", "84, 10").replace("epochs: 10", "epochs 10")
    assert "(14 - 5 + 2*0)/1 + 1 = 10" in at(broken, "filters: 16")
    assert "How often the training set" in at(broken.replace("epochs 10", "epochs: {"), "epochs")
    misfit = LENET.replace("kernel: 5}", "kernel: 15}")
    assert "(28 - 2 + 2*0)/2 + 1 = 14" in at(misfit, "pool: {type")
    assert "sees" not in at(misfit, "fc:")


def test_a_finding_is_explained() -> None:
    misfit = LENET.replace("kernel: 5}", "kernel: 15}")
    assert "**NS301: " in at(misfit, "15}")
    assert "**NS401: " in at(LENET.replace("62k", "50k"), "50k")
    assert "61,706 of 50,000" in at(LENET.replace("62k", "50k"), "50k")


def test_repeated_layers_are_all_there() -> None:
    text = LENET.replace("{filters: 16, kernel: 5}", "{filters: 16, kernel: 1, repeat: 12}")
    found = at(text, "filters: 16")
    assert "block2.conv1" in found
    assert "block2.conv8" in found
    assert "... 12 layers" in found


def test_there_is_nothing_to_say_beside_the_text_and_of_other_files() -> None:
    assert shown(LENET, 4, 1) == ""
    assert shown(LENET, 1, 40) == ""
    assert shown("on: push\njobs: {build: 1}\n", 1, 1) == ""
    assert shown("", 1, 1) == ""


def test_a_pattern_says_which_layers_it_fits() -> None:
    text = LENET + "  from: base\n  freeze: [block1.*]\n"
    assert "156 of 61,706 parameters are frozen, in 1 layer" in at(text, "freeze")
    assert "`block1.*` fits `block1.conv1`, `block1.pool`" in at(text, "block1.*")
