"""The report shows what the folder holds: no more, no less, escaped, alone and the same every time."""

from __future__ import annotations

import json
import re
from collections import Counter
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from humankind.spine import charts, numerals
from humankind.spine.cards import Card, Claim, Paper
from humankind.spine.config import Config
from humankind.spine.errors import DataError, RunError
from humankind.spine.evidence import Chart, Evidence, Figure, Finding, Series, Table
from humankind.spine.report import save_cards, write_report
from humankind.spine.runs import Run, write_text

HOSTILE = """<script>alert("1")</script><img src=http://evil.example/x onerror='y'> {{ 7 * 7 }} $\\frac & id="z" """


class Settings(Config):
    preset: str = "tiny"


def claim(name: str, **more: str) -> Claim:
    return Claim(id=name, text=f"The claim {name} holds.", measure=f"How {name} is measured.", **more)


def card(noun: str, *, built: bool, claims: tuple[Claim, ...] | None = None, **more) -> Card:
    paper = Paper(title=f"On {noun}", authors="Doe", year=2026, venue="arXiv", link="arXiv:2601.00001")
    own = claims or (claim(f"{noun}-one"), claim(f"{noun}-two"))
    facts = {"name": noun.title(), "job": f"does {noun}"} | more
    return Card(noun=noun, papers=(paper,), claims=own, verbs=(), built=built, **facts)


ALPHA = card(
    "alpha",
    built=True,
    claims=(
        claim("better", published="Recall .3141 on Gowalla", source="Table 2"),
        claim("faster"),
        claim("larger"),
        claim("left-out"),
    ),
)
EVIDENCE = Evidence(
    system="alpha",
    preset="tiny",
    findings=(
        Finding(
            claim="better",
            verdict="supported",
            figures=(Figure(label="Alpha, Recall@20", value=0.275912345, low=0.27312, high=0.27871),),
            baselines=(Figure(label="EASE, Recall@20", value=0.2703, low=0.2675, high=0.2731, level=0.9),),
            scale="32711 users",
            note="paired over users",
            command="humankind alpha run --seed 3",
        ),
        Finding(
            claim="faster",
            verdict="not supported at this scale",
            figures=(Figure(label="seconds", value=-12.5),),
        ),
        Finding(claim="larger", verdict="needs", note="GPU: it does not fit."),
    ),
    tables=(
        Table(
            title="All methods",
            columns=("method", "Recall", "users", "seconds"),
            rows=(
                ("Alpha", 0.275912345, 32711, 0.00001),
                ("EASE", 0.2703, 32711, 1.25),
                ("none", None, None, None),
            ),
        ),
    ),
    charts=(
        Chart(
            title="By method",
            kind="dots",
            x_label="",
            y_label="Recall@20",
            series=(Series(name="R", x=("Alpha", "EASE"), y=(0.2759, 0.2703), low=(0.27, 0.26), high=(0.28, 0.28)),),
        ),
        Chart(
            title="By weight",
            kind="lines",
            x_label="beta",
            y_label="ratio",
            series=(
                Series(name="measured", x=(0, 0.5, 1), y=(1.0, None, 1.1)),
                Series(name="formula", x=(0, 0.5, 1), y=(1.0, 2.0, 1.1)),
            ),
            marks=((0.5, "optimum"),),
        ),
    ),
    remarks=("A surprise.",),
)


def make_run(folder, cards, found: dict[str, Evidence], errors: dict[str, dict] | None = None):
    with Run.start(folder, command="humankind reproduce --seed 0", config=Settings(), system="reproduce") as run:
        save_cards(run, cards)
        for noun, evidence in found.items():
            (run.artifacts / noun).mkdir()
            write_text(run.artifacts / noun / "evidence.json", evidence.model_dump_json())
            run.log(event="system", system=noun, outcome="done", seconds=62.0)
        for noun, error in (errors or {}).items():
            (run.artifacts / noun).mkdir()
            write_text(run.artifacts / noun / "error.json", json.dumps(error))
    return folder


@pytest.fixture
def run_folder(tmp_path):
    cards = (ALPHA, card("beta", built=True), card("gamma", built=True), card("delta", built=False))
    error = {"error": "DataError", "problem": "the data set is not here", "remedy": "humankind data get it"}
    return make_run(tmp_path / "run", cards, {"alpha": EVIDENCE}, {"beta": error})


