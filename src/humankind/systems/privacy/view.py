"""A static page of played runs: conversation, guidance, verdicts and ledger, one section a run.

The page stands alone: no script, no request, style inside; the same scenes give the same bytes. It shows facts in full,
so it is as confidential as the norms. For an audit log of real conversations use `audit replay`, which has no values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from humankind.spine.config import Section
from humankind.spine.runs import write_text

Kind = Literal["heard", "sent", "guidance", "blocked", "prompt", "note"]
"""What the sender heard, what it sent, what it was told by the defence, what was held back, and anything else."""


class Entry(Section):
    """One event of a run, in its order."""

    kind: Kind
    """Decides where it stands and how it looks."""

    who: str
    """Who wrote it: a name."""

    role: str = ""
    """Subject, sender, recipient or defence."""

    to: tuple[str, ...] = ()
    """Every address that it went to."""

    channel: str = ""
    """Application and function, for example `mail, send_email`."""

    text: str
    """What was written."""

    shared: tuple[int, ...] = ()
    """Positions of shareable facts that it gave to the recipient."""

    leaked: tuple[int, ...] = ()
    """Positions of sensitive facts that it gave to the recipient."""

    reason: str = ""
    """Of a blocked call: why, and how the sender can mend it."""


class Fact(Section):
    """One fact of the norm, and what became of it."""

    text: str
    """Key and value."""

    sensitive: bool
    """Whether it must not flow to the recipient."""

    given_at: int | None = None
    """Number of the sender's message, from 1, in which the recipient first got it; None for never."""


class LedgerRow(Section):
    """What one address got in the course of a run."""

    address: str
    """Who."""

    facts: tuple[int, ...]
    """Positions of the facts, in the order in which they went."""


class Scene(Section):
    """One played run."""

    title: str
    """What a person reads of the scenario."""

    name: str = ""
    """What tells scenarios apart, as titles may repeat; empty where the title does."""

    defence: str
    """Which defence the sender had."""

    seed: int = 0
    """Of the run."""

    principle: str = ""
    """The rule in words."""

    parties: tuple[tuple[str, str], ...] = ()
    """Role and name of each party."""

    facts: tuple[Fact, ...] = ()
    """Of the norm, in its order."""

    entries: tuple[Entry, ...] = ()
    """What happened."""

    ledger: tuple[LedgerRow, ...] = ()
    """Who got what."""

    unscored: str = ""
    """Why the run could not be judged."""

    @property
    def n_shared(self) -> int:
        """Shareable facts that the recipient got."""
        return sum(fact.given_at is not None for fact in self.facts if not fact.sensitive)

    @property
    def n_leaked(self) -> int:
        """Sensitive facts that the recipient got."""
        return sum(fact.given_at is not None for fact in self.facts if fact.sensitive)

    @property
    def n_shareable(self) -> int:
        """Shareable facts."""
        return sum(not fact.sensitive for fact in self.facts)

    @property
    def n_sensitive(self) -> int:
        """Sensitive facts."""
        return sum(fact.sensitive for fact in self.facts)

    @property
    def silent(self) -> bool:
        """Whether the sender sent nothing."""
        return not any(entry.kind == "sent" for entry in self.entries)


class Row(Section):
    """A line of the summary: one defence."""

    name: str
    """Of the defence."""

    n_runs: int
    """Runs behind the figures."""

    figures: tuple[tuple[str, float | None, float | None, float | None], ...]
    """Name, value and both ends of each figure; None where there was nothing to measure."""


def write_page(
    path: Path, scenes: Sequence[Scene], summary: Sequence[Row], facts: Mapping[str, str], remarks: Sequence[str] = ()
) -> Path:
    """Write the page and return its path.

    Args:
        path: of the HTML file; its folder exists.
        scenes: the runs, in the order in which they are shown.
        summary: figures by defence.
        facts: what a reader should know of the runs: backends, judge, command.
        remarks: plain sentences above the runs.
    """
    write_text(path, page_of(scenes, summary, facts, remarks))
    return path


def page_of(
    scenes: Sequence[Scene], summary: Sequence[Row], facts: Mapping[str, str], remarks: Sequence[str] = ()
) -> str:
    """Return the page as text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    import humankind.spine.report as report

    folders = [Path(__file__).parent / "templates", Path(report.__file__).parent / "templates"]
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("run.html.j2")
    return template.render(
        scenes=list(enumerate(scenes, 1)), summary=summary, facts=facts, remarks=remarks, letters=_letters
    )


def _letters(scene: Scene) -> list[str]:
    """Return a short name for each fact: `secret 1` and so on for sensitive ones, `fact 1` for others."""
    names, counts = [], {True: 0, False: 0}
    for fact in scene.facts:
        counts[fact.sensitive] += 1
        names.append(f"{'secret ' if fact.sensitive else 'fact '}{counts[fact.sensitive]}")
    return names
