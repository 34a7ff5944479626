"""What every verb of every system shares: its options, its run folder, its output.

humankind <system> <verb> [INPUT] [--preset P] [--set key=value] [--seed N] [--out DIR] [--resume] [--json]
"""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand

from humankind.spine.errors import InputError, RunError

if TYPE_CHECKING:
    from humankind.spine.config import Config
    from humankind.spine.progress import Progress
    from humankind.spine.runs import Run

AnyConfig = TypeVar("AnyConfig", bound="Config")

Preset = Annotated[str, typer.Option("--preset", help="tiny, small or paper: how much work is done.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; may be repeated.")
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Seed of every random stream.", show_default="0")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder to write.", show_default="runs/<system>-<time>")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the unfinished run in --out.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")]


def new_app(**settings: Any) -> typer.Typer:
    """Return an empty group of commands with plain, fast help."""
    return typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, **settings)


def config_of(
    config_class: type[AnyConfig], preset: str, settings: list[str] | None, seed: int | None, **options: Any
) -> AnyConfig:
    """Return the config of a verb: a preset, `--set` laid over it, then the options that a person gave.

    Args:
        config_class: of the verb.
        preset: `tiny`, `small` or `paper`.
        settings: texts `key=value`.
        seed: of every random stream; None for the preset's.
        options: value of each option under the name of its setting (`max_new_tokens` for `--max-new-tokens`); None
            where it was not given.

    Raises:
        ConfigError: unknown preset or key, wrong value; names the option or the setting that was typed.
    """
    with _typed(config_class, "--set"):
        config = config_class.from_preset(preset, settings or (), seed)
    for key, value in options.items():
        if value is not None:
            with _typed(config_class, f"--{key.replace('_', '-')}"):
                config = config.replaced(key, value)
    return config


@contextmanager
def _typed(config_class: type[Config], option: str) -> Generator[None]:
    """Name the option in errors that would name the class, which nobody typed."""
    try:
        yield
    except InputError as error:
        if error.where in (None, config_class.__name__):
            error.where = option
        raise


def with_settings(config_path: str) -> type[TyperCommand]:
    """Return a command class whose help ends with the keys that `--set` takes.

    Args:
        config_path: `package.module:Class` of the config; imported only when the help is asked for.
    """

    class WithSettings(TyperCommand):
        def format_epilog(self, ctx: Any, formatter: Any) -> None:
            from humankind.spine.config import settings_of

            module, _, name = config_path.partition(":")
            rows = [
                (f"{setting.key} = {_shown(setting.default)}", f"{setting.help} [{setting.kind}]".lstrip())
                for setting in settings_of(getattr(import_module(module), name))
            ]
            with formatter.section("Settings (--set KEY=VALUE; defaults before the preset)"):
                formatter.write_dl(rows, col_max=34)

    return WithSettings


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def emit(result: dict[str, Any], as_json: bool, text: str | Callable[[], str]) -> None:
    """Print a verb's result: one JSON object with `--json`, the text for people otherwise."""
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, allow_nan=False))
    else:
        typer.echo(text if isinstance(text, str) else text())


@contextmanager
def verb_run(
    system: str, config: Config, out: Path | None, resume: bool, command: str | None = None
) -> Generator[tuple[Run, Progress]]:
    """Open the run folder and the progress of a verb for the time of the block.

    Ctrl-C and SIGTERM end it as `interrupted`, with the command that goes on printed. Wrong input that is found
    before any result is there leaves no folder.
    """
    from humankind.spine.progress import for_person
    from humankind.spine.runs import Run

    command = command or f"humankind {shlex.join(sys.argv[1:])}"
    path = _run_path(system, out, resume)
    fresh = not path.exists() or not any(path.iterdir())
    opened = False
    try:
        with (
            terminate_as_interrupt(),
            for_person() as progress,
            Run.start(path, command=command, config=config, resume=resume, system=system) as run,
        ):
            opened = True
            yield run, progress
    except KeyboardInterrupt:
        again = command if "--resume" in command else f"{command} --resume"
        again += "" if "--out" in command else f" --out {shlex.quote(str(path))}"
        typer.echo(f"\nInterrupted. What was finished is kept; to go on:\n  {again}", err=True)
        raise
    except InputError:
        if opened and fresh and not _results(path):
            shutil.rmtree(path, ignore_errors=True)
        raise
    typer.echo(f"run folder: {path}", err=True)


def _results(path: Path) -> list[Path]:
    from humankind.spine.runs import MADE_FROM

    return [file for file in (path / "artifacts").rglob("*") if file.is_file() and file.name != MADE_FROM]


def _run_path(system: str, out: Path | None, resume: bool) -> Path:
    from humankind.spine.runs import new_path

    if out is None:
        if resume:
            raise RunError(
                "--resume needs the run folder to go on with",
                where="--out",
                remedy="add --out DIR; `humankind runs` lists the folders under runs/",
            )
        return new_path(system)
    if out.exists() and not out.is_dir():
        raise RunError("the output is a file", found=out, where="--out", remedy="name a new folder")
    return out


@contextmanager
def about(where: object, remedy: str | None = None) -> Generator[None]:
    """Add to wrong input that comes out of the block which file or option it is about, where it does not say.

    >>> with about("--user", "`recommend` without --user shows everyone"):
    ...     raise InputError("unknown user", found="'ann'")
    Traceback (most recent call last):
    humankind.spine.errors.InputError: unknown user
      found:    'ann'
      where:    --user
      to do:    `recommend` without --user shows everyone
    """
    try:
        yield
    except InputError as error:
        error.where = where if error.where is None else error.where
        error.remedy = remedy if error.remedy is None else error.remedy
        raise


@contextmanager
def terminate_as_interrupt() -> Generator[None]:
    """Treat SIGTERM like Ctrl-C for the time of the block, so that it too leaves a resumable run."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not in the main thread: somebody else owns the signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
