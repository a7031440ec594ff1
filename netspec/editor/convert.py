"""What netspec has to say, in the types of the Language Server Protocol."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lsprotocol import types

from netspec.diagnostics.diagnostic import Diagnostic, Edit
from netspec.diagnostics.render.wording import in_words
from netspec.editor.actions import Repair
from netspec.editor.completion import Completion
from netspec.editor.definition import Definition
from netspec.editor.folding import Fold
from netspec.editor.hints import Hint
from netspec.editor.hover import Hover
from netspec.editor.position import Positions
from netspec.editor.symbols import Symbol
from netspec.text.source import Span

FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.netspec"
SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "hint": types.DiagnosticSeverity.Hint,
}
KINDS = {
    "key": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.Value,
    "snippet": types.CompletionItemKind.Snippet,
}
SYMBOLS = {
    "value": types.SymbolKind.Property,
    "section": types.SymbolKind.Namespace,
    "block": types.SymbolKind.Module,
    "layer": types.SymbolKind.Function,
}


def _range(span: Span, positions: Positions) -> types.Range:
    start, end = positions.range(span)
    return types.Range(types.Position(*start), types.Position(*end))


def _markdown(text: str) -> types.MarkupContent:
    return types.MarkupContent(types.MarkupKind.Markdown, text)


def diagnostics(
    uri: str, found: Sequence[Diagnostic], more: int, positions: Positions, related: bool
) -> list[types.Diagnostic]:
    """The findings on a text, and how many more there are."""
    shown = [diagnostic(uri, one, positions, related) for one in found]
    if more:
        message = f"{more:,} more findings are not shown: `netspec validate` lists all"
        shown.append(types.Diagnostic(shown[-1].range, message, types.DiagnosticSeverity.Information, source="netspec"))
    return shown


def failure(reason: str) -> types.Diagnostic:
    """A check that gave no findings, at the start of the text: a bug that must not look like a sound spec."""
    start = types.Range(types.Position(0, 0), types.Position(0, 0))
    message = f"this text could not be checked: {reason}\nthis is a bug in netspec; please report it with this file"
    return types.Diagnostic(start, message, types.DiagnosticSeverity.Error, source="netspec")


def diagnostic(uri: str, found: Diagnostic, positions: Positions, related: bool) -> types.Diagnostic:
    """One finding; its labels as other places, or in its message for a client that shows none."""
    message = in_words(found)
    places = None
    if related:
        places = [
            types.DiagnosticRelatedInformation(types.Location(uri, _range(label.span, positions)), label.message)
            for label in found.labels
        ]
    else:
        message += "".join(f"\nline {label.span.line}: {label.message}" for label in found.labels)
    return types.Diagnostic(
        range=_range(found.span, positions),
        message=message,
        severity=SEVERITIES[found.severity],
        code=found.code,
        source="netspec",
        related_information=places,
    )


def hover(shown: Hover, positions: Positions) -> types.Hover:
    """A hover with the place that it is about."""
    return types.Hover(_markdown(shown.text), _range(shown.span, positions))


def hint(shown: Hint, positions: Positions) -> types.InlayHint:
    """A hint at the end of its line."""
    end = len(positions.source.lines[shown.line - 1]) + 1
    return types.InlayHint(
        position=types.Position(*positions.position(shown.line, end)),
        label=shown.text,
        kind=types.InlayHintKind.Type,
        tooltip=_markdown(shown.explanation),
        padding_left=True,
    )


def completions(found: list[Completion], positions: Positions, *, snippets: bool) -> types.CompletionList:
    """The proposals in their order."""
    return types.CompletionList(False, [_completion(one, i, positions, snippets) for i, one in enumerate(found)])


def _completion(found: Completion, number: int, positions: Positions, snippets: bool) -> types.CompletionItem:
    return types.CompletionItem(
        label=found.label,
        kind=KINDS[found.kind],
        detail=found.detail or None,
        documentation=_markdown(found.documentation) if found.documentation else None,
        sort_text=f"{number:03}",
        filter_text=found.label,
        insert_text_format=types.InsertTextFormat.Snippet if snippets else types.InsertTextFormat.PlainText,
        insert_text_mode=types.InsertTextMode.AdjustIndentation,
        text_edit=types.TextEdit(
            _range(found.replaces, positions), found.insert if snippets else without_places(found.insert)
        ),
    )


def symbol(shown: Symbol, positions: Positions) -> types.DocumentSymbol:
    """A line of the outline with those below it."""
    return types.DocumentSymbol(
        name=shown.name,
        detail=shown.detail or None,
        kind=SYMBOLS[shown.kind],
        range=_range(shown.whole, positions),
        selection_range=_range(shown.name_span, positions),
        children=[symbol(below, positions) for below in shown.below] or None,
    )


def flat_symbols(
    uri: str, shown: Sequence[Symbol], positions: Positions, above: str | None = None
) -> list[types.SymbolInformation]:
    """The outline line by line, each with the name of the one above it: for a client that knows no other."""
    found = []
    for one in shown:
        place = types.Location(uri, _range(one.whole, positions))
        found.append(types.SymbolInformation(place, one.name, SYMBOLS[one.kind], container_name=above))
        found += flat_symbols(uri, one.below, positions, one.name)
    return found


def fold(shown: Fold) -> types.FoldingRange:
    """A range of lines."""
    kind = types.FoldingRangeKind.Comment if shown.comment else types.FoldingRangeKind.Region
    return types.FoldingRange(shown.first - 1, shown.last - 1, kind=kind)


def definition(
    uri: str, found: Definition, positions: Positions, links: bool
) -> types.Location | list[types.LocationLink]:
    """Where to go; with what leads there for a client that shows it."""
    if not links:
        return types.Location(uri, _range(found.name, positions))
    whole, name, origin = (_range(span, positions) for span in (found.whole, found.name, found.origin))
    return [types.LocationLink(uri, whole, name, origin)]


def without_places(snippet: str) -> str:
    """A snippet as plain text: each place has its first value.

    >>> without_places("kernel: ${1:3}$0"), without_places("bias: ${1|true,false|}")
    ('kernel: 3', 'bias: true')
    """
    plain = re.sub(r"\$\{\d+\|([^,|]*)[^|]*\|\}", r"\1", snippet)
    return re.sub(r"\$\{\d+:([^}]*)\}|\$\d", r"\1", plain)


def asked(context: types.CodeActionContext, kind: str) -> bool:
    """Whether the client wants code actions of this kind."""
    wanted = [only.value if isinstance(only, types.CodeActionKind) else only for only in context.only or [""]]
    return any(not only or kind == only or kind.startswith(f"{only}.") for only in wanted)


@dataclass(frozen=True, slots=True)
class Actions:
    """Makes code actions on one version of a text."""

    uri: str
    version: int | None
    positions: Positions
    versioned: bool

    def repair(self, repair: Repair, related: bool) -> types.CodeAction:
        """A quick fix."""
        return types.CodeAction(
            title=repair.title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[diagnostic(self.uri, repair.finding, self.positions, related)],
            is_preferred=repair.preferred or None,
            edit=self._edit(repair.edits),
        )

    def fix_all(self, edit: Edit) -> types.CodeAction:
        """All safe fixes at once."""
        return types.CodeAction("make all safe fixes", FIX_ALL, edit=self._edit((edit,)))

    def _edit(self, edits: tuple[Edit, ...]) -> types.WorkspaceEdit:
        made = [types.TextEdit(_range(edit.span, self.positions), edit.text) for edit in edits]
        if not self.versioned:
            return types.WorkspaceEdit(changes={self.uri: made})
        identifier = types.OptionalVersionedTextDocumentIdentifier(self.uri, self.version)
        return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, [*made])])
