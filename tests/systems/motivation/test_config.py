"""Settings of both verbs that take any: documented, valid in every preset, refused where they are wrong."""

from __future__ import annotations

import pytest

from humankind.spine.config import Config
from humankind.spine.errors import ConfigError
from humankind.systems.motivation.config import BuildConfig, MotivationConfig
from humankind.testing import settings


@pytest.mark.parametrize("config", [MotivationConfig, BuildConfig])
def test_settings_are_documented_valid_and_settable(config: type[Config]) -> None:
    assert settings.check_documented(config) >= 9
    assert settings.check_round_trip(config) == 3
    assert settings.check_every_default_can_be_set(config) >= 9
    assert settings.check_unknown_refused(config) >= 9


@pytest.mark.parametrize(
    ("config", "setting"),
    [
        (MotivationConfig, "protocol=eighteen"),
        (MotivationConfig, "way=guess"),
        (MotivationConfig, "limit=-1"),
        (MotivationConfig, "temperature=-0.1"),
        (MotivationConfig, "top_p=0"),
        (BuildConfig, "attempts=0"),
        (BuildConfig, "rounds=-1"),
        (BuildConfig, "kind=film"),
        (BuildConfig, "connections=0"),
    ],
)
def test_values_out_of_range_are_refused(config: type[Config], setting: str) -> None:
    with pytest.raises(ConfigError):
        config.from_preset("small", [setting])


def test_the_paper_preset_asks_as_the_paper_does() -> None:
    paper = MotivationConfig.from_preset("paper")
    assert (paper.suite, paper.protocol, paper.temperature, paper.top_p) == ("motivebench", "paper", 0, 1)
    build = BuildConfig.from_preset("paper")
    assert (build.rounds, build.temperature, build.top_p) == (2, 0.8, 0.85)
