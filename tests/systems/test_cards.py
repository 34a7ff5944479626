"""The ten cards: complete, well formed, in step with the folders and the catalogue, and cheap to read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from humankind.spine.cards import Card
from humankind.systems import NOUNS, card, cards

ROOT = Path(__file__).resolve().parents[2]
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
RECOMMENDATION_CLAIMS = {
    "fused-beats-views",
    "alignment-helps",
    "unpopular-items",
    "plug-in-als",
    "plug-in-lightgcn",
    "snr-formula",
    "beats-baselines",
}
ARXIV = {
    "recommendation": "2601.09286",
    "medication": "2603.18459",
    "motivation": "2506.13065",
    "tom": "2602.10625",
    "social": "2603.09249",
    "persona": "2601.15793",
    "preference": "2507.13579",
    "privacy": "2603.02983",
    "companion": "2603.03447",
    "naming": "2511.15408",
}
# The standard library's own imports are paid by any program, so they are made before the clock starts.
PROBE = """
import dataclasses, importlib, json, sys, time, typing
import humankind
start = time.process_time()
from humankind.systems import cards
n = len(cards())
spent_ms = 1000 * (time.process_time() - start)
print(json.dumps({"n": n, "spent_ms": spent_ms, "modules": sorted(sys.modules)}))
"""


@pytest.fixture(params=NOUNS)
def each(request: pytest.FixtureRequest) -> Card:
    return card(request.param)


def test_there_is_one_card_for_every_folder() -> None:
    folder = ROOT / "src" / "humankind" / "systems"
    with_card = {path.parent.name for path in folder.glob("*/card.py")}
    assert with_card == set(NOUNS) == set(ARXIV)
    assert len(NOUNS) == 10
    assert tuple(c.noun for c in cards()) == NOUNS


def test_nothing_is_left_empty(each: Card) -> None:
    assert all((each.name, each.job, each.papers, each.verbs, each.sources, each.notes))
    assert not each.job.endswith(".")
    assert 4 <= len(each.claims) <= 8
    for paper in each.papers:
        assert all((paper.title, paper.authors, paper.venue, paper.link))
    for claim in each.claims:
        assert all((claim.text, claim.measure, claim.source)), claim.id
        assert claim.text.endswith(".")
    for verb in each.verbs:
        assert re.fullmatch(r"[A-Z].*\.", verb.help), verb.name
    assert all(note.endswith(".") for note in each.notes)


def test_names_are_unique_and_well_formed(each: Card) -> None:
    for names in (
        [claim.id for claim in each.claims],
        [verb.name for verb in each.verbs],
        list(each.sources),
    ):
        assert len(set(names)) == len(names)
        assert all(SLUG.fullmatch(name) for name in names), names


def test_papers_carry_the_known_number(each: Card) -> None:
    assert [paper.link for paper in each.papers] == [f"arXiv:{ARXIV[each.noun]}"]
    for paper in each.papers:
        assert re.fullmatch(r"arXiv:\d{4}\.\d{5}", paper.link)
        assert 2025 <= paper.year <= 2026
        families = paper.authors.removesuffix(", et al.").split(", ")
        assert len(families) <= 3
        assert all(re.fullmatch(r"[A-Z][A-Za-z' -]*", family) for family in families)


def test_a_claim_says_what_would_refute_it(each: Card) -> None:
    for claim in each.claims:
        assert re.search(r"\b[Ff]ails if\b", claim.measure), claim.id
        assert len(claim.measure.split()) >= 15, claim.id


def test_a_published_figure_is_a_figure_and_names_its_source(each: Card) -> None:
    for claim in each.claims:
        if claim.published:
            assert re.search(r"\d", claim.published), claim.id
            assert claim.source, claim.id


def test_a_missing_figure_is_owned_up_to(each: Card) -> None:
    honest = re.compile(r"could not be read|could be read|not known|no figure|as far as is known|second-hand|labels")
    for claim in each.claims:
        if not claim.published:
            assert honest.search(claim.source), (claim.id, claim.source)


def test_a_claim_can_be_looked_up_and_a_wrong_one_lists_the_right_ones(each: Card) -> None:
    for claim in each.claims:
        assert each.claim(claim.id) is claim
    with pytest.raises(KeyError, match=each.claims[0].id):
        each.claim("no-such-claim")


def test_recommendation_is_built_and_holds_the_agreed_claims_and_verbs() -> None:
    sad = card("recommendation")
    assert sad.built
    assert sad.extra == "recommendation"
    assert {claim.id for claim in sad.claims} == RECOMMENDATION_CLAIMS
    assert [verb.name for verb in sad.verbs] == [
        "prepare",
        "train",
        "evaluate",
        "recommend",
        "similar",
        "explain",
        "snr",
        "run",
    ]


def test_a_built_system_is_more_than_a_card(each: Card) -> None:
    folder = ROOT / "src" / "humankind" / "systems" / each.noun
    # Parts of a system may be there before it is built; what answers to its name may not.
    present = {path.stem for path in folder.glob("*.py")} & {"commands", "reproduce"}
    assert bool(present) == each.built, f"{each.noun}: built={each.built}, modules {sorted(present)}"


def test_an_extra_exists_in_the_project_file(each: Card) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert each.extra == "" or each.extra in project["optional-dependencies"]


def test_every_source_is_in_the_catalogue_and_lists_the_system() -> None:
    if find_spec("humankind.spine.catalog") is None:
        pytest.skip("humankind.spine.catalog is not there yet")
    from humankind.spine.catalog import CATALOG

    used = {name for c in cards() for name in c.sources}
    assert len(used) >= 50
    assert used <= set(CATALOG), sorted(used - set(CATALOG))
    for c in cards():
        for name in c.sources:
            assert c.noun in CATALOG[name].systems, f"{name} does not list {c.noun}"


def test_every_system_has_a_page_that_says_whether_it_is_built(each: Card) -> None:
    page = (ROOT / "docs" / "tour" / f"{each.noun}.md").read_text(encoding="utf-8")
    assert each.papers[0].link in page
    assert ("announced, not built yet" in page.lower()) is not each.built
    for verb in each.verbs:
        assert re.search(rf"\b{re.escape(verb.name)}\b", page), verb.name


def test_the_table_of_papers_has_a_row_for_every_claim_and_no_other(each: Card) -> None:
    text = (ROOT / "docs" / "papers.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {each.noun}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|", section, flags=re.MULTILINE)
    assert rows == [claim.id for claim in each.claims]


def test_reading_all_cards_is_cheap_and_loads_nothing_heavy() -> None:
    probes = []
    for _ in range(3):
        result = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
        probes.append(json.loads(result.stdout))
    assert all(probe["n"] == 10 for probe in probes)
    loaded = {name.split(".")[0] for probe in probes for name in probe["modules"]}
    assert not loaded & {
        "pydantic",
        "numpy",
        "scipy",
        "polars",
        "matplotlib",
        "torch",
        "numba",
        "typer",
        "rich",
    }
    assert min(probe["spent_ms"] for probe in probes) < 30
