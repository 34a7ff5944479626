"""The policies in two calls, for chat models that show no tokens: first the thoughts, then the answer.

In the first call the model only thinks; its thoughts are cut before the hesitation that is one too many. In the second
it sees what is left of them, the line of intuition and, under T2M, the options for the first time.

Weaker than watching tokens, and named as that: what was thought behind the cut is paid for, and a model that reasons in
secret may do so again in the second call.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from humankind.kits.bench.questions import Trial
from humankind.kits.bench.thinking import split_thinking
from humankind.spine.config import Section
from humankind.systems.tom import t2m
from humankind.systems.tom.policies import Policy
from humankind.systems.tom.s2f import WAIT

_ONLY_THINK = {
    "en": "\n\nFirst think only, and write your thoughts down. Do not answer yet.",
    "zh": "\n\n先只思考，并写下你的想法。先不要回答。",
}
_ENOUGH = {
    "en": "You have thought about this enough; now go with your first intuition.",
    "zh": "你已经想得够多了，现在凭第一直觉来选。",
}
_NOW = {"en": "Now answer.", "zh": "现在回答。"}


class Thoughts(Section):
    """Thoughts of the first call, cut where the policy says so."""

    text: str
    hesitations: int
    """How many are left in the text."""

    trigger: str
    """`hesitation` where the text was cut, `cap` where the call ran to its limit, `close` where it ended by itself."""


def first_message(policy: Policy, trial: Trial) -> str:
    """Return the message that asks for thoughts; without the options where the policy hides them."""
    message = t2m.split(trial).before if policy.hides_options else trial.prompt
    return message + _ONLY_THINK[_language(trial)]


def second_message(policy: Policy, trial: Trial) -> str:
    """Return the message that asks for the answer, after the thoughts."""
    language = _language(trial)
    opening = _ENOUGH[language] if policy.gate else _NOW[language]
    wanted = t2m.split(trial).later.strip() if policy.hides_options else _last_paragraph(trial.prompt)
    return f"{opening}\n\n{wanted}"


def _last_paragraph(prompt: str) -> str:
    """Return the end of a prompt, which says what kind of answer is wanted."""
    return prompt.rstrip().rpartition("\n")[2]


def cut(text: str, threshold: int | None, whole: bool = True, words: Sequence[str] = WAIT) -> Thoughts:
    """Return thoughts with at most `threshold - 1` hesitations in them.

    Args:
        text: what the first call gave, with or without marks of thinking.
        threshold: hesitation before which the text is cut; None never cuts.
        whole: whether the call ended by itself.
        words: of hesitation; they count as whole words.

    >>> cut("It is red. Wait, no. wait", 2).text
    'It is red. Wait, no.'
    """
    thoughts = _untagged(text)
    names = sorted({word.strip() for word in words}, key=len, reverse=True)
    found = list(re.finditer(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)", thoughts))
    if threshold is not None and len(found) >= threshold:
        kept = thoughts[: found[threshold - 1].start()].rstrip()
        return Thoughts(text=kept, hesitations=threshold - 1, trigger="hesitation")
    return Thoughts(text=thoughts, hesitations=len(found), trigger="close" if whole else "cap")


def _untagged(text: str) -> str:
    thinking, answer = split_thinking(text)
    return "\n".join(part.strip() for part in (thinking, answer or "") if part.strip())


def _language(trial: Trial) -> str:
    return "zh" if trial.question.language.startswith("zh") else "en"
