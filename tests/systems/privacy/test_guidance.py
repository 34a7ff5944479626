"""Guidance names kinds of facts, tells all decisions, and never quotes what must not flow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.spine.errors import DataError
from humankind.systems.privacy.guidance import Guidance, label_of, plain_key, topic_of, write_guidance
from humankind.systems.privacy.norms import Item, Norm, Party

secrets = st.text(alphabet=st.characters(min_codepoint=48, max_codepoint=122), min_size=5, max_size=20).filter(
    str.strip
)


@given(secret=secrets, keyed=st.booleans(), ask=st.booleans())
def test_a_secret_is_never_quoted(secret: str, keyed: bool, ask: bool) -> None:
    marked = f"zq{secret}qz"
    norm = Norm(
        items=(Item(key="name", value="Ann"), Item(key="diagnosis" if keyed else "", value=f"it is {marked} she said")),
        recipient=Party(role="hotel"),
    )
    guidance = write_guidance(norm, [0], [] if ask else [1], [1] if ask else [], rationale="")
    assert marked.casefold() not in guidance.text.casefold()


@pytest.mark.parametrize(
    ("key", "value", "hidden"),
    [
        ("has diabetes type 2", "diabetes type 2", "diabetes"),
        ("has asthma", "asthma", "asthma"),
        ("salary 84000", "84,000 USD", "84"),
        ("fired_from_acme", "Ann was fired from Acme", "acme"),
    ],
)
def test_a_key_that_holds_the_value_is_not_used(key: str, value: str, hidden: str) -> None:
    norm = Norm(items=(Item(key=key, value=value),))
    assert hidden not in label_of(norm, 0)
    assert hidden not in write_guidance(norm, [], [0]).text.casefold()


def test_recipient_share_withhold_and_consent_are_all_told() -> None:
    norm = Norm(
        items=(
            Item(key="CheckInDate", value="3 May"),
            Item(key="passport_no", value="P1"),
            Item(key="phone", value="55"),
        ),
        recipient=Party(name="Bo", role="clerk"),
        subject=Party(name="Ann"),
    )
    guidance = write_guidance(norm, [0], [1], [2], (0.9, 0.1, 0.5))
    may, must_not, ask = guidance.text.split(". ", 1)[0], guidance.text, guidance.text
    assert "Bo (clerk)" in may
    assert "check in date" in may
    assert "Do not reveal, hint at or confirm to Bo (clerk): passport no" in must_not
    assert "unless Ann agreed" in ask
    assert guidance.probabilities == (0.9, 0.1, 0.5)


def test_nothing_cleared_is_said() -> None:
    assert "Nothing about" in write_guidance(Norm(items=(Item(key="a", value="b"),)), [], [0]).text
    assert "No fact" in write_guidance(Norm(), [], []).text


def test_an_item_decided_twice_is_refused() -> None:
    with pytest.raises(DataError, match="twice"):
        Guidance(text="x", share=(0, 1), withhold=(1,))


@pytest.mark.parametrize(
    ("key", "plain"),
    [("DocumentID", "document id"), ("check_in-date", "check in date"), ("SSNumber2", "ss number2"), ("", "")],
)
def test_keys_in_words(key: str, plain: str) -> None:
    assert plain_key(key) == plain


@pytest.mark.parametrize(
    ("fact", "topic"),
    [
        ("She was arrested and faces charges", "a legal matter"),
        ("His salary is 80,000 and he has debts", "a money matter"),
        ("Prescribed insulin by the clinic", "a health matter"),
    ],
)
def test_topics(fact: str, topic: str) -> None:
    assert topic_of(fact) == topic
