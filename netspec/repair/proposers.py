"""Which function proposes repairs for which cause: the one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from netspec.analysis import causes as contradictory
from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Diagnostic, Fix
from netspec.language import causes as structural
from netspec.repair import blame, blocks, contradictions, costs, joins, keys, patterns, repeating, shapes, text, values
from netspec.text import causes as textual
from netspec.text.causes import Cause

Proposer = Callable[[Report, Diagnostic, Any], Iterator[Fix]]
"""Changes that may repair a finding with a cause of the proposer's type, the likeliest first. None of them is proved."""
Blamer = Callable[[Report, Diagnostic, Any], Diagnostic]
"""A finding at what most likely caused it."""

PROPOSERS: dict[type[Cause], Proposer] = {
    textual.Syntax: text.fixes,
    textual.Tab: text.fixes,
    textual.Unclosed: text.fixes,
    textual.RepeatedKey: text.fixes,
    textual.KeyOfAnotherType: text.fixes,
    textual.Tag: text.fixes,
    textual.MergeKey: text.fixes,
    textual.UnknownAlias: text.fixes,
    textual.SecondDocument: text.fixes,
    textual.Conflict: text.conflict,
    structural.UnknownKey: keys.unknown,
    structural.MissingKey: keys.missing,
    structural.BrokenValue: values.broken,
    structural.EmptyBlock: contradictions.empty_block,
    structural.TooManyLayers: contradictions.too_many_layers,
    structural.WindowDoesNotFit: shapes.fixes,
    structural.CellsNeverRead: shapes.fixes,
    structural.PaddingExceedsWindow: shapes.fixes,
    structural.GroupsDoNotDivide: shapes.fixes,
    structural.MapsDoNotJoin: joins.fixes,
    structural.NormGroupsDoNotDivide: blocks.norm_groups,
    structural.NoWholeNumber: blocks.no_whole_number,
    structural.OneOfTheseKeys: blocks.one_of_these,
    structural.StepsNotOnce: blocks.steps_not_once,
    contradictory.NotRepeated: repeating.not_repeated,
    contradictory.StridesAgain: repeating.strides_again,
    contradictory.Overpadded: repeating.overpadded,
    contradictory.NeedlessProjection: blocks.needless_projection,
    contradictory.JoinedTwice: blocks.joined_twice,
    contradictory.Contradiction: contradictions.contradiction,
    contradictory.NoEffect: contradictions.no_effect,
    contradictory.OnLogits: contradictions.on_logits,
    contradictory.RunsBefore: contradictions.runs_before,
    contradictory.NameTaken: contradictions.name_taken,
    contradictory.NameForSeveral: contradictions.name_for_several,
    contradictory.NoLayers: contradictions.no_layers,
    contradictory.OtherImageSize: contradictions.other_image_size,
    contradictory.OtherClassCount: contradictions.other_class_count,
    contradictory.OneUnit: contradictions.one_unit,
    contradictory.OtherBound: contradictions.other_bound,
    contradictory.MapAsOutput: contradictions.map_as_output,
    contradictory.FitsNoLayer: patterns.fits_no_layer,
    contradictory.FitsInVain: patterns.fits_in_vain,
    contradictory.CostExceeded: costs.exceeded,
    contradictory.FieldTooSmall: costs.farther,
}
BLAMERS: dict[type[Cause], Blamer] = {
    structural.WindowDoesNotFit: blame.blamed,
    structural.GroupsDoNotDivide: blame.blamed,
    structural.MapsDoNotJoin: joins.blamed,
    structural.NormGroupsDoNotDivide: blocks.blamed,
    contradictory.CostExceeded: costs.blamed,
}


def proposals(report: Report, finding: Diagnostic) -> Iterator[Fix]:
    """What may repair a finding, unproved; nothing where its cause is unknown."""
    propose = PROPOSERS.get(type(finding.cause))  # type: ignore[arg-type]
    return propose(report, finding, finding.cause) if propose else iter(())


def blamed(report: Report, finding: Diagnostic) -> Diagnostic:
    """The finding at what most likely caused it."""
    blame = BLAMERS.get(type(finding.cause))  # type: ignore[arg-type]
    return blame(report, finding, finding.cause) if blame else finding
