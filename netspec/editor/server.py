"""The language server: the Language Server Protocol over the pure functions of this room.

Only the command `lsp` imports it: pygls takes 0.3 s to load.
"""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.uris import to_fs_path

import netspec
from netspec.editor import actions, convert
from netspec.editor.completion import completions
from netspec.editor.document import Document
from netspec.editor.hints import hints
from netspec.editor.hover import hover
from netspec.editor.position import MARK, Positions, spliced

PAUSE_SECONDS = 0.25
"""How long nothing is typed in a large text before it is checked."""
LARGE = 20_000
"""Characters from which a text is large: below, a check takes some 20 ms."""

T = TypeVar("T")


@dataclass(frozen=True)
class Opened:
    """One version of a text that is open in the client."""

    version: int | None
    text: str
    """As the client has it, with a byte order mark if there is one."""
    document: Document
    positions: Positions


class Protocol(LanguageServerProtocol):
    """pygls's, but for how changes are made in a text.

    pygls ends lines at U+2028 and form feeds too, and takes a column behind the end of the last line for the one before.
    """

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Any:
        """Leaves the change to the server's own handler."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None


class Server(LanguageServer):
    """What is open, and what the client can do."""

    def __init__(self) -> None:
        super().__init__("netspec", netspec.__version__, protocol_cls=Protocol)
        self.opened: dict[str, Opened] = {}
        self.ended = False
        """Whether the client asked for the shutdown."""
        self._checks: set[asyncio.Task[None]] = set()

    @property
    def encoding(self) -> Any:
        """The units in which client and server count columns."""
        return self.workspace.position_encoding

    def open(self, uri: str, version: int | None, text: str) -> None:
        """A new version of a text; its diagnostics follow."""
        document = Document.of(text, to_fs_path(uri) or uri)
        positions = Positions(document.source, self.encoding, text.startswith(MARK))
        self.opened[uri] = opened = Opened(version, text, document, positions)
        check = asyncio.get_running_loop().create_task(self._check(uri, opened))
        self._checks.add(check)
        check.add_done_callback(self._checks.discard)

    async def _check(self, uri: str, opened: Opened) -> None:
        """Publishes the diagnostics of a text, unless a newer version has come."""
        if len(opened.text) > LARGE:
            await asyncio.sleep(PAUSE_SECONDS)
        if self.opened.get(uri) is opened:
            found = await asyncio.to_thread(convert.diagnostics, uri, opened.document, opened.positions, self.related)
            if self.opened.get(uri) is opened:
                self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, opened.version))

    @property
    def related(self) -> bool:
        """Whether the client shows the other places of a diagnostic."""
        text = self.client_capabilities.text_document
        published = text.publish_diagnostics if text else None
        return bool(published and published.related_information)

    @property
    def snippets(self) -> bool:
        """Whether the client fills in snippets."""
        text = self.client_capabilities.text_document
        item = text.completion.completion_item if text and text.completion else None
        return bool(item and item.snippet_support)

    @property
    def versioned(self) -> bool:
        """Whether an edit can say of which version of a text it is."""
        workspace = self.client_capabilities.workspace
        return bool(workspace and workspace.workspace_edit and workspace.workspace_edit.document_changes)

    async def answer(self, uri: str, function: Callable[[Opened], T], otherwise: T) -> T:
        """What a pure function says of an open text, worked out beside the loop: it goes on to read what is typed."""
        opened = self.opened.get(uri)
        return otherwise if opened is None else await asyncio.to_thread(function, opened)


def serve() -> int:
    """Serves one client on standard input and output; the exit status: 1 where it went without saying so."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # nothing is open for writing, and a thread that waits for standard input cannot be ended otherwise
        signal.signal(number, lambda number, _: os._exit(128 + number))
    sys.stdout.flush()
    output = io.BufferedWriter(_Client(os.dup(sys.stdout.fileno()), "w"))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what prints must not speak to the client
    server = made()
    server.start_io(sys.stdin.buffer, output)
    return 0 if server.ended else 1


