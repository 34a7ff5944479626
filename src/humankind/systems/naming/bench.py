"""Running ways of naming over a set of requests: rows on disk one by one, figures with intervals by request."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import fmean
from threading import Lock

from pydantic import Field, ValidationError

from humankind.spine.config import Section
from humankind.spine.errors import DataError, InputError
from humankind.spine.progress import SILENT, Progress
from humankind.systems.naming import cbnames, gold
from humankind.systems.naming.agents import weights_of
from humankind.systems.naming.metrics import distinct, distinct_n, diversity
from humankind.systems.naming.parsing import parse
from humankind.systems.naming.request import Generation, NameRequest
from humankind.systems.naming.rubric import Answered, Examiner, Marks

OWN = "own"
"""Name of the requests that are shipped."""
MEASURES = ("emoc", "imoc", "cmoc", "acc", "crc", "lr", "coverage", "O1", "O2", "O3", "O4", "O5", "demands")
"""Figures of a row that are averaged; all 0 to 100."""


@dataclass(frozen=True, slots=True)
class Case:
    """One request with what it is judged by."""

    id: str
    text: str
    request: NameRequest
    """As a careful reader understood it."""
    preferences: tuple[int, ...]
    """Gold, 0 to 4 for each objective."""

    @property
    def weights(self) -> tuple[float, ...]:
        """Shares of the preferences."""
        return weights_of(self.preferences)


class Given(Section):
    """What a way of naming gave for a request."""

    surname: str = ""
    given: str = ""
    """Empty where it gave no name."""
    explanation: tuple[str, ...] = ()
    note: str = ""
    """Why there is no name, or how it came about."""
    rounds: int = 1
    """Drafts that were written."""


Strategy = Callable[[str], Given]
"""A way of naming: takes the request as it was written."""


class Row(Section):
    """One answer with its figures; those that could not be taken are None."""

    strategy: str
    case: str
    digest: str
    """Of the request and of what the way of naming was set to."""
    name: str
    given: str
    explanation: tuple[str, ...]
    note: str = ""
    rounds: int = 1
    seconds: float = 0.0
    figures: dict[str, float | None] = Field(default_factory=dict)
    """`MEASURES` of this answer."""
    facts: dict[str, bool | None] = Field(default_factory=dict)
    """Kind of fact -> whether all that is claimed is true."""
    missed: tuple[str, ...] = ()
    """Demands that the name does not keep."""
    serious: int = 0
    """Serious warnings."""
    verse: bool = False
    """Whether a verse is quoted that stands in the corpus and holds the name in order."""
    possible: bool = True
    """Whether the request can be met at all."""
    failed: str = ""
    """Why the answer could not be had; not judged then."""


# -- requests -----------------------------------------------------------------------------------------------


def own_cases() -> tuple[Case, ...]:
    """Return the shipped requests, judged by their gold."""
    return tuple(Case(one.id, one.text, gold_request(one), one.preferences) for one in gold.shipped())


def gold_request(one: gold.Shipped) -> NameRequest:
    """Return the request that a careful reader takes from a shipped one."""
    fields = dict(one.asked)
    if fields.get("generation"):
        fields["generation"] = Generation(*fields["generation"])
    from humankind.systems.naming.contradictions import diagnosed

    request = NameRequest(text=one.text, surname=one.surname, sex=one.sex, birth=one.birth, **fields)  # ty: ignore[invalid-argument-type]
    return diagnosed(request)


def cases(suite: str) -> tuple[Case, ...]:
    """Return the requests of a suite.

    Args:
        suite: `own`, `cbnames`, or the path of a file of CBNames. The authors' files have no gold but the preferences;
            there the request is as our parser reads it, for all ways of naming alike.
    """
    if suite == OWN:
        return own_cases()
    if suite == "cbnames":
        from humankind.spine.sources import use

        folder = use("cbnames", "evaluate")
        found = sorted(path for name in ("test_data_500.csv", "test_up_500.json") for path in folder.rglob(name))
        if not found:
            raise DataError("the folder of CBNames has none of its files", found=folder, expected="test_data_500.csv")
        path = found[0]
    else:
        path = Path(suite)
    return tuple(Case(one.id, one.text, parse(one.text), one.preferences) for one in cbnames.load(path))


def limited(whole: Sequence[Case], limit: int) -> tuple[Case, ...]:
    """Return about as many cases as `limit`, evenly from the whole; all with 0."""
    if not limit or limit >= len(whole):
        return tuple(whole)
    return tuple(whole[row * len(whole) // limit] for row in range(limit))


# -- running ------------------------------------------------------------------------------------------------


class Bench:
    """Runs ways of naming over cases and keeps every row in a file.

    Args:
        path: JSON lines; rows that are there already are not made again.
        examiner: judges the answers.
        settings: text on which answers depend besides request and way, such as the configuration.
    """

    def __init__(self, path: Path, examiner: Examiner, settings: str = "") -> None:
        self.path, self.examiner, self.settings = path, examiner, settings
        self.rows = {(row.strategy, row.case, row.digest): row for row in read_rows(path) if not row.failed}
        self._lock = Lock()

    def run(
        self, strategies: Mapping[str, Strategy], cases: Sequence[Case], progress: Progress = SILENT, at_once: int = 1
    ) -> list[Row]:
        """Return a row for every way and case, in that order.

        Args:
            strategies: name -> way of naming.
            cases: requests.
            progress: told of every row.
            at_once: rows under way at the same time; more than 1 for ways that wait for a model.
        """
        wanted = [(name, case) for name in strategies for case in cases]
        missing = [(name, case) for name, case in wanted if self._key(name, case) not in self.rows]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        _drop_half_line(self.path)
        with progress.task("requests", len(missing)) as task, ThreadPoolExecutor(at_once) as pool:

            def one(item: tuple[str, Case]) -> None:
                self._keep(self._row(item[0], strategies[item[0]], item[1]))
                task.advance()

            if at_once == 1:
                for item in missing:
                    one(item)
            else:
                list(pool.map(one, missing))
        return [self.rows[self._key(name, case)] for name, case in wanted]

    def _key(self, name: str, case: Case) -> tuple[str, str, str]:
        digest = sha256(f"{self.settings}\n{case.text}\n{case.preferences}".encode()).hexdigest()[:16]
        return name, case.id, digest

    def _row(self, name: str, strategy: Strategy, case: Case) -> Row:
        began = time.monotonic()
        digest = self._key(name, case)[2]
        try:
            given = strategy(case.text)
        except InputError as error:  # a model that is away, a request that cannot be read: told, not judged
            told = f"{type(error).__name__}: {error.problem}"
            return Row(strategy=name, case=case.id, digest=digest, name="", given="", explanation=(), failed=told)
        taken = time.monotonic() - began
        return judged(name, case, given, self.examiner, digest, round(taken, 4))

    def _keep(self, row: Row) -> None:
        with self._lock, self.path.open("a", encoding="utf-8") as file:
            file.write(row.model_dump_json() + "\n")
            self.rows[row.strategy, row.case, row.digest] = row


def judged(name: str, case: Case, given: Given, examiner: Examiner, digest: str = "", seconds: float = 0.0) -> Row:
    """Return the row of an answer. A request that nothing can meet is not scored where the answer says so."""
    possible = bool(case.request.surname) and not case.request.contradictions
    answer = Answered(given.surname, given.given, given.explanation)
    row = Row(
        strategy=name,
        case=case.id,
        digest=digest,
        name=given.surname + given.given,
        given=given.given,
        explanation=given.explanation,
        note=given.note,
        rounds=given.rounds,
        seconds=seconds,
        possible=possible,
    )
    if not given.given and not possible:
        return row
    marks = examiner.marks(case.request, case.weights, answer)
    return row.model_copy(
        update={
            "figures": figures_of(marks, case.weights),
            "facts": dict(marks.facts),
            "missed": tuple(demand for demand, met in marks.demands.items() if not met),
            "serious": marks.serious,
            "verse": marks.verse,
        }
    )


def figures_of(marks: Marks, weights: Sequence[float]) -> dict[str, float | None]:
    """Return the figures of a row, 0 to 100."""
    found = marks.quality(weights)
    by_objective = {f"O{k}": 100 * score / 3 for k, score in enumerate(marks.objectives, start=1)}
    demands = 100 * fmean(map(float, marks.demands.values())) if marks.demands else None
    whole = {name: getattr(found, name) for name in ("emoc", "imoc", "cmoc", "acc", "crc", "lr")}
    coverage = None if marks.coverage is None else 100 * marks.coverage
    told = {**whole, "coverage": coverage, **by_objective, "demands": demands}
    return {name: None if value is None else round(value, 6) for name, value in told.items()}


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a file; half a line at its end, left by a kill, is none.

    Raises:
        DataError: a whole line is no row.
    """
    if not path.exists():
        return []
    *lines, _half = path.read_text(encoding="utf-8").split("\n")
    rows = []
    for number, line in enumerate(lines, start=1):
        try:
            rows.append(Row.model_validate_json(line))
        except ValidationError as error:
            raise DataError(
                "a row is damaged", found=error.errors()[0]["msg"], where=f"{path} line {number}",
                remedy="remove the line; its request is run again",
            ) from None  # fmt: skip
    return rows


