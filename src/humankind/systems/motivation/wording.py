"""What the model is told at each step of the construction. Braces are filled by `str.format`."""

from __future__ import annotations

from humankind.systems.motivation.authored import Type

SYSTEM = "You write careful test questions about why people act. You reply with one JSON object and nothing else."

_DESIRES = """eating, physical_activity (bodily needs); order, saving, tranquility (safety); family, romance,
social_contact, acceptance (love and belonging); honor, independence, power, status, vengeance (esteem); curiosity,
idealism (self-actualization)"""

_EXTRACTED = f"""Fill these parts:
- identity: who the person is, in one sentence with a first name that begins with {{letter}};
- scenario: the situation before the deed, in three to six sentences with concrete details;
- motivation: what drives the person, in one sentence;
- behaviour: what the person then does, in one sentence;
- desire: the one basic desire behind the motive, out of: {_DESIRES};
- usable: true; false, with the other texts empty and any desire, where no person acts for a reason here.
Use the first name you chose everywhere; real names do not appear."""

EXTRACT = {
    "text": f"Read the text below. Find one person in it who does something for a reason.\n\n{_EXTRACTED}\n\n"
    "Text:\n{text}",
    "persona": f"Invent an everyday situation in which the person described below does something for a reason that is "
    f"theirs.\n\n{_EXTRACTED}\n\nPerson:\n{{text}}",
}
"""First step, by kind of input: the quadruple."""

_RULES = """Rules for all three questions:
- The stem tells the situation so richly that the answer follows from it, and adds details that lead elsewhere.
- The stem never tells what is asked: no motive in the first question, no deed in the second, neither in the third.
- There are six options of about the same length. One is of the kind gold: what a real person would most likely feel
  or do.
- The five others are wrong and tempting, each tied to a detail of the stem. At least one is too_rational (calculates
  where people feel) and one too_idealistic (nobler than people are); the rest are other_desire (serves another
  desire), surface (hangs on a mere detail) or opposite.
- No option is wrong because it is absurd, and no wrong option could be defended as right."""

WRITE = f"""Write three questions about this person:

Identity: {{identity}}
Scenario: {{scenario}}
Motivation: {{motivation}}
Behaviour: {{behaviour}}

1. motivation: the stem tells identity, scenario and behaviour; the question asks for the most likely motive.
2. behaviour: the stem tells identity, scenario and motivation; the question asks what the person most likely does.
3. motivation_and_behaviour: the stem tells identity and scenario; the question asks what the person most likely does
   and why; each option names a deed and its motive.

{_RULES}"""
"""Second step: the questions."""

CRITICS = (
    """You check whether the information in test questions is reasonable. Does each stem tell a situation that could
happen, with details that fit one another and the person? Are names and facts the same in all three? Is anything told
that the question asks for?""",
    """You check the logic of test questions. Does the stem hold enough to find the answer, and does the answer marked
gold follow from it? Could another option be defended as well? Does each question ask for what its type says?""",
    """You check how hard and how neutral test questions are. Could one find the gold option without the stem: by its
length, its tone, by being the only decent one? Are the wrong options tempting? Is the wording free of stereotypes and
of praise or blame?""",
)
"""Third step: what each of the three critics looks at."""

CRITICISE = """{task}

Here are three questions about one person, with the kind of each option:

{drafts}

If nothing needs to change, set no_issues to true and leave suggestion empty. Otherwise set it to false and say in
suggestion what should change, shortly and concretely."""

MODIFY = f"""Here are three questions about one person:

{{drafts}}

Three readers had these objections:

{{suggestions}}

Revise the questions so that the objections fall away, and leave the rest as it is. Send all three questions, whole.

{_RULES}"""
"""Fourth step: the revision."""

_ASKED: dict[Type, str] = {
    "motivation": "the motive",
    "behaviour": "the deed",
    "motivation_and_behaviour": "the deed and its motive",
}

ADJUST = """Here is one question about a person. It asks for {asked}:

{draft}

Give it the last polish:
- take out of the stem whatever tells or hints at {asked} or repeats the gold option;
- enrich the situation where it is thin, and add details that lead to wrong options;
- make wrong options harder where they are easy to rule out; keep kinds and number, and keep exactly one gold;
- see to it that only the gold option can be defended, and that all six are about equally long.
Send stem, question, options, and as analysis one line for each option, in their order, that says why it is right or
wrong."""
"""Last step: one question alone."""

FORM = "\n\nReply with one JSON object of this JSON schema and nothing else:\n{schema}"

AGAIN = "That reply could not be used: {error}. Send the whole JSON object again, mended, and nothing else."


def adjust(kind: Type, draft: str) -> str:
    """Return the prompt of the last step for a question of a type."""
    return ADJUST.format(asked=_ASKED[kind], draft=draft)
