"""The shipped scenarios keep every rule of the set, and nobody can score on them without reading the stem."""

from __future__ import annotations

import copy
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from humankind.spine.errors import DataError
from humankind.systems.motivation import authored
from humankind.systems.motivation.authored import DESIRES, KINDS, LEVELS, TYPES, Item, Scenario, load, n_words, read

SCENARIOS = load()
ITEMS = tuple(item for scenario in SCENARIOS for item in scenario.questions)
FILE = Path(authored.__file__).parent / "scenarios" / "esteem.json"

CHANCE = 1 / 6
MARGIN = 0.05
CHI2_5_AT_05 = 11.07
"""The .95 quantile of chi-square with five degrees of freedom."""

_STOP = """
a an the and or but of to in on at by for with from as is was be been are were has have had he she it they his her their
him them its that this which who whom not no so than then would will may can could must all any one what when where
while if into out up down off over after before because since does do did there how only more most very own
"""
STOP = frozenset(_STOP.split())
NEGATION = re.compile(r"\b(?:no|not|never|nobody|nothing|none|without|cannot)\b|n't\b")


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.lower())


def content(text: str) -> set[str]:
    return set(words(text)) - STOP


def similarity(one: Counter[str], other: Counter[str]) -> float:
    norms = math.sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))
    return sum(n * other[word] for word, n in one.items()) / norms if norms else 0.0


def nearness(options: Sequence[str], bag: Callable[[str], Iterator[str] | set[str] | list[str]]) -> list[float]:
    """How near each option is to the bag of words of the five others."""
    bags = [Counter(bag(option)) for option in options]
    return [similarity(one, sum((b for j, b in enumerate(bags) if j != i), Counter())) for i, one in enumerate(bags)]


def shown(item: Item) -> str:
    return f"{item.stem} {item.question}"


def texts(item: Item) -> list[str]:
    return [option.text for option in item.options]


def shared(item: Item) -> list[int]:
    return [len(content(text) & content(shown(item))) for text in texts(item)]


def shared_part(item: Item) -> list[float]:
    return [len(content(text) & content(shown(item))) / len(content(text)) for text in texts(item)]


def shared_jaccard(item: Item) -> list[float]:
    stem = content(shown(item))
    return [len(content(text) & stem) / len(content(text) | stem) for text in texts(item)]


SIGNS: dict[str, Callable[[Item], Sequence[float]]] = {
    "words": lambda item: [n_words(text) for text in texts(item)],
    "characters": lambda item: [len(text) for text in texts(item)],
    "words shared with the stem": shared,
    "part shared with the stem": shared_part,
    "Jaccard with the stem": shared_jaccard,
    "nearness to the other options": lambda item: nearness(texts(item), content),
    "nearness in all words": lambda item: nearness(texts(item), words),
    "negations": lambda item: [len(NEGATION.findall(text.lower())) for text in texts(item)],
    "commas": lambda item: [text.count(",") for text in texts(item)],
}


def hit(values: Sequence[float], gold: int) -> float:
    """The chance that the greatest value, ties drawn by lot, is the answer's."""
    best = [i for i, value in enumerate(values) if value == max(values)]
    return (gold in best) / len(best)


def accuracy(sign: Callable[[Item], Sequence[float]], direction: int) -> float:
    return sum(hit([direction * v for v in sign(item)], item.gold) for item in ITEMS) / len(ITEMS)


def chi_square(counts: Sequence[int]) -> float:
    mean = sum(counts) / len(counts)
    return sum((n - mean) ** 2 / mean for n in counts)


def test_five_levels_are_equally_large_and_every_desire_comes_three_times() -> None:
    assert Counter(s.level for s in SCENARIOS) == dict.fromkeys(LEVELS, 15)
    desires = Counter(s.desire for s in SCENARIOS)
    assert set(desires) == {desire for nested in DESIRES.values() for desire in nested}
    assert len(desires) == 16
    assert min(desires.values()) >= 3
    assert len(ITEMS) == 225


def test_the_gold_letter_is_balanced_within_each_type() -> None:
    for kind in TYPES:
        golds = Counter(item.gold for item in ITEMS if item.type == kind)
        assert set(golds.values()) == {12, 13}, kind
    assert set(Counter(item.gold for item in ITEMS).values()) == {37, 38}


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_of_an_option_says_nothing_about_its_letter(kind: str) -> None:
    at = Counter(i for item in ITEMS for i, option in enumerate(item.options) if option.kind == kind)
    assert chi_square([at[i] for i in range(6)]) < CHI2_5_AT_05


@pytest.mark.parametrize("direction", [1, -1], ids=["most", "least"])
@pytest.mark.parametrize("sign", SIGNS)
def test_no_shortcut_beats_chance(sign: str, direction: int) -> None:
    assert accuracy(SIGNS[sign], direction) == pytest.approx(CHANCE, abs=MARGIN)


