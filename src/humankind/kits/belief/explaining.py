"""Says in sentences how a belief came about: the reasoning that a reader of the story would have to do."""

from __future__ import annotations

from collections.abc import Sequence

from humankind.kits.belief.events import Asking, Claim, Story, without_repeats
from humankind.kits.belief.oracle import HOUSE, Rules, Step, steps
from humankind.kits.belief.telling import listed


def explain(story: Story, asking: Asking, told: Sequence[str], rules: Rules = HOUSE) -> tuple[str, ...]:
    """Return one line for each event that bears on the answer, then the answer.

    Args:
        story: what happens.
        asking: what is asked.
        told: the sentence of each event, quoted in the lines.
        rules: how claims work.

    >>> from humankind.kits.belief.events import Enter, Leave, Move, Place
    >>> story = Story(events=(
    ...     Enter(agents=("Sally", "Anne"), room="nursery"), Place(thing="marble", place="basket", room="nursery"),
    ...     Leave(agents=("Sally",)), Move(agent="Anne", thing="marble", place="box")))
    >>> told = ("Both came in.", "The marble lay in the basket.", "Sally left.", "Anne moved the marble to the box.")
    >>> print(*explain(story, Asking(thing="marble", chain=("Anne", "Sally")), told), sep=chr(10))
    2. "The marble lay in the basket." Anne and Sally see it together. Anne thinks Sally thinks: basket.
    4. "Anne moved the marble to the box." As far as Anne knows, Sally does not see it. Still: basket.
    So Anne thinks Sally thinks the marble is in the basket.
    """
    chain = without_repeats(asking.chain)
    lines, place = [], None
    for step in steps(story, asking, rules):
        where = f"{step.place}." if step.place else "nowhere in particular."
        belief = f"{_thinking(chain)}: {where}" if step.counts else f"Still: {where}"
        lines.append(f'{step.number + 1}. "{told[step.number]}" {_reason(step, chain, story)} {belief}')
        place = step.place
    known = f"is in the {place}" if place else "is somewhere unknown"
    return (
        *lines,
        f"So {_thinking(chain)} the {asking.thing} {known}." if chain else f"So the {asking.thing} {known}.",
    )


def _thinking(chain: tuple[str, ...]) -> str:
    return " ".join(f"{name} thinks" for name in chain) or "In truth"


def _reason(step: Step, chain: tuple[str, ...], story: Story) -> str:
    """Return why an event counts or does not, as a sentence."""
    if not chain:
        return "It happens."
    names = listed(dict.fromkeys(chain))
    together, sees = (" together", "see") if len(set(chain)) > 1 else ("", "sees")
    event = story.events[step.number]
    speaker = event.speaker if isinstance(event, Claim) else ""
    match step.why:
        case "seen":
            return f"{names} {sees} it{together}."
        case "seen on looking":
            return f"{names} now {sees}{together} where it is."
        case "empty":
            return f"{names} now {sees}{together} that it is not there."
        case "told":
            return _told(chain, speaker)
        case "unheard":
            return f"{_unknown(step.missing, chain)} not hear it."
        case "unseen":
            return f"{_unknown(step.missing, chain)} not see it."
        case "not weighed":
            return "Nobody goes on to ask what that means to others."
    return f"{listed(step.missing)} does not trust {speaker}, who did not see the room for longer."


def _told(chain: tuple[str, ...], speaker: str) -> str:
    if chain[-1] == speaker:
        return f"{chain[-2]} trusts {speaker}, and so takes it for what {speaker} thinks."
    return f"{chain[-1]} trusts {speaker}." if len(chain) == 1 else f"{chain[-1]} is taken to trust {speaker}."


def _unknown(missing: tuple[str, ...], chain: tuple[str, ...]) -> str:
    """Return the beginning of a sentence that says for whom something is missing.

    >>> _unknown(("Ann", "Ben"), ("Ann", "Ben")), _unknown(("Ben",), ("Ann", "Ben"))
    ('Ann does', 'As far as Ann knows, Ben does')
    """
    if chain[0] in missing:
        return f"{chain[0]} does"
    return f"As far as {chain[0]} knows, {listed(missing)} {'does' if len(missing) == 1 else 'do'}"
