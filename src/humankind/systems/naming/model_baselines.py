"""The six baselines as ways of asking a language model, each with what its idea allows.

Replies are JSON; one that does not fill the form is asked for again, at most twice, and told what was wrong. Nothing of
the method takes part: no fact gate, no evaluation, no second draft.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from humankind.systems.naming import baseline_prompts as said
from humankind.systems.naming.agents import Unanswered
from humankind.systems.naming.bench import Given, Strategy
from humankind.systems.naming.poems import Poem, han
from humankind.systems.naming.reading_json import UnusableReply, object_in
from humankind.systems.naming.retrieval import Retriever

Message = tuple[str, str]
"""Role (`system`, `user` or `assistant`) and text."""
Ask = Callable[[Sequence[Message]], str]
"""Sends messages to a model and returns its reply."""
ATTEMPTS = 3
Filled = TypeVar("Filled")
LONGEST = 6
"""Characters of a full name, at most."""


def strategies(ask: Ask, retriever: Retriever) -> dict[str, Strategy]:
    """Return the six baselines by name.

    Args:
        ask: calls the model.
        retriever: for `query_to_keywords`, the one that retrieves.
    """
    return {
        "plain": lambda query: _named(ask, said.PLAIN.format(query=query, form=said.FORM)),
        "chain_of_thought": lambda query: _named(ask, said.CHAIN.format(query=query, form=said.FORM)),
        "take_a_breath": lambda query: _named(ask, said.BREATH.format(query=query, form=said.FORM)),
        "few_shot": lambda query: _named(ask, _few_shot(query)),
        "query_to_keywords": lambda query: _with_poem(ask, retriever, query),
        "discussion": lambda query: _discussed(ask, query),
    }


def _few_shot(query: str) -> str:
    shots = "\n\n".join(f"请求：{asked}\n{answer}" for asked, answer in said.SHOTS)
    return said.FEW_SHOT.format(shots=shots, query=query, form=said.FORM)


def _with_poem(ask: Ask, retriever: Retriever, query: str) -> Given:
    """Ask for keywords, take the first poem that they find, and ask for a name from it."""
    words = _filled(ask, [("system", said.SYSTEM), ("user", said.KEYWORDS.format(query=query))], _keywords)
    found = retriever.search(" ".join(words), n=1)
    poem: Poem = found[0].poem
    prompt = said.WITH_POEM.format(
        dynasty=poem.dynasty, author=poem.author, title=poem.title, text=poem.text, query=query, form=said.FORM
    )
    return _named(ask, prompt)


def _discussed(ask: Ask, query: str) -> Given:
    """Let three voices open, answer one another once, and a chair decide."""
    opened = [
        ask([("system", said.SYSTEM), ("user", said.OPENING.format(role=role, cares=cares, query=query))])
        for role, cares in said.VOICES
    ]
    answered = []
    for place, (role, cares) in enumerate(said.VOICES):
        others = "\n".join(f"{said.VOICES[other][0]}：{text}" for other, text in enumerate(opened) if other != place)
        turn = said.TURN.format(role=role, cares=cares, query=query, own=opened[place], others=others)
        answered.append(ask([("system", said.SYSTEM), ("user", turn)]))
    told = "\n".join(f"{role}：{text}" for (role, _), text in zip(said.VOICES, answered, strict=True))
    return _named(ask, said.CLOSING.format(query=query, said=told, form=said.FORM))


def _named(ask: Ask, prompt: str) -> Given:
    return _filled(ask, [("system", said.SYSTEM), ("user", prompt)], _answer)


def _filled(ask: Ask, messages: list[Message], read: Callable[[Any], Filled]) -> Filled:
    """Return what a reply fills in; ask again where it does not fit, and raise the last problem after that."""
    problems: list[str] = []
    for _ in range(ATTEMPTS):
        reply = ask(messages)
        try:
            return read(object_in(reply))
        except UnusableReply as error:
            problems.append(str(error))
            again = said.AGAIN.format(problem=error, form=said.FORM if read is _answer else "")
            messages = [*messages, ("assistant", reply or "（空）"), ("user", again)]
    raise Unanswered(
        "the language model gave no usable reply", found="; ".join(dict.fromkeys(problems)), where="baseline",
        expected=f"one JSON object within {ATTEMPTS} attempts",
    )  # fmt: skip


def _answer(value: Any) -> Given:
    name, paragraphs = value.get("name"), value.get("explanation")
    if not isinstance(name, str) or not 2 <= len(han(name)) <= LONGEST:
        raise UnusableReply("name 不是一个姓名")
    if not isinstance(paragraphs, list) or len(paragraphs) != 5 or not all(isinstance(one, str) for one in paragraphs):
        raise UnusableReply("explanation 不是五段文字")
    from humankind.systems.naming.surnames import split_surname

    surname, given = split_surname(han(name))
    return Given(surname=surname, given=given, explanation=tuple(paragraphs))


def _keywords(value: Any) -> list[str]:
    words = value.get("keywords")
    if not isinstance(words, list) or not words or not all(isinstance(one, str) and one.strip() for one in words):
        raise UnusableReply("keywords 不是一组词")
    return words
