"""`humankind reproduce` with systems made for the test: what runs, what is kept, what is told."""

from __future__ import annotations

import json
import shlex
import sys
from types import ModuleType

import pytest
import typer
from typer.testing import CliRunner

import humankind.systems
from humankind.cli import reproduce
from humankind.spine.cards import Card, Claim
from humankind.spine.errors import ConfigError, DataError, InputError, NotBuiltError, RunError
from humankind.spine.evidence import Evidence, Figure, Finding
from humankind.spine.runs import Run
from humankind.spine.seeds import stream

CLAIMS = tuple(Claim(id=name, text=f"{name} holds.", measure="m") for name in ("holds", "fails", "open"))


def make_card(noun: str, built: bool = True, extra: str = "") -> Card:
    return Card(noun=noun, name=noun.title(), job="j", papers=(), claims=CLAIMS, verbs=(), built=built, extra=extra)


def measured(noun: str, preset: str, seed: int) -> Evidence:
    value = float(stream(seed, f"{noun}.{preset}").random())
    figure = Figure(label="accuracy", value=value, low=value - 0.01, high=value + 0.01)
    return Evidence(
        system=noun,
        preset=preset,
        findings=(
            Finding(claim="holds", verdict="supported", figures=(figure,)),
            Finding(claim="fails", verdict="not supported at this scale", figures=(figure,)),
        ),
    )


@pytest.fixture
def house(monkeypatch):
    """Three systems, `alpha` and `beta` built; `calls` lists the experiments that ran."""
    calls: list[tuple[str, str, int]] = []

    def install(noun, experiment):
        module = ModuleType(f"humankind.systems.{noun}.reproduce")

        def run_it(run, folder, preset, seed, progress):
            calls.append((noun, preset, seed))
            assert folder == run.artifacts / noun
            assert folder.is_dir()
            return experiment(run, preset, seed)

        module.reproduce = run_it
        monkeypatch.setitem(sys.modules, f"humankind.systems.{noun}", ModuleType(f"humankind.systems.{noun}"))
        monkeypatch.setitem(sys.modules, module.__name__, module)

    for noun in ("alpha", "beta"):
        install(noun, lambda run, preset, seed, noun=noun: measured(noun, preset, seed))
    cards = (make_card("alpha"), make_card("beta", extra="beta"), make_card("gamma", built=False))
    monkeypatch.setattr(humankind.systems, "cards", lambda: cards)
    install.calls = calls
    return install


def call(*arguments: object):
    app = typer.Typer()
    app.command()(reproduce.command)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def evidence_of(folder, noun) -> Evidence:
    return Evidence.model_validate_json((folder / "artifacts" / noun / "evidence.json").read_bytes())