def test_the_battery_would_catch_a_longest_option() -> None:
    padded = [[n + (i == item.gold) * 5 for i, n in enumerate(SIGNS["words"](item))] for item in ITEMS]
    assert sum(hit(values, item.gold) for values, item in zip(padded, ITEMS, strict=True)) / len(ITEMS) > 0.9


@pytest.mark.parametrize("position", range(6))
def test_a_constant_letter_is_at_chance(position: int) -> None:
    assert sum(item.gold == position for item in ITEMS) / len(ITEMS) == pytest.approx(CHANCE, abs=0.01)


def test_the_length_rank_of_the_answer_is_uniform() -> None:
    ranks: Counter[int] = Counter()
    for item in ITEMS:
        lengths = SIGNS["characters"](item)
        ranks[sum(n < lengths[item.gold] for n in lengths)] += 1
    assert chi_square([ranks[i] for i in range(6)]) < CHI2_5_AT_05


def test_no_text_is_used_twice() -> None:
    options = [option.text for item in ITEMS for option in item.options]
    assert len(set(options)) == len(options) == 225 * 6
    assert len({scenario.title for scenario in SCENARIOS}) == len(SCENARIOS)
    assert len({scenario.identity.split(",")[0] for scenario in SCENARIOS}) == len(SCENARIOS)


def test_stems_withhold_what_is_asked() -> None:
    for scenario in SCENARIOS:
        motive, deed, both = (item.stem for item in scenario.questions)
        assert scenario.motivation not in motive + both
        assert scenario.behaviour not in deed + both


def rows() -> list[dict[str, Any]]:
    return json.loads(FILE.read_text(encoding="utf-8"))


def written(folder: Path, content: Any) -> Path:
    file = folder / "esteem.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def test_a_copy_reads_back_the_same(tmp_path: Path) -> None:
    assert read(written(tmp_path, rows()), "esteem") == tuple(s for s in SCENARIOS if s.level == "esteem")


def second_gold(row: dict[str, Any]) -> None:
    for option in row["questions"][0]["options"]:
        option["kind"] = "gold" if option["kind"] == "other_desire" else option["kind"]


def five_options(row: dict[str, Any]) -> None:
    row["questions"][1]["options"].pop()


def repeated_option(row: dict[str, Any]) -> None:
    options = row["questions"][1]["options"]
    options[0]["text"] = options[1]["text"]


def long_option(row: dict[str, Any]) -> None:
    row["questions"][2]["options"][3]["text"] *= 2


def no_idealist(row: dict[str, Any]) -> None:
    for option in row["questions"][2]["options"]:
        option["kind"] = "surface" if option["kind"] == "too_idealistic" else option["kind"]


def told_too_much(row: dict[str, Any]) -> None:
    row["questions"][2]["stem"] = row["questions"][0]["stem"]


def foreign_desire(row: dict[str, Any]) -> None:
    row["desire"] = "eating"


def unknown_kind(row: dict[str, Any]) -> None:
    row["questions"][0]["options"][0]["kind"] = "silly"


def swapped_questions(row: dict[str, Any]) -> None:
    row["questions"].reverse()


def unknown_key(row: dict[str, Any]) -> None:
    row["mood"] = "grey"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (second_gold, "needs one gold"),
        (five_options, "6 different options"),
        (repeated_option, "6 different options"),
        (long_option, "give the answer's length away"),
        (no_idealist, "a too_idealistic option"),
        (told_too_much, "more or less than this type"),
        (foreign_desire, "does not belong to the level esteem"),
        (unknown_kind, "too_rational"),
        (swapped_questions, "in this order"),
        (unknown_key, "Extra inputs"),
    ],
)
def test_damage_is_named_with_its_place(tmp_path: Path, damage: Callable[[dict[str, Any]], None], said: str) -> None:
    damaged = copy.deepcopy(rows())
    damage(damaged[3])
    with pytest.raises(DataError) as caught:
        read(written(tmp_path, damaged), "esteem")
    assert said in str(caught.value)
    assert "esteem.json, scenario 4" in str(caught.value.where)


@pytest.mark.parametrize("content", ["[{", "{}", "[]", "null"])
def test_a_file_without_a_list_of_scenarios_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(DataError, match="file of scenarios"):
        read(written(tmp_path, content), "esteem")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path / "esteem.json", "esteem")
    assert caught.value.where == "esteem.json"


def test_a_scenario_in_the_wrong_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="another level"):
        read(written(tmp_path, rows()), "safety")


def test_one_id_twice_is_refused() -> None:
    with pytest.raises(DataError, match="same id"):
        authored._unique([SCENARIOS[0], SCENARIOS[0]])


def test_scenarios_cannot_be_changed() -> None:
    scenario: Scenario = SCENARIOS[0]
    with pytest.raises(ValueError, match="frozen"):
        scenario.title = "another"  # ty: ignore[invalid-assignment]
