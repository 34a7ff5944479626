"""Settings: typed, frozen, with presets; a wrong one names itself and a near right one."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Annotated, Any, ClassVar, Literal, Optional

import pytest
from annotated_types import Ge, Gt, Le, Lt
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from humankind.spine.config import Config, Section, settings_of
from humankind.spine.errors import ConfigError
from humankind.spine.kinds import in_words


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


def test_what_a_setting_takes_is_said_in_words():
    kinds = {setting.key: setting.kind for setting in settings_of(Toy)}
    assert kinds == {
        "seed": "int",
        "inner.epochs": "int",
        "inner.rate": "float > 0",
        "kind": "a or b",
        "beta": "auto or float",
        "pair": "[int, int]",
        "on": "true or false",
    }


WORDS = [
    (Annotated[int, Ge(1), Le(5)], "int >= 1, <= 5"),
    (Annotated[float, Lt(1)] | None, "float < 1 or null"),
    (Optional[str], "text or null"),  # noqa: UP045
    (list[int], "[int, ...]"),
    (tuple[Annotated[int, Ge(0)], ...], "[int >= 0, ...]"),
    (Literal["auto"] | tuple[int, int], "auto or [int, int]"),
    (Literal[5, 10, 20], "5, 10 or 20"),
    (Annotated[str, "free"], "text free"),
]


@pytest.mark.parametrize(("kind", "words"), WORDS)
def test_types_in_words(kind, words):
    assert in_words(kind) == words


def test_the_wrong_kind_is_told_with_the_right_one():
    with pytest.raises(ConfigError) as error:
        Toy.from_preset("tiny", ["inner.rate=fast"])
    assert (error.value.found, error.value.expected) == ("inner.rate=fast", "float > 0")


class Wide(Config):
    """Settings that take one of two kinds."""

    inner: Inner = Inner()
    rate: Literal["auto"] | Annotated[float, Gt(0)] = "auto"
    """Step."""
    pair: Literal["auto"] | tuple[Annotated[int, Ge(0)], Annotated[int, Ge(0)]] = "auto"
    """Counts."""


@pytest.mark.parametrize(
    ("setting", "expected", "remedy"),
    [
        ("rate=-1", "auto or float > 0", "'auto' or greater than 0"),
        ("rate=nan", "auto or float > 0", "'auto' or greater than 0"),
        ("rate=fast", "auto or float > 0", "'auto' or a valid number"),
        ("pair=[0,-1]", "auto or [int >= 0, int >= 0]", "'auto' or greater than or equal to 0"),
        ("pair=[1,2,3]", "auto or [int >= 0, int >= 0]", "at most 2 items"),
        ("pair=3", "auto or [int >= 0, int >= 0]", "'auto' or a valid array"),
    ],
)
def test_a_setting_of_two_kinds_is_told_with_both(setting, expected, remedy):
    with pytest.raises(ConfigError) as error:
        Wide.from_preset("tiny", [setting])
    assert error.value.expected == expected
    assert remedy in str(error.value.remedy)
    assert error.value.found == setting


def test_a_value_of_neither_kind_names_its_key_and_both_kinds():
    for value, told in ((-1, "'auto' or greater than 0"), ("fast", "'auto' or a valid number")):
        with pytest.raises(ConfigError) as error:
            Wide().replaced("rate", value)
        assert error.value.found == f"rate={value!r}"
        assert told in str(error.value.expected)
    with pytest.raises(ConfigError) as error:
        Wide().replaced("inner.rate", -1)
    assert error.value.found == "inner.rate=-1"


KEYS = ["seed", "inner", "inner.epochs", "inner.rate", "kind", "beta", "pair", "on", "pair.x", "inner."]


class Lists(Config):
    """Settings of many kinds."""

    sizes: tuple[int, ...] = (1,)
    """Sizes."""
    rates: list[float] = Field(default_factory=list)
    """Rates."""
    name: str = ""
    """A text."""
    most: int | None = None
    """A count, if any."""


@given(
    sizes=st.lists(st.integers(), max_size=5),
    rates=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=5),
    name=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    most=st.integers() | st.none(),
)
def test_lists_texts_and_nothing_survive_text_and_json(sizes, rates, name, most):
    settings = [f"sizes={json.dumps(sizes)}", f"rates={json.dumps(rates)}", f"name={name}", f"most={json.dumps(most)}"]
    made = Lists.from_preset("small", settings)
    assert (made.sizes, made.rates, made.name, made.most) == (tuple(sizes), rates, name.strip(), most)
    assert Lists.model_validate_json(made.model_dump_json()) == made
    for key in ("sizes", "rates", "name", "most"):
        assert Lists().replaced(key, made.value(key)).value(key) == made.value(key)


@given(st.text(max_size=30) | st.builds("{}={}".format, st.sampled_from(KEYS), st.text(max_size=12)))
def test_any_text_is_taken_or_refused_with_a_reason(text):
    """No text after --set makes anything but settings or a ConfigError."""
    with suppress(ConfigError):
        assert isinstance(Toy.from_preset("tiny", [text]), Toy)


def test_every_key_is_listed_with_its_default_and_help():
    listed = {setting.key: (setting.default, setting.help) for setting in settings_of(Toy)}
    assert listed["inner.epochs"] == (5, "Passes over the data.")
    assert set(listed) == {"seed", "inner.epochs", "inner.rate", "kind", "beta", "pair", "on"}
