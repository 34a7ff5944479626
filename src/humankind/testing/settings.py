"""What every config must hold: documented, checked, and the same after a trip through JSON."""

from __future__ import annotations

import json

from humankind.spine.config import PRESETS, Config, Section, settings_of
from humankind.spine.errors import ConfigError


def sections_of(config: type[Section]) -> list[type[Section]]:
    """Return a config class and every section class inside it."""
    found = [config]
    for field in config.model_fields.values():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            found += sections_of(inner)
    return found


def check_documented(config: type[Config]) -> int:
    """Assert that every setting has a docstring and every section says what it is; return how many were read."""
    for section in sections_of(config):
        assert section.__doc__, f"{section.__name__} has no docstring"
        assert section.__doc__ != Section.__doc__, f"{section.__name__} has no docstring of its own"
    settings = list(settings_of(config))
    for setting in settings:
        assert setting.help, f"{config.__name__}.{setting.key} has no docstring"
    return len(settings)


def check_round_trip(config: type[Config]) -> int:
    """Assert that every preset is valid and comes back from JSON as it went; return how many were tried."""
    unknown = set(config.presets) - set(PRESETS)
    assert not unknown, f"{config.__name__} has presets nobody can ask for: {unknown}"
    for preset in PRESETS:
        made = config.from_preset(preset)
        assert config.model_validate_json(made.model_dump_json()) == made
        assert config.from_preset(preset, seed=made.seed + 1) != made
    return len(PRESETS)


def check_every_default_can_be_set(config: type[Config]) -> int:
    """Assert that `--set` reads back the default of every setting; return how many were tried."""
    default = config()
    settings = list(settings_of(config))
    for setting in settings:
        value = default.value(setting.key)
        text = value if isinstance(value, str) else _json(value)
        assert config.from_preset("small", [f"{setting.key}={text}"]).value(setting.key) == value
    return len(settings)


def check_unknown_refused(config: type[Config]) -> int:
    """Assert that every key, with one letter wrong, is refused and the right one named; return how many."""
    keys = [setting.key for setting in settings_of(config)]
    for key in keys:
        wrong = key + "x"
        refused = _refusal(config, f"{wrong}=1")
        assert wrong in str(refused.found)
        assert key in str(refused.remedy), f"{wrong}: {refused.remedy}"
    return len(keys)


def _refusal(config: type[Config], setting: str) -> ConfigError:
    try:
        config.from_preset("small", [setting])
    except ConfigError as error:
        return error
    raise AssertionError(f"{config.__name__} takes {setting}")


def _json(value: object) -> str:
    return json.dumps(value)
