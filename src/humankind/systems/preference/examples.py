"""Examples drawn from persons: a context, a pair that rewards the summary, a pair that is asked about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from humankind.spine.errors import DataError
from humankind.systems.preference.records import Example, Person


def draw(person: Person, n_context: int, rng: np.random.Generator) -> Example | None:
    """Return an example about a person, None where the records are too few.

    Context, rewarding pair and asked pair are different questions. A person with conversations alone in the context
    needs one pair to be asked about; without a further pair the asked one rewards as well.

    Args:
        person: with pairs, or with pairs and conversations.
        n_context: most pieces in the context.
        rng: draws which.
    """
    keys = {pair.key: pair for pair in person.pairs}
    pairs = list(keys.values())
    if not pairs:
        return None
    order = [pairs[int(place)] for place in rng.permutation(len(pairs))]
    if person.dialogues:
        context = person.dialogues[-n_context:]
        query, reward_pair = order[0], order[min(1, len(order) - 1)]
    else:
        n_shown = min(n_context, len(order) - 1)
        if n_shown < 1:
            return None
        asked = order[n_shown:]
        context, query, reward_pair = tuple(order[:n_shown]), asked[0], asked[min(1, len(asked) - 1)]
    return Example(
        user_id=person.user_id,
        context=tuple(context),
        query=query,
        reward_pair=reward_pair,
        truth=person.truth,
        attributes=person.attributes,
    )


def batch(persons: Sequence[Person], size: int, n_context: int, rng: np.random.Generator) -> list[Example]:
    """Return `size` examples of persons drawn with return.

    Raises:
        DataError: no person has records enough.
    """
    able = [person for person in persons if usable(person)]
    if not able:
        raise DataError(
            "nobody can be asked about",
            found=f"{len(persons)} persons, each with fewer than two different pairs",
            expected="persons with two pairs or more, or with conversations and one pair",
        )
    examples: list[Example] = []
    while len(examples) < size:
        example = draw(able[int(rng.integers(len(able)))], n_context, rng)
        if example is not None:
            examples.append(example)
    return examples


def each(persons: Sequence[Person], n_context: int, rng: np.random.Generator, per_person: int = 1) -> list[Example]:
    """Return `per_person` examples of every person that has records enough, in order."""
    drawn = (draw(person, n_context, rng) for person in persons for _ in range(per_person))
    return [example for example in drawn if example is not None]


def usable(person: Person) -> bool:
    """Return whether a person has records enough to be asked about."""
    different = {pair.key for pair in person.pairs}
    return len(different) >= (1 if person.dialogues else 2)
