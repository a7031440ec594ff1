"""The language server: the Language Server Protocol over the pure functions of this room.

What may stand at a place is answered at once, here; what follows from the whole network, by the process behind `Checker`. Only the
command `lsp` imports it: pygls takes 0.3 s to load.
"""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from time import monotonic
from typing import Any, TypeVar

from lsprotocol import types
from pygls.exceptions import FeatureNotificationError
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

import netspec
from netspec.editor import actions, convert
from netspec.editor.checker import Checker, CheckFailed, Superseded, Version
from netspec.editor.completion import completions
from netspec.editor.definition import definition
from netspec.editor.document import findings, source_of
from netspec.editor.folding import folds
from netspec.editor.glimpse import Glimpse
from netspec.editor.hints import hints
from netspec.editor.hover import hover
from netspec.editor.position import MARK, Positions, spliced
from netspec.editor.protocol import Protocol
from netspec.editor.symbols import symbols
from netspec.text.recognition import says_spec

PAUSE_SECONDS = 0.25
"""How long at most a changed text waits for more typing before it is checked: as long as its last check took."""
PATIENCE_SECONDS = 0.15
"""How long a hover waits for what the check finds."""
PENDING = "\n\n---\n\n*The text is being checked: shapes and counts follow.*"

T = TypeVar("T")


@dataclass(eq=False, kw_only=True)
class Opened(Version):
    """One version of a text that is open in the client."""

    number: int | None
    """The client's."""
    text: str
    """As the client has it, with a byte order mark if there is one."""
    positions: Positions
    check_seconds: float
    """How long its check took; until that is known, that of the version before."""
    began: float | None = None
    """When its check began, while it is under way."""
    found: asyncio.Future[list[types.Diagnostic] | None] = field(init=False)
    """The diagnostics; None where a newer version came first."""
    serial: str = field(default_factory=map(str, count(1)).__next__)
    """A number that no other version of any text has."""

    @property
    def seconds(self) -> float:
        """How long a check takes, as far as that can be said now."""
        return max(self.check_seconds, monotonic() - self.began if self.began else 0.0)

    def place(self, at: types.Position) -> tuple[int, int]:
        """Line and column from 1, in characters."""
        return self.positions.place(at.line, at.character)


class Server(LanguageServer):
    """What is open, and what the client can do."""

    def __init__(self) -> None:
        super().__init__("netspec", netspec.__version__, protocol_cls=Protocol)
        self.opened: dict[str, Opened] = {}
        self.checker = Checker()
        self.ended = False
        """Whether the client asked for the shutdown."""
        self._publishing: set[asyncio.Task[None]] = set()

    @property
    def encoding(self) -> Any:
        """The units in which client and server count columns."""
        return self.workspace.position_encoding

    def open(self, uri: str, number: int | None, text: str) -> None:
        """A new version of a text; its diagnostics follow."""
        before = self.close(uri)
        source = source_of(text, to_fs_path(uri) or uri)
        opened = Opened(
            source=source,
            number=number,
            text=text,
            positions=Positions(source, self.encoding, text.startswith(MARK)),
            check_seconds=before.seconds if before else 0.0,
        )
        self.opened[uri] = opened
        opened.found = asyncio.ensure_future(self._found(uri, opened))
        if not self.pulls:
            task = asyncio.ensure_future(self._publish(uri, opened))
            self._publishing.add(task)
            task.add_done_callback(self._publishing.discard)

    def close(self, uri: str) -> Opened | None:
        """Forgets a text; the version that was open."""
        opened = self.opened.pop(uri, None)
        if opened is not None:
            self.checker.supersede(opened)
        return opened

    async def _found(self, uri: str, opened: Opened) -> list[types.Diagnostic] | None:
        """The diagnostics of a text, worked out once; None where a newer version has come."""
        if not says_spec(opened.source):
            return []
        await asyncio.sleep(min(PAUSE_SECONDS, opened.check_seconds))
        opened.began = monotonic()
        try:
            found, more = await asyncio.wrap_future(self.checker.ask(opened, findings))
            return convert.diagnostics(uri, found, more, opened.positions, self.related)
        except Superseded:
            return None
        except CheckFailed as error:
            sys.stderr.write(error.traceback)
            return [convert.failure(str(error))]
        finally:
            opened.check_seconds, opened.began = monotonic() - opened.began, None

    async def _publish(self, uri: str, opened: Opened) -> None:
        found = await opened.found
        if found is not None and self.opened.get(uri) is opened:
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, opened.number))

    async def asked(self, uri: str, ask: Callable[[Opened], Future[T]]) -> tuple[Opened, T] | None:
        """What the checker says of the newest version of a text; None where it is no spec, or is not open any more."""
        while (opened := self.opened.get(uri)) is not None and says_spec(opened.source):
            try:
                return opened, await asyncio.wrap_future(ask(opened))
            except Superseded:
                if self.opened.get(uri) is opened:  # the server ends
                    break
            except CheckFailed:  # which the diagnostics say
                break
        return None

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Shows the person a bug in what was done; not a message that its sender wrote wrong."""
        if source is FeatureNotificationError:
            super().report_server_error(error, source)

    @property
    def pulls(self) -> bool:
        """Whether the client asks for diagnostics: what it were sent besides it would show twice."""
        text = self.client_capabilities.text_document
        return bool(text and text.diagnostic)

    @property
    def related(self) -> bool:
        """Whether the client shows the other places of a diagnostic."""
        text = self.client_capabilities.text_document
        ways = (text.publish_diagnostics, text.diagnostic) if text else ()
        return any(way and way.related_information for way in ways)

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

    def actions(self, uri: str, opened: Opened) -> convert.Actions:
        """What makes code actions on a version of a text."""
        return convert.Actions(uri, opened.number if self.versioned else None, opened.positions, self.versioned)

    @property
    def links(self) -> bool:
        """Whether a definition can say what leads to it."""
        text = self.client_capabilities.text_document
        return bool(text and text.definition and text.definition.link_support)

    @property
    def nested(self) -> bool:
        """Whether the client shows symbols below symbols."""
        text = self.client_capabilities.text_document
        symbol = text.document_symbol if text else None
        return bool(symbol and symbol.hierarchical_document_symbol_support)


def serve() -> int:
    """Serves one client on standard input and output; the exit status: 1 where it went without saying so."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # nothing is open for writing, and a thread that waits for standard input cannot be ended otherwise
        signal.signal(number, lambda number, _: os._exit(128 + number))
    sys.stdout.flush()
    output = io.BufferedWriter(_Client(os.dup(sys.stdout.fileno()), "w"))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what prints must not speak to the client
    server = made()
    try:
        server.start_io(sys.stdin.buffer, output)
    finally:
        server.checker.close()
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
    server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)(_document_symbol)
    server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)(_folding_range)
    server.feature(types.TEXT_DOCUMENT_DEFINITION)(_definition)
    pulled = types.DiagnosticOptions(inter_file_dependencies=False, workspace_diagnostics=False, identifier="netspec")
    server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, pulled)(_diagnostic)
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
    if server.close(uri) is not None and not server.pulls:
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))


