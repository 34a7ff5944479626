"""What a system says of itself: its papers, job, claims and verbs, as pure data.

A card is read by the command line, the report and the studio. It is made of plain dataclasses, so that
listing all ten costs milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """Where a system was published."""

    title: str
    authors: str
    """Family names, separated by commas; `et al.` after the third."""
    year: int
    venue: str
    """Journal or conference, or `arXiv`; say `not known` rather than guess."""
    link: str
    """arXiv number (`arXiv:2601.09286`) or DOI; empty where none is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One thing that a paper says it shows and that an experiment can test."""

    id: str
    """Short, stable, lower case with hyphens; unique within the system."""
    text: str
    """The claim in our words, one sentence."""
    measure: str
    """What is measured and against what, so that a reader knows when the claim would fail."""
    published: str = ""
    """The paper's own figure with its data set; empty where the source could not be read."""
    source: str = ""
    """Section, table or page the figure was read from, and how sure we are of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One command of a system."""

    name: str
    help: str
    """One line for `--help`, starting with a verb."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """All that is known of a system without loading it."""

    noun: str
    """Folder name and command-line noun."""
    name: str
    """The published name."""
    job: str
    """What it does for its user, one line, no full stop."""
    papers: tuple[Paper, ...]
    claims: tuple[Claim, ...]
    verbs: tuple[Verb, ...]
    sources: tuple[str, ...] = ()
    """Names of data sets in `humankind.spine.catalog`."""
    extra: str = ""
    """The optional dependency group to install; empty where the base install suffices."""
    built: bool = False
    """False: announced, not built; commands and report say so."""
    notes: tuple[str, ...] = ()
    """Licence, safety and scope notes that a user should read first."""

    def claim(self, claim_id: str) -> Claim:
        """Return the claim with this id; KeyError names the ids that exist."""
        for claim in self.claims:
            if claim.id == claim_id:
                return claim
        raise KeyError(f"{self.noun} has no claim {claim_id!r}; it has {[c.id for c in self.claims]}")
