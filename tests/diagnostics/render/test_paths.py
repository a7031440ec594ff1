from __future__ import annotations

from urllib.parse import unquote_to_bytes, urlsplit

from netspec.diagnostics.render.paths import relative, uri
from tests.diagnostics.render.hostile import hostile


def test_names_in_the_current_folder_become_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert relative(str(tmp_path / "specs" / "a.yaml")) == "specs/a.yaml"
    assert relative("./a.yaml") == "a.yaml"
    assert relative("../a.yaml") == "../a.yaml"
    assert relative("/elsewhere/a.yaml") == "/elsewhere/a.yaml"


def test_hostile_names_come_back_from_their_uris():
    for name, _ in hostile(1000):
        if "\ud800" in name or "\0" in name or any("\ud800" <= char <= "\udfff" != "\udce9" for char in name):
            continue  # no file can have such a name
        parts = urlsplit(uri(name))
        assert (parts.scheme, parts.netloc) in (("", ""), ("file", ""))
        assert uri(name).isascii()
        assert unquote_to_bytes(parts.path).decode("utf-8", "surrogateescape") == relative(name)


def test_names_outside_are_absolute_uris():
    assert uri("/elsewhere/a b.yaml") == "file:///elsewhere/a%20b.yaml"
