"""Every setting of JAX is held, of no matter, or in the record."""

from __future__ import annotations

import jax
import pytest

from netspec.lowering.jax_environment import SET_ASIDE, recorded, set_aside
from netspec.lowering.settings import HELD
from netspec.runs import record


def test_what_a_network_holds_is_set_aside_by_commands() -> None:
    assert {name.upper() for name in HELD} <= set(SET_ASIDE)


def test_what_is_set_aside_is_taken_out_and_named() -> None:
    environment = {"JAX_ENABLE_X64": "1", "JAX_DISABLE_JIT": "", "HOME": "/", "XLA_FLAGS": "--x"}
    assert set_aside(environment) == ["JAX_ENABLE_X64"]
    assert environment == {"HOME": "/", "XLA_FLAGS": "--x"}


@pytest.mark.parametrize(
    "name", ["JAX_LOG_COMPILES", "JAX_COMPILATION_CACHE_DIR", "JAX_PLATFORMS", "JAX_ENABLE_X64", "PATH"]
)
def test_what_changes_no_result_is_not_recorded(name: str) -> None:
    assert recorded({name: "1"}) == {}


@pytest.mark.parametrize(
    "name", ["XLA_FLAGS", "JAX_NUM_CPU_DEVICES", "JAX_OPTIMIZATION_LEVEL", "NPROC", "JAX_LATER_SETTING"]
)
def test_what_may_change_it_is(name: str) -> None:
    assert recorded({name: "1", "HOME": "/"}) == {name: "1"}


def test_names_are_those_that_jax_has() -> None:
    """A name that this JAX does not have is one of another version: most are here."""
    own = {name.upper() for name in jax.config.values}
    assert len(own & set(SET_ASIDE)) >= 30


def test_another_setting_is_said_on_resuming() -> None:
    (found,) = record.compare({"settings": {}}, {"settings": {"XLA_FLAGS": "--x"}})
    assert (found.effect, str(found)) == ("warned", 'settings.XLA_FLAGS: absent -> "--x"')
    assert record.compare({}, {"settings": {}}) == [], "a run of an earlier version"
