"""The construction: every step is asked, bad replies are refused and mended, nothing goes on without end, and a
process that is killed goes on without asking again."""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("inspect_ai")

from humankind.spine.errors import DataError, InputError
from humankind.spine.progress import SILENT
from humankind.systems.motivation.authored import TYPES
from humankind.systems.motivation.build import Made, Rejected, Text, assembled, build
from humankind.systems.motivation.calls import Journal
from humankind.systems.motivation.config import BuildConfig
from humankind.systems.motivation.data import load

FILE = Path(__file__).with_name("troupe.py")
TEXTS = [Text(id=f"t{n}", text=f"Text {n}: somebody ran to the mill.") for n in range(4)]
CONFIG = BuildConfig(model="mockllm/model")


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("troupe", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TROUPE = loaded()


def built(
    tmp_path: Path, troupe, texts: list[Text] | None = None, config: BuildConfig = CONFIG
) -> tuple[list[Made], list[Rejected]]:
    return build(texts or TEXTS[:1], troupe.model, Journal(tmp_path / "journal.jsonl"), config, SILENT)


def spoiled(step: str, times: int, reply: str) -> Callable[[str, int, str], str]:
    """The first `times` replies of a step are `reply`."""
    return lambda asked, earlier, good: reply if asked == step and earlier < times else good


OBJECTION = json.dumps({"no_issues": False, "suggestion": "Say more of the oven."})


def test_content_critics_make_one_round_and_nine_calls(tmp_path: Path) -> None:
    troupe = TROUPE.Troupe()
    made, rejected = built(tmp_path, troupe)
    assert not rejected
    assert Counter(troupe.asked) == {"extract": 1, "write": 1, "critic": 3, "adjust": 3}
    assert made[0].trail.agreed
    assert made[0].trail.rounds == 1
    names = [step.name for step in made[0].trail.steps]
    assert names == ["extract", "write", "critic-1.1", "critic-1.2", "critic-1.3", *(f"adjust-{t}" for t in TYPES)]


def test_endless_disagreement_ends_after_the_rounds(tmp_path: Path) -> None:
    troupe = TROUPE.Troupe(spoiled("critic", 10**6, OBJECTION))
    made, _ = built(tmp_path, troupe)
    assert Counter(troupe.asked) == {"extract": 1, "write": 1, "critic": 6, "modify": 2, "adjust": 3}
    assert not made[0].trail.agreed
    assert made[0].trail.rounds == 2


def test_an_objection_reaches_the_modifier_and_the_revision_the_adjusters(tmp_path: Path) -> None:
    troupe = TROUPE.Troupe(spoiled("critic", 1, OBJECTION))
    made, _ = built(tmp_path, troupe)
    prompts = dict(zip(troupe.asked, troupe.prompts))
    assert "1. Say more of the oven." in prompts["modify"]
    assert "modify-motivation_and_behaviour" in prompts["adjust"]
    assert made[0].trail.rounds == 2
    assert made[0].trail.agreed


@pytest.mark.parametrize(
    ("step", "reply", "said"),
    [
        ("critic", "I find these lovely.", "no JSON object"),
        ("critic", '{"no_issues": false, "suggestion": ""}', "no suggestion says"),
        ("critic", '{"no_issues": "perhaps", "suggestion": ""}', "no_issues"),
        ("write", "", "the reply is empty"),
        ("write", '{"motivation": ', "no JSON object"),
        ("extract", '{"usable": true}', "identity"),
        (
            "critic",
            '{"no_issues": false, "suggestion": "What should change; empty where there are no issues."}',
            "no content",
        ),
        ("adjust", json.dumps(TROUPE.question("x") | {"analysis": ["one"]}), "needs 6 lines"),
    ],
)
def test_a_reply_that_does_not_fill_its_form_is_told_so_and_asked_again(
    tmp_path: Path, step: str, reply: str, said: str
) -> None:
    troupe = TROUPE.Troupe(spoiled(step, 1, reply))
    made, rejected = built(tmp_path, troupe)
    assert not rejected
    told = [prompt for prompt in troupe.prompts if prompt.startswith("That reply could not be used")]
    assert len(told) == 1
    assert said in told[0]
    refused = [reason for one in made[0].trail.steps for reason in one.refused]
    assert len(refused) == 1
    assert said in refused[0]


def test_a_critic_that_never_sends_json_ends_the_text_and_no_other(tmp_path: Path) -> None:
    def prose(step: str, earlier: int, reply: str) -> str:
        return "Well, well." if step == "critic" else reply

    troupe = TROUPE.Troupe(prose)
    made, rejected = built(tmp_path, troupe, TEXTS[:2])
    assert not made
    assert [one.id for one in rejected] == ["t0", "t1"]
    assert rejected[0].reason.startswith("critic-1.1: no usable reply in 4 attempts")
    assert Counter(troupe.asked)["critic"] == 2 * CONFIG.attempts
    assert [step.name for step in rejected[0].steps] == ["extract", "write"]
    assert len(rejected[0].refused) == CONFIG.attempts


def _drafts(change: Callable[[dict], None]) -> str:
    drafts = {kind: TROUPE.question(f"write-{kind}") for kind in TYPES}
    change(drafts)
    return json.dumps(drafts)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["behaviour"]["options"].pop(), "needs 6 options, this one has 5"),
        (lambda d: d["behaviour"]["options"][0].update(kind="gold"), "exactly one option must be of the kind gold"),
        (lambda d: d["behaviour"]["options"][1].update(kind="surface"), "exactly one option must be of the kind gold"),
        (lambda d: d["behaviour"]["options"][2].update(kind="surface"), "no option of the kind too_rational"),
        (lambda d: d["behaviour"]["options"][0].update(text=d["behaviour"]["options"][1]["text"]), "the same"),
        (lambda d: d["behaviour"]["options"][0].update(text="Way " * 40), "the longest may have"),
        (lambda d: d["behaviour"].update(stem="Short."), "fewer than 30"),
        (lambda d: d["behaviour"].update(stem=f"{TROUPE.STEM} She runs to the mill!"), "tells the behaviour"),
        (lambda d: d["motivation"].update(stem=f"{TROUPE.STEM} she cannot bear to be late"), "tells the motivation"),
        (
            lambda d: d["motivation"].update(stem=f"{TROUPE.STEM} {d['motivation']['options'][1]['text']}"),
            "holds the right option",
        ),
    ],
)
def test_questions_that_break_a_rule_are_refused(tmp_path: Path, change: Callable, said: str) -> None:
    troupe = TROUPE.Troupe(spoiled("write", 1, _drafts(change)))
    made, _ = built(tmp_path, troupe)
    step = next(step for step in made[0].trail.steps if step.name == "write")
    assert step.attempts == 2
    assert said in step.refused[0]