class _Client(io.FileIO):
    """What the client reads. One that cannot be told anything has gone: pygls would try to tell it so, for ever."""

    def write(self, data: Any, /) -> int:
        """As FileIO does, or the end of the process: 1 where the client has gone, 3 where the system refuses it."""
        try:
            return super().write(data)
        except BrokenPipeError:
            os._exit(1)
        except OSError as error:
            with suppress(OSError):
                os.write(2, f"netspec: the client cannot be told anything: {error.strerror}\n".encode())
            os._exit(3)


def made() -> Server:
    """A server with all its features."""
    server = Server()
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(_opened)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(_changed)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(_closed)
    server.feature(types.SHUTDOWN)(_shutdown)
    server.feature(types.TEXT_DOCUMENT_HOVER)(_hover)
    options = types.CompletionOptions(trigger_characters=[" ", "{", "[", ","])
    server.feature(types.TEXT_DOCUMENT_COMPLETION, options)(_completion)
    server.feature(types.TEXT_DOCUMENT_INLAY_HINT)(_inlay_hint)
    kinds: list[types.CodeActionKind | str] = [types.CodeActionKind.QuickFix, convert.FIX_ALL]
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))(_code_action)
    return server


def _opened(server: Server, params: types.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    server.open(item.uri, item.version, item.text)


def _changed(server: Server, params: types.DidChangeTextDocumentParams) -> None:
    uri = params.text_document.uri
    if uri not in server.opened:
        return
    text = server.opened[uri].text
    for change in params.content_changes:
        if isinstance(change, types.TextDocumentContentChangePartial):
            start, end = change.range.start, change.range.end
            places = (start.line, start.character), (end.line, end.character)
            text = spliced(text, server.encoding, *places, change.text)
        else:
            text = change.text
    server.open(uri, params.text_document.version, text)


def _closed(server: Server, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    if server.opened.pop(uri, None) is not None:
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))


def _shutdown(server: Server, params: None) -> None:
    server.ended = True


async def _hover(server: Server, params: types.HoverParams) -> types.Hover | None:
    def found(opened: Opened) -> types.Hover | None:
        place = opened.positions.place(params.position.line, params.position.character)
        shown = hover(opened.document, *place)
        return convert.hover(shown, opened.positions) if shown else None

    return await server.answer(params.text_document.uri, found, None)


async def _completion(server: Server, params: types.CompletionParams) -> types.CompletionList:
    def found(opened: Opened) -> types.CompletionList:
        place = opened.positions.place(params.position.line, params.position.character)
        items = completions(opened.document, *place)
        return convert.completions(items, opened.positions, snippets=server.snippets)

    return await server.answer(params.text_document.uri, found, types.CompletionList(False, []))


async def _inlay_hint(server: Server, params: types.InlayHintParams) -> list[types.InlayHint]:
    def found(opened: Opened) -> list[types.InlayHint]:
        shown = hints(opened.document, params.range.start.line + 1, params.range.end.line + 1)
        return [convert.hint(hint, opened.positions) for hint in shown]

    return await server.answer(params.text_document.uri, found, [])


async def _code_action(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    def found(opened: Opened) -> list[types.CodeAction]:
        start, end = params.range.start, params.range.end
        places = (opened.positions.place(at.line, at.character) for at in (start, end))
        maker = convert.Actions(uri, opened.version if server.versioned else None, opened.positions, server.versioned)
        made: list[types.CodeAction] = []
        if convert.asked(params.context, types.CodeActionKind.QuickFix):
            made += [maker.repair(repair, server.related) for repair in actions.repairs(opened.document, *places)]
        if convert.asked(params.context, convert.FIX_ALL) and (edit := actions.all_safe(opened.document)):
            made.append(maker.fix_all(edit))
        return made

    uri = params.text_document.uri
    return await server.answer(uri, found, [])