class TestWhatRuns:
    def test_all_built_systems_at_tiny_and_seed_0(self, house, tmp_path):
        result = call("--out", tmp_path / "run")
        assert result.exit_code == 0
        assert house.calls == [("alpha", "tiny", 0), ("beta", "tiny", 0)]
        assert evidence_of(tmp_path / "run", "beta") == measured("beta", "tiny", 0)
        run = Run.read(tmp_path / "run")
        assert (run.status, run.facts["command"]) == (
            "done",
            "humankind reproduce alpha beta --preset tiny --seed 0",
        )

    def test_named_systems_preset_and_seed_reach_the_experiment(self, house, tmp_path):
        assert call("beta", "--preset", "small", "--seed", 7, "--out", tmp_path / "run").exit_code == 0
        assert house.calls == [("beta", "small", 7)]

    def test_output_tells_verdicts_figures_and_ends_with_the_report(self, house, tmp_path):
        result = call("--out", tmp_path / "run")
        value = measured("alpha", "tiny", 0).findings[0].figures[0].value
        assert f"holds (accuracy {value:.3f}" in result.stderr
        assert "Alpha (alpha): 1 supported, 1 not supported at this scale, 1 not run" in result.stdout
        assert "not built yet: gamma" in result.stdout
        assert result.stdout.strip().splitlines()[-1] == f"report: {tmp_path / 'run' / 'report.html'}"
        assert f'value="{value}"' in (tmp_path / "run" / "report.html").read_text()

    def test_json_is_one_object_on_stdout(self, house, tmp_path):
        told = json.loads(call("--json", "--out", tmp_path / "run").stdout)
        assert told["report"] == str(tmp_path / "run" / "report.html")
        assert told["systems"]["alpha"]["verdicts"] == {
            "holds": "supported",
            "fails": "not supported at this scale",
        }
        assert told["systems"]["alpha"]["counts"]["not run"] == 1
        assert told["not_built"] == ["gamma"]

    def test_time_spent_is_in_the_run(self, house, tmp_path):
        call("--out", tmp_path / "run")
        lines = [line for line in Run.read(tmp_path / "run").metrics() if line["event"] == "system"]
        assert [(line["system"], line["outcome"]) for line in lines] == [("alpha", "done"), ("beta", "done")]
        assert all(0 <= line["seconds"] < 10 for line in lines)

    def test_nothing_built_is_a_report_and_no_error(self, house, tmp_path, monkeypatch):
        monkeypatch.setattr(humankind.systems, "cards", lambda: (make_card("gamma", built=False),))
        assert call("--out", tmp_path / "run").exit_code == 0
        assert "not built yet" in (tmp_path / "run" / "report.html").read_text()


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "error", "words"),
        [
            (["omega"], InputError, "alpha, beta, gamma"),
            (["alpha", "gamma"], NotBuiltError, "Gamma is announced"),
            (["--preset", "huge"], ConfigError, "tiny, small, paper"),
            (["--resume"], ConfigError, "--out"),
        ],
    )
    def test_is_refused_before_anything_is_written(self, house, tmp_path, arguments, error, words, monkeypatch):
        monkeypatch.chdir(tmp_path)
        result = call(*arguments)
        assert isinstance(result.exception, error)
        assert words in str(result.exception)
        assert result.exception.exit_code == 2
        assert list(tmp_path.iterdir()) == []
        assert house.calls == []

    def test_a_folder_in_use(self, house, tmp_path):
        call("--out", tmp_path / "run")
        again = call("--out", tmp_path / "run")
        assert isinstance(again.exception, RunError)
        assert len(house.calls) == 2

    def test_resume_with_other_settings_or_in_a_foreign_folder(self, house, tmp_path):
        call("alpha", "--out", tmp_path / "run")
        other = call("--resume", "--seed", 1, "--out", tmp_path / "run")
        assert isinstance(other.exception, RunError)
        assert "seed: 0 there, 1 now" in str(other.exception)
        nowhere = call("--resume", "--out", tmp_path / "empty")
        assert isinstance(nowhere.exception, RunError)
        assert not (tmp_path / "empty").exists()


