"""T2M, think to match (Gong et al., 2026): the options stay hidden until thinking is over.

The model sees story and question, thinks under the gate of S2F, and is shown the options by the forced text just before
its thinking block is closed. So it cannot pick an option first and argue for it.
"""

from __future__ import annotations

from humankind.kits.bench.questions import Trial
from humankind.spine.config import Section
from humankind.spine.errors import ConfigError
from humankind.systems.tom.trials import options_list, parts

MARKERS = ("# Options", "[Candidate Answers]", "choices:")
"""Where the options begin in the prompts of ToMATO, ToMBench and Hi-ToM, as the released code splits them."""

_LATER = {
    "en": "\nThink about it. The possible answers are shown later.",
    "zh": "\n请先思考。备选答案稍后给出。",
}


class Split(Section):
    """A prompt in two: what is shown at once, and what waits until thinking is over."""

    before: str
    """User message without the options."""

    later: str
    """Options and what kind of answer is wanted."""


def split(trial: Trial) -> Split:
    """Return the prompt of a trial without its options, and the options.

    Raises:
        ConfigError: the question has no options, or the prompt has no place where they begin.
    """
    question = trial.question
    if not trial.shown:
        raise ConfigError(
            "there are no options to hide",
            found=trial.id,
            where="--policy t2m",
            expected="questions with options",
            remedy="use s2f for open questions",
        )
    language = "zh" if question.language.startswith("zh") else "en"
    for ending in ("letter", "reason"):
        ours = parts(question, trial.shown, ending)
        if ours.prompt == trial.prompt:
            return Split(before=ours.before_options + _LATER[language], later=ours.options_text + ours.after_options)
    before, later = _split_foreign(trial)
    return Split(before=before + _LATER[language], later=later)


def _split_foreign(trial: Trial) -> tuple[str, str]:
    """Return both sides of the marker in a prompt that is not of our wording."""
    for marker in (*MARKERS, options_list(trial.question, trial.shown)):
        before, found, after = trial.prompt.rpartition(marker)
        if found:
            return before.rstrip() + "\n", marker + after
    raise ConfigError(
        "the prompt has no marker where its options begin",
        found=repr(trial.prompt[-80:]),
        where=trial.id,
        expected=f"{', '.join(map(repr, MARKERS))}, or the options one a line behind their letters",
        remedy="mark the options in the prompt, or use s2f, which leaves them in sight",
    )


def shown_later(piece: Split) -> str:
    """Return what the forced text shows of the options, ending with a line break."""
    return piece.later.strip("\n") + "\n"
