"""Lettered option lists, and prompts that a whole suite can share.

Each form of prompt goes with a way of reading the reply, so the two are kept together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from humankind.kits.bench.letters import Reading
from humankind.kits.bench.orders import Protocol, shown_orders
from humankind.kits.bench.questions import LETTERS, Question, Trial
from humankind.spine.config import Section
from humankind.spine.errors import ConfigError


class Form(Section):
    """How a question is put and how its reply is read."""

    name: str
    words: str
    """With the places {question}, {choices} and, where wanted, {letters}."""
    mark: str = ". "
    """What stands between a letter and its option."""
    comma: str = ", "
    """What stands between letters where they are named."""
    reading: Reading
    """How replies to it are read."""


LETTER = Form(
    name="letter",
    words="{question}\n\nOptions:\n{choices}\n\nWhich option is right? Reply with its letter and nothing else.",
    reading="first",
)
"""Asks for the letter alone."""

REASONS = Form(
    name="reasons",
    words=(
        "{question}\n\nOptions:\n{choices}\n\n"
        "Think about the options step by step. Then write the letter of the right one, alone on the last line."
    ),
    reading="last",
)
"""Asks for reasons, then the letter on the last line."""

TAGGED = Form(
    name="tagged",
    words=(
        "{question}\n\nOptions:\n{choices}\n\n"
        "Think about the options step by step. Then write the letter of the right one, out of {letters}, between "
        "an opening and a closing Answer tag."
    ),
    reading="tag",
)
"""Asks for reasons, then the letter in an Answer tag, in words: models copy a template that they are shown."""


def inspect_form(reasons: bool = False) -> Form:
    """Return the form whose prompts equal those of Inspect's own `multiple_choice()`, taken from Inspect.

    Args:
        reasons: the template of `multiple_choice(cot=True)`.
    """
    from inspect_ai.solver import MultipleChoiceTemplate as Templates

    template = Templates.SINGLE_ANSWER_COT if reasons else Templates.SINGLE_ANSWER
    name = "inspect-cot" if reasons else "inspect"
    return Form(name=name, words=template.value, mark=") ", comma=",", reading="mark")


def lettered(options: Sequence[str], shown: Sequence[int] | None = None, mark: str = ". ") -> str:
    """Return options one a line, each behind its letter.

    Args:
        options: in the question's own order.
        shown: `shown[i]` is the option behind the i-th letter; the own order by default.
        mark: what stands between letter and option.

    >>> print(lettered(["red", "blue"], (1, 0)))
    A. blue
    B. red
    """
    order = range(len(options)) if shown is None else shown
    return "\n".join(f"{LETTERS[place]}{mark}{options[which]}" for place, which in enumerate(order))


def stem(question: Question) -> str:
    """Return the story and the question, a blank line between them."""
    return "\n\n".join(part for part in (question.story, question.text) if part)


def prompt(question: Question, shown: Sequence[int], form: Form = LETTER) -> str:
    """Return the user message of a question with its options in the order shown."""
    return form.words.format(
        question=stem(question),
        choices=lettered(question.options, shown, form.mark),
        letters=form.comma.join(LETTERS[: len(shown)]),
    )


def make_trials(
    questions: Iterable[Question], protocol: Protocol = "identity", form: Form = LETTER, system: str = ""
) -> list[Trial]:
    """Return one trial for each question and each order of a protocol, question by question.

    Raises:
        ConfigError: a question is open: it has no options to show.
    """
    trials = []
    for question in questions:
        if not question.options:
            raise ConfigError("an open question has no options to show", where=question.id)
        for number, shown in enumerate(shown_orders(len(question.options), protocol)):
            text = prompt(question, shown, form)
            trials.append(
                Trial(id=f"{question.id}#{number}", question=question, shown=shown, system=system, prompt=text)
            )
    return trials
