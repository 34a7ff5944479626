"""What every built system must do, whatever its subject; a system joins with a `Conformance`.

    class TestConformance(ConformanceSuite): ...     over the fixture `system`, which yields one Conformance

Tests of this suite that collect things assert how many they found.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import typer

from humankind.spine.cards import Card
from humankind.spine.config import Config
from humankind.spine.runs import DONE, Run
from humankind.systems import card, cards
from humankind.testing import settings
from humankind.testing.commands import done, fastest, in_process, kill_when, say

HELP_S = 0.5
HEAVY = ("numpy", "scipy", "torch", "numba", "pydantic", "polars", "matplotlib", "transformers")


@dataclass(frozen=True)
class Conformance:
    """How the suite reaches one system."""

    noun: str
    """Command-line noun of the system."""
    config: type[Config]
    """Its settings."""
    train: tuple[str, ...]
    """Words after `humankind` that train it on the input, as fast as can be; `{data}` stands for the input.
    `--seed`, `--out`, `--resume` and `--json` are added."""
    write_data: Callable[[Path], Path]
    """Writes small input into a folder and returns its path."""
    answer: tuple[str, ...]
    """Words after `humankind` that ask the trained `{model}` for all it has to say; `--json` is added."""
    midway: Callable[[Path], bool]
    """Whether the training in this run folder has finished something that a resumed one must use."""

    @cached_property
    def card(self) -> Card:
        return card(self.noun)

    def training(self, data: Path, out: Path, seed: int) -> list[str]:
        """Return the words that train on `data` into the folder `out`."""
        return [*(word.format(data=data) for word in self.train), "--seed", str(seed), "--out", str(out)]

    def answers(self, model: Path) -> Any:
        """Return all that a trained model says."""
        return done(*(word.format(model=model) for word in self.answer), "--json").json


def built() -> list[str]:
    """Return the nouns of the systems that say they are built."""
    return [known.noun for known in cards() if known.built]


def verbs_in_app(noun: str) -> dict[str, str]:
    """Return the verbs that a system's commands really have, with their help."""
    from importlib import import_module

    group: Any = typer.main.get_command(import_module(f"humankind.systems.{noun}.commands").app)
    return {name: command.help or "" for name, command in group.commands.items()}


class ConformanceSuite:
    """Give it a fixture `system` (a Conformance) and a fixture `data` (the path of its input)."""

    # -- settings ------------------------------------------------------------------------------------------

    def test_every_setting_is_documented(self, system: Conformance) -> None:
        assert settings.check_documented(system.config) >= 2

    def test_presets_are_valid_and_survive_json(self, system: Conformance) -> None:
        assert settings.check_round_trip(system.config) == 3

    def test_every_default_can_be_set_by_hand(self, system: Conformance) -> None:
        assert settings.check_every_default_can_be_set(system.config) >= 2

    def test_a_mistyped_key_is_refused_and_the_right_one_named(self, system: Conformance) -> None:
        assert settings.check_unknown_refused(system.config) >= 2

    # -- commands ------------------------------------------------------------------------------------------

    def test_card_and_commands_name_the_same_verbs(self, system: Conformance) -> None:
        found = verbs_in_app(system.noun)
        assert set(found) == {verb.name for verb in system.card.verbs}
        assert len(found) >= 2

    def test_every_verb_and_option_has_help(self, system: Conformance) -> None:
        texts = verbs_in_app(system.noun)
        assert all(texts.values()), texts
        for verb in texts:
            shown = done(system.noun, verb, "--help").stdout
            assert f"humankind {system.noun} {verb}" in shown
            assert "--json" in shown, f"{verb} has no --json"
            assert not undocumented(system.noun, verb), (verb, undocumented(system.noun, verb))

    def test_help_comes_within_half_a_second(self, system: Conformance) -> None:
        slow = {}
        for verb in verbs_in_app(system.noun):
            words = in_process(system.noun, verb, "--help")
            best = fastest(words, HELP_S)
            if best >= HELP_S:
                slow[verb] = round(best, 2)
        assert not slow

    def test_nothing_heavy_is_loaded_before_a_verb_runs(self, system: Conformance) -> None:
        program = (
            "import sys, humankind\n"
            f"early = [name for name in {HEAVY} if name in sys.modules]\n"
            f"import humankind.systems.{system.noun}.commands\n"
            f"late = [name for name in ('torch', 'numba', 'scipy', 'polars') if name in sys.modules]\n"
            "print(early, late)"
        )
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
        assert ended.stdout.strip() == "[] []"

    # -- training ------------------------------------------------------------------------------------------

    def test_same_seed_same_result_other_seed_differs(self, system: Conformance, data: Path, tmp_path: Path) -> None:
        answers = []
        for name, seed in (("one", 1), ("again", 1), ("other", 2)):
            done(*system.training(data, tmp_path / name, seed))
            answers.append(system.answers(tmp_path / name))
        assert answers[0] == answers[1]
        assert answers[0] != answers[2]

    def test_killed_and_resumed_equals_uninterrupted(self, system: Conformance, data: Path, tmp_path: Path) -> None:
        whole, killed = tmp_path / "whole", tmp_path / "killed"
        done(*system.training(data, whole, 3))
        words = system.training(data, killed, 3)
        assert kill_when(in_process(*words), lambda: system.midway(killed)), "training ended before it was killed"
        assert Run.read(killed).status != DONE
        assert say(*words).code == 2, "a used folder is taken without --resume"
        done(*words, "--resume")
        assert Run.read(killed).status == DONE
        assert system.answers(killed) == system.answers(whole)

    def test_resuming_a_finished_run_changes_nothing(self, system: Conformance, data: Path, tmp_path: Path) -> None:
        out = tmp_path / "done"
        words = system.training(data, out, 1)
        done(*words)
        before, measured = system.answers(out), Run.read(out).metrics()
        done(*words, "--resume")
        assert system.answers(out) == before
        assert Run.read(out).metrics() == measured

    def test_other_settings_do_not_resume_and_leave_the_run_alone(
        self, system: Conformance, data: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "done"
        done(*system.training(data, out, 1))
        before = (out / "run.json").read_bytes()
        said = say(*system.training(data, out, 2), "--resume")
        assert said.code == 2
        assert "seed: 1 there, 2 now" in said.stderr
        assert (out / "run.json").read_bytes() == before


def undocumented(noun: str, verb: str) -> list[str]:
    """Return the options of a verb that have no help of their own."""
    from importlib import import_module

    group: Any = typer.main.get_command(import_module(f"humankind.systems.{noun}.commands").app)
    return [
        parameter.name
        for parameter in group.commands[verb].params
        if not getattr(parameter, "help", None) and parameter.name != "help"
    ]


def refusal(words: list[object], out: Path | None = None) -> dict[str, str]:
    """Run wrong input twice, plain and with --json, assert that it is refused as it should be, return the error.

    Refused means: exit code 2, told on stderr, stdout empty or one JSON object, nothing left at `out`.
    """
    plain = say(*words)
    assert plain.code == 2, f"exit code {plain.code}\n{plain.stderr}"
    assert plain.stdout == ""
    assert plain.stderr
    assert "Traceback" not in plain.stderr
    asked = say(*words, "--json")
    assert asked.code == 2
    told = asked.json
    assert told["problem"] in plain.stderr
    if out is not None:
        assert not out.exists(), f"left behind: {sorted(path.name for path in out.rglob('*'))}"
    return told
