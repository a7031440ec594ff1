"""Networks of Darknet and Caffe in their published form: parameters as they were published, and text as a person writes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netspec.importing.imported import imported
from tests.cli.run import here

FILES = Path(__file__).parent / "files"

KNOWN = {
    "darknet19.cfg": (20842376, "    conv: [{filters: 1024}, {filters: 512, kernel: 1}]"),
    "tiny.cfg": (1042104, "    conv: [{filters: 64, kernel: 1}, {filters: 512}]"),
    "cifar.cfg": (7681674, "    pool: {dropout: 0.5}"),
    "resnet18.cfg": (11515688, "    conv: [{filters: 128, first: {stride: 2}}, {filters: 128, activation: none}]"),
    "resnet50.cfg": (22780456, "    shortcut: {type: add, projection: slice}"),
    "lenet.prototxt": (431080, "fc: [500, 10]"),
    "caffenet.prototxt": (60965224, "fc: [{units: 4096, dropout: 0.5, repeat: 2}, 1000]"),
    "cifar10_quick.prototxt": (145578, "    pool: {type: max, activation: relu}"),
    "vgg16.prototxt": (138357544, "    conv: {filters: 512, repeat: 3}"),
    "squeezenet.prototxt": (
        1235496,
        "      - {branches: [{conv: {filters: 64}}, {conv: {filters: 64, kernel: 3}}], join: concat}",
    ),
    "googlenet.prototxt": (6998552, "      - [{pool: max}, {conv: {filters: 32}}]"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_published_network_comes_in(name: str) -> None:
    parameters, line = KNOWN[name]
    found = imported(str(FILES / name))
    assert found.plan.parameters == parameters
    assert line in found.text.splitlines()
    assert not found.findings


@pytest.mark.parametrize(
    ("layers", "code", "line", "words"),
    [
        ("[upsample]\nstride=2\n", "NS290", 10, "`[upsample]`"),
        ("[route]\nlayers=-1\ngroups=2\ngroup_id=1\n", "NS290", 12, "part of the channels"),
        ("[convolutional]\nfilters=4\nactivation=stair\n", "NS290", 12, "`stair`"),
        ("[shortcut]\nfrom=-9\n", "NS292", 10, "names no layer"),
        ("[convolutional]\nfilters=x\n", "NS292", 11, "no whole number"),
        ("[avgpool]\n[connected]\noutput=4\n[maxpool]\nstride=2\n", "NS291", 13, "behind a fully"),
        (
            "[avgpool]\n[connected]\noutput=4\n[dropout]\n[connected]\noutput=2\n[avgpool]\n",
            "NS291",
            16,
            "behind a fully",
        ),
    ],
)
def test_what_cannot_come_in_is_said_where_it_stands(
    layers: str, code: str, line: int, words: str, tmp_path: Path
) -> None:
    file, spec = tmp_path / "net.cfg", tmp_path / "net.yaml"
    first = "[convolutional]\nfilters=4\nsize=3\npad=1\nactivation=relu\n"
    file.write_text(f"[net]\nheight=8\nwidth=8\nchannels=3\n{first}{layers}")
    done = here("import", str(file), "-o", str(spec), "--format", "json")
    (found,) = json.loads(done.stdout)["diagnostics"]
    assert (found["code"], found["line"], done.exit_code) == (code, line, 1)
    assert words in found["message"]
    assert not spec.exists()


def test_a_partial_import_says_what_it_left_out(tmp_path: Path) -> None:
    file = tmp_path / "net.cfg"
    conv = "[convolutional]\nfilters=4\nsize=3\npad=1\nactivation=relu\n"
    file.write_text(f"[net]\nheight=8\nwidth=8\nchannels=3\n{conv}[upsample]\nstride=2\n{conv}")
    found = imported(str(file), partial=True)
    assert [(one.code, one.severity, one.span.line) for one in found.findings] == [("NS290", "warning", 10)]
    assert "# not imported: upsample 1: " in found.text
    assert [layer.kind for layer in found.plan.layers] == ["conv", "conv"]
