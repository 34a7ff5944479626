"""Frozen, typed settings with presets, and `--set key=value` on top of them.

The type of a field decides how its text is read; nothing is guessed from the text itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from humankind.spine.errors import ConfigError
from humankind.spine.kinds import in_words

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PRESETS = ("tiny", "small", "paper")


class Section(BaseModel):
    """A group of settings inside a config; frozen, refuses unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False, validate_default=True
    )


class Config(Section):
    """The settings of one system. Subclasses fill `presets` with what differs from the defaults."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {}

    seed: int = 0
    """Seed of every random stream of the run."""

    @classmethod
    def from_preset(cls, preset: str = "small", settings: Iterable[str] = (), seed: int | None = None) -> Self:
        """Return the config of a preset with `key=value` settings laid over it.

        Args:
            preset: `tiny`, `small` or `paper`.
            settings: texts `key=value`; a dot walks into a section (`dense.epochs=20`).
            seed: replaces the preset's seed when given.

        Raises:
            ConfigError: unknown preset or key, or a value of the wrong type or range.
        """
        if preset not in PRESETS:
            raise ConfigError(
                "there is no such preset", found=repr(preset), where="--preset", expected=", ".join(PRESETS)
            )
        values = _merged({}, cls.presets.get(preset, {}))
        for setting in settings:
            key, text = _split_setting(setting)
            _place(values, key, _read(cls, key, text))
        if seed is not None:
            values["seed"] = seed
        return cls.checked(values)

    @classmethod
    def checked(cls, values: dict[str, Any]) -> Self:
        """Return the config made of nested `values`; ConfigError names the key that is wrong."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise _as_config_error(cls, error) from None

    def value(self, key: str) -> Any:
        """Return the value at a dotted key."""
        owner: Any = self
        for step in key.split("."):
            owner = getattr(owner, step)
        return owner

    def replaced(self, key: str, value: Any) -> Self:
        """Return a checked copy in which the dotted `key` has another value."""
        changed: dict[str, Any] = {}
        _place(changed, key, value)
        return self.checked(_merged(self.model_dump(), changed))


@dataclass(frozen=True)
class Setting:
    """One key that `--set` accepts."""

    key: str
    kind: str
    """What it takes, in words."""
    default: Any
    help: str


def settings_of(section: type[Section], prefix: str = "") -> Iterator[Setting]:
    """Yield every key that `--set` accepts, nested sections flattened with dots, in field order."""
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from settings_of(inner, f"{prefix}{name}.")
        else:
            yield Setting(
                key=prefix + name,
                kind=in_words(field.annotation, field.metadata),
                default=field.get_default(call_default_factory=True),
                help=" ".join((field.description or "").split()),
            )


def _split_setting(setting: str) -> tuple[str, str]:
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise ConfigError(
            "a setting needs a key and a value",
            found=repr(setting),
            where="--set",
            expected="key=value, for example --set seed=3",
        )
    return key.strip(), text.strip()


def _field_at(section: type[Section], key: str) -> FieldInfo:
    """Return the field a dotted key leads to."""
    owner: type[Section] = section
    *path, last = key.split(".")
    for step in path:
        field = owner.model_fields.get(step)
        inner = field.annotation if field is not None else None
        if not _is_section(inner):
            raise _unknown(section, key)
        owner = cast(type[Section], inner)
    field = owner.model_fields.get(last)
    if field is None or _is_section(field.annotation):
        raise _unknown(section, key)
    return field


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Section)


def _unknown(section: type[Section], key: str) -> ConfigError:
    from difflib import get_close_matches

    known = [setting.key for setting in settings_of(section)]
    near = get_close_matches(key, known, n=3, cutoff=0.5)
    return ConfigError(
        "there is no such setting",
        found=repr(key),
        where=section.__name__,
        expected=f"one of: {', '.join(known)}",
        remedy=f"did you mean {' or '.join(near)}?" if near else None,
    )


def _read(section: type[Section], key: str, text: str) -> Any:
    field = _field_at(section, key)
    adapter: TypeAdapter[Any] = TypeAdapter(cast(Any, field.annotation))
    try:
        return adapter.validate_strings(text)
    except ValidationError as as_text:
        try:
            return adapter.validate_json(text)  # lists and tuples: --set k=[5,10]
        except ValidationError as as_json:
            raise ConfigError(
                "a setting has a value of the wrong kind",
                found=f"{key}={text}",
                where="--set",
                expected=in_words(field.annotation, field.metadata),
                remedy=_complaint((as_json if text.startswith(("[", "{")) else as_text).errors()),
            ) from None


def _place(values: dict[str, Any], key: str, value: Any) -> None:
    *path, last = key.split(".")
    for step in path:
        values = values.setdefault(step, {})
    values[last] = value


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        inner = result.get(key, {})
        result[key] = _merged(inner, value) if isinstance(value, dict) and isinstance(inner, dict) else value
    return result


def _as_config_error(section: type[Section], error: ValidationError) -> ConfigError:
    found = error.errors()
    key = _key_of(section, found[0]["loc"])
    if found[0]["type"] == "extra_forbidden":
        return _unknown(section, key)
    about_key = [one for one in found if _key_of(section, one["loc"]) == key]
    return ConfigError(
        "a setting is wrong",
        found=f"{key}={found[0]['input']!r}" if key else repr(found[0]["input"]),
        where=section.__name__,
        expected=_complaint(about_key),
    )


def _key_of(section: type[Section], place: tuple[int | str, ...]) -> str:
    """Return the dotted key of a place in the settings, without the kinds that pydantic tried there."""
    steps: list[str] = []
    owner = section
    for part in place:
        steps.append(str(part))
        field = owner.model_fields.get(str(part))
        if field is None or not _is_section(field.annotation):
            break
        owner = cast(type[Section], field.annotation)
    return ".".join(steps)


def _complaint(errors: Sequence[ErrorDetails]) -> str:
    """Return in one sentence what would be accepted: one part for each kind that a setting may have.

    A setting of two kinds fails twice, and the first failure alone would say that only the first kind will do.
    """
    told = list(dict.fromkeys(error["msg"] for error in errors))
    start = "Input should be "
    if len(told) > 1 and all(message.startswith(start) for message in told):
        return start + " or ".join(message.removeprefix(start) for message in told)
    return "; or: ".join(told)
