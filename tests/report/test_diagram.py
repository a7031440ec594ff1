"""The picture of a network: well-formed, self-contained, true to the plan."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from netspec.analysis.plan import Plan
from netspec.repair.check import check_source
from netspec.report.diagram import draw
from netspec.report.diagram.glyphs import DEEP
from netspec.report.diagram.marks import WIDTH
from netspec.text.source import Source

ROOT = Path(__file__).parent.parent.parent
SPECS = sorted(path for path in (ROOT / "specs").rglob("*.yaml") if "broken" not in path.parts)
SVG = "{http://www.w3.org/2000/svg}"


def plan_of(text: str) -> Plan:
    plan = check_source(Source("spec.yaml", text)).plan
    assert plan is not None
    return plan


def words(picture: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in picture.iter(f"{SVG}text")]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_known_networks_are_drawn_whole(path: Path) -> None:
    plan = plan_of(path.read_text())
    text = draw(plan)
    picture = ElementTree.fromstring(text)
    assert text.count("http") == 1, "the namespace is the only address"
    described = picture.find(f"{SVG}desc")
    assert described is not None
    assert all(layer.name in (described.text or "") for layer in plan.layers)
    assert f"{plan.parameters:,} parameters, {plan.macs:,} multiply-adds an image" in words(picture)
    height = float(picture.attrib["height"])
    for box in picture.iter(f"{SVG}rect"):
        x, y, wide, high = (float(box.attrib.get(name, "0")) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + wide <= WIDTH
        assert 0 <= y <= y + high <= height


def test_a_narrow_picture_has_its_words_in_it() -> None:
    """For a telephone: rows, legend and headings are wrapped, and nothing is drawn smaller."""
    picture = ElementTree.fromstring(draw(plan_of(JOINED), 480))
    assert float(picture.attrib["width"]) < 800
    for text in picture.iter(f"{SVG}text"):
        room = 6 * len("".join(text.itertext())) / (2 if text.attrib["text-anchor"] == "middle" else 1)
        assert 0 < float(text.attrib["x"]) <= float(picture.attrib["width"]) - room


def test_sizes_windows_and_depths_are_the_plan_s() -> None:
    text = "netspec: 1\nname: t\ninput: [8, 8, 1]\nblocks:\n  - {conv: {filters: 4, kernel: 3}, pool: {window: all}}\nfc: [10]\n"
    picture = ElementTree.fromstring(draw(plan_of(text)))
    roles = [box.attrib["class"] for box in picture.iter(f"{SVG}rect")]
    assert [roles.count(f"cell {kind}") for kind in ("input", "conv", "pool", "fc")] == [1, 3, 3, 1]
    assert roles.count("window") == 1 + 2, "the legend's, the convolution's and the pooling's"
    boxes = [box for box in picture.iter(f"{SVG}rect") if box.attrib["class"] != "key"]
    conv = [box for box in boxes if box.attrib["class"] == "cell conv"]
    read = boxes[boxes.index(conv[-1]) + 1]
    assert read.attrib == conv[-1].attrib | {"class": "window"}, "global pooling reads the whole map"
    assert {"6x6x4", "1x1x4", "10", "conv 3x3", "40 parameters"} <= set(words(picture))


def test_layers_alike_are_drawn_once_and_counted() -> None:
    head = "netspec: 1\nname: t\ninput: [8, 8, 4]\n"
    many = "blocks:\n  - conv: {filters: 4, kernel: 3, padding: same, repeat: 2000}\nfc: [10]\n"
    text = draw(plan_of(head + many))
    shown = words(ElementTree.fromstring(text))
    assert "block1.conv1 … conv2000" in shown
    assert "2000 of these in a row" in shown
    assert f"{2000 * (3 * 3 * 4 * 4 + 4):,} parameters" in shown
    assert text.count('class="cell conv"') == 3 <= DEEP


def test_two_layers_alike_are_drawn_once_too() -> None:
    head = "netspec: 1\nname: t\ninput: [8, 8, 4]\nblocks:\n  - conv: {filters: 4, kernel: 3, padding: same, repeat: "
    for count in (2, 3):
        shown = words(ElementTree.fromstring(draw(plan_of(f"{head}{count}}}\nfc: [10]\n"))))
        assert f"{count} of these in a row" in shown


def test_the_legend_has_the_kinds_that_occur() -> None:
    texts = {
        "fc: [10]\n": {"fully connected"},
        "blocks: [{conv: {filters: 4, kernel: 3}}]\nfc: [10]\n": {"convolution", "window", "fully connected"},
    }
    for text, kinds in texts.items():
        shown = set(words(ElementTree.fromstring(draw(plan_of(f"netspec: 1\nname: t\ninput: [8, 8, 1]\n{text}")))))
        assert shown & {"convolution", "pooling", "fully connected", "window"} == kinds


def test_hostile_names_stay_words() -> None:
    plan = plan_of("netspec: 1\nname: t\ninput: [8, 8, 1]\nfc: [10]\n")
    picture = ElementTree.fromstring(draw(replace(plan, spec=replace(plan.spec, name="a</title><script>&\a"))))
    assert picture.find(f".//{SVG}script") is None
    assert "a</title><script>&\ufffd" in words(picture)


def test_the_command_computes_nothing(tmp_path: Path) -> None:
    code = f"""
