"""How names are used by people."""

from humankind.systems.naming.characters import characters
from humankind.systems.naming.usage import POPULAR, POPULAR_2021, commonness, fits_sex, leaning

BOYS = "建国 志强 浩宇 俊杰 国栋 家豪 伟 军 磊 鹏飞 子轩 天宇 振华 海涛 明辉 永强 宇航 博文 嘉豪 刚".split()  # noqa: SIM905
GIRLS = "婷婷 丽华 雅静 欣怡 梦琪 佳慧 芳 娜 静 晓燕 雨欣 思颖 玉兰 秀英 美玲 雪梅 诗涵 若兰 婉清 娟".split()  # noqa: SIM905


def test_boys_and_girls_are_told_apart():
    assert all(leaning(name) > 0 for name in BOYS)
    assert all(leaning(name) < 0 for name in GIRLS)
    assert all(fits_sex(name, "boy") for name in BOYS)
    assert not any(fits_sex(name, "boy") for name in GIRLS)
    assert all(fits_sex(name, "girl") for name in GIRLS)


def test_leaning_is_bounded_and_zero_where_nothing_is_known():
    assert all(-1 <= leaning(char) <= 1 for char in characters())
    assert leaning("") == leaning("𠮷") == 0


def test_commonness_falls_with_rarity():
    assert commonness("国华") > commonness("珺喆") > commonness("犇骉") >= 0
    assert commonness("") == 0
    assert all(0 <= commonness(char) <= 1 for char in characters())


def test_the_twenty_names_of_2021():
    assert len(POPULAR) == 20
    assert all(len(names) == 10 for names in POPULAR_2021.values())
    assert {"沐宸", "若汐"} <= POPULAR
