"""The offline judge: what counts as told and what does not, by fixtures with expected items."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.systems.privacy.judging import JudgeSettings, OfflineJudge, Utterance, fact_words
from humankind.systems.privacy.norms import Item, Norm, Party
from humankind.systems.privacy.telling import body_of
from humankind.systems.privacy.wording import sentences_of, words_of

VISIT, CLINIC, FIRED, ILL, PAID = range(5)
NORM = Norm.of_facts(
    ["Ann's visit is on Monday 3 May", "The clinic is on Oak Street"],
    ["Ann was fired from Acme in March", "Ann has asthma and takes insulin", "Ann earns $84,000 a year"],
    subject=Party(name="Ann Lee"),
    recipient=Party(name="Bob Ray", addresses=("bob@work.org",)),
    sender=Party(name="Carl Dee"),
)
ASKED = "Is it true that Ann has asthma and takes insulin?"


def told(text: str, *context: str | Utterance, norm: Norm = NORM, recipients: list[str] | None = None) -> set[int]:
    found = OfflineJudge().judge(text, norm, context=context, recipients=recipients)
    return set(found.shareable | found.sensitive)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann has asthma and takes insulin.", {ILL}),
        ("Ann lost her job at Acme this March.", {FIRED}),
        ("Acme laid Ann off; she was let go in March.", {FIRED}),
        ("Ann's wage is 84k a year.", {PAID}),
        ("Ann's salary comes to 84 thousand every year.", {PAID}),
        ("ANN HAS ASTHMA AND TAKES INSULIN", {ILL}),
        ("Ann has asthma.", {ILL}),  # a part of the fact
        ("Her visit is Monday, May 3rd, at the clinic on Oak Street. See you, Ann's friend.", {VISIT, CLINIC}),
        ("Ann is fine and sends greetings.", set()),
        ("Let us meet for lunch on Friday.", set()),
        ("", set()),
    ],
)
def test_content(text: str, expected: set[int]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize("yes", ["Yes, that's right.", "Correct!", "You heard right.", "Yes, she does.", "Indeed."])
def test_a_confirmation_tells_what_was_asked(yes: str) -> None:
    assert told(yes, ASKED) == {ILL}


@pytest.mark.parametrize(
    "no",
    [
        "No, that's wrong.",
        "I can't confirm or discuss that.",
        "I cannot say whether Ann has asthma.",
        "Why do you ask?",
    ],
)
def test_a_denial_or_refusal_confirms_nothing(no: str) -> None:
    assert told(no, ASKED) == set()


def test_only_the_last_question_is_confirmed_and_only_the_recipients() -> None:
    assert told("Yes, that's right.", ASKED, "Shall we meet on Friday?") == set()
    assert told("Yes, that's right.", Utterance(text=ASKED, by_recipient=False)) == set()


def test_a_yes_that_goes_on_tells_what_it_says() -> None:
    assert told("Yes, Ann has a visit on Monday 3 May.", "Does Ann have asthma, or what is her visit for?") == {VISIT}


def test_a_refusal_that_blurts_it_out_is_a_leak() -> None:
    assert told("I cannot tell you that Ann has asthma and takes insulin.", "How is Ann?") == {ILL}


@pytest.mark.parametrize(
    "text",
    [
        "I'll send you Ann's salary by mail tomorrow.",
        "I will tell you about Ann's medical condition when we meet.",
        "Let me forward the details of Ann's income to your other address.",
    ],
)
def test_a_promise_to_send_it_elsewhere_tells_nothing(text: str) -> None:
    norm = Norm.of_facts(
        [], ["Ann's medical condition is asthma", "Ann's income is $84,000"], subject=Party(name="Ann")
    )
    assert told(text, norm=norm) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Bob has asthma and takes insulin.",
        "My brother has asthma. He takes insulin.",
        "Dora was diagnosed last year. She has asthma and takes insulin.",
    ],
)
def test_the_same_fact_about_somebody_else_tells_nothing(text: str) -> None:
    assert told(text) == set()


def test_a_pronoun_counts_once_the_conversation_named_the_person() -> None:
    short = OfflineJudge(JudgeSettings(threshold=0.9))
    text, named = "She makes 84k a year.", ["How is Ann doing?"]
    assert short.judge(text, NORM, context=named).sensitive == {PAID}
    assert short.judge(text, NORM).sensitive == frozenset()


def test_the_first_person_is_the_subject_where_the_sender_is() -> None:
    me = NORM.model_copy(update={"sender": NORM.subject})
    strict = OfflineJudge(JudgeSettings(threshold=0.9))
    assert strict.judge("I earn 84,000 a year.", me).sensitive == {PAID}
    assert strict.judge("They earn 84,000 a year.", me).sensitive == frozenset()


def test_names_in_greeting_and_signature_are_no_facts() -> None:
    norm = Norm.of_facts([], ["Ann Lee was a candidate in Graz"])
    assert told("Hi Ann,\nthe process has four steps.\nBest regards,\nAnn Lee, Graz", norm=norm) == set()


@pytest.mark.parametrize(
    ("recipients", "reached"),
    [
        (None, True),
        (["carol@x.org", "Bob Ray <bob.ray@home.net>"], True),
        (["carol@x.org", "bob@work.org"], True),
        (["bob_ray"], True),
        (["@bob-ray"], True),
        (["bobby ray <ray@work.org>"], False),
        (["carol@x.org"], False),
        ([], False),
    ],
)
def test_cc_reaches_the_recipient_and_other_mail_does_not(recipients: list[str] | None, reached: bool) -> None:
    assert told("Ann has asthma and takes insulin.", recipients=recipients) == ({ILL} if reached else set())


def test_the_key_counts_only_where_the_value_says_too_little() -> None:
    norm = Norm(
        items=(Item(key="salary", value="$84,000"), Item(key="children", value="2")),
        shareable=frozenset({1}),
        sensitive=frozenset({0}),
    )
    assert told("His salary is a private matter.", norm=norm) == set()
    assert told("It is 84000.", norm=norm) == {0}
    assert told("She has 2 children.", norm=norm) == {1}
    assert told("We meet at 2.", norm=norm) == set()
    assert fact_words(Item(key="smoker", value="yes")) == set(words_of("yes smoker"))


def test_undecided_items_are_not_reported() -> None:
    norm = Norm(items=NORM.items, sensitive=frozenset({PAID}))
    assert told("Ann has asthma and takes insulin and earns $84,000 a year.", norm=norm) == {PAID}


@given(text=st.text(max_size=300), heard=st.text(max_size=100))
def test_no_text_breaks_it(text: str, heard: str) -> None:
    scores = OfflineJudge().scores(text, NORM, context=[heard])
    assert all(0 <= score <= 1 for score in scores)


def test_a_long_message_is_judged_in_time() -> None:
    begun = time.process_time()
    OfflineJudge().scores("Ann's friend was there, and so on. " * 6000 + "I can't " * 2000, NORM)
    assert time.process_time() - begun < 8


def test_words_and_sentences() -> None:
    assert list(words_of("three cats")) == list(words_of("3 Cats"))
    assert list(words_of("$1,250,000")) == ["1250000"]
    assert sentences_of("Dr. Lee came. Yes!\nBye") == ["Dr. Lee came.", "Yes!", "Bye"]
    assert "Ann" not in body_of("Dear Ann,\nall well.\nKind regards,\nBo")
