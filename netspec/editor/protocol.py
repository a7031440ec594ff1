"""pygls's protocol, where a client needs more of it: every request is answered, and a line ends where it does in YAML."""

from __future__ import annotations

from typing import Any

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol, lsp_method


class Protocol(LanguageServerProtocol):
    """pygls lets the sender of a request wait whose parameters are wrong, or that comes before or after its time.

    In a text it ends lines at U+2028 and form feeds too, and takes a column behind the end of the last line for the one before:
    changes are left to the server's own handler.
    """

    def structure_message(self, data: dict[str, Any]) -> Any:
        """A message as an object; as it came where it has not the fields that the protocol wants."""
        try:
            return super().structure_message(data)
        except JsonRpcException:
            return data

    def handle_message(self, message: Any) -> None:
        """Hands a message on, or refuses it: to the sender where that waits for an answer."""
        fields = message if isinstance(message, dict) else _fields(message)
        refusal = self._refusal(message, fields)
        if refusal is None:
            super().handle_message(message)
        elif "method" in fields and fields.get("id") is not None:
            self._send_response(fields["id"], error=refusal.to_response_error())

    def _refusal(self, message: Any, fields: dict[str, Any]) -> JsonRpcException | None:
        if fields.get("jsonrpc") != self.VERSION:
            return JsonRpcInvalidRequest()
        if message is fields:
            return JsonRpcInvalidParams()
        method, begun = fields.get("method"), self._workspace is not None
        if method in (None, types.EXIT):
            return None
        if not begun and method != types.INITIALIZE:
            return JsonRpcServerNotInitialized()
        if self._shutdown or (begun and method == types.INITIALIZE):
            return JsonRpcInvalidRequest()
        return None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Any:
        """Leaves the change to the server."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None


def _fields(message: Any) -> dict[str, Any]:
    return {name: getattr(message, name) for name in ("jsonrpc", "id", "method") if hasattr(message, name)}
