"""What a network begins from: the file that `train.from` names, what of it is taken, and what is wrong with it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from netspec.analysis.plan import Plan
from netspec.data.splits import beside
from netspec.diagnostics.diagnostic import Diagnostic, placeless
from netspec.diagnostics.errors import DamagedFile, RunError
from netspec.diagnostics.render.wording import counted
from netspec.importing.reading import DARKNETS, OF_PICKLE, PICKLE, PICKLES, SYSTEMS
from netspec.runs import weights
from netspec.runs.beginning import Beginning, fit, shapes
from netspec.runs.directory import NotARun
from netspec.runs.weights import Weights
from netspec.storage.tensors import Corrupt
from netspec.training.session import Begun, Watcher
from netspec.workflows.telling import Tell

SHOWN = 6
"""How many arrays one finding names."""
KINDS = "a run, one of its checkpoints, a model or a safetensors file with netspec's names"
SAID = {"torch": "PyTorch", "keras": "Keras", "flax": "Flax"}
"""Whose names and layouts arrays have, by the word of `export --names`."""
Finding = Callable[..., Diagnostic]
"""(code, message, notes, help, severity): a finding at the place where the file is named."""


def begun(plan: Plan, watchers: tuple[Watcher, ...], tell: Tell) -> Begun | None:
    """What a new run begins with; None where the spec has no `train.from`.

    Raises:
        RunError: there is nothing at the path, or nothing in it fits the network.
        DamagedFile: a file is damaged, or holds something else.
    """
    named = plan.spec.train.value.from_
    if named is None:
        return None
    finding = partial(_at_from, plan)
    found = _fitted(plan, _read(beside(plan, named), finding, "`from` is relative to the spec"), finding)
    tell([*_frozen(plan, found), *_others(found, finding)])
    for watcher in watchers:
        watcher.begun(found)
    return Begun(found.as_json(), found.taken)


def again(plan: Plan, record: Mapping[str, Any] | None, *, begun: bool) -> Begun | None:
    """What a run began with that goes on. Where it was killed before its first checkpoint, it is `begun` no step of it, and
    the file is read again: it must be the one that it was.

    Raises as `begun` does.
    """
    if record is None:
        return None
    if begun:
        return Begun(record)
    finding = partial(_at_from, plan)
    read = _read(Path(record["path"]), finding)
    if read.sha256 != record["sha256"]:
        message = f"`{read.path}` is not the file that the run began from: its SHA-256 was {record['sha256'][:16]}…"
        help = "put the file back, or begin another run"
        raise RunError([finding("NS644", message, help=help)])
    return Begun(record, _fitted(plan, read, finding).taken)


def given(plan: Plan, path: Path, tell: Tell) -> Beginning:
    """What a file that no spec names holds for a network. Raises as `begun` does."""
    found = _fitted(plan, _read(path, _nowhere), _nowhere)
    tell(_others(found, _nowhere))
    return found


def _read(path: Path, finding: Finding, relative: str = "") -> Weights:
    """The weights at a path; `relative` helps where nothing is at one that is."""
    try:
        return weights.read(path)
    except NotARun as error:
        raise RunError([finding(error.code, str(error), help=f"name {KINDS}")], status=2) from None
    except Corrupt as error:
        raise _damaged(error, finding) from None
    except OSError as error:
        message = f"`{path}`: {error.strerror or error}"
        help = relative if relative and not path.is_absolute() else f"name {KINDS}"
        raise RunError([finding("NS640", message, help=help)], status=2) from None
    except ValueError:  # a NUL in the name
        raise RunError([finding("NS640", f"`{path}`: no file can have this name")], status=2) from None


def _damaged(error: Corrupt, finding: Finding) -> DamagedFile:
    if error.path is not None and (foreign := _foreign(error.path)) is not None:
        return DamagedFile([finding("NS641", f"`{error.path}` {foreign[0]}", help=foreign[1])])
    return DamagedFile([finding("NS641", str(error), help=f"name {KINDS}")])


def _foreign(path: Path) -> tuple[str, str] | None:
    """What another system's file is, by its ending, and how its weights come into netspec's names; None of any other."""
    ending, made = path.suffix.lower(), str(path.with_suffix(".safetensors"))
    if ending in PICKLES:
        return "is no safetensors file", f"{PICKLE}; {OF_PICKLE}"
    source = path.with_suffix(".cfg") if ending == DARKNETS else path
    system = SYSTEMS.get(source.suffix.lower())
    if system is None:
        return None
    what = f"is of {system.name}, and `from` takes safetensors with netspec's names"
    if system.apart and system.name != "Darknet":
        return f"{what}; it holds no weights itself", system.apart
    own = ("--from-weights", str(path.with_suffix(DARKNETS))) if system.apart else ()
    words = ("netspec", "import", str(source), "-o", str(path.with_suffix(".yaml")), "--weights", made, *own)
    return what, f"`{shlex.join(words)}` writes such a file: name that"


def _fitted(plan: Plan, read: Weights, finding: Finding) -> Beginning:
    """What of the arrays fits; RunError where nothing does."""
    try:
        found = fit(plan, read)
    except Corrupt as error:
        raise _damaged(error, finding) from None
    if found.taken:
        return found
    there = _listed([*read.arrays]) if read.arrays else "none"
    notes = [f"the arrays in the file: {there}", f"those of the network: {_listed([*shapes(plan)])}"]
    different = [f"{one.name}: {one.words}" for one in found.anew if one.reason != "absent"]
    notes += [f"by their shapes: {'; '.join(different[:SHOWN])}"] if different else []
    message = f"nothing in `{read.path}` has a name and a shape of this network"
    help = "name weights of a network that has layers of this one"
    if read.names != "netspec":
        message = (
            f"`{read.path}` has the names of {SAID.get(read.names, read.names)}, by its metadata, and not netspec's"
        )
        help = "name the run that it was exported from, or export it with `--to safetensors`, which has netspec's names"
    raise RunError([finding("NS642", message, tuple(notes), help)])


def _frozen(plan: Plan, found: Beginning) -> list[Diagnostic]:
    """NS643: layers that are frozen, and begin with what is drawn all the same."""
    anew = [one for one in found.anew if one.layer in plan.frozen]
    if not anew:
        return []
    layers = [*dict.fromkeys(one.layer for one in anew)]
    message = f"{counted(len(layers), 'frozen layer')} ({_listed(layers)}) keeps values that are not from the file"
    notes = tuple(f"{one.name}: {one.words}" for one in anew[:SHOWN])
    help = "freeze what begins from the file alone"
    place = plan.spec.train.at("freeze")
    return [Diagnostic("NS643", message, plan.spec.source, place, notes=notes, help=help, severity="warning")]


def _others(found: Beginning, finding: Finding) -> list[Diagnostic]:
    """NS645: arrays that are not taken though no other number of outputs is the reason."""
    anew = [one for one in found.anew if one.reason in ("shape", "type")]
    if not anew:
        return []
    message = f"{counted(len(anew), 'array')} of `{found.weights.path}` cannot be taken"
    notes = tuple(f"{one.name}: {one.words}" for one in anew[:SHOWN])
    notes += (f"and {len(anew) - SHOWN} more",) if len(anew) > SHOWN else ()
    return [
        finding(
            "NS645",
            message,
            notes,
            "they begin anew, which may be meant; else give these layers the size that they have in the file",
            "warning",
        )
    ]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"`{name}`" for name in names[:SHOWN]) + more


def _at_from(
    plan: Plan, code: str, message: str, notes: tuple[str, ...] = (), help: str | None = None, severity: Any = "error"
) -> Diagnostic:
    """A finding at the spec's `from`."""
    place = plan.spec.train.at("from")
    return Diagnostic(code, message, plan.spec.source, place, notes=notes, help=help, severity=severity)


def _nowhere(
    code: str, message: str, notes: tuple[str, ...] = (), help: str | None = None, severity: Any = "error"
) -> Diagnostic:
    """A finding on a file that no spec names."""
    return placeless(code, "; ".join((message, *notes)), help, severity)
