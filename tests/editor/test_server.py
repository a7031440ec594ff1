"""The language server as an editor meets it: a process on pipes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from netspec.editor import convert
from netspec.editor import document as document_module
from netspec.editor.document import Document, findings
from netspec.editor.position import Positions
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
    assert [action["kind"] for action in offered] == ["quickfix"]  # the others are for display
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


def test_what_is_no_spec_is_not_spoken_of_however_odd(server: Client) -> None:
    for number, text in enumerate(
        ["services: {}\n" + "#" * 2**20, "a: \ud800\n", "a: [\n", "input: x\nfc: y\nblocks: z\n"]
    ):
        name = uri(f"other{number}")
        server.open(name, text)
        assert server.published(name) == []
        assert server.at("hover", name, 0, 1) is None
        for method in ("documentSymbol", "foldingRange"):
            assert server.request(f"textDocument/{method}", textDocument={"uri": name}) is None
    server.open("file:///tmp/named.netspec.yaml", "a: [\n")
    assert server.published("file:///tmp/named.netspec.yaml") != []


PLACE = {"line": 0, "character": 0}
QUESTIONS: dict[str, dict[str, object]] = {
    "hover": {"position": PLACE},
    "completion": {"position": PLACE},
    "definition": {"position": PLACE},
    "inlayHint": {"range": place(0, 0, 9, 0)},
    "codeAction": {"range": place(0, 0, 9, 0), "context": {"diagnostics": []}},
    "documentSymbol": {},
    "foldingRange": {},
    "diagnostic": {},
}


def test_a_request_with_wrong_parameters_is_refused() -> None:
    client = Client()
    client.initialize()
    document = {"uri": uri("never")}
    for name, asked in QUESTIONS.items():
        client.request(f"textDocument/{name}", textDocument=document, **asked)
        wrong: list[dict[str, Any]] = [{}, {"textDocument": {}}, {"textDocument": None}]
        wrong += [{"textDocument": document} | {key: {}} for key in asked]
        for line in (-1, "one", None, 2**31):
            at = {"line": line, "character": 0}
            if "position" in asked:
                wrong.append({"textDocument": document, "position": at})
            if "range" in asked:
                wrong.append({"textDocument": document} | asked | {"range": {"start": at, "end": PLACE}})
        for parameters in wrong:
            with pytest.raises(Refused, match="Invalid Params"):
                client.request(f"textDocument/{name}", **parameters)
    assert client.notifications.empty()  # nor is the person told of them
    assert client.end() == 0


def test_a_request_at_the_wrong_time_is_refused() -> None:
    client = Client()
    client.open(URI, LENET)
    for method in ("textDocument/hover", "textDocument/completion"):
        with pytest.raises(Refused):
            client.at(method.removeprefix("textDocument/"), URI, 0, 0)
    client.initialize()
    with pytest.raises(Refused):
        client.initialize()
    client.raw(unversioned(id=77, method="textDocument/hover"))
    assert client.answers.get(timeout=60)["error"]["code"] == -32600
    client.request("shutdown")
    with pytest.raises(Refused):
        client.at("hover", URI, 0, 0)
    client.notify("exit")
    assert client.wait() == 0
    assert client.errors == []


def unversioned(**fields: object) -> bytes:
    """A message that lacks `jsonrpc`."""
    body = json.dumps(fields).encode()
    return f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def worker(client: Client) -> int:
    """The process that the server checks in."""
    tasks = Path(f"/proc/{client.process.pid}/task")
    for _ in range(1000):
        if found := [int(pid) for task in tasks.glob("*/children") for pid in task.read_text().split()]:
            return found[0]
        time.sleep(0.01)
    pytest.fail("there is no process that checks")


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the server's process in /proc")


def test_of_very_many_findings_the_first_are_shown_and_the_rest_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_module, "SHOWN", 1)
    document = Document.of("netspec: 1\nname: x\ninput: [8, 8, 1]\nfc: [10]\na1: 1\nb2: 1\nc3: 1\n", "x.yaml")
    found, more = findings(document)
    assert (len(found), more) == (1, 2)
    shown = convert.diagnostics(URI, found, more, Positions(document.source), related=True)
    assert [one.code for one in shown] == ["NS104", None]
    assert shown[-1].message.startswith("2 more findings are not shown")


@needs_proc
def test_no_check_however_long_keeps_an_answer_back() -> None:
    """The process that checks is stopped: for the server, a check that never ends."""
    client = Client()
    client.initialize()
    stopped = worker(client)
    os.kill(stopped, signal.SIGSTOP)
    keys = "".join(f"  keyy{i}: {i}\n" for i in range(150))
    text = f"netspec: 1\nname: x\ninput: [8, 8, 1]\nfc: [10]\ntrain:\n{keys}"
    client.open(URI, text)
    for version in range(2, 14):
        client.change(URI, version, {"range": place(1, 6, 1, 6), "text": "x"})
        if version == 2:
            time.sleep(0.2)  # the check of the first version is under way
            stopped = worker(client)
            os.kill(stopped, signal.SIGSTOP)
        shown = client.at("hover", URI, 3, 0)["contents"]["value"]
        assert "is being checked" in shown
        assert "epochs" in {item["label"] for item in client.at("completion", URI, 5, 2)["items"]}
    client.change(URI, 14, {"text": LENET})
    assert client.published(URI, 14) == []
    assert worker(client) != stopped
    assert "61,706 parameters" in client.at("hover", URI, 1, 1)["contents"]["value"]
    assert client.end() == 0
    assert client.errors == []


@needs_proc
def test_a_check_that_breaks_off_is_said_and_is_no_sound_spec() -> None:
    client = Client()
    client.initialize()
    stopped = worker(client)
    os.kill(stopped, signal.SIGSTOP)
    client.open(URI, LENET)
    assert client.at("hover", URI, 1, 1) is not None
    os.kill(stopped, signal.SIGKILL)
    (found,) = client.published(URI)
    assert "could not be checked" in found["message"]
    assert "bug in netspec" in found["message"]
    client.change(URI, 2, {"text": MISFIT})
    assert [one["code"] for one in client.published(URI, 2)] == ["NS301"]
    assert client.end() == 0


@needs_proc
def test_where_the_server_is_killed_nothing_of_it_is_left() -> None:
    client = Client()
    client.initialize()
    checking = worker(client)
    client.process.kill()
    client.wait()
    for _ in range(1000):
        if not Path(f"/proc/{checking}").exists():
            return
        time.sleep(0.01)
    pytest.fail("the process that checks goes on")


def test_diagnostics_are_pulled_and_then_not_pushed() -> None:
    client = Client()
    client.initialize({"textDocument": {"diagnostic": {"relatedInformation": True}}})
    client.open(URI, MISFIT)

    def pulled(**more: object) -> Any:
        return client.request("textDocument/diagnostic", textDocument={"uri": URI}, **more)

    first = pulled()
    assert (first["kind"], [found["code"] for found in first["items"]]) == ("full", ["NS301"])
    assert first["items"][0]["relatedInformation"]
    assert pulled(previousResultId=first["resultId"]) == {"kind": "unchanged", "resultId": first["resultId"]}
    client.change(URI, 2, {"text": LENET})
    second = pulled(previousResultId=first["resultId"])
    assert (second["kind"], second["items"]) == ("full", [])
    client.notify("textDocument/didClose", textDocument={"uri": URI})
    assert pulled()["items"] == []
    assert client.quiet()
    assert client.end() == 0


def test_symbols_folding_and_definitions(server: Client) -> None:
    name = uri("outline")
    text = LENET.replace("blocks:", "defaults:\n  conv: {kernel: 3}\nblocks:")
    server.open(name, text)
    lines = text.split("\n")
    document = {"uri": name}
    flat = server.request("textDocument/documentSymbol", textDocument=document)
    assert ("conv1", "block1") in [(one["name"], one.get("containerName")) for one in flat]
    folded = server.request("textDocument/foldingRange", textDocument=document)
    assert lines.index("blocks:") in [one["startLine"] for one in folded]
    row = next(n for n, line in enumerate(lines) if "filters: 16" in line)
    default = lines.index("  conv: {kernel: 3}")
    assert server.at("definition", name, row, 4) == {"uri": name, "range": place(default, 2, default, 6)}
    assert server.at("definition", name, 1, 0) is None


def test_a_client_that_shows_more_gets_nested_symbols_and_links() -> None:
    able = {"documentSymbol": {"hierarchicalDocumentSymbolSupport": True}, "definition": {"linkSupport": True}}
    client = Client()
    client.initialize({"textDocument": able})
    client.open(URI, "netspec: 1\nname: x\ninput: &size [8, 8, 1]\nfc: [10]\ndescription: *size\n")
    found = client.request("textDocument/documentSymbol", textDocument={"uri": URI})
    (layer,) = next(one for one in found if one["name"] == "fc")["children"]
    assert (layer["name"], layer["detail"]) == ("fc1", "10, 650 parameters")
    (link,) = client.at("definition", URI, 4, 15)
    assert link["originSelectionRange"] == place(4, 13, 4, 18)
    assert link["targetSelectionRange"] == place(2, 7, 2, 12)
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