import sys
from netspec.cli.main import netspec
netspec(["diagram", "specs/vgg19.yaml", "-o", {str(tmp_path / "net.svg")!r}], standalone_mode=False)
assert not {{"jax", "numpy", "optax"}} & set(sys.modules)
netspec(["diagram", "specs/vgg19.yaml"], standalone_mode=False)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "net.svg").read_text("utf-8") == done.stdout
    assert "vgg19" in done.stdout


JOINED = """netspec: 1
name: joined
input: [16, 16, 8]
defaults: {conv: {kernel: 3, padding: 1}}
blocks:
  - repeat: 3
    conv: [{filters: 16, first: {stride: 2}}, {filters: 16, activation: none, gate: {units: 2}}]
    shortcut: add
    activation: relu
  - repeat: 4
    conv: [{filters: 4}, {filters: 4}]
    shortcut: concat
  - branches:
      - conv: {filters: 8}
      - branches: [{conv: {filters: 4}}, {conv: [{filters: 8}, {filters: 4, repeat: 9}]}]
        join: add
      - []
    join: concat
    pool: {window: all}
fc: [10]
"""


def test_branches_shortcuts_and_what_is_repeated() -> None:
    picture = ElementTree.fromstring(draw(plan_of(JOINED)))
    shown, boxes = words(picture), list(picture.iter(f"{SVG}rect"))
    labels = ["".join(span.itertext()) for span in picture.iter(f"{SVG}text")]
    assert [label for label in labels if label.startswith("block") and "parameters" in label] == [
        "block1 3,714 parameters",
        "block2 … block3 2 of these in a row, 9,444 parameters",
        "block4 … block7 4 of these in a row, 3,776 parameters; the first is drawn, the last gives 8x8x32",
        "block8 7,256 parameters",
    ]
    roles = [box.attrib["class"] for box in boxes]
    assert [roles.count(f"cell {kind}") for kind in ("add", "concat", "gate")] == [3, 2, 2], "each once where alike"
    assert {"projection", "conv1", "conv2", "branch1.conv1", "branch2.branch2.conv1"} < set(shown)
    assert "gate by 2, relu, sigmoid" in shown
    assert "8 of these in a row" in shown


def test_what_is_drawn_stands_clear() -> None:
    """Frames and circles lie in the picture; a branch stands below the one that is joined before it."""
    picture = ElementTree.fromstring(draw(plan_of(JOINED)))
    height, frames = float(picture.attrib["height"]), list[tuple[float, ...]]()
    for box in picture.iter(f"{SVG}rect"):
        x, y, wide, high = (float(box.attrib.get(name, "0")) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + wide <= WIDTH
        assert 0 <= y <= y + high <= height
        if box.attrib["class"].startswith("frame"):
            assert all(y >= below or x >= right or x + wide <= left for left, right, below in frames)
            frames.append((x, x + wide, y + high))
    tops = {text.text: float(text.attrib["y"]) for text in picture.iter(f"{SVG}text")}
    assert tops["branch1.conv1"] < tops["branch2.branch1.conv1"] < tops["branch2.branch2.conv1"]
