"""The page of a run, and the measures on it."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np

from netspec.analysis.check import check_source
from netspec.report import page
from netspec.report.evaluation import measure
from netspec.text.source import Source
from netspec.training.run import RunDirectory
from netspec.training.session import Session
from netspec.training.sources import Images, read

VOID = {"meta", "img", "br", "circle", "line"}


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


def trained(folder: Path, text: str) -> Images:
    plan = check_source(Source("spec.yaml", text)).plan
    assert plan is not None
    images = read(plan)
    assert isinstance(images, Images)
    folder.mkdir()
    Session(plan, images, RunDirectory(folder), {}, {}).run(None)
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
        text = page.write(tmp_path / name, images).read_text()
        assert "<script>" not in text
        parser = Strict()
        parser.feed(text.removeprefix("<!doctype html>"))
        assert parser.open == []
        assert all(source.startswith("data:") for source in parser.sources)
        for word in ("Confusion", "Mistakes", "active units", "weights near zero", "test accuracy"):
            assert word in text


def test_measures_by_hand() -> None:
    found: Any = measure(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 0]), ("a", "b", "c", "d")).to_json()
    assert found["confusion"] == [[2, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert found["accuracy"] == 0.5
    a, b, c, d = found["classes"]
    assert (a["precision"], a["recall"], a["support"]) == (0.5, 2 / 3, 3)
    assert a["f1"] == 2 * 0.5 * (2 / 3) / (0.5 + 2 / 3)
    assert (b["precision"], b["recall"], b["f1"]) == (0.5, 0.5, 0.5)
    assert (c["precision"], c["recall"], c["f1"], d["support"]) == (0, 0, 0, 0)
