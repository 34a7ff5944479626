"""From what a model gave to what it is judged to be. Pure: the same reply and trial give the same verdict."""

from __future__ import annotations

import json
import math
from typing import Final

from humankind.kits.bench import replies
from humankind.kits.bench.journal import Kept
from humankind.kits.bench.letters import Letter, Reading, read_letter, read_option
from humankind.kits.bench.questions import LETTERS, Reply, Trial

CUT: Final = "cut off at the token limit"
TIE: Final = "two options are equally likely"
UNTOLD: Final = "no option's letter among the tokens whose probability the model tells"
NOT_JSON: Final = "not the JSON that was asked for"

ANSWER_KEY: Final = "answer"
"""Name of the only field of a constrained reply."""


def reply_of(trial: Trial, kept: Kept, reading: Reading = "auto") -> Reply:
    """Return the verdict on what a model gave for a trial.

    Args:
        trial: what was asked.
        kept: what came back.
        reading: where a letter is looked for in free text.
    """
    found = _found(trial, kept, reading)
    choice = trial.shown[found.index] if found.index is not None and trial.shown else found.index
    right = None if found.reason else choice == trial.question.gold
    if not trial.question.options and found.index is not None:  # open: 0 where the right answer is named
        choice, right = None, found.index == 0
    return Reply(
        trial=trial.id,
        text=kept.text,
        choice=choice,
        right=right,
        unscored=found.reason,
        way=kept.way,
        log_likelihoods=_in_own_order(trial, kept),
        n_prompt_tokens=kept.n_prompt_tokens,
        n_tokens=kept.n_tokens,
        n_thinking_tokens=kept.n_thinking_tokens,
        stop_reason=kept.stop_reason,
        facts=kept.facts,
    )


def _found(trial: Trial, kept: Kept, reading: Reading) -> Letter:
    """Return which option as shown was chosen (of the question's own order where none were shown)."""
    if kept.failed:
        return Letter.missing(kept.failed)
    if kept.way == "likelihood":
        return _likeliest(kept.letter_scores)
    if kept.way == "constrained":
        return _from_json(kept.text, len(trial.shown))
    return _from_text(trial, kept, reading)


def _from_text(trial: Trial, kept: Kept, reading: Reading) -> Letter:
    if not trial.shown:
        found = _from_words(trial, kept.text)
    elif kept.stop_reason != "max_tokens":
        found = read_letter(kept.text, len(trial.shown), reading)
    elif reading == "last":  # the line at which a reply was cut is not its last
        found = Letter.missing(CUT)
    else:
        found = read_letter(kept.text, len(trial.shown), "first" if reading == "auto" else reading)
    if not found.reason:
        return found
    if kept.stop_reason == "content_filter":
        return Letter.missing(replies.REFUSED)
    if kept.stop_reason == "max_tokens" and found.reason in _UNFINISHED:
        return Letter.missing(f"{found.reason}, {CUT}")
    return found


_UNFINISHED = {replies.EMPTY, replies.UNCLOSED, replies.NO_LETTER, replies.NO_TAG, replies.NO_OPTION}


def _from_words(trial: Trial, text: str) -> Letter:
    """Return which option a reply names; for an open question 0 where it names the answer and 1 where it does not."""
    question = trial.question
    if question.options:
        return read_option(text, question.options)
    found = read_option(text, [question.answer])
    return Letter(index=1) if found.reason in (replies.NO_OPTION, replies.DENIED) else found


def _likeliest(scores: tuple[float | None, ...]) -> Letter:
    told = [score for score in scores if score is not None]
    if not told or not all(math.isfinite(score) for score in told):
        return Letter.missing(UNTOLD)
    best = max(told)
    if told.count(best) > 1:
        return Letter.missing(TIE)
    return Letter(index=scores.index(best))


def _from_json(text: str, n_options: int) -> Letter:
    if not text.strip():
        return Letter.missing(replies.EMPTY)
    try:
        answer = json.loads(text)[ANSWER_KEY]
    except (ValueError, TypeError, KeyError):
        return Letter.missing(NOT_JSON)
    if not isinstance(answer, str) or len(answer) != 1 or answer not in LETTERS:
        return Letter.missing(NOT_JSON)
    index = LETTERS.index(answer)
    return Letter(index=index) if index < n_options else Letter.missing(replies.BEYOND)


def _in_own_order(trial: Trial, kept: Kept) -> tuple[float, ...]:
    """Return the log-probabilities by the question's own order; nothing where one of them is not known."""
    known = [score for score in kept.letter_scores if score is not None]
    if not known or len(known) < len(trial.shown):
        return ()
    return tuple(known[trial.shown.index(option)] for option in range(len(trial.shown)))
