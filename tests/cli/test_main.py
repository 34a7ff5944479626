"""The command line itself: lazy, with the right exit codes, and one JSON object where one is asked for."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys

import pytest

import humankind
from humankind.cli import main
from humankind.spine.errors import DataError, InternalError
from humankind.systems import NOUNS, card, cards
from humankind.testing.commands import done, fastest, in_process, say
from humankind.testing.conformance import HEAVY

GLOBAL = ("reproduce", "systems", "runs", "data", "doctor")


def test_help_lists_every_command_and_every_system() -> None:
    text = done("--help").stdout
    assert len(GLOBAL) == 5
    assert len(NOUNS) == 10
    for name in (*GLOBAL, *NOUNS):
        assert f"\n  {name} " in text
    assert " ".join(text.split()).count("(announced, not built)") == sum(not known.built for known in cards())


@pytest.mark.parametrize("words", [[], ["reproduce"], ["systems"], ["runs"], ["data"], ["doctor"]])
def test_help_comes_within_half_a_second(words: list[str]) -> None:
    assert fastest(in_process(*words, "--help"), 0.5) < 0.5


def test_help_of_the_root_loads_no_system() -> None:
    program = (
        "import sys; from humankind.cli.main import run; run(['--help']);"
        "print([m for m in sys.modules if m.endswith('.commands') or m in ('torch', 'numpy')])"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout.splitlines()[-1] == "[]"


def test_version() -> None:
    assert done("--version").stdout == f"humankind {humankind.__version__}\n"


def test_a_module_can_be_run() -> None:
    ended = subprocess.run(in_process("--version"), capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout == f"humankind {humankind.__version__}\n"


def test_an_unknown_command_is_refused() -> None:
    said = say("recommendations")
    assert said.code == 2
    assert "recommendations" in said.stderr


def test_nothing_pretends_to_be_built() -> None:
    announced = [known for known in cards() if not known.built]
    tried = 0
    for known in announced:
        assert "not built" in say(known.noun, "--help").stdout
        for verb in known.verbs:
            said = say(known.noun, verb.name, "some", "--input", "3", "--json")
            assert said.code == 2
            assert said.json["error"] == "NotBuiltError"
            assert "humankind systems" in said.stderr
            tried += 1
    assert tried == sum(len(known.verbs) for known in announced)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch):
    """Make `humankind doctor` end in an error of choice."""

    def make(error: BaseException) -> None:
        def raise_it(*_: object) -> None:
            raise error

        monkeypatch.setattr("humankind.cli.doctor.cards", raise_it)

    return make


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DataError("bad row", where="a.csv row 3", remedy="mend it"), 2),
        (InternalError("a promise is broken"), 3),
        (ZeroDivisionError("division by zero"), 3),
        (OSError(errno.ENOSPC, "No space left on device", "/disk"), 2),
        (OSError(errno.EBADF, "Bad file descriptor"), 3),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes(failing, error: BaseException, code: int) -> None:
    failing(error)
    said = say("doctor")
    assert said.code == code
    assert said.stdout == ""


def test_an_error_is_one_object_with_json(failing) -> None:
    failing(DataError("bad row", found="'x'", where="a.csv row 3", remedy="mend it"))
    told = say("doctor", "--json").json
    assert told == {
        "error": "DataError",
        "problem": "bad row",
        "found": "'x'",
        "where": "a.csv row 3",
        "remedy": "mend it",
    }
    failing(ZeroDivisionError("division by zero"))
    said = say("doctor", "--json")
    assert said.json["error"] == "ZeroDivisionError"
    assert "fault of ours" in said.stderr
    assert "Traceback" in said.stderr


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr("humankind.systems.recommendation.commands._config", refuse)
    said = say("recommendation", "train", "log.csv", "--json")
    assert said.code == 2
    assert said.json["found"] == "torch"
    assert said.json["remedy"] == f'pip install "humankind[{card("recommendation").extra}]"'


def test_a_missing_module_of_ours_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'humankind.gone'", name="humankind.gone")

    monkeypatch.setattr("humankind.systems.recommendation.commands._config", refuse)
    assert say("recommendation", "train", "log.csv").code == 3


def test_a_reader_that_goes_away_is_no_error() -> None:
    writer = subprocess.Popen(in_process("systems"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.close()
    told = writer.stderr.read().decode()
    writer.stderr.close()
    assert writer.wait(timeout=60) == 0, told
    assert "Traceback" not in told


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = f"import sys, humankind; print([name for name in {HEAVY} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout.strip() == "[]"


@pytest.mark.parametrize("ends", [signal.SIGTERM, signal.SIGINT])
def test_being_told_to_stop_ends_with_130_and_no_traceback(ends: signal.Signals) -> None:
    program = (
        "import sys, time\n"
        "import humankind.cli.listing as listing\n"
        "from humankind.cli import main\n"
        "def cards():\n"
        "    print('ready', file=sys.stderr, flush=True)\n"
        "    time.sleep(60)\n"
        "listing.cards = cards\n"
        "sys.argv = ['humankind', 'systems']\n"
        "main.main()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        assert process.stderr.readline() == "ready\n"
        process.send_signal(ends)
        assert process.wait(timeout=30) == 130
        assert "Traceback" not in process.stderr.read()
    finally:
        process.kill()
        process.stderr.close()


def test_the_entry_point_is_this_program() -> None:
    from importlib.metadata import entry_points

    assert [e.value for e in entry_points(group="console_scripts", name="humankind")] == ["humankind.cli.main:main"]
    assert callable(main.main)