class TestFailures:
    def test_an_input_error_is_recorded_and_the_others_go_on(self, house, tmp_path):
        def missing(run, preset, seed):
            raise DataError("the data set is not here", found="no folder", remedy="humankind data get it")

        house("alpha", missing)
        result = call("--out", tmp_path / "run")
        assert result.exit_code == 2
        assert [name for name, *_ in house.calls] == ["alpha", "beta"]
        error = json.loads((tmp_path / "run/artifacts/alpha/error.json").read_text())
        assert (error["error"], error["remedy"]) == ("DataError", "humankind data get it")
        assert not (tmp_path / "run/artifacts/alpha/evidence.json").exists()
        assert "the data set is not here" in (tmp_path / "run/report.html").read_text()
        run = Run.read(tmp_path / "run")
        assert (run.status, run.facts["error"]) == ("failed", "SystemsFailed: alpha")

    def test_a_crash_is_our_fault_and_leaves_a_traceback(self, house, tmp_path):
        house("alpha", lambda run, preset, seed: 1 / 0)
        result = call("--json", "--out", tmp_path / "run")
        assert result.exit_code == 3
        told = json.loads(result.stdout)
        assert (told["status"], told["systems"]["beta"]["status"]) == ("failed", "done")
        assert "ZeroDivisionError" in told["systems"]["alpha"]["error"]["problem"]
        assert "1 / 0" in (tmp_path / "run/artifacts/alpha/traceback.txt").read_text()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"system": "beta"},
            {"findings": (Finding(claim="unheard-of", verdict="supported"),)},
            {"findings": (Finding(claim="holds", verdict="supported"),) * 2},
        ],
    )
    def test_evidence_that_does_not_fit_the_card_is_not_kept(self, house, tmp_path, wrong):
        house("alpha", lambda run, preset, seed: measured("alpha", preset, seed).model_copy(update=wrong))
        assert call("alpha", "--out", tmp_path / "run").exit_code == 3
        assert not (tmp_path / "run/artifacts/alpha/evidence.json").exists()

    def test_a_missing_optional_package_names_the_extra(self, house, tmp_path):
        def lacking(run, preset, seed):
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

        house("beta", lacking)
        assert call("beta", "--out", tmp_path / "run").exit_code == 2
        error = json.loads((tmp_path / "run/artifacts/beta/error.json").read_text())
        assert error["remedy"] == "pip install 'humankind[beta]'"

    def test_a_failed_system_is_tried_again_on_resume(self, house, tmp_path):
        house("alpha", lambda run, preset, seed: 1 / 0)
        call("--out", tmp_path / "run")
        house("alpha", lambda run, preset, seed: measured("alpha", preset, seed))
        assert call("--resume", "--out", tmp_path / "run").exit_code == 0
        assert [name for name, *_ in house.calls] == ["alpha", "beta", "alpha"]
        assert {path.name for path in (tmp_path / "run/artifacts/alpha").iterdir()} == {"evidence.json"}
        assert Run.read(tmp_path / "run").status == "done"


class TestInterruption:
    def test_ctrl_c_leaves_a_run_that_resumes_to_the_same_evidence(self, house, tmp_path):
        inner: list[str] = []
        pressed: list[bool] = []

        def interrupted_once(run, preset, seed):
            run.once("beta/first", lambda: inner.append("first") or 1)
            if not pressed:
                pressed.append(True)
                raise KeyboardInterrupt
            return measured("beta", preset, seed)

        house("beta", interrupted_once)
        folder = tmp_path / "a folder"
        stopped = call("--preset", "small", "--seed", 5, "--out", folder)
        assert stopped.exit_code == 130
        resume = stopped.stderr.strip().splitlines()[-1].strip()
        assert resume == f"humankind reproduce --resume --out {shlex.quote(str(folder))}"
        assert Run.read(folder).status == "interrupted"
        assert "status is “interrupted”" in (folder / "report.html").read_text()

        resumed = call(*shlex.split(resume)[2:])
        assert resumed.exit_code == 0
        assert [name for name, *_ in house.calls] == ["alpha", "beta", "beta"]
        assert inner == ["first"]

        house("beta", lambda run, preset, seed: measured("beta", preset, seed))
        call("--preset", "small", "--seed", 5, "--out", tmp_path / "whole")
        for noun in ("alpha", "beta"):
            kept = (folder / f"artifacts/{noun}/evidence.json").read_bytes()
            assert kept == (tmp_path / f"whole/artifacts/{noun}/evidence.json").read_bytes()

    def test_json_of_an_interrupted_run_says_how_to_go_on(self, house, tmp_path):
        def press(run, preset, seed):
            raise KeyboardInterrupt

        house("alpha", press)
        result = call("--json", "--out", tmp_path / "run")
        told = json.loads(result.stdout)
        assert (result.exit_code, told["status"]) == (130, "interrupted")
        assert told["resume"].endswith(str(tmp_path / "run"))
