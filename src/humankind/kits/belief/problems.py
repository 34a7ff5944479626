"""Stories with questions: any number, seeded, truth and falsehood of beliefs balanced, right positions balanced.

for problem in problems(Making(seed=1), 1000):
    print(problem.question.story, problem.question.text, problem.question.options)
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random

from pydantic import Field

from humankind.kits.belief.events import Asking, Story, places_of
from humankind.kits.belief.oracle import HOUSE, Rules, answer_in
from humankind.kits.belief.plots import Made, Plot, make
from humankind.kits.belief.telling import preface, question, sentences
from humankind.kits.belief.words import WORDS, Split
from humankind.kits.bench.questions import Question
from humankind.spine.config import Section
from humankind.spine.errors import ConfigError

SUITE = "belief"
_CHAINS = 24
"""Chains tried in one story before another story is made."""
_STORIES = 400
"""Stories tried before the settings are held to be impossible."""


class Making(Section):
    """What is made."""

    plot: Plot = Plot()

    orders: tuple[int, ...] = Field((0, 1, 2, 3, 4), min_length=1)
    """Depths of belief; every story gets one question of each."""

    false_share: float = Field(0.5, ge=0, le=1)
    """Share of questions of order 1 and more whose answer is not where the thing really is."""

    n_options: int = Field(5, ge=2, le=26)

    words: Split = "train"
    """Bank of names, rooms, things and places."""

    templates: Split = "train"
    """Bank of sentences."""

    rules: Rules = HOUSE

    seed: int = 0


class Problem(Section):
    """A question, and the story behind it as events and sentences."""

    story: Story

    preface: str
    """How seeing and speaking work."""

    sentences: tuple[str, ...]
    """One for each event."""

    asking: Asking

    question: Question
    """Labels: `kind`, `false belief` (yes or no), `thing`, `chain`, `words`, `templates`, `rules`."""


def problems(making: Making, n_stories: int) -> Iterator[Problem]:
    """Yield the questions of stories, story by story, orders as they are set.

    Args:
        making: what is made.
        n_stories: how many stories; each gives as many questions as there are orders.

    Raises:
        ConfigError: these settings give no such questions.
    """
    for number in range(n_stories):
        yield from _problems_of(making, number)


def questions(making: Making, n: int) -> tuple[Question, ...]:
    """Return the first `n` questions.

    >>> first = questions(Making(orders=(1,), seed=3), 2)
    >>> [(one.order, len(one.options), one.answer == one.options[one.gold]) for one in first]
    [(1, 5, True), (1, 5, True)]
    """
    return tuple(problem.question for problem in islice(problems(making, n), n))


def _problems_of(making: Making, number: int) -> Iterator[Problem]:
    """Return the problems of one story, made anew until every order finds a fitting question."""
    kind = making.plot.kinds[number % len(making.plot.kinds)]
    for attempt in range(_STORIES):
        random = Random(f"{making.seed}/{making.words}/{number}/{attempt}")
        made = make(making.plot, kind, making.words, random)
        askings = _askings(making, made, number, random)
        if askings is not None:
            break
    else:
        raise ConfigError(
            "these settings give hardly any story that has such questions",
            found=f"{_STORIES} stories of kind {kind!r} tried",
            where="Making",
            expected="settings under which beliefs of each order can be true and false as often as `false_share` says",
            remedy="give fewer orders or more people, or a `false_share` nearer to .5",
        )
    told = (preface(made.story, making.templates, making.rules), sentences(made.story, making.templates, random))
    for place, (asking, gold) in enumerate(askings):
        yield _problem(making, made, told, (asking, gold), number * len(making.orders) + place, random)


def _askings(making: Making, made: Made, number: int, random: Random) -> list[tuple[Asking, str]] | None:
    """Return one question and its answer for each order; None where an order finds none."""
    found: dict[int, tuple[Asking, str]] = {}
    for place, order in sorted(enumerate(making.orders), key=lambda one: -one[1]):  # the rarest first
        asking = _asking(making, made, order, _is_false(making.false_share, number, place), random)
        if asking is None:
            return None
        found[place] = asking
    return [found[place] for place in range(len(making.orders))]


def _is_false(share: float, number: int, place: int) -> bool:
    """Return whether the question of a story is to be about a false belief: evenly spread, orders out of step."""
    turn = number + place
    return int((turn + 1) * share) > int(turn * share)


def _asking(making: Making, made: Made, order: int, false: bool, random: Random) -> tuple[Asking, str] | None:
    truth = made.replayed.place_of[made.thing]
    if not order:
        return Asking(thing=made.thing), truth
    for _ in range(_CHAINS):
        asking = Asking(thing=made.thing, chain=_chain(made.cast, order, random))
        gold = answer_in(made.replayed, asking, making.rules)
        if gold is not None and (gold != truth) == false:
            return asking, gold
    return None


def _chain(cast: tuple[str, ...], order: int, random: Random) -> tuple[str, ...]:
    """Return different people where there are enough, else nobody twice in a row."""
    if order <= len(cast):
        return tuple(random.sample(cast, order))
    chain = [random.choice(cast)]
    while len(chain) < order:
        chain.append(random.choice([name for name in cast if name != chain[-1]]))
    return tuple(chain)


def _problem(
    making: Making,
    made: Made,
    told: tuple[str, tuple[str, ...]],
    asked: tuple[Asking, str],
    number: int,
    random: Random,
) -> Problem:
    asking, gold = asked
    options, place = _options(making, made, asking, gold, number, random)
    first, lines = told
    group = f"{making.words}-{making.templates}-{making.seed}-{number // len(making.orders):06d}"
    truth = made.replayed.place_of[made.thing]
    return Problem(
        story=made.story,
        preface=first,
        sentences=lines,
        asking=asking,
        question=Question(
            id=f"{group}-{number % len(making.orders)}",
            suite=SUITE,
            story=f"{first}\n\n{' '.join(lines)}",
            text=question(asking, making.templates, random),
            options=options,
            gold=place,
            answer=gold,
            group=group,
            category="truth" if not asking.chain else "belief",
            order=asking.order,
            labels={
                "kind": made.kind,
                "false belief": "yes" if gold != truth else "no",
                "thing": asking.thing,
                "chain": " > ".join(asking.chain),
                "words": making.words,
                "templates": making.templates,
                "rules": "house" if making.rules == HOUSE else "other",
            },
        ),
    )


def _options(
    making: Making, made: Made, asking: Asking, gold: str, number: int, random: Random
) -> tuple[tuple[str, ...], int]:
    """Return options, the gold at a position that is balanced over the questions, and that position.

    Places named for the thing come first, then those of the story, then any of the bank.
    """
    named = [place for _, place in places_of(made.story, asking.thing)]
    others = list(made.places)
    random.shuffle(others)
    bank = WORDS[making.words]
    spare = (random.choice((bank.open_places, bank.lidded_places)[i % 2]) for i in range(making.n_options * 2))
    wrong = [place for place in dict.fromkeys((*_spread(named), *others, *spare)) if place != gold]
    wrong = wrong[: making.n_options - 1]
    random.shuffle(wrong)
    place = _position(making, number)
    return (*wrong[:place], gold, *wrong[place:]), place


def _spread(named: list[str]) -> list[str]:
    """Return the last, the first, then the others: what shortcuts choose must be there to be chosen."""
    return [named[-1], named[0], *reversed(named)]


def _position(making: Making, number: int) -> int:
    """Return the position of the gold: each comes once in every run of as many questions as there are options."""
    block, place = divmod(number, making.n_options)
    order = list(range(making.n_options))
    Random(f"{making.seed}/positions/{block}").shuffle(order)
    return order[place]
