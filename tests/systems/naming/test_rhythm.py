"""Which of two names is easier to say."""

import pytest

from humankind.systems.naming.rhythm import rhythm
from humankind.systems.naming.sounds import read_name


def score(surname: str, given: str) -> float:
    return rhythm(read_name(surname, given)).score


@pytest.mark.parametrize(
    ("rough", "smooth"),
    [(("林", "凌"), ("林", "越")), (("李", "美好"), ("李", "明浩")), (("史", "思梓"), ("史", "明远")),
     (("王", "望"), ("王", "哲")),
     (("张", "昌阳"), ("张", "思远")), (("沈", "审身"), ("沈", "知行")), (("田", "而"), ("田", "文"))],
)  # fmt: skip
def test_rough_names_score_below_smooth_ones(rough, smooth):
    assert score(*rough) < score(*smooth)


def test_a_name_without_fault_scores_one_and_says_nothing():
    assert rhythm(read_name("李", "明哲")) == (1.0, ())


def test_each_fault_is_said():
    notes = " ".join(rhythm(read_name("李", "美好")).notes)
    assert "第三声" in notes
    assert "连读" in " ".join(rhythm(read_name("席", "安")).notes)
    assert "儿化" in " ".join(rhythm(read_name("王", "尔")).notes)
    assert "读音相同" in " ".join(rhythm(read_name("王", "望")).notes)


def test_the_score_stays_between_zero_and_one():
    for given in ("思思", "美好雨", "儿", "安安", "凌林"):
        assert 0 < score("林", given) <= 1
