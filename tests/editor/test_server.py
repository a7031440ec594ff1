"""The language server as an editor meets it: a process on pipes."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec.repair.check import check_source
from netspec.repair.safe import fix_all
from netspec.text.source import Source
from tests.editor.client import CAPABILITIES, ROOT, Client, Refused, applied, place

LENET = (ROOT / "specs" / "lenet5.yaml").read_text()
MISFIT = LENET.replace("kernel: 5}", "kernel: 15}")
URI = "file:///tmp/lenet%20%C3%A9.yaml"


@pytest.fixture(scope="module")
def server() -> Iterator[Client]:
    """One session that several tests speak in, each of a text of its own."""
    client = Client()
    client.initialize()
    yield client
    assert client.end() == 0
    assert client.errors == []


def uri(test: str) -> str:
    return f"file:///tmp/{test}.yaml"


def test_a_whole_session() -> None:
    client = Client("--stdio")
    capabilities = client.initialize()
    assert capabilities["positionEncoding"] == "utf-16"
    assert capabilities["textDocumentSync"]["change"] == 2
    assert {"hoverProvider", "completionProvider", "inlayHintProvider", "codeActionProvider"} <= set(capabilities)

    client.open(URI, LENET)
    assert client.published(URI, 1) == []
    line = next(number for number, text in enumerate(LENET.split("\n")) if "filters: 16" in text)
    column = LENET.split("\n")[line].index("5}")
    edit = {"range": place(line, column, line, column), "text": "1"}
    client.change(URI, 2, edit)
    (found,) = client.published(URI, 2)
    assert (found["code"], found["source"], found["severity"]) == ("NS301", "netspec", 1)
    assert found["range"] == place(line, column, line, column + 2)
    assert "(14 - 15 + 2*0)/1 + 1 = 0" in found["message"]
    (related,) = found["relatedInformation"]
    assert related["location"] == {"uri": URI, "range": place(line - 1, 4, line - 1, 8)}
    assert "14x14x6" in related["message"]

    assert "NS301" in client.at("hover", URI, line, column)["contents"]["value"]
    offered = client.actions(URI, found["range"])
    assert [action["kind"] for action in offered] == ["quickfix"] * 3
    (change,) = offered[0]["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": URI, "version": 2}
    repaired = applied(MISFIT, change["edits"])
    assert check_source(Source("x", repaired)).diagnostics == ()

    client.change(URI, 3, {"text": repaired})
    assert client.published(URI, 3) == []
    hints = client.request("textDocument/inlayHint", textDocument={"uri": URI}, range=place(0, 0, 100, 0))
    assert hints[0]["label"] == "28x28x6, 156 parameters"
    assert hints[0]["position"]["character"] == len(repaired.split("\n")[hints[0]["position"]["line"]])

    items = client.at("completion", URI, line, column - 7)["items"]
    assert {"stride", "padding"} <= {item["label"] for item in items}
    client.notify("textDocument/didClose", textDocument={"uri": URI})
    assert client.published(URI) == []
    assert client.at("hover", URI, line, column) is None
    assert client.end() == 0
    assert client.errors == []


def test_a_completion_is_applied_and_fits(server: Client) -> None:
    text = LENET.replace("{filters: 16, kernel: 5}", "{filters: 16, ker")
    line, typed = next((n, line) for n, line in enumerate(text.split("\n")) if "ker" in line and "16" in line)
    server.open(uri("completion"), text)
    items = server.at("completion", uri("completion"), line, len(typed))["items"]
    kernel = next(item for item in items if item["label"] == "kernel")
    assert kernel["insertTextFormat"] == 2
    assert kernel["detail"] == "required"
    assert "F." in kernel["documentation"]["value"]
    made = applied(text, [kernel["textEdit"]]).replace("${1:3}", "5}")
    assert check_source(Source("x", made)).diagnostics == ()


def test_safe_fixes_at_once(server: Client) -> None:
    text = (ROOT / "specs" / "broken" / "typing-errors.yaml").read_text().replace("\n", "\r\n")
    server.open(uri("safe"), text)
    found = server.published(uri("safe"))
    assert len(found) > 1
    everything = place(0, 0, 1000, 0)
    (action,) = server.actions(uri("safe"), everything, "source.fixAll")
    assert action["kind"] == "source.fixAll.netspec"
    repaired = applied(text, action["edit"]["documentChanges"][0]["edits"])
    assert repaired == fix_all(Source("x", text))[0] != text
    assert repaired.count("\n") == repaired.count("\r\n")
    quick = server.actions(uri("safe"), everything, "quickfix")
    assert quick
    assert all(action["kind"] == "quickfix" for action in quick)
    assert any(action.get("isPreferred") for action in quick)
    assert server.actions(uri("safe"), everything, "refactor") == []
    assert len(server.actions(uri("safe"), everything)) == len(quick) + 1


@pytest.mark.parametrize(("encoding", "size"), [("utf-8", 12), ("utf-16", 7), ("utf-32", 5)])
def test_columns_are_counted_as_the_client_does(encoding: str, size: int) -> None:
    client = Client()
    capabilities = client.initialize(CAPABILITIES | {"general": {"positionEncodings": [encoding, "utf-16"]}})
    assert capabilities["positionEncoding"] == encoding
    text = "\ufeffnetspec: 1\r\nname: x\r\ninput: {'\U0001f600\u0301\U0001f600': 1, height: 8, width: 8, channels: 1}\r\nfc: [1]\r\n"
    client.open(URI, text)
    (found,) = client.published(URI)
    assert found["code"] == "NS104"
    assert found["range"] == place(2, 8, 2, 8 + size)
    client.change(URI, 2, {"range": place(2, 8, 2, 8 + size + 5), "text": ""}, {"range": place(0, 0, 0, 0), "text": ""})
    assert client.published(URI, 2) == []
    assert client.end() == 0


def test_another_yaml_file_is_left_alone(server: Client) -> None:
    server.open(uri("workflow"), "on: push\njobs:\n  build: {runs-on: [x\n")
    assert server.published(uri("workflow")) == []
    assert server.at("completion", uri("workflow"), 1, 0)["items"] == []
    assert server.actions(uri("workflow"), place(0, 0, 9, 0)) == []
    assert (
        server.request("textDocument/inlayHint", textDocument={"uri": uri("workflow")}, range=place(0, 0, 9, 0)) == []
    )


def test_a_text_that_no_spec_may_be(server: Client) -> None:
    for number, (text, code) in enumerate(
        [("netspec: 1\n" + "#" * 2**20, "NS002"), ("netspec: 1\nname: \ud800\n", "NS003")]
    ):
        server.open(uri(f"odd{number}"), text)
        (found,) = server.published(uri(f"odd{number}"))
        assert found["code"] == code
        assert server.at("completion", uri(f"odd{number}"), 0, 3)["items"] == []
        assert server.at("hover", uri(f"odd{number}"), 0, 3) is None


def test_odd_places_and_texts_that_were_never_opened(server: Client) -> None:
    server.open(uri("odd"), LENET)
    assert server.published(uri("odd")) == []
    for line, character in ((0, 2**31 - 1), (2**31 - 1, 0), (2**31 - 1, 2**31 - 1)):
        server.at("hover", uri("odd"), line, character)
        server.at("completion", uri("odd"), line, character)
        server.actions(uri("odd"), place(line, character, 0, 0))
        server.request("textDocument/inlayHint", textDocument={"uri": uri("odd")}, range=place(line, 0, 0, character))
    server.change(uri("odd"), 2, {"range": place(9999, 0, 9999, 9), "text": "fc: [10]\n"})
    assert [found["code"] for found in server.published(uri("odd"), 2)] == ["NS010"]
    server.change(uri("never"), 2, {"text": "x"})
    server.notify("textDocument/didClose", textDocument={"uri": uri("never")})
    assert server.at("hover", uri("never"), 0, 0) is None
    assert server.at("completion", uri("never"), 0, 0)["items"] == []
    assert server.actions(uri("never"), place(0, 0, 1, 0)) == []


def test_what_is_no_message_is_passed_over() -> None:
    client = Client()
    client.initialize()
    client.raw(b'nonsense\r\n\r\nContent-Length: 5\r\n\r\n{"a":')
    client.raw(b"Content-Length: 12\r\n\r\n\xff\xfe[[[[[[[[[[")
    client.raw(b"Content-Length: 2\r\n\r\n{}")
    client.notify("textDocument/hover", nothing=1)
    with pytest.raises(Refused):
        client.request("netspec/nothing")
    client.open(URI, MISFIT)
    assert [found["code"] for found in client.published(URI)] == ["NS301"]
    assert client.end() == 0


def test_a_client_of_few_words() -> None:
    client = Client()
    client.initialize({})
    client.open(URI, MISFIT)
    (found,) = client.published(URI)
    assert "relatedInformation" not in found
    assert "line 9: `block1.pool` gives 14x14x6" in found["message"]
    (action, *_) = client.actions(URI, found["range"])
    assert check_source(Source("x", applied(MISFIT, action["edit"]["changes"][URI]))).diagnostics == ()
    items = client.at("completion", URI, 0, 0)["items"]
    assert all(item["insertTextFormat"] == 1 and "$" not in item["textEdit"]["newText"] for item in items)
    assert client.end() == 0


@pytest.mark.slow
def test_a_large_spec_is_checked_when_typing_pauses() -> None:
    client = Client()
    client.initialize()
    layers = "".join(f"  - conv: {{filters: {8 + i % 5}, kernel: 1}}\n" for i in range(2000))
    text = "netspec: 1\nname: big\ninput: [8, 8, 1]\nblocks:\n" + layers + "fc: [10]\n"
    client.open(URI, text)
    for version in range(2, 30):
        client.change(URI, version, {"range": place(1, 6, 1, 6), "text": "x"})
    items = client.at("completion", URI, 4, 11)["items"]
    assert {"stride", "padding"} <= {item["label"] for item in items}
    assert client.published(URI, 29) == []
    assert client.quiet()
    hints = client.request("textDocument/inlayHint", textDocument={"uri": URI}, range=place(100, 0, 140, 0))
    assert len(hints) == 41
    assert client.end() == 0


@pytest.mark.slow
def test_how_it_ends() -> None:
    client = Client()
    client.initialize()
    client.notify("exit")
    assert client.wait() == 1

    client = Client()
    client.initialize()
    assert client.process.stdin is not None
    client.process.stdin.close()
    assert client.process.wait(60) == 1
    client.close()

    for number in (signal.SIGTERM, signal.SIGINT):
        client = Client()
        client.initialize()
        client.process.send_signal(number)
        assert client.wait() == 128 + number
        assert client.errors == []


def test_without_pygls_it_says_how_to_get_it(tmp_path: Path) -> None:
    code = (
        "import sys, importlib.util as u\nfound = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'pygls' else found(name, *rest)\n"
        "sys.argv = ['netspec', 'lsp']\nfrom netspec.cli.main import main\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "this command needs pygls: pip install 'pygls>=2.1'\n"
