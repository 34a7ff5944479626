"""Settings: typed, frozen, with presets; a wrong one names itself and a near right one."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import pytest
from annotated_types import Gt
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from humankind.spine.config import Config, Section, settings_of
from humankind.spine.errors import ConfigError


class Inner(Section):
    """A group."""

    epochs: int = 5
    """Passes over the data."""
    rate: Annotated[float, Gt(0)] = 0.1
    """Step."""


class Toy(Config):
    """Settings of a toy system."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {"inner": {"epochs": 1}}, "small": {}, "paper": {}}
    inner: Inner = Inner()
    kind: Literal["a", "b"] = "a"
    """Which."""
    beta: Literal["auto"] | float = "auto"
    """Weight."""
    pair: tuple[int, int] = (1, 2)
    """Two counts."""
    on: bool = False
    """A switch."""


def test_presets_and_settings_lie_over_each_other():
    assert Toy.from_preset("tiny").inner == Inner(epochs=1)
    toy = Toy.from_preset("tiny", ["inner.rate=0.5", "beta=2", "pair=[3,4]", "on=true", "kind=b"], seed=7)
    assert (toy.inner, toy.beta, toy.pair, toy.on, toy.kind, toy.seed) == (
        Inner(epochs=1, rate=0.5),
        2.0,
        (3, 4),
        True,
        "b",
        7,
    )


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("inner.epoch=3", "inner.epochs"),
        ("epochs=3", "inner.epochs"),
        ("inner=3", "no such setting"),
        ("seed.x=3", "no such setting"),
        ("inner.epochs=many", "int"),
        ("inner.rate=-1", "greater than 0"),
        ("inner.rate=nan", "finite"),
        ("kind=c", "'a' or 'b'"),
        ("beta=high", "auto"),
        ("noequals", "key=value"),
        ("=3", "key=value"),
    ],
)
def test_a_wrong_setting_names_itself(setting, told):
    with pytest.raises(ConfigError) as error:
        Toy.from_preset("tiny", [setting])
    assert told in str(error.value)
    assert error.value.exit_code == 2


def test_an_unknown_preset_names_the_known_ones():
    with pytest.raises(ConfigError, match="no such preset") as error:
        Toy.from_preset("huge")
    assert "tiny, small, paper" in str(error.value)


@given(
    epochs=st.integers(-(10**9), 10**9),
    rate=st.floats(1e-9, 1e9),
    beta=st.one_of(st.just("auto"), st.floats(-1e6, 1e6)),
    pair=st.tuples(st.integers(), st.integers()),
)
def test_settings_survive_text_and_json(epochs, rate, beta, pair):
    texts = [f"inner.epochs={epochs}", f"inner.rate={rate!r}", f"beta={beta}", f"pair={list(pair)}"]
    toy = Toy.from_preset("small", texts)
    assert (toy.inner.epochs, toy.inner.rate, toy.beta, toy.pair) == (epochs, rate, beta, pair)
    assert Toy.model_validate_json(toy.model_dump_json()) == toy


def test_configs_are_frozen_and_replaced_by_checked_copies():
    toy = Toy()
    with pytest.raises(ValidationError):
        toy.kind = "b"  # ty: ignore[invalid-assignment]
    other = toy.replaced("inner.epochs", 9)
    assert (toy.value("inner.epochs"), other.value("inner.epochs")) == (5, 9)
    with pytest.raises(ConfigError, match="wrong"):
        toy.replaced("inner.rate", 0)


def test_every_key_is_listed_with_its_default_and_help():
    listed = {setting.key: (setting.default, setting.help) for setting in settings_of(Toy)}
    assert listed["inner.epochs"] == (5, "Passes over the data.")
    assert set(listed) == {"seed", "inner.epochs", "inner.rate", "kind", "beta", "pair", "on"}
