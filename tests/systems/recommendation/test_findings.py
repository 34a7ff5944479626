"""From figures to verdicts and words, on figures that were made up to have known ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import numpy as np
import pytest

from humankind.spine import charts
from humankind.spine.evidence import NOT_SUPPORTED, SUPPORTED
from humankind.systems.recommendation import findings, reproduce
from humankind.systems.recommendation.baselines import LABELS
from humankind.systems.recommendation.card import CARD
from humankind.systems.recommendation.config import SaDConfig
from humankind.systems.recommendation.experiments import Lab, Measured
from humankind.systems.recommendation.findings import Bench

RNG = np.random.default_rng(0)
VALUES = RNG.random(200)


@dataclass
class Planted:
    """A lab whose measurements are given."""

    name: str = "toy"
    scale: str = "toy: 200 users"
    figures: dict[str, np.ndarray] = field(default_factory=dict)
    snr: dict[str, Any] = field(default_factory=dict)
    config: SaDConfig = field(default_factory=SaDConfig)
    folder: Path = Path("recommendation/tiny/toy-0")

    def measured(self, method: str) -> Measured:
        values = self.figures.get(method, VALUES)
        names = ("recall@10", "ndcg@10", "recall@20", "ndcg@20", "tail")
        return Measured(dict.fromkeys(names, values), {"snr": self.snr})


def bench(lab: Planted, methods: tuple[str, ...] = (), left_out: tuple[str, ...] = ()) -> Bench:
    return Bench([cast(Lab, lab)], methods, left_out)


FITS: dict[str, Any] = {
    "best_beta": 1.5, "users": [100, 90], "predicted": [1.2, 1.15, 1.25], "measured": [1.195, 1.14, 1.25],
    "sparse": [1.0, 0.95, 1.05], "dense": [0.9, 0.85, 0.95], "gain": [0.195, 0.1, 0.3], "off": [-0.005, -0.08, 0.07],
    "reachable": 1.199,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, SUPPORTED),
        ({"gain": [0.1, -0.01, 0.2]}, NOT_SUPPORTED),
        ({"off": [-0.2, -0.3, -0.1]}, NOT_SUPPORTED),
        ({"off": [0.2, 0.1, 0.3]}, NOT_SUPPORTED),
        ({"off": [0.02, 0.005, 0.03]}, SUPPORTED),
        ({"reachable": 1.21}, NOT_SUPPORTED),
        ({"best_beta": None}, NOT_SUPPORTED),
    ],
)
def test_the_verdict_on_the_closed_form_can_fail_in_every_way(changed, verdict):
    assert findings.snr_formula([bench(Planted(snr=FITS | changed))]).verdict == verdict


def test_fused_anew_is_said_only_where_something_was():
    fitting, hopeless = Planted(name="good", snr=FITS), Planted(name="bad", snr=FITS | {"best_beta": None})
    found = findings.snr_formula([bench(fitting), bench(hopeless)])
    good, bad = found.note.index("On good"), found.note.index("On bad")
    assert found.note.count("the model was fused anew") == 1
    assert good < found.note.index("the model was fused anew") < bad
    assert "nothing was fused anew" in found.note[bad:]
    alone = findings.snr_formula([bench(hopeless)])
    assert "the model was fused anew" not in alone.note
    assert [f.value for f in alone.baselines if f.label == "closed form of the first half, bad"] == [1.2]
    assert "the closed form gives the better view's, 1.200" in alone.note
    assert not any("fused scores" in figure.label for figure in alone.figures)
    assert all(figure.low is not None for figure in (*found.figures, *found.baselines))


def test_a_baseline_that_was_not_run_is_named_with_its_reason():
    methods = ("sad-mf", "popularity", "fsslim")
    left_out = reproduce._left_out("small", 800_000, 3_000)
    found = findings.best_baseline([bench(Planted(), methods, left_out)])
    assert "Not run on toy: SLIM (more than 2,000 items" in found.note
    assert "LightGCN (200,000 interactions or more" in found.note
    assert "EASE" not in found.note
    assert "Not run" not in findings.best_baseline([bench(Planted(), methods)]).note


@pytest.mark.parametrize("preset", ["tiny", "small", "paper"])
@pytest.mark.parametrize("n_interactions", [1_000, 200_000])
@pytest.mark.parametrize("n_items", [100, 2_001, 12_001])
def test_every_baseline_is_run_or_named_as_left_out(preset, n_interactions, n_items):
    run = set(reproduce._methods(preset, n_interactions, n_items))
    named = {text.partition(" (")[0] for text in reproduce._left_out(preset, n_interactions, n_items)}
    assert {label for method, label in LABELS.items() if method not in run} == named
    if preset == "paper":
        assert not named


def test_an_interval_without_width_is_explained():
    lab = Planted(figures={"sad-mf": VALUES + 0.25, "als": VALUES})
    found = findings.contest("plug-in-als", [bench(lab, ("sad-mf", "als"))], "sad-mf", ("als",), ("ndcg@20",))
    assert found.figures[0].label in found.note  # the width is some 1e-17, and no reader will see it
    exact = Planted(figures={"sad-mf": np.ones(50), "als": np.zeros(50)})
    found = findings.contest("plug-in-als", [bench(exact, ("sad-mf", "als"))], "sad-mf", ("als",), ("ndcg@20",))
    assert found.figures[0].low == found.figures[0].high == 1.0
    assert "SaD minus ALS, NDCG@20, toy" in found.note
    assert "every user has the same value" in found.note
    varied = Planted(figures={"sad-mf": VALUES + 0.5 * RNG.random(200)})
    found = findings.contest("plug-in-als", [bench(varied, ("sad-mf", "als"))], "sad-mf", ("als",))
    assert "width" not in found.note


def test_the_measure_of_the_methods_chart_stands_under_its_values():
    chart = findings.method_chart(bench(Planted(), ("sad-mf", "als")))
    root = ElementTree.fromstring(charts.svg(chart, "a"))
    titles = [text for text in root.iter("text") if text.text == "NDCG@20"]
    assert len(titles) == 1
    assert titles[0].attrib["transform"].startswith("rotate(-0 ")
    width, height = (float(side) for side in root.attrib["viewBox"].split()[2:])
    assert float(titles[0].attrib["y"]) > 0.85 * height
    assert float(titles[0].attrib["x"]) > 0.3 * width


# -- the card says what is done ----------------------------------------------------------------------------


def measure_of(claim: str) -> str:
    return next(c.measure for c in CARD.claims if c.id == claim)


def test_the_card_names_every_rival_of_the_fused_model():
    assert "fsSLIM" in measure_of("fused-beats-views")
    assert "matrix factorisation" in measure_of("fused-beats-views")
    words = {
        "popularity": "popularity", "itemknn": "item neighbours", "ease": "EASE", "slim": "SLIM", "fsslim": "fsSLIM",
        "als": "ALS", "mf": "matrix factorisation", "lightgcn": "LightGCN",
    }  # fmt: skip
    rivals = {name for name in (*reproduce.CORE, *reproduce.GRAPH) if "-" not in name}
    assert rivals == set(words)
    assert all(words[name] in measure_of("beats-baselines") for name in rivals)


def test_the_card_promises_single_directions_only_where_they_are_run():
    presets = [p for p in ("tiny", "small", "paper") if set(reproduce.ABLATIONS) <= set(reproduce._methods(p, 1, 1))]
    assert presets == ["small", "paper"]
    assert "From preset small on the table also shows each direction switched off alone" in measure_of(
        "alignment-helps"
    )


def test_the_card_says_what_run_measures():
    from humankind.systems.recommendation.commands import run

    told = next(verb.help for verb in CARD.verbs if verb.name == "run")
    for text in (told, run.__doc__ or ""):
        assert "popularity and both own views" in text
        assert "baseline" not in text
