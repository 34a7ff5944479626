"""`humankind`: lists the systems from their cards and loads one only when it is called."""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

import humankind
from humankind.spine.cards import Card
from humankind.spine.errors import HumankindError, InputError, MissingExtraError, NotBuiltError
from humankind.spine.threads import wait_briefly
from humankind.spine.verbs import new_app, terminate_as_interrupt
from humankind.systems import NOUNS, card

OUR_FAULT, INTERRUPTED = 3, 130

# What the caller can mend: no right to write, no room, a file where a folder should be.
_NOT_OURS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.ENOTDIR, errno.EISDIR}

_GLOBAL = {
    "reproduce": (
        "humankind.cli.reproduce:command",
        "Run the experiment behind every claim; write one report.",
    ),
    "systems": ("humankind.cli.listing:systems", "List the ten systems: what each does, built or not."),
    "runs": ("humankind.cli.runs:app", "List, show and compare runs."),
    "data": ("humankind.cli.data:app", "List, get and verify data sets."),
    "models": ("humankind.cli.models:app", "List, check and install the embedded language models."),
    "doctor": ("humankind.cli.doctor:doctor", "Say what is installed, what is missing and how to get it."),
}


class _Root(TyperGroup):
    """Loads a command when it is called; help needs the cards alone."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in _GLOBAL:
            return _load(*_GLOBAL[cmd_name], cmd_name)
        return _system_group(card(cmd_name)) if cmd_name in NOUNS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _GLOBAL.items()])
        with formatter.section("Systems"):
            formatter.write_dl([(noun, _one_line(card(noun))) for noun in NOUNS])


def _one_line(known: Card) -> str:
    return f"{known.name}: {known.job}" + ("" if known.built else " (announced, not built)")


def _load(path: str, help_text: str, name: str) -> Any:
    module, _, attribute = path.partition(":")
    target = getattr(import_module(module), attribute)
    if isinstance(target, typer.Typer):
        return typer.main.get_command(target)
    one = new_app()
    one.command(name, help=help_text)(target)
    return typer.main.get_command(one)


def _system_group(known: Card) -> Any:
    if not known.built:
        return typer.main.get_command(_announced(known))
    return typer.main.get_command(import_module(f"humankind.systems.{known.noun}.commands").app)


def _announced(known: Card) -> typer.Typer:
    """Return commands that exist and say that the system is not built."""
    app = new_app(help=f"{_one_line(known)}.", no_args_is_help=True)

    @app.callback()
    def announced() -> None:
        pass

    def refuse(ctx: typer.Context) -> None:
        raise NotBuiltError(
            f"{known.name} is announced, not built yet",
            found=f"humankind {known.noun} {ctx.info_name}",
            remedy="`humankind systems` shows which are built",
        )

    anything = {"ignore_unknown_options": True, "allow_extra_args": True}
    for verb in known.verbs:
        app.command(verb.name, help=f"{verb.help} (not built yet)", context_settings=anything)(refuse)
    return app


def _root() -> Any:
    app = new_app(cls=_Root, no_args_is_help=True)

    @app.callback(help="AI that understands people, adapts to them and keeps them safe: ten published systems.")
    def root(
        version: bool = typer.Option(False, "--version", is_eager=True, callback=_version, help="Print the version."),
    ) -> None:
        pass

    return typer.main.get_command(app)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"humankind {humankind.__version__}")
        raise typer.Exit


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; errors are told on stderr, with `--json` on stdout too."""
    try:
        result = _root().main(args=list(arguments), prog_name="humankind", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except HumankindError as error:
        return _told(error, arguments)
    except typer.TyperException as error:
        show = getattr(error, "show", None)
        show() if show is not None else typer.echo(f"error: {error.format_message()}", err=True)
        if "--json" in arguments:
            typer.echo(json.dumps({"error": "UsageError", "problem": error.format_message()}))
        return 2
    except typer.Exit as leave:
        return leave.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except SystemExit as leave:
        if not isinstance(leave.__context__, BrokenPipeError):
            raise
        # The reader went away (`humankind ... | head`), for which typer leaves with 1; what was asked for was given.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ModuleNotFoundError as error:
        missing = _missing_extra(error, arguments)
        return _told(missing, arguments) if missing else _our_fault(error, arguments)
    except OSError as error:
        if error.errno in _NOT_OURS:
            return _told(_unusable(error), arguments)
        return _our_fault(error, arguments)
    except Exception as error:
        return _our_fault(error, arguments)


def _told(error: HumankindError, arguments: Sequence[str]) -> int:
    typer.echo(f"error: {error}", err=True)
    if "--json" in arguments:
        typer.echo(json.dumps(error.as_dict(), ensure_ascii=False))
    return error.exit_code


def _our_fault(error: Exception, arguments: Sequence[str]) -> int:
    traceback.print_exception(error)
    typer.echo("This is a fault of ours, not of your input. Please report it with the lines above.", err=True)
    if "--json" in arguments:
        typer.echo(json.dumps({"error": type(error).__name__, "problem": str(error)}))
    return OUR_FAULT


def _missing_extra(error: ModuleNotFoundError, arguments: Sequence[str]) -> MissingExtraError | None:
    """Return what to install where a system's optional package is missing, None where the fault is ours."""
    noun = arguments[0] if arguments else ""
    if noun not in NOUNS or (error.name or "").partition(".")[0] == "humankind" or not card(noun).extra:
        return None
    from humankind.spine.extras import missing_extra

    return missing_extra(card(noun).extra, error.name or "", card(noun).name)


def _unusable(error: OSError) -> InputError:
    return InputError(
        "a file or folder cannot be used", found=error.strerror, where=error.filename, remedy="name another, or mend it"
    )


def main() -> None:
    """Run the command line of this process."""
    wait_briefly()
    with terminate_as_interrupt():
        code = run(sys.argv[1:])
    sys.exit(code)