def test_a_text_without_a_person_who_acts_is_rejected(tmp_path: Path) -> None:
    nobody = {"usable": False, "identity": "", "scenario": "", "motivation": "", "behaviour": "", "desire": "order"}
    troupe = TROUPE.Troupe(spoiled("extract", 1, json.dumps(nobody)))
    made, rejected = built(tmp_path, troupe, TEXTS[:1])
    assert not made
    assert "nobody" in rejected[0].reason
    assert troupe.asked == ["extract"]


def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    first = TROUPE.Troupe(spoiled("write", 1, "no"))
    made, _ = built(tmp_path, first, TEXTS)
    second = TROUPE.Troupe()
    again, _ = built(tmp_path, second, TEXTS)
    assert second.asked == []
    assert again == made


def test_a_changed_prompt_is_asked_anew(tmp_path: Path) -> None:
    built(tmp_path, TROUPE.Troupe())
    second = TROUPE.Troupe()
    built(tmp_path, second, [Text(id="t0", text="Another text.")])
    assert second.asked == ["extract"], "later prompts hang on the reply, which is the same"


def test_half_a_line_is_dropped_and_a_damaged_one_named(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.keep("a", "p", "reply")
    with journal.path.open("a", encoding="utf-8") as file:
        file.write('{"key": "b", "pro')
    assert set(Journal(journal.path).kept) == {"a"}
    journal.path.write_text('{"key": "a"\n{}\n', encoding="utf-8")
    with pytest.raises(DataError, match="damaged") as caught:
        Journal(journal.path)
    assert "line 1" in str(caught.value.where)


def test_every_call_is_held_to_its_form_and_seeded(tmp_path: Path) -> None:
    troupe = TROUPE.Troupe()
    built(tmp_path, troupe)
    schemas = [config.response_schema for config in troupe.configs]
    assert [schema.name for schema in schemas if schema][:3] == ["Extraction", "Drafts", "Verdict"]
    assert len({config.seed for config in troupe.configs}) == len(troupe.configs)
    assert {(config.temperature, config.top_p) for config in troupe.configs} == {(0.8, 0.85)}
    off = TROUPE.Troupe()
    built(tmp_path / "off", off, config=CONFIG.replaced("structured", "off"))
    assert all(config.response_schema is None for config in off.configs)


def test_a_model_that_cannot_be_reached_is_no_fault_of_ours(tmp_path: Path) -> None:
    def dead(step: str, earlier: int, reply: str) -> str:
        raise ConnectionError("no route")

    with pytest.raises(InputError) as caught:
        built(tmp_path, TROUPE.Troupe(dead))
    assert "no route" in str(caught.value.found)
    assert "--resume" in str(caught.value.remedy)


def test_the_last_order_balances_the_letters_and_keeps_the_analysis_in_step(tmp_path: Path) -> None:
    texts = [Text(id=f"t{n}", text=f"Text {n}.") for n in range(12)]
    made, _ = built(tmp_path, TROUPE.Troupe(), texts)
    records, trails = assembled(made, seed=0)
    for place, kind in enumerate(TYPES):
        assert Counter(record.questions[place].gold for record in records) == dict.fromkeys(range(6), 2)
        for record, trail in zip(records, trails):
            lines = trail.analysis[kind]
            numbers = [option.text.split()[3] for option in record.questions[place].options]
            assert [line.split()[1] for line in lines] == numbers
    assert {record.level for record in records} == {"safety"}
    assert {record.labelled_by for record in records} == {"mockllm/model"}


def test_names_follow_seed_and_text(tmp_path: Path) -> None:
    texts = [Text(id=f"t{n}", text="Text.") for n in range(6)]
    one, _ = built(tmp_path / "1", TROUPE.Troupe(), texts)
    other, _ = built(tmp_path / "2", TROUPE.Troupe(), texts, CONFIG.replaced("seed", 1))
    names = [[made.extraction.identity[0] for made in ended] for ended in (one, other)]
    assert len(set(names[0])) > 1
    assert names[0] != names[1]


def test_killed_and_resumed_asks_nothing_twice_and_ends_the_same(tmp_path: Path) -> None:
    texts = tmp_path / "texts.json"
    texts.write_text(json.dumps([f"Text {n}." for n in range(3)]), encoding="utf-8")

    def started(out: Path, log: Path, delay_s: float) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, str(FILE), str(texts), str(out), str(log), str(delay_s)])

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert started(whole, tmp_path / "whole.log", 0).wait(60) == 0
    journal = killed / "artifacts" / "journal.jsonl"
    child = started(killed, tmp_path / "killed.log", 0.15)
    deadline = time.monotonic() + 60
    while not (journal.exists() and journal.read_bytes().count(b"\n") >= 7):
        assert time.monotonic() < deadline
        assert child.poll() is None, "it ended before it was killed"
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    answered = journal.read_bytes().count(b"\n")
    before = len((tmp_path / "killed.log").read_text().splitlines())
    assert started(killed, tmp_path / "killed.log", 0).wait(60) == 0
    lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    assert len({line["key"] for line in lines}) == len(lines), "a call was made twice"
    asked_later = (tmp_path / "killed.log").read_text().splitlines()[before:]
    assert len(asked_later) == len(lines) - answered, "only calls without an answer were made"
    for name in ("scenarios.json", "trails.jsonl", "rejected.jsonl"):
        assert (killed / "artifacts" / name).read_bytes() == (whole / "artifacts" / name).read_bytes()
    assert len(load(str(killed / "artifacts" / "scenarios.json")).questions) == 9
