"""`humankind systems` says of each system what its card says."""

from __future__ import annotations

from humankind.systems import cards
from humankind.testing.commands import done


def test_every_card_is_listed_as_it_is() -> None:
    rows = done("systems", "--json").json["systems"]
    known = cards()
    assert [row["noun"] for row in rows] == [card.noun for card in known]
    assert len(rows) == 10
    for row, card in zip(rows, known):
        assert (row["name"], row["job"], row["built"]) == (card.name, card.job, card.built)
        assert row["verbs"] == [verb.name for verb in card.verbs]
        assert row["claims"] == len(card.claims)


def test_people_see_which_are_built() -> None:
    lines = done("systems").stdout.splitlines()
    built = [card.noun for card in cards() if card.built]
    assert [line.split()[0] for line in lines if line.split()[1:2] == ["built"]] == built
    assert lines[-1].startswith(f"{len(built)} of 10 built")
