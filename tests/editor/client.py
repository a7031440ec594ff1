"""A client of the language server: a process on pipes, JSON as the protocol has it, none of the server's own types."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty, Queue
from typing import Any

ROOT = Path(__file__).parent.parent.parent
SECONDS = 60
"""How long an answer may take on a loaded machine before the test gives up."""

CAPABILITIES: dict[str, Any] = {
    "textDocument": {
        "publishDiagnostics": {"relatedInformation": True},
        "completion": {"completionItem": {"snippetSupport": True}},
    },
    "workspace": {"workspaceEdit": {"documentChanges": True}},
}


class Client:
    """One session. Every text is a list of lines for the client too: it makes edits as an editor would."""

    def __init__(self, *arguments: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "netspec", "lsp", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=environment,
        )
        self.requests = 0
        self.answers: Queue[dict[str, Any]] = Queue()
        self.notifications: Queue[dict[str, Any]] = Queue()
        self.errors: list[bytes] = []
        self.threads = [threading.Thread(target=self._read), threading.Thread(target=self._read_errors)]
        for thread in self.threads:
            thread.start()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while header := stream.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                header = stream.readline()
            message = json.loads(stream.read(length))
            (self.answers if "id" in message and "method" not in message else self.notifications).put(message)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors += iter(self.process.stderr.readline, b"")

    def raw(self, data: bytes) -> None:
        """Any bytes at all."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.raw(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def notify(self, method: str, **params: Any) -> None:
        self.send(method=method, params=params)

    def request(self, method: str, **params: Any) -> Any:
        """The result; raises Refused where the server answers with an error."""
        self.requests += 1
        self.send(id=self.requests, method=method, params=params or None)
        answer = self.answers.get(timeout=SECONDS)
        assert answer["id"] == self.requests
        if "error" in answer:
            raise Refused(answer["error"]["message"])
        return answer["result"]

    def initialize(self, capabilities: dict[str, Any] | None = None) -> Any:
        able = CAPABILITIES if capabilities is None else capabilities
        result = self.request("initialize", processId=os.getpid(), rootUri=None, capabilities=able)
        self.notify("initialized")
        return result["capabilities"]

    def open(self, uri: str, text: str, version: int = 1) -> None:
        document = {"uri": uri, "languageId": "yaml", "version": version, "text": text}
        self.notify("textDocument/didOpen", textDocument=document)

    def change(self, uri: str, version: int, *changes: dict[str, Any]) -> None:
        document = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", textDocument=document, contentChanges=list(changes))

    def published(self, uri: str, version: int | None = None) -> list[dict[str, Any]]:
        """The next diagnostics of a document; of this version, where one is given."""
        while True:
            params = self.notifications.get(timeout=SECONDS).get("params", {})
            if params.get("uri") == uri and version in (None, params.get("version")):
                return params["diagnostics"]  # type: ignore[no-any-return]

    def at(self, method: str, uri: str, line: int, character: int) -> Any:
        position = {"line": line, "character": character}
        return self.request(f"textDocument/{method}", textDocument={"uri": uri}, position=position)

    def actions(self, uri: str, place: dict[str, Any], *only: str) -> Any:
        context: dict[str, Any] = {"diagnostics": [], **({"only": list(only)} if only else {})}
        return self.request("textDocument/codeAction", textDocument={"uri": uri}, range=place, context=context)

    def quiet(self) -> bool:
        """Whether nothing more was published."""
        try:
            self.notifications.get(timeout=0.5)
        except Empty:
            return True
        return False

    def end(self) -> int:
        """A proper end: shutdown, exit; the exit status."""
        self.request("shutdown")
        self.notify("exit")
        return self.wait()

    def wait(self) -> int:
        status = self.process.wait(SECONDS)
        self.close()
        return status

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


class Refused(Exception):
    """The server answered with an error."""


def place(line: int, character: int, end_line: int, end_character: int) -> dict[str, Any]:
    return {
        "start": {"line": line, "character": character},
        "end": {"line": end_line, "character": end_character},
    }


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    """The text with the edits made, as an editor that counts in UTF-16 makes them."""
    starts, at = [0], 0
    for line in text.splitlines(keepends=True):
        at += len(line)
        starts.append(at)

    def offset(position: dict[str, int]) -> int:
        line = text[starts[position["line"]] :]
        units = line.encode("utf-16-le")[: 2 * position["character"]]
        return starts[position["line"]] + len(units.decode("utf-16-le"))

    for edit in sorted(edits, key=lambda edit: offset(edit["range"]["start"]), reverse=True):
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["newText"] + text[end:]
    return text
