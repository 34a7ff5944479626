"""Length against accuracy: planted slopes are found, planted confounding is not taken for one."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from humankind.spine.config import Config
from humankind.spine.errors import ConfigError
from humankind.spine.progress import SILENT
from humankind.spine.runs import Run
from humankind.systems.tom.lengths import _bins, run_lengths, slope
from humankind.systems.tom.study import Answered, Study


def answers(n: int, seed: int, slope_within: float, by_order: bool = True) -> list[Answered]:
    """Answers whose chance of being right changes by `slope_within` a doubling of length inside each order.

    Deeper orders have longer replies and are harder, whatever the slope inside them.
    """
    rng = np.random.default_rng(seed)
    made = []
    for number in range(n):
        order = number % 5
        doublings = rng.normal(0, 1)
        prob = float(np.clip((0.8 - 0.12 * order * by_order) + slope_within * doublings, 0.02, 0.98))
        tokens = max(1, round(2 ** (6 + (order if by_order else 0) + doublings)))
        right = bool(rng.random() < prob)
        made.append(Answered(id=f"q{number}", group=f"s{number // 2}", order=order, right=right, n_tokens=tokens))
    return made


def test_a_planted_slope_lies_inside_its_interval() -> None:
    inside = 0
    for seed in range(20):
        found = slope(answers(600, seed, -0.1), seed, strata=True)
        assert found is not None
        assert found.high < 0
        inside += found.low <= -0.1 <= found.high
    assert inside >= 16


def test_harder_questions_with_longer_replies_are_no_slope_within_orders() -> None:
    clear = 0
    for seed in range(20):
        made = answers(600, seed, 0.0)
        over_all, within = slope(made, seed), slope(made, seed, strata=True)
        assert over_all is not None
        assert within is not None
        assert over_all.high < 0
        clear += within.low < 0 < within.high
    assert clear >= 16


def test_the_slope_is_the_least_squares_line() -> None:
    made = answers(200, 3, -0.05)
    x = np.log2([one.n_tokens or 1 for one in made])
    y = np.array([float(bool(one.right)) for one in made])
    found = slope(made, 0)
    assert found is not None
    assert found.value == pytest.approx(np.polyfit(x, y, 1)[0])


def test_nothing_is_fitted_to_replies_of_one_length_or_of_one_story() -> None:
    same = [one.model_copy(update={"n_tokens": 9}) for one in answers(50, 0, -0.1)]
    assert slope(same, 0) is None
    assert slope([one.model_copy(update={"right": False}) for one in answers(50, 0, -0.1)], 0) is None
    assert slope([one.model_copy(update={"group": "s"}) for one in answers(50, 0, -0.1)], 0) is None


def test_bins_hold_everything_once_and_never_part_equal_lengths() -> None:
    made = answers(203, 1, 0.0)
    bins = _bins(made, 5)
    assert sorted(one.id for some in bins for one in some) == sorted(one.id for one in made)
    ends = [(some[0].n_tokens, some[-1].n_tokens) for some in bins]
    assert all(before[1] < after[0] for before, after in pairwise(ends))
    few = [one.model_copy(update={"n_tokens": 5 + (number < 3)}) for number, one in enumerate(made)]
    assert [len(some) for some in _bins(few, 5)] == [200, 3]


def study(path: Path, made: list[Answered], n_bins: int = 5) -> Study:
    with Run.start(path, command="test", config=Config(seed=4), system="tom") as run:
        return run_lengths(made, "made", run, SILENT, n_bins)


def test_the_study_leaves_out_what_has_no_verdict_or_no_length_and_says_so(tmp_path: Path) -> None:
    made = answers(300, 2, -0.1)
    made[0] = made[0].model_copy(update={"right": None})
    made[1] = made[1].model_copy(update={"n_tokens": None})
    found = study(tmp_path / "run", made)
    assert "2 of 300" in found.remarks[0]
    by_length, by_verdict, _ = found.tables
    assert sum(int(row[1] or 0) for row in by_length.rows) == 298
    assert [row[1] for row in by_verdict.rows] == [
        sum(one.right is True for one in made[2:]),
        sum(one.right is False for one in made[2:]),
    ]
    assert found.figure is not None
    assert found.figure.high is not None
    assert found.figure.high < 0
    assert len(found.charts[0].series[0].x) == len(by_length.rows)
    kept = Run.read(tmp_path / "run")
    assert any(line.get("study") == "lengths" for line in kept.metrics())


def test_too_few_answers_give_no_figure_and_say_why(tmp_path: Path) -> None:
    found = study(tmp_path / "run", answers(5, 0, -0.1))
    assert found.figure is None
    assert "too few" in found.remarks[0]


def test_the_slope_over_everything_never_stands_in_for_the_one_within_orders(tmp_path: Path) -> None:
    made = [
        one.model_copy(update={"right": (one.order or 0) < 3, "n_tokens": 20 + 9 * (one.order or 0)})
        for one in answers(100, 0, 0.0)
    ]
    assert slope(made, 0) is not None
    assert slope(made, 0, strata=True) is None
    assert study(tmp_path / "run", made).figure is None


def test_one_bin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        study(tmp_path / "run", answers(50, 0, 0.0), n_bins=1)
