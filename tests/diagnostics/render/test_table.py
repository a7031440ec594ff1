from __future__ import annotations

import subprocess
import sys

import pytest

import netspec
from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.render import RENDERERS, renderer
from netspec.text.source import Source, Span
from tests.diagnostics.render.examples import CLEAN, FILES
from tests.diagnostics.render.hostile import hostile

FORMATS = ("full", "concise", "json", "github", "gitlab", "sarif", "junit")
ENDINGS = {"json": "json", "gitlab": "json", "sarif": "sarif", "junit": "xml"}


def test_the_table_has_every_promised_format():
    assert tuple(RENDERERS) == FORMATS


@pytest.mark.parametrize("format", FORMATS)
def test_output_is_pinned(format, found, golden):
    text = renderer(format)(found, FILES, color=False, width=80)
    golden(f"render/{format}.{ENDINGS.get(format, 'txt')}", text.replace('"version": "0.1.0"', '"version": "…"'))


def test_colors_are_pinned(found, golden):
    for format in ("full", "concise"):
        golden(f"render/{format}-color.txt", renderer(format)(found, FILES, color=True, width=80))


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_found_is_pinned(format, golden):
    text = renderer(format)([], [CLEAN], color=False, width=80)
    golden(f"render/clean/{format}.txt", unversioned(text))


def unversioned(text: str) -> str:
    return text.replace(f'"version": "{netspec.__version__}"', '"version": "…"')


@pytest.mark.parametrize("format", ["json", "gitlab", "sarif", "junit"])
def test_machines_get_ascii(format, found):
    assert renderer(format)(found, FILES, color=False, width=80).isascii()


@pytest.mark.parametrize("format", FORMATS)
def test_only_full_and_concise_are_colored(format, found):
    plain, colored = (renderer(format)(found, FILES, color=color, width=80) for color in (False, True))
    assert (plain != colored) == (format in ("full", "concise"))


@pytest.mark.parametrize("format", FORMATS)
def test_hostile_text_never_raises_and_can_be_written_in_ascii(format, found):
    for name, message in hostile(200):
        source = Source(name, message)
        odd = Diagnostic("NS104", message, source, Span(1, 1, 1, 3), message, message, (), (message,), message)
        text = renderer(format)([odd], [name], color=True, width=80)
        assert text.encode("ascii", "backslashreplace").endswith(b"\n")


@pytest.mark.parametrize("format", ["full", "concise"])
def test_no_control_character_reaches_a_terminal(format, found):
    for name, message in hostile(200):
        odd = Diagnostic("NS104", message, Source(name, message), Span(1, 1, 1, 3), label=message, help=message)
        text = renderer(format)([odd], [name], color=False, width=80)
        assert all(char.isprintable() or char == "\n" for char in text)
        assert format == "full" or text.count("\n") == 1


def test_a_format_pays_for_its_own_modules_alone():
    script = """
import sys
from netspec.diagnostics.render import renderer
for format in ("full", "concise", "json", "github"):
    renderer(format)([], ["a.yaml"], color=False, width=80)
assert not {"junitparser", "xml", "rich", "numpy", "jax", "importlib.metadata"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True)