class Page(HTMLParser):
    """What a browser would find: tags with attributes, ids, `data` values and the visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.texts: list[str] = []
        self._hidden = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._hidden += tag in {"style", "script"}

    def handle_endtag(self, tag):
        self._hidden -= tag in {"style", "script"}

    def handle_data(self, data):
        if not self._hidden:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def values(self) -> list[float]:
        return [float(attrs["value"]) for tag, attrs in self.tags if tag == "data"]

    def attributes(self, name: str) -> list[str]:
        return [attrs[name] for _, attrs in self.tags if name in attrs]


@pytest.fixture
def page(run_folder):
    return Page(write_report(run_folder).read_text(encoding="utf-8"))


def numbers_in(evidence: Evidence) -> list[float]:
    figures = [f for finding in evidence.findings for f in (*finding.figures, *finding.baselines)]
    numbers = [n for f in figures for n in (f.value, f.low, f.high) if n is not None]
    cells = [cell for table in evidence.tables for row in table.rows for cell in row]
    return numbers + [cell for cell in cells if isinstance(cell, int | float)]


class TestWhatItShows:
    def test_every_number_of_the_evidence_and_no_other(self, page):
        assert sorted(page.values()) == sorted(numbers_in(EVIDENCE))

    def test_written_numbers_round_the_exact_ones(self, run_folder):
        html = write_report(run_folder).read_text(encoding="utf-8")
        written = re.findall(r'<data value="([^"]+)">([^<]+)</data>', html)
        assert len(written) == len(numbers_in(EVIDENCE))
        for exact, text in written:
            plain = float(text.replace("\N{MINUS SIGN}", "-").replace("\N{NARROW NO-BREAK SPACE}", ""))
            assert plain == pytest.approx(float(exact), rel=5e-4, abs=5e-5)

    def test_verdicts_scale_note_command_and_published_figure(self, page):
        for text in (
            "supported", "not supported at this scale", "needs GPU", "32711 users", "paired over users",
            "humankind alpha run --seed 3", "Recall .3141 on Gowalla", "Table 2", "A surprise.", "90 %",
            "How better is measured.", "[ 0.2731 , 0.2787 ]",
        ):  # fmt: skip
            assert text in page.text

    def test_a_claim_without_finding_is_not_run(self, run_folder):
        html = write_report(run_folder).read_text(encoding="utf-8")
        row = html[html.index('id="alpha-left-out"') :].split("</tbody>")[0]
        assert "not run in this folder" in row
        assert "<data" not in row

    def test_counts_in_title_and_tally(self, page, run_folder):
        html = (run_folder / "report.html").read_text(encoding="utf-8")
        assert "1 of 3 tested claims supported" in html
        tally = re.search(r'<ul class="tally">(.*?)</ul>', html, re.DOTALL)
        assert tally
        assert re.findall(r"<b>(\d+)</b>", tally[1]) == ["1", "1", "1", "7"]

    def test_a_failed_system_tells_its_error(self, page):
        assert "the data set is not here" in page.text
        assert "humankind data get it" in page.text

    def test_unbuilt_systems_and_their_claims_are_there(self, page):
        assert "announced, not built yet" in page.text
        assert "The claim delta-one holds. ○ not built yet" in page.text
        assert "The claim delta-two holds. ○ not built yet" in page.text

    def test_a_system_that_was_not_run_says_so(self, run_folder):
        html = write_report(run_folder).read_text(encoding="utf-8")
        part = html[html.index('<section id="gamma"') :].split("</section>")[0]
        assert part.count("not run in this folder") == 3
        assert "humankind reproduce gamma" in part

    def test_what_was_tried_stands_before_what_was_not(self, tmp_path):
        broken, late = card("beta", built=True), card("zeta", built=True, claims=(claim("z"),))
        evidence = Evidence(system="zeta", preset="tiny", findings=(Finding(claim="z", verdict="supported"),))
        folder = make_run(tmp_path / "r", (ALPHA, broken, late), {"zeta": evidence}, {"beta": {"problem": "broke"}})
        sections = [a["id"] for tag, a in Page(write_report(folder).read_text(encoding="utf-8")).tags
                    if tag == "section" and a.get("class") == "system"]  # fmt: skip
        assert sections == ["beta", "zeta", "alpha"]

    def test_head_facts_come_from_the_run(self, page, run_folder):
        facts = json.loads((run_folder / "run.json").read_text())
        for text in (
            facts["command"],
            facts["device"],
            facts["python"],
            facts["humankind"],
            "1 min 2 s",
            "tiny",
        ):
            assert text in page.text

    def test_an_interrupted_run_is_marked(self, run_folder):
        Run.read(run_folder).set_status("interrupted")
        assert "status is “interrupted”" in Page(write_report(run_folder).read_text()).text

    def test_a_finding_without_a_claim_on_the_card_is_shown(self, tmp_path):
        found = Evidence(system="alpha", preset="tiny", findings=(Finding(claim="stray", verdict="supported"),))
        folder = make_run(tmp_path / "r", (card("alpha", built=True),), {"alpha": found})
        assert "stray" in Page(write_report(folder).read_text()).text

    def test_unreadable_evidence_is_a_failure_and_not_a_figure(self, run_folder):
        (run_folder / "artifacts/alpha/evidence.json").write_text('{"system": "alpha", "preset": 3}')
        page = Page(write_report(run_folder).read_text())
        assert "cannot be read" in page.text
        assert page.values() == []


class TestSafety:
    def test_hostile_text_stays_text(self, tmp_path):
        hostile_claim = Claim(id="c", text=HOSTILE, measure=HOSTILE, published=HOSTILE, source=HOSTILE)
        hostile_card = card("alpha", built=True, claims=(hostile_claim,), name=HOSTILE, job=HOSTILE, notes=(HOSTILE,))
        chart = Chart(
            title=HOSTILE, kind="bars", x_label=HOSTILE, y_label=HOSTILE, note=HOSTILE,
            series=(Series(name=HOSTILE, x=(HOSTILE,), y=(1.0,)), Series(name="b\x00", x=("ok",), y=(2.0,))),
        )  # fmt: skip
        finding = Finding(
            claim="c", verdict="supported", note=HOSTILE, scale=HOSTILE, command=HOSTILE,
            figures=(Figure(label=HOSTILE, value=1.0),),
        )  # fmt: skip
        table = Table(title=HOSTILE, columns=(HOSTILE,), rows=((HOSTILE,),), note=HOSTILE)
        evidence = Evidence(
            system="alpha", preset="tiny", findings=(finding,), tables=(table,),
            charts=(chart, chart.model_copy(update={"kind": "dots"})), remarks=(HOSTILE,),
        )  # fmt: skip
        folder = make_run(tmp_path / "r", (hostile_card,), {"alpha": evidence})
        page = Page(write_report(folder).read_text(encoding="utf-8"))
        assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img"})
        assert page.text.count('<script>alert("1")</script>') >= 14
        assert "{{ 7 * 7 }}" in page.text
        assert page.text.count("<svg") == 0

    def test_the_page_stands_alone(self, page, run_folder):
        assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base"})
        assert not page.attributes("src")
        outward = [a for tag, a in page.tags if "href" in a and not a["href"].startswith("#")]
        assert {a["href"] for a in outward} == {"https://arxiv.org/abs/2601.00001"}  # links to papers, nothing loaded
        html = (run_folder / "report.html").read_text(encoding="utf-8")
        assert "@import" not in html
        assert not re.search(r"url\((?!#)", html)

    def test_ids_are_unique_and_every_inner_link_lands(self, page):
        ids = page.attributes("id")
        assert len(ids) == len(set(ids))
        anchors = {href[1:] for href in page.attributes("href") if href.startswith("#")}
        assert {"alpha", "beta", "gamma", "delta", "summary"} <= anchors
        assert anchors <= set(ids)
        assert [chart["class"] for chart in charts_in(page)] == ["chart wide", "chart narrow"] * 2

    def test_same_folder_same_bytes(self, run_folder):
        first = write_report(run_folder).read_bytes()
        assert write_report(run_folder).read_bytes() == first

    def test_folders_that_cannot_be_reported(self, tmp_path):
        with pytest.raises(RunError, match="not a run folder"):
            write_report(tmp_path)
        folder = make_run(tmp_path / "r", (ALPHA,), {})
        (folder / "artifacts" / "cards.json").unlink()
        with pytest.raises(RunError, match="no cards"):
            write_report(folder)
        assert not (folder / "report.html").exists()


def charts_in(page: Page) -> list[dict]:
    return [attrs for tag, attrs in page.tags if tag == "svg"]


class TestCharts:
    @pytest.mark.parametrize("kind", ["bars", "dots", "lines"])
    def test_labels_and_values_are_text(self, kind):
        chart = Chart(
            title="T", kind=kind, x_label="methods", y_label="Recall@20",
            series=(
                Series(name="a", x=("SaD", "EASE"), y=(0.2759, 0.2703), low=(0.27, 0.26), high=(0.28, 0.28)),
                Series(name="尾部", x=("SaD", "EASE"), y=(0.1, None)),
            ),
        )  # fmt: skip
        texts = [element.text for element in ElementTree.fromstring(charts.svg(chart, "a")).iter("text")]
        assert {"SaD", "EASE", "Recall@20", "methods", "a", "尾部"} <= set(texts)
        if kind != "lines":
            assert {"0.2759", "0.2703", "0.1000"} <= set(texts)

    def test_dots_stand_where_their_values_are(self):
        """The horizontal places of the markers are an affine image of the values."""
        values = (0.1, 0.2, 0.6)
        chart = Chart(
            title="T",
            kind="dots",
            x_label="",
            y_label="v",
            series=(Series(name="s", x=("a", "b", "c"), y=values),),
        )
        root = ElementTree.fromstring(charts.svg(chart, "a"))
        places = [float(e.attrib["x"]) for e in root.iter("use") if "#0072b2" in e.attrib["style"]]
        assert len(places) == 3
        assert (places[2] - places[0]) / (places[1] - places[0]) == pytest.approx(5, rel=1e-3)

    def test_the_measure_of_dots_stands_under_the_values_and_the_name_of_the_rows_beside_them(self):
        chart = Chart(
            title="T", kind="dots", x_label="rows", y_label="measure",
            series=(Series(name="s", x=("a", "b"), y=(0.1, 0.2)),),
        )  # fmt: skip
        texts = {e.text: e for e in ElementTree.fromstring(charts.svg(chart, "a")).iter("text")}
        assert texts["measure"].attrib["transform"].startswith("rotate(-0 ")
        assert float(texts["measure"].attrib["y"]) > float(texts["b"].attrib["y"])
        assert texts["rows"].attrib["transform"].startswith("rotate(-90 ")

    @pytest.mark.parametrize("sheet", [charts.WIDE, charts.NARROW])
    @pytest.mark.parametrize("kind", ["bars", "dots", "lines"])
    def test_every_colour_is_left_to_the_page(self, kind, sheet):
        """What has a colour of its own stays dark on a dark page, as text or as ground."""
        chart = Chart(
            title="T", kind=kind, x_label="x", y_label="y", marks=((0.5, "here"),) if kind == "lines" else (),
            series=tuple(
                Series(name=f"s{n}", x=(0, 1), y=(n, n + 1.0), low=(n - 1.0, n), high=(n + 1, n + 2.0))
                for n in range(len(charts.COLOURS))
            ),
        )  # fmt: skip
        drawing = charts.svg(chart, "a", sheet)
        assert "var(--series-7, #555555)" in drawing
        assert "var(--quiet, " in drawing
        left = re.sub(r"var\(--[a-z0-9-]+, #[0-9a-f]{6}\)", "", drawing)
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?!-)", re.sub(r"[\w-]*#a-[\w-]+", "", left))
        for element in ElementTree.fromstring(drawing).iter("text"):
            assert "fill: var(--" in element.attrib["style"], element.text

    def test_the_page_sets_every_colour_of_a_drawing_for_the_dark(self, run_folder):
        html = write_report(run_folder).read_text(encoding="utf-8")
        dark = html[html.index("prefers-color-scheme: dark") :].partition("* {")[0]
        for name in ("--ink", "--quiet", "--line", "--paper", *(f"--series-{n + 1}" for n in range(7))):
            assert f"{name}: #" in dark, name
        ground = re.search(r"\.paper-card \{ background: ([^;]+);", html)
        assert ground is not None
        assert ground[1] == "var(--paper)"

    @pytest.mark.parametrize("n_names", [2, 6])
    @pytest.mark.parametrize("kind", ["bars", "dots", "lines"])
    def test_a_narrow_drawing_says_what_the_wide_one_says(self, kind, n_names):
        names = [f"a method with a name that is long, number {n}" for n in range(n_names)]
        chart = Chart(
            title="T", kind=kind, x_label="methods", y_label="Recall@20",
            series=(Series(name="one", x=tuple(names), y=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6)[:n_names]),
                    Series(name="another one", x=tuple(names), y=(0.2, 0.3, 0.4, 0.5, 0.6, 0.7)[:n_names])),
        )  # fmt: skip
        roots = [ElementTree.fromstring(charts.svg(chart, "a", sheet)) for sheet in (charts.WIDE, charts.NARROW)]
        words = [sorted(" ".join(e.text or "" for e in root.iter("text")).split()) for root in roots]
        needed = Counter(" ".join((*names, "one another one methods Recall@20")).split())
        for found in words:
            assert not needed - Counter(found)
        sides = [[float(side) for side in root.attrib["viewBox"].split()[2:]] for root in roots]
        assert sides[1][0] < sides[0][0] / 2
        for root, (width, height) in zip(roots, sides):
            for place in re.findall(r"translate\(([-\d.]+) ([-\d.]+)\)", ElementTree.tostring(root, "unicode")):
                assert 0 <= float(place[0]) <= width
                assert 0 <= float(place[1]) <= height
            for text in root.iter("text"):
                assert 0 <= float(text.attrib.get("x", 0)) <= width, text.text
                assert -height <= float(text.attrib.get("y", 0)) <= height, text.text

    def test_a_page_as_narrow_as_a_telephone_shows_the_narrow_drawing_and_stacks_the_summary(self, run_folder):
        html = write_report(run_folder).read_text(encoding="utf-8")
        assert ".chart.narrow { display: none;" in html.partition("@media screen and (max-width: 40rem)")[0]
        narrow = html.partition("@media screen and (max-width: 40rem)")[2].partition("@media")[0]
        assert ".chart.wide { display: none; } .chart.narrow { display: block; }" in narrow
        assert ".matrix { min-width: 0; }" in narrow
        summary = html.partition('<section id="summary">')[2].partition("</section>")[0]
        rows = summary.partition("<tbody>")[2].split("</tr>")[:-1]
        assert rows
        for row in rows:
            told = re.findall(r'<td data-label="(.) [a-z ]+" class="num', row)
            assert told == ["✓", "✕", "◆", "○"]

    def test_the_heads_of_the_summary_are_all_of_one_size(self, run_folder):
        html = write_report(run_folder).read_text(encoding="utf-8")
        heads = html.partition('<section id="summary">')[2].partition("</thead>")[0]
        assert set(re.findall(r'<th [^>]*class="([^"]+)"', heads)) == {"num"}  # which has no size of its own
        assert not re.search(r"(?<![\w-])\.num \{[^}]*font-size", html.partition("</style>")[0])

    def test_an_interval_without_width_says_why(self, tmp_path):
        figures = (
            Figure(label="flat", value=0.25, low=0.25, high=0.25),
            Figure(label="as good as flat", value=0.25, low=0.25, high=0.25 + 1e-16),
            Figure(label="wide", value=0.25, low=0.2, high=0.3),
            Figure(label="none", value=0.25),
        )
        found = Evidence(
            system="alpha", preset="tiny", findings=(Finding(claim="better", verdict="supported", figures=figures),)
        )
        page = Page(write_report(make_run(tmp_path / "r", (ALPHA,), {"alpha": found})).read_text(encoding="utf-8"))
        assert page.text.count("no width: nothing varied in the sample") == 2

    def test_prefix_keeps_two_drawings_apart_and_the_drawing_is_repeatable(self):
        chart = EVIDENCE.charts[1]
        one, other = charts.svg(chart, "one"), charts.svg(chart, "other")
        ids = [set(re.findall(r' id="([^"]+)"', text)) for text in (one, other)]
        assert ids[0]
        assert ids[0].isdisjoint(ids[1])
        assert set(re.findall(r"url\(#([^)]+)\)", one)) | set(re.findall(r'href="#([^"]+)"', one)) <= ids[0]
        assert charts.svg(chart, "one") == one

    @pytest.mark.parametrize(
        "series",
        [
            (),
            (Series(name="s", x=(), y=()),),
            (Series(name="s", x=("a",), y=(None,)),),
            (Series(name="s", x=("a",), y=(1.0, 2.0)),),
            (Series(name="s", x=("a", "b"), y=(1.0, 2.0), low=(0.5,), high=(3.0, 3.0)),),
            (Series(name="s", x=("a", "b"), y=(1.0, 2.0), low=(0.5, 0.5)),),
        ],
    )
    def test_what_cannot_be_drawn_is_refused_and_the_report_says_so(self, series, tmp_path):
        chart = Chart(title="T", kind="bars", x_label="", y_label="", series=series)
        with pytest.raises(DataError):
            charts.svg(chart, "a")
        evidence = Evidence(system="alpha", preset="tiny", findings=(), charts=(chart,))
        folder = make_run(tmp_path / "r", (ALPHA,), {"alpha": evidence})
        assert "Not drawn" in Page(write_report(folder).read_text()).text


class TestNumerals:
    @pytest.mark.parametrize(
        ("value", "low", "high", "text"),
        [
            (0.27591, 0.2731, 0.2787, "0.2759"),
            (0.27591, 0.18, 0.38, "0.28"),
            (1834.2, 1790.0, 1880.0, "1834"),
            (45.31, 44.0, 47.0, "45.3"),
            (0.27591, None, None, "0.2759"),
            (32711.0, None, None, "32\N{NARROW NO-BREAK SPACE}711"),
            (0.0, None, None, "0.000"),
            (0.0, -0.01, 0.01, "0.000"),
        ],
    )
    def test_digits_follow_the_interval(self, value, low, high, text):
        assert numerals.write(value, numerals.decimals_for(value, low, high)) == text
