"""How a question of a suite is put to a model: story, question and options as separate parts, in our own words.

The parts stay apart, so that a decoding policy can hold the options back until the thinking is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from humankind.kits.bench.questions import LETTERS, Question, Trial
from humankind.spine.config import Section

Ending = Literal["letter", "reason", "open"]
"""What is asked for at the end: the letter alone, reasoning and then the letter, or a few words without options."""


class Parts(Section):
    """A prompt in three parts; joined they are the user message."""

    before_options: str
    """Rules of the suite, story and question."""

    options_text: str
    """The lettered options with their heading; empty where none are shown."""

    after_options: str
    """What kind of answer is wanted."""

    @property
    def prompt(self) -> str:
        """The whole user message."""
        return self.before_options + self.options_text + self.after_options


_WORDS = {
    "en": {
        "story": "Story:\n{}\n\n",
        "question": "Question: {}\n",
        "options": "\nOptions:\n{}\n",
        "letter": "\nWhich option is right? Reply with its letter and nothing else.",
        "reason": "\nThink it through step by step. Then end with a last line of the form `Answer: X`, where X is the "
        "letter of the right option.",
        "open": "\nAnswer in as few words as possible.",
    },
    "zh": {
        "story": "故事：\n{}\n\n",
        "question": "问题：{}\n",
        "options": "\n选项：\n{}\n",
        "letter": "\n哪个选项正确？只回答它的字母。",
        "reason": "\n请一步一步地思考。最后单独写一行“答案：X”，其中X是正确选项的字母。",
        "open": "\n请用尽量少的字回答。",
    },
}

_RULES = {
    "hitom": (
        "These rules hold in the story:\n"
        "- Whoever is in a room sees everything that happens there until they leave it.\n"
        "- To know what somebody else thinks, one must have been in the same room with them, or have heard or told "
        "something in public or in private.\n"
        "- Anyone may lie. Telling something does not change what the teller believes. A listener believes a teller "
        "who left the room later than the listener did, and nobody else. All know who left when.\n"
        "- What is said in private is known to the two alone; a public claim is heard by all.\n\n"
    )
}
"""What a reader of a suite is told before each story, as its authors assume it; the words are ours."""


def options_list(question: Question, shown: Sequence[int]) -> str:
    """Return the options in the order shown, one a line, each behind its letter.

    >>> print(options_list(Question(id="q", suite="s", text="?", options=("red", "blue"), gold=0), (1, 0)))
    A. blue
    B. red
    """
    return "\n".join(f"{LETTERS[place]}. {question.options[which]}" for place, which in enumerate(shown))


def parts(question: Question, shown: Sequence[int], ending: Ending = "letter") -> Parts:
    """Return the prompt of a question in parts.

    Args:
        question: what is asked.
        shown: positions of the options in the order shown; empty hides them, and `ending` is then taken as `open`.
        ending: what kind of answer is asked for.
    """
    words = _WORDS["zh" if question.language.startswith("zh") else "en"]
    before = _RULES.get(question.suite, "")
    before += words["story"].format(question.story) if question.story else ""
    before += words["question"].format(question.text)
    options = words["options"].format(options_list(question, shown)) if shown else ""
    return Parts(before_options=before, options_text=options, after_options=words[ending if shown else "open"])


def make_trials(
    questions: Iterable[Question], orders: dict[str, Sequence[Sequence[int]]], ending: Ending = "letter"
) -> list[Trial]:
    """Return one trial for each question and each order of its options, in the order of the questions.

    Args:
        questions: what is asked.
        orders: option orders by question id; a question that is not named is asked in its own order.
        ending: what kind of answer is asked for.
    """
    trials = []
    for question in questions:
        own = [tuple(range(len(question.options)))]
        for number, shown in enumerate(orders.get(question.id, own)):
            prompt = parts(question, shown, ending).prompt
            trials.append(Trial(id=f"{question.id}#{number}", question=question, shown=tuple(shown), prompt=prompt))
    return trials
