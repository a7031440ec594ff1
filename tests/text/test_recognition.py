"""Which texts say that they are specs, broken ones too, and which of other programs do not."""

from __future__ import annotations

import pytest

from netspec.text.files import LIMIT_BYTES, decode
from netspec.text.recognition import says_spec
from netspec.text.source import Source
from tests.editor.client import ROOT

SAYS = [
    "netspec: 1",
    "netspec: 1\nname: [\n",
    "name: x\nblocks: [\nnetspec: 1\n",
    "name: x\r\nnetspec\r\nfc: [1]",
    "netspec:1",
    "netspec = 1",
    "netspec 1",
    "netspec",
    "NetSpec: 1",
    '"netspec": 1',
    "'netspec' : 1",
    "# a comment\n\n%YAML 1.2\n---\n  netspec: 1\nname: x",
    "? netspec\n: 1",
    "&a netspec: 1",
    "--- {netspec: 1}",
    "{netspec: 1, name: x",
    '{\n  "name": "x",\n  "blocks": [{"conv": 1}],\n  "netspec": 1\n}',
    '# JSON\n{"fc": [10], "netspec": 1',
]

DOES_NOT = [
    "",
    "name: x\ninput: [8, 8, 1]\nfc: [10]",
    "services:\n  netspec:\n    image: x",
    "- netspec: 1",
    "repos:\n- repo: https://example.org/netspec\n  hooks: [{id: netspec}]",
    "netspec-version: 1",
    "netspec_options: {}\nmy-netspec: 1",
    "description: |\n  netspec: 1\n",
    "# netspec: 1\nname: x",
    "# netspec",
    '{"tools": {"netspec": 1}}',
    "netspec is a compiler",
]


@pytest.mark.parametrize("text", SAYS)
def test_a_text_that_says_so(text: str) -> None:
    assert says_spec(Source("x.yaml", text))


@pytest.mark.parametrize("text", DOES_NOT)
def test_a_text_that_does_not(text: str) -> None:
    assert not says_spec(Source("x.yaml", text))
    assert says_spec(Source("folder/x.netspec.yaml", text))
    assert says_spec(Source("x.netspec.YML", text))


def test_every_spec_of_ours_says_so() -> None:
    for path in [*ROOT.glob("specs/**/*.yaml"), *ROOT.glob("tests/golden/**/*.yaml")]:
        assert says_spec(decode(path.read_bytes(), path.name)) or b"netspec" not in path.read_bytes()


def test_bytes_that_no_spec_may_have_are_still_looked_at() -> None:
    filling = "#" * LIMIT_BYTES
    for beginning, says in (("netspec: 1\n", True), ("services: {}\n", False)):
        for data in (
            (beginning + filling).encode(),
            beginning.encode() + b"\xff",
            beginning.encode("utf-16"),
            (beginning + "x: \ud83d\n").encode(errors="surrogatepass"),
        ):
            source = decode(data, "x.yaml")
            assert source.faults
            assert says_spec(source) is says


@pytest.mark.parametrize(
    "text", ["#" * 500_000, "\n" * 500_000, " netspec" * 60_000, "& " * 250_000 + "netspecs", "{" * 500_000 + "netspec"]
)
def test_a_long_text_is_looked_at_once(text: str) -> None:
    """Ends at all: a pattern that goes back over what it read would take hours."""
    assert not says_spec(Source("x.yaml", text))