def _drop_half_line(path: Path) -> None:
    if path.exists():
        content = path.read_bytes()
        if content and not content.endswith(b"\n"):
            path.write_bytes(content[: content.rfind(b"\n") + 1])


# -- figures over the rows ----------------------------------------------------------------------------------


def values(rows: Sequence[Row], measure: str) -> dict[str, float]:
    """Return case -> value of a measure, for the rows that have it."""
    return {row.case: value for row in rows if (value := row.figures.get(measure)) is not None}


def by_strategy(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows of each way of naming, in the order in which they stand."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.strategy, []).append(row)
    return found


def paired(one: Sequence[Row], other: Sequence[Row], measure: str) -> tuple[list[float], list[float]]:
    """Return the values of two ways on the cases on which both have one."""
    a, b = values(one, measure), values(other, measure)
    both = [case for case in a if case in b]
    return [a[case] for case in both], [b[case] for case in both]


def counts(rows: Sequence[Row]) -> dict[str, float]:
    """Return what is counted rather than averaged over the rows of one way of naming, as shares of 0 to 1."""
    named = [row for row in rows if row.given]
    told = [truth for row in rows for truth in row.facts.values() if truth is not None]
    return {
        "answered": len(named) / len(rows) if rows else 0.0,
        "verse": fmean(row.verse for row in named) if named else 0.0,
        "facts_right": fmean(map(float, told)) if told else 1.0,
        "distinct_given": distinct([row.given for row in named]) if named else 0.0,
        "distinct_4": distinct_n(["".join(row.explanation) for row in named]),
        "serious": fmean(row.serious > 0 for row in named) if named else 0.0,
        "failed": fmean(bool(row.failed) for row in rows) if rows else 0.0,
    }


def diversities(rows: Sequence[Row]) -> dict[str, float]:
    """Return for each way of naming the share of requests on which it alone gave its name."""
    return diversity({name: [row.name or None for row in own] for name, own in by_strategy(rows).items()})
