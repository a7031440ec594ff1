"""For code scanning: SARIF 2.1.0, the OASIS standard for what static analysis found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.codes_page import fenced
from netspec.diagnostics.diagnostic import Diagnostic, Fix
from netspec.diagnostics.render.fingerprint import fingerprints
from netspec.diagnostics.render.paths import uri
from netspec.diagnostics.render.wording import all_files, in_words
from netspec.text.source import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "SRCROOT"

Json = dict[str, Any]


def render(diagnostics: Sequence[Diagnostic], files: Sequence[str], *, color: bool, width: int) -> str:
    """One log with one run."""
    from netspec import __version__  # looked up when it is asked for

    uris = list(dict.fromkeys(map(uri, all_files(diagnostics, files))))
    codes = sorted({found.code for found in diagnostics})
    run = {
        "tool": {
            "driver": {
                "name": "netspec",
                "version": __version__,
                "rules": [_rule(code) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder that netspec ran in."}}},
        "artifacts": [{"location": _artifact(uri)} for uri in uris],
        "results": [
            _result(found, codes.index(found.code), fingerprint)
            for found, fingerprint in zip(diagnostics, fingerprints(diagnostics), strict=True)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(name: str) -> Json:
    code = CODES[name]
    text, markdown = [code.meaning, code.why], [code.meaning, code.why]
    for part in (*code.broken, *code.whole):
        text.append(f"{part.words}\n\n{part.text}")
        markdown.append(f"{part.words}\n\n{fenced(part)}")
    return {
        "id": name,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.meaning},
        "help": {"text": "\n\n".join(text), "markdown": "\n\n".join(markdown)},
    }


def _result(found: Diagnostic, rule: int, fingerprint: str) -> Json:
    file = uri(found.source.name)
    location: Json = {"physicalLocation": _physical(file, found.span)} if found.placed else {}
    if found.layer is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": found.layer}]
    result: Json = {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": found.severity,
        "message": {"text": in_words(found)},
        "locations": [location] if location else [],
        "partialFingerprints": {"netspec/v1": fingerprint},
    }
    if found.labels:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": label.message},
                "physicalLocation": _physical(file, label.span),
            }
            for number, label in enumerate(found.labels, 1)
        ]
    if found.fixes:
        result["fixes"] = [_fix(fix, file) for fix in found.fixes]
    return result


def _fix(fix: Fix, file: str) -> Json:
    replacements = [{"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}} for edit in fix.edits]
    change = {"artifactLocation": _artifact(file), "replacements": replacements}
    properties = {"applicability": fix.applicability}
    return {"description": {"text": fix.title}, "artifactChanges": [change], "properties": properties}


def _physical(file: str, span: Span) -> Json:
    return {"artifactLocation": _artifact(file), "region": _region(span)}


def _artifact(file: str) -> Json:
    return {"uri": file} if file.startswith("file:") else {"uri": file, "uriBaseId": ROOT}


def _region(span: Span) -> Json:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