def _shutdown(server: Server, params: None) -> None:
    server.ended = True


async def _hover(server: Server, params: types.HoverParams) -> types.Hover | None:
    """With what the check finds, if that is known soon; else what the place alone says."""
    uri, at = params.text_document.uri, params.position
    whole = asyncio.ensure_future(
        server.asked(uri, lambda opened: server.checker.ask(opened, hover, *opened.place(at)))
    )
    if (await asyncio.wait({whole}, timeout=PATIENCE_SECONDS))[0]:
        answer = await whole
        return convert.hover(answer[1], answer[0].positions) if answer and answer[1] else None
    whole.cancel()
    opened = server.opened.get(uri)
    found = await _glimpsed(opened, at, hover) if opened else None
    return convert.hover(replace(found, text=found.text + PENDING), opened.positions) if opened and found else None


async def _completion(server: Server, params: types.CompletionParams) -> types.CompletionList:
    opened = server.opened.get(params.text_document.uri)
    if opened is None:
        return types.CompletionList(False, [])
    found = await _glimpsed(opened, params.position, completions)
    return convert.completions(found, opened.positions, snippets=server.snippets)


async def _glimpsed(opened: Opened, at: types.Position, function: Callable[[Glimpse, int, int], T]) -> T:
    """What a function says of a place at once; beside the loop, which goes on to read what is typed."""

    def found() -> T:
        line, column = opened.place(at)
        return function(Glimpse.at(opened.source, line), line, column)

    return await asyncio.to_thread(found)


async def _inlay_hint(server: Server, params: types.InlayHintParams) -> list[types.InlayHint]:
    first, last = params.range.start.line + 1, params.range.end.line + 1
    answer = await server.asked(params.text_document.uri, lambda opened: server.checker.ask(opened, hints, first, last))
    return [convert.hint(hint, answer[0].positions) for hint in answer[1]] if answer else []


async def _document_symbol(
    server: Server, params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol] | list[types.SymbolInformation] | None:
    uri = params.text_document.uri
    answer = await server.asked(uri, lambda opened: server.checker.ask(opened, symbols))
    if answer is None:
        return None
    if server.nested:
        return [convert.symbol(shown, answer[0].positions) for shown in answer[1]]
    return convert.flat_symbols(uri, answer[1], answer[0].positions)


async def _folding_range(server: Server, params: types.FoldingRangeParams) -> list[types.FoldingRange] | None:
    answer = await server.asked(params.text_document.uri, lambda opened: server.checker.ask(opened, folds))
    return [convert.fold(shown) for shown in answer[1]] if answer else None


async def _definition(
    server: Server, params: types.DefinitionParams
) -> types.Location | list[types.LocationLink] | None:
    uri, at = params.text_document.uri, params.position
    answer = await server.asked(uri, lambda opened: server.checker.ask(opened, definition, *opened.place(at)))
    return convert.definition(uri, answer[1], answer[0].positions, server.links) if answer and answer[1] else None


async def _diagnostic(server: Server, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
    """The diagnostics of the newest version, that of now or one that comes while they are worked out."""
    found: list[types.Diagnostic] | None = []
    serial = None
    while (opened := server.opened.get(params.text_document.uri)) is not None and opened.serial != serial:
        serial = opened.serial
        if serial == params.previous_result_id:
            return types.RelatedUnchangedDocumentDiagnosticReport(serial)
        found = await asyncio.shield(opened.found)
    return types.RelatedFullDocumentDiagnosticReport(found or [], result_id=serial)


async def _code_action(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    uri, start, end = params.text_document.uri, params.range.start, params.range.end
    made: list[types.CodeAction] = []
    if convert.asked(params.context, types.CodeActionKind.QuickFix):
        offered = await server.asked(
            uri,
            lambda opened: server.checker.ask(opened, actions.repairs, opened.place(start), opened.place(end)),
        )
        if offered is not None:
            made += [server.actions(uri, offered[0]).repair(one, server.related) for one in offered[1]]
    if convert.asked(params.context, convert.FIX_ALL):
        safe = await server.asked(uri, lambda opened: server.checker.ask(opened, actions.all_safe))
        if safe is not None and safe[1] is not None:
            made.append(server.actions(uri, safe[0]).fix_all(safe[1]))
    return made
