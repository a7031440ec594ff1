"""The page of a run, and the measures on it."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from netspec.data.splits import Images
from netspec.language.heads import CLASS
from netspec.language.train import EarlyStopping, Train
from netspec.report import page, statistics
from netspec.report.evaluation import measure
from netspec.training.trained import load
from tests.lowering.networks import plan
from tests.training.runs import images_of, session

VOID = {"meta", "img", "br", "circle", "line"}
CLASSES = tuple(f'<b onclick="x">&{n}</b>\'' for n in range(10))


class Strict(HTMLParser):
    """Fails where tags are not balanced, and gathers what is referred to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def trained(folder: Path, text: str, classes: tuple[str, ...] | None = None) -> Images:
    images = images_of(plan(text))
    if classes is not None:
        images = replace(images, classes=classes)
    session(folder, text, images, chosen={}).run(None)
    return images


def test_pages_stand_alone(tmp_path: Path) -> None:
    head = "netspec: 1\nname: t\ndescription: <script>alert(1)</script>\ninput: [8, 8, 1]\n"
    train = "train: {epochs: 2, batch_size: 200, target: {at_least: 0.1}}\n"
    for name, layers in (
        ("conv", "blocks:\n  - {conv: {filters: 4, kernel: 3}, pool: {window: 2}}\nfc: [10]\n"),
        ("flat", "fc: [10]\ndata: {validation: 0}\n"),
        (
            "all",
            "blocks:\n  - {conv: {filters: 10, kernel: 3, activation: sigmoid}, pool: {type: average, window: all}}\n",
        ),
    ):
        images = trained(tmp_path / name, head + layers + train)
        text = page.write(tmp_path / name, load(tmp_path / name), images).read_text()
        assert "<script>" not in text
        parser = Strict()
        parser.feed(text.removeprefix("<!doctype html>"))
        assert parser.open == []
        assert all(source.startswith("data:") for source in parser.sources)
        for word in ("Confusion", "Mistakes", "active units", "weights near zero", "test accuracy"):
            assert word in text


def test_joins_and_gates_have_their_place_on_the_page(tmp_path: Path) -> None:
    text = """netspec: 1
name: t
input: [8, 8, 1]
blocks:
  - branches:
      - conv: {filters: 4, kernel: 1}
      - conv: {filters: 4, kernel: 3, padding: 1, gate: {units: 2}}
    join: concat
    shortcut: add
    activation: relu
    pool: {window: all, norm: batch}
fc: [10]
train: {epochs: 1, batch_size: 200}
"""
    images = trained(tmp_path / "t", text)
    shown = page.write(tmp_path / "t", load(tmp_path / "t"), images).read_text()
    assert "Filters of block1.branch2.conv1" in shown, "the first window of the image that is more than a cell"
    maps = [
        f"<p>block1.{name}</p>" for name in ("branch1.conv1", "branch2.conv1", "branch2.conv1.gate", "concat", "add")
    ]
    assert [shown.index(name) for name in maps] == sorted(shown.index(name) for name in maps)
    assert shown.count('<rect class="cell add"') == shown.count('<rect class="cell concat"') == 1


def test_hostile_class_names_stay_words_and_pages_are_reproduced(tmp_path: Path) -> None:
    spec = "netspec: 1\nname: t\ninput: [8, 8, 1]\nfc: [10]\ntrain: {epochs: 1, batch_size: 200}\n"
    images = trained(tmp_path / "run", spec, CLASSES)
    first = page.write(tmp_path / "run", load(tmp_path / "run"), images).read_bytes()
    assert page.write(tmp_path / "run", load(tmp_path / "run"), images).read_bytes() == first
    text = first.decode()
    assert "<b" not in text.replace("<body", "").replace("<br", "")
    assert text.count("&lt;b onclick=&#34;x&#34;&gt;&amp;3&lt;/b&gt;") >= 3, (
        "in the table and on both sides of the confusion"
    )
    parser = Strict()
    parser.feed(text.removeprefix("<!doctype html>"))
    assert parser.open == []


def test_what_cannot_be_seen_is_shown(tmp_path: Path) -> None:
    """Control characters, what turns the direction of writing, and bytes of a folder's name that are no text."""
    names = ("a\x1b[31mb", "c\u202ed", "e\nf", "g\udcffh", "i\u200bj", *"56789")
    spec = "netspec: 1\nname: t\ninput: [8, 8, 1]\nfc: [10]\ntrain: {epochs: 1, batch_size: 200}\n"
    images = trained(tmp_path / "run", spec, names)
    text = page.write(tmp_path / "run", load(tmp_path / "run"), images).read_text()
    for name in ("a␛[31mb", "c\\u202ed", "e␊f", "g\\udcffh", "i\\u200bj"):
        assert text.count(f">{name}<") >= 3, name
    assert all(char.isprintable() or char == "\n" for char in text)


