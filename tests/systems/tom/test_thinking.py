"""S2F token by token: what is let through, what is forced, when, and how often, with tokenizers of four kinds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.spine.errors import ConfigError
from humankind.systems.tom.s2f import (
    PHRASES,
    WAIT,
    HesitationGate,
    forced_text,
    hesitations,
    phrases_of,
    s2f_rule,
)
from humankind.systems.tom.thinking import CLOSE, ThinkingRule, Vocabulary, begun

Proposer = Callable[[Sequence[int]], int]
"""The scripted model: what it would emit after what was emitted."""


def drive(rule: ThinkingRule, propose: Proposer, n: int, stops: frozenset[int]) -> list[int]:
    """Emit up to n tokens as an engine does: the rule decides, a token that stops ends the reply and is left out."""
    emitted: list[int] = []
    while len(emitted) < n:
        token = rule.next(tuple(emitted), propose(emitted))
        if token in stops:
            break
        emitted.append(token)
    return emitted


def says(vocabulary: Vocabulary, text: str, then: str = " B") -> Proposer:
    """A model that wants to say a text; once its thinking was closed by force it answers instead."""
    wanted, answer = vocabulary.ids(text), vocabulary.ids(then)
    stop = min(vocabulary.stops)

    def propose(emitted: Sequence[int]) -> int:
        so_far = vocabulary.text(emitted)
        if PHRASES["en"] in so_far and CLOSE in so_far:
            closed = next(n for n in range(len(emitted) + 1) if CLOSE in vocabulary.text(emitted[:n]))
            place = len(emitted) - closed
            return answer[place] if place < len(answer) else stop
        return wanted[len(emitted)] if len(emitted) < len(wanted) else stop

    return propose


@pytest.fixture(params=["marked", "unmarked", "bytewise", "smollm2"])
def vocabulary(request: pytest.FixtureRequest) -> Vocabulary:
    return Vocabulary(request.getfixturevalue(request.param))


THOUGHTS = "Ann left. wait, Ben moved it. Wait, no wait, wait. wait wait Wait the box"


@pytest.mark.parametrize("threshold", [1, 2, 3, 5])
def test_one_hesitation_fewer_than_the_threshold_is_let_through(vocabulary: Vocabulary, threshold: int) -> None:
    rule = s2f_rule(vocabulary, threshold)
    text = vocabulary.text(drive(rule, says(vocabulary, THOUGHTS), 400, vocabulary.stops))
    thoughts, phrase, answer = text.partition(PHRASES["en"])
    assert phrase
    assert thoughts.lower().count("wait") == threshold - 1 == rule.hesitations
    assert text.count(PHRASES["en"]) == 1
    assert text.count(CLOSE) == 1
    assert answer == f"\n{CLOSE} B"
    assert rule.trigger == "hesitation"


def test_the_forced_tokens_stand_where_the_rule_says(vocabulary: Vocabulary) -> None:
    rule = s2f_rule(vocabulary, 2)
    emitted = drive(rule, says(vocabulary, THOUGHTS), 400, vocabulary.stops)
    assert rule.injected_at is not None
    assert rule.answer_at is not None
    assert vocabulary.text(emitted[rule.injected_at : rule.answer_at]) == forced_text()
    assert rule.n_thinking == rule.injected_at
    assert THOUGHTS.startswith(vocabulary.text(emitted[: rule.injected_at]))


@pytest.mark.parametrize("close", ["</think>", " </think>", "\n</think>\n\n"])
def test_the_models_own_end_of_thinking_is_replaced_once(vocabulary: Vocabulary, close: str) -> None:
    rule = s2f_rule(vocabulary, 3)
    said = "the box." + close
    text = vocabulary.text(drive(rule, says(vocabulary, said), 400, vocabulary.stops))
    assert rule.trigger == "close"
    assert text.count(CLOSE) == 1
    assert text.count(PHRASES["en"]) == 1
    assert text.endswith(f"{CLOSE} B")
    assert text.startswith("the box.")


def test_a_reply_that_ends_with_the_block_open_is_closed_and_answered(vocabulary: Vocabulary) -> None:
    rule = s2f_rule(vocabulary, 3)
    text = vocabulary.text(drive(rule, says(vocabulary, "the box."), 400, vocabulary.stops))
    assert rule.trigger == "stop"
    assert text == "the box." + forced_text() + " B"


def test_after_the_injection_the_model_is_free(vocabulary: Vocabulary) -> None:
    rule = s2f_rule(vocabulary, 1)
    answer = " wait wait wait </think> wait"
    emitted = drive(rule, says(vocabulary, "wait", then=answer), 400, vocabulary.stops)
    assert vocabulary.text(emitted[rule.answer_at :]) == answer


def test_a_block_that_is_never_closed_within_the_reply_is_seen_as_open(vocabulary: Vocabulary) -> None:
    rule = s2f_rule(vocabulary, 3)
    drive(rule, lambda emitted: vocabulary.ids("box")[0], 20, vocabulary.stops)
    assert rule.answer_at is None
    assert rule.trigger == ""
    assert rule.n_thinking == 20


def test_a_cap_closes_the_block_after_so_many_thinking_tokens(vocabulary: Vocabulary) -> None:
    forced = vocabulary.ids(f"\n{CLOSE}")
    rule = ThinkingRule(vocabulary, forced=forced, cap=7)
    emitted = drive(rule, lambda emitted: vocabulary.ids("box")[0], 40, vocabulary.stops)
    assert rule.n_thinking == rule.injected_at == 7
    assert tuple(emitted[7 : 7 + len(forced)]) == forced
    assert rule.trigger == "cap"
    assert CLOSE not in vocabulary.text(emitted[7 + len(forced) :])


def test_under_a_cap_alone_the_models_own_end_stands(vocabulary: Vocabulary) -> None:
    rule = ThinkingRule(vocabulary, forced=vocabulary.ids(f"\n{CLOSE}"), cap=200)
    said = "the box. </think> B"
    emitted = drive(rule, says(vocabulary, said), 400, vocabulary.stops)
    assert vocabulary.text(emitted) == said
    assert rule.trigger == "close"
    assert rule.injected_at is None
    assert rule.answer_at is not None
    assert vocabulary.text(emitted[rule.answer_at :]) == " B"
    assert 0 < rule.n_thinking < rule.answer_at


def test_with_a_gate_the_cap_forces_the_same_phrase(vocabulary: Vocabulary) -> None:
    gate = HesitationGate(hesitations(vocabulary), 3)
    rule = ThinkingRule(vocabulary, forced=vocabulary.ids(forced_text()), gate=gate, cap=5)
    text = vocabulary.text(drive(rule, lambda emitted: vocabulary.ids("box")[0], 400, vocabulary.stops))
    assert rule.trigger == "cap"
    assert text.count(PHRASES["en"]) == 1


def test_a_reply_may_end_where_thinking_ends(vocabulary: Vocabulary) -> None:
    free, short = s2f_rule(vocabulary, 2), s2f_rule(vocabulary, 2)
    short.last = min(vocabulary.stops)
    whole = drive(free, says(vocabulary, THOUGHTS), 400, vocabulary.stops)
    cut = drive(short, says(vocabulary, THOUGHTS), 400, vocabulary.stops)
    assert cut == whole[: free.injected_at]
    assert (short.injected_at, short.trigger, short.hesitations) == (free.injected_at, free.trigger, free.hesitations)


def test_two_characters_of_the_mark_are_its_beginning_one_is_not() -> None:
    assert not begun("2 <")
    assert begun("so </")
    assert begun("so </thin")
    assert not begun("so </b>")


def test_the_papers_words_count_where_they_are_one_token(marked: Any) -> None:
    vocabulary = Vocabulary(marked)
    found = hesitations(vocabulary)
    assert all(len(ids) == 1 for ids in found)
    assert {vocabulary.text(ids) for ids in found} <= set(WAIT)
    assert len(found) >= 2


def test_all_four_words_are_tokens_of_the_embedded_model(smollm2: Any) -> None:
    vocabulary = Vocabulary(smollm2)
    assert {vocabulary.text(ids) for ids in hesitations(vocabulary)} == set(WAIT)
    assert len(vocabulary.ids(CLOSE)) > 1


def test_split_words_count_as_sequences_and_stop_before_their_last_token(bytewise: Any) -> None:
    vocabulary = Vocabulary(bytewise)
    assert all(len(ids) >= 4 for ids in hesitations(vocabulary))
    rule = s2f_rule(vocabulary, 1)
    text = vocabulary.text(drive(rule, says(vocabulary, "so wait"), 400, vocabulary.stops))
    assert text.startswith("so wai\n")


def test_phrases_of_several_words_may_count_too(marked: Any) -> None:
    vocabulary = Vocabulary(marked)
    sequences = (*hesitations(vocabulary), *phrases_of(vocabulary, ["let me think"]))
    rule = s2f_rule(vocabulary, 2, sequences=sequences)
    text = vocabulary.text(drive(rule, says(vocabulary, "so let me think. let me think."), 400, vocabulary.stops))
    thoughts = text.partition(PHRASES["en"])[0]
    assert thoughts.count("let me think") == 1
    assert rule.hesitations == 1


def test_a_threshold_below_one_is_refused(marked: Any) -> None:
    with pytest.raises(ConfigError, match="below 1"):
        s2f_rule(Vocabulary(marked), 0)


def test_words_that_a_tokenizer_cannot_write_are_refused() -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"[UNK]": 0, "x": 1, "box": 2, "wait": 3}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    vocabulary = Vocabulary(PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]", eos_token="[UNK]"))
    with pytest.raises(ConfigError, match="cannot write"):
        s2f_rule(vocabulary, 3)
    with pytest.raises(ConfigError, match="none of the words"):
        hesitations(vocabulary, ["hmm"])


tokens = st.sampled_from([*WAIT, "box", " the", " Ann", "</", "</think>", "<", "think>", ".", "\n"])


@given(st.lists(tokens, max_size=60), st.integers(1, 5), st.none() | st.integers(1, 40))
@pytest.mark.parametrize("kind", ["marked", "unmarked"])
def test_whatever_is_proposed_the_promises_hold(
    request: Any, kind: str, said: list[str], threshold: int, cap: int | None
) -> None:
    vocabulary = Vocabulary(request.getfixturevalue(kind))
    proposals = [token for text in said for token in vocabulary.ids(text)]
    rule = s2f_rule(vocabulary, threshold)
    rule.cap = cap
    emitted: list[int] = []
    for proposal in [*proposals, *[min(vocabulary.stops)] * 80]:
        token = rule.next(tuple(emitted), proposal)
        if token in vocabulary.stops:
            break
        emitted.append(token)
    assert rule.injected_at is not None
    assert rule.answer_at is not None
    forced = vocabulary.ids(forced_text())
    assert tuple(emitted[rule.injected_at : rule.answer_at]) == forced[: len(emitted) - rule.injected_at]
    before = emitted[: rule.injected_at]
    waits = {ids[0] for ids in hesitations(vocabulary)}
    assert sum(token in waits for token in before) == rule.hesitations <= threshold - 1
    assert CLOSE not in vocabulary.text(before)
    assert rule.injected_at <= (cap if cap is not None else len(proposals))
