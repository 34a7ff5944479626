"""What anybody thinks that anybody thinks, to any depth, and the events that made it so.

**Sight.** What A thinks that B thinks ... where a thing is, is the last place of it that all of them saw together.
An event that shows the thing counts for a chain (A, B, C ...) when A sees it, openly or in secret, and B, C ... are
seen to see it: they are in the room and look. Coming in, or looking back, shows what lies in open places. Where the
place that a chain has in mind is open and everybody in the chain sees that it does not hold the thing, nothing is
known any more (None). The empty chain is the truth.

**Claims.** A claim changes nobody's own view of what he says. A hearer trusts a speaker who saw the room of the thing
later than he did himself; everybody knows who left when, and that the others know. So for a chain of which all
heard the claim, the last person of the chain decides: a hearer who trusts takes it in; the speaker is thought to
mean it by a person before him in the chain who trusts. A secret watch counts for the watcher's own trust only.

    events                                                          asked            answer
    Ann, Ben come in; box; Ann leaves; Ben moves it to the jar      the truth        jar
                                                                    Ann              box
                                                                    Ben              jar
                                                                    Ben, Ann         box
    ... and Ann comes in again                                      Ben, Ann         jar
    ... or Ann peeks while Ben moves it                             Ann              jar
                                                                    Ann, Ben         jar
                                                                    Ben, Ann         box
    ... or Ann stays and looks away                                 Ann; Ben, Ann    box
    ... and Ann comes in again, the jar has a lid                   Ann              nothing: the box is empty
    ... then Ben leaves and tells Ann that it is in the tin         Ann              tin, Ben left later
                                                                    Ann, Ben         tin, she thinks he means it
                                                                    Ben              jar, he knows better
                                                                    Ben, Ann         tin
    ... or Ann tells Ben that it is in the tin                      Ben              jar, he saw more than she did
                                                                    Ann, Ben         box, she knows that

`HITOM` holds how the labels of Hi-ToM (He et al., 2023) treat claims: only what the speaker thinks of a hearer and a
hearer of the speaker changes, beside what hearers believe themselves; and a speaker expects everybody to believe him.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from humankind.kits.belief.events import Asking, Story, without_repeats
from humankind.kits.belief.sight import Hearsay, Replay, Sight, replay
from humankind.spine.config import Section


class Rules(Section):
    """How claims reach beliefs about beliefs."""

    claims_reach: Literal["everybody who heard", "speaker and hearer"] = "everybody who heard"
    """Whether a hearer knows what a claim does to the other hearers, or only speaker and hearer know of each other."""

    speaker_expects: Literal["trust from those who saw less", "trust from everybody"] = "trust from those who saw less"
    """Whom a speaker thinks to have convinced."""


HOUSE = Rules()
HITOM = Rules(claims_reach="speaker and hearer", speaker_expects="trust from everybody")

Why = Literal["seen", "seen on looking", "empty", "told", "unseen", "unheard", "doubted", "not weighed"]
"""`seen` to be put there; `seen on looking` in; `empty`: the place is seen not to hold it; `told` and believed;
`unseen`, `unheard`, `doubted`, `not weighed` (by the rules, a claim does not reach so far): why an event about the
thing did not count."""


class Step(NamedTuple):
    """What one event about the thing does to what a chain has in mind."""

    number: int
    """Position of the event in the story, from 0."""
    why: Why
    place: str | None
    """What the chain has in mind after the event; None where nothing is known."""
    missing: tuple[str, ...]
    """Those of the chain because of whom the event does not count."""

    @property
    def counts(self) -> bool:
        """Whether the event was taken in."""
        return self.why in ("seen", "seen on looking", "empty", "told")


def answer(story: Story, asking: Asking, rules: Rules = HOUSE) -> str | None:
    """Return the place in which the thing is, or is thought to be; None where nothing is known of it.

    Args:
        story: what happens.
        asking: the thing and whose belief about whose belief.
        rules: how claims work.

    Raises:
        DataError: an event of the story cannot happen.

    Sally and Anne (Baron-Cohen, Leslie & Frith, 1985):

    >>> from humankind.kits.belief.events import Enter, Leave, Move, Place
    >>> story = Story(events=(
    ...     Enter(agents=("Sally", "Anne"), room="nursery"), Place(thing="marble", place="basket", room="nursery"),
    ...     Leave(agents=("Sally",)), Move(agent="Anne", thing="marble", place="box")))
    >>> chains = ((), ("Sally",), ("Anne",), ("Anne", "Sally"), ("Sally", "Anne"))
    >>> [answer(story, Asking(thing="marble", chain=chain)) for chain in chains]
    ['box', 'basket', 'box', 'basket', 'basket']
    """
    return answer_in(replay(story), asking, rules)


def answer_in(replayed: Replay, asking: Asking, rules: Rules = HOUSE) -> str | None:
    """Return the same as `answer` for a story that is already replayed; quicker for several questions of one story."""
    chain = without_repeats(asking.chain)
    if not chain:
        return replayed.place_of.get(asking.thing)
    place: str | None = None
    for impression in replayed.impressions:
        place = _after(impression, chain, asking.thing, place, rules)
    return place


def steps(story: Story, asking: Asking, rules: Rules = HOUSE) -> tuple[Step, ...]:
    """Return what every event that shows or tells of the thing does to the belief asked for, in order.

    The last step that counts fixes the answer. For the truth every event that puts the thing somewhere counts.

    >>> from humankind.kits.belief.events import Enter, Leave, Move, Place
    >>> story = Story(events=(
    ...     Enter(agents=("Sally", "Anne"), room="nursery"), Place(thing="marble", place="basket", room="nursery"),
    ...     Leave(agents=("Sally",)), Move(agent="Anne", thing="marble", place="box")))
    >>> for step in steps(story, Asking(thing="marble", chain=("Anne", "Sally"))):
    ...     print(step.number, step.why, step.place, step.missing)
    1 seen basket ()
    3 unseen basket ('Sally',)
    """
    chain = without_repeats(asking.chain)
    taken: list[Step] = []
    place: str | None = None
    for impression in replay(story).impressions:
        before = place
        place = _after(impression, chain, asking.thing, place, rules)
        why, missing = _reason(impression, chain, asking.thing, (before, place), rules)
        if why is not None:
            taken.append(Step(impression.number, why, place, missing))
    return tuple(taken)


# -- what counts ------------------------------------------------------------------------------------------


def _after(
    impression: Sight | Hearsay, chain: tuple[str, ...], thing: str, place: str | None, rules: Rules
) -> str | None:
    """Return what a chain has in mind after an impression, `place` being what it had before."""
    if isinstance(impression, Hearsay):
        told = impression.claim.thing == thing and _is_told(impression, chain, rules)
        return impression.claim.place if told else place
    shown = impression.shown.get(thing)
    if shown is None and place not in impression.bare:
        return place
    return shown if _is_seen(impression, chain) else place


def _is_seen(sight: Sight, chain: tuple[str, ...]) -> bool:
    """Return whether the first of a chain sees what is shown, and the others are seen to see it."""
    if not chain:
        return not sight.arrivals
    if chain[0] not in sight.open and chain[0] not in sight.secret:
        return False
    if not sight.open.issuperset(chain[1:]):
        return False
    return not sight.arrivals or not sight.arrivals.isdisjoint(chain)


def _is_told(hearsay: Hearsay, chain: tuple[str, ...], rules: Rules) -> bool:
    """Return whether a claim is what the last of a chain is taken to believe."""
    if not chain or not hearsay.heard.issuperset(chain):
        return False
    speaker, last = hearsay.claim.speaker, chain[-1]
    if len(chain) == 1:
        return last in hearsay.convinced
    if not _is_reached(hearsay, chain, rules):
        return False
    before = chain[-2]
    if before == speaker and rules.speaker_expects == "trust from everybody":
        return True
    if last == speaker:
        return before in (hearsay.convinced if len(chain) == 2 else hearsay.trusting)
    return last in hearsay.trusting


def _is_reached(hearsay: Hearsay, chain: tuple[str, ...], rules: Rules) -> bool:
    """Return whether a claim can change what a chain has in mind, by the rules."""
    if rules.claims_reach == "everybody who heard" or len(chain) == 1:
        return True
    return len(chain) == 2 and hearsay.claim.speaker in chain


# -- why --------------------------------------------------------------------------------------------------


def _reason(
    impression: Sight | Hearsay,
    chain: tuple[str, ...],
    thing: str,
    change: tuple[str | None, str | None],
    rules: Rules,
) -> tuple[Why | None, tuple[str, ...]]:
    """Return why an impression counted, or did not and because of whom; (None, ()) where it has nothing to say."""
    if isinstance(impression, Hearsay):
        return _why_told(impression, chain, rules) if chain and impression.claim.thing == thing else (None, ())
    seen, shown = _is_seen(impression, chain), thing in impression.shown
    if impression.arrivals:
        looked: Why | None = "seen on looking" if shown else "empty" if change[0] != change[1] else None
        return (looked if seen else None), ()
    if not shown:
        return None, ()
    return ("seen", ()) if seen else ("unseen", _blind(impression, chain))


def _blind(sight: Sight, chain: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of a chain who do not see, or are not seen to see, what is shown."""
    first = () if chain[0] in sight.open or chain[0] in sight.secret else chain[:1]
    return tuple(dict.fromkeys((*first, *(name for name in chain[1:] if name not in sight.open))))


def _why_told(hearsay: Hearsay, chain: tuple[str, ...], rules: Rules) -> tuple[Why, tuple[str, ...]]:
    if _is_told(hearsay, chain, rules):
        return "told", ()
    deaf = tuple(dict.fromkeys(name for name in chain if name not in hearsay.heard))
    if deaf:
        return "unheard", deaf
    if not _is_reached(hearsay, chain, rules):
        return "not weighed", ()
    doubter = chain[-2] if len(chain) > 1 and chain[-1] == hearsay.claim.speaker else chain[-1]
    return "doubted", (doubter,)
