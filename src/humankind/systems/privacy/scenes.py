"""From rehearsals to the scenes of the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from humankind.spine.errors import DataError
from humankind.spine.runs import Run
from humankind.systems.privacy.defense import BLOCKED, Message
from humankind.systems.privacy.metrics import Outcome, Shared
from humankind.systems.privacy.protection import HEADING
from humankind.systems.privacy.rehearsing import START, Rehearsed
from humankind.systems.privacy.view import Entry, Fact, LedgerRow, Row, Scene


def scene_of(run: Rehearsed, defence: str, seed: int) -> Scene:
    """Return a rehearsal as a scene: what was heard, told, held back and sent, and who got what.

    Args:
        run: the rehearsal.
        defence: its name.
        seed: of the sender.
    """
    norm, actions = run.norm, run.outcome.actions
    first = {
        place: number
        for number, action in reversed(list(enumerate(actions, 1)))
        for place in action.shareable | action.sensitive
    }
    sensitive = norm.sensitive or frozenset()
    parties = (("subject", norm.subject), ("sender", norm.sender), ("recipient", norm.recipient))
    return Scene(
        name=run.outcome.configuration,
        title=norm.task or run.outcome.configuration,
        defence=defence,
        seed=seed,
        principle=norm.principle,
        parties=tuple((role, party.text) for role, party in parties if party.name or party.role),
        facts=tuple(
            Fact(text=item.text, sensitive=place in sensitive, given_at=first.get(place))
            for place, item in enumerate(norm.items)
        ),
        entries=tuple(_entries(run.messages, actions, norm.recipient.text, defence)),
        ledger=(LedgerRow(address=norm.recipient.text, facts=tuple(sorted(first, key=lambda place: first[place]))),),
    )


def _entries(
    messages: Sequence[Message], actions: Sequence[Shared], recipient: str, defence: str
) -> Iterator[Entry]:  # fmt: skip
    given = iter(actions)
    for number, message in enumerate(messages):
        if message.role == "system" and message.text != START:
            yield Entry(kind="prompt", who=defence, role="defence, in the system prompt", text=message.text)
        elif message.role == "user":
            if message.text.startswith(HEADING):
                yield Entry(kind="guidance", who=defence, role="defence", text=message.text)
        elif message.role == "assistant":
            result = messages[number + 1].text
            text = " ".join(str((call.arguments or {}).get("text", "")) for call in message.calls)
            said: dict[str, Any] = {"who": "sender", "to": (recipient,), "channel": "send_message", "text": text}
            if result.startswith(BLOCKED):
                yield Entry(kind="blocked", reason=result.removeprefix(BLOCKED).strip(), **said)
            else:
                gave = next(given)
                shared, leaked = tuple(sorted(gave.shareable)), tuple(sorted(gave.sensitive))
                yield Entry(kind="sent", shared=shared, leaked=leaked, **said)
        elif message.call is not None and message.call.rule.is_inbound and message.call.rule.flow != "outbound":
            yield Entry(kind="heard", who=recipient, role="recipient", channel="get_messages", text=message.text)


def summary_of(ways: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Return a line of figures for each defence."""
    return [
        Row(
            name=name,
            n_runs=way["n_runs"],
            figures=tuple(
                (figure, *((way[figure][end] if figure in way else None) for end in ("value", "low", "high")))
                for figure in ("privacy", "helpfulness", "disclosure", "leak")
            ),
        )
        for name, way in ways.items()
    ]


def scenes_in(folder: Path) -> list[Scene]:
    """Return the played runs of a run folder.

    Raises:
        RunError: the folder is no run.
        DataError: it holds no played runs, or other samples.
    """
    found = Run.read(folder).samples()
    try:
        scenes = [Scene.model_validate(sample) for sample in found]
    except ValidationError as error:
        raise DataError(
            "a sample is no played run", found=error.errors()[0]["msg"], where=folder / "samples.jsonl",
            expected="a folder that `rehearse --out` wrote",
        ) from None  # fmt: skip
    if not scenes:
        raise DataError("there are no played runs", where=folder, expected="a folder that `rehearse --out` wrote")
    return scenes


def outcome_of(scene: Scene) -> Outcome:
    """Return what a scene gave away, message by message."""
    actions = tuple(
        Shared(frozenset(entry.shared), frozenset(entry.leaked)) for entry in scene.entries if entry.kind == "sent"
    )
    return Outcome(scene.name or scene.title, scene.n_shareable, scene.n_sensitive, actions, scene.unscored)