def test_a_heading_stays_with_its_content(tmp_path: Path) -> None:
    """On paper: each heading begins a section, and what is broken after all has its head again on the next page."""
    spec = "netspec: 1\nname: t\ninput: [8, 8, 1]\nblocks: [{conv: {filters: 2, kernel: 3}}]\nfc: [10]\n"
    images = trained(tmp_path / "run", spec + "train: {epochs: 1, batch_size: 200}\n")
    text = page.write(tmp_path / "run", load(tmp_path / "run"), images).read_text()
    assert text.count("<h2>") == len(re.findall(r"<section(?: class=\"long\")?><h2>", text)) > 7
    for table in re.findall(r"<table.*?</table>", text, re.DOTALL):
        assert "<th>" not in table or "<thead>" in table
    assert page._measures(measure(np.arange(60), np.arange(60), tuple(map(str, range(60))))).count('class="long"') == 2


def test_gradients_and_weights_by_hand(tmp_path: Path) -> None:
    """A softmax layer's gradient is known: x^T (p - y) / n."""
    spec = "netspec: 1\nname: t\ninput: [8, 8, 1]\nfc: [10]\ntrain: {epochs: 1, batch_size: 200}\n"
    images = trained(tmp_path / "run", spec)
    network = load(tmp_path / "run")
    raw, labels = images.test.images[:64], images.test.labels[:64]
    (found,) = statistics.measure(network, statistics.activations(network, raw), raw, labels)
    x = np.asarray(network.normalize(network.variables, raw), np.float64).reshape(64, -1)
    params = {name: np.asarray(a, np.float64) for name, a in network.variables["params"][found.name].items()}
    logits = x @ params["kernel"] + params["bias"]
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    norm = np.linalg.norm(x.T @ (shares - np.eye(10)[labels])) / 64
    assert found.gradient_norm == pytest.approx(norm, rel=1e-4)
    assert found.gradient == pytest.approx(norm / np.linalg.norm(params["kernel"]), rel=1e-4)
    assert found.active == pytest.approx(np.mean(logits > 0), abs=2e-3)
    small = np.abs(params["kernel"]) < 0.1 * np.sqrt(np.mean(params["kernel"] ** 2))
    assert found.near_zero == pytest.approx(np.mean(small), abs=2e-3)
    # as after divergence: a square of float32 would overflow, and the share does not depend on the scale
    layer = network.variables["params"][found.name]
    layer["kernel"] = layer["kernel"] * 1e25
    (large,) = statistics.measure(network, statistics.activations(network, raw), raw, labels)
    assert large.near_zero == found.near_zero
    assert 0 < large.gradient < 1e-20


def test_measures_by_hand() -> None:
    found: Any = measure(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 0]), ("a", "b", "c", "d")).to_json()
    assert found["confusion"] == [[2, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert found["accuracy"] == 0.5
    a, b, c, d = found["classes"]
    assert (a["precision"], a["recall"], a["support"]) == (0.5, 2 / 3, 3)
    assert a["f1"] == 2 * 0.5 * (2 / 3) / (0.5 + 2 / 3)
    assert (b["precision"], b["recall"], b["f1"]) == (0.5, 0.5, 0.5)
    assert (c["precision"], c["recall"], c["f1"], d["support"]) == (0, 0, 0, 0)


def test_a_page_compiles_few_programs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Operations that run one by one are compiled one by one: half a hundred, longer than a small training."""
    spec = "netspec: 1\nname: t\ninput: [8, 8, 1]\nblocks: [{conv: {filters: 3, kernel: 3, norm: batch}}]\nfc: [10]\n"
    images = trained(tmp_path / "run", spec + "train: {epochs: 1, batch_size: 200}\n")
    with jax.log_compiles(), caplog.at_level(logging.WARNING, logger="jax"):
        page.write(tmp_path / "run", load(tmp_path / "run"), images)
    compiled = re.findall(r"Finished XLA compilation of jit\((\S+)\)", caplog.text)
    assert {"evaluate", "outputs", "loss"} <= set(compiled)
    assert len(compiled) <= 8


def test_the_marked_epoch_is_the_best_checkpoint() -> None:
    names = ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate")
    rows = [
        dict(zip(names, values, strict=True)) for values in ((1, 2, 0.5, 0.9, 0.8, 0.1), (2, 1, 0.6, 0.4, 0.8, 0.1))
    ]
    assert "the best epoch, 2: the highest validation accuracy, of equal ones the lowest loss." in page._curves(
        rows, Train(), CLASS
    )
    watching = Train(early_stopping=EarlyStopping(metric="loss"))
    assert "the best epoch, 2: the lowest training loss." in page._curves(rows, watching, CLASS)
