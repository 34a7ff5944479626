"""The simulator: one instruction after what comes in, nothing that is blocked gets out, same seed same run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from humankind.spine.errors import ConfigError
from humankind.spine.runs import Run
from humankind.systems.privacy import casting
from humankind.systems.privacy.config import SimulateConfig
from humankind.systems.privacy.defense import Undefended, Verdict
from humankind.systems.privacy.instructor import EmbeddedInstructor
from humankind.systems.privacy.judging import OfflineJudge, Unscored
from humankind.systems.privacy.metrics import score
from humankind.systems.privacy.model_roles import ModelRole
from humankind.systems.privacy.protecting import NAMES, defence_of
from humankind.systems.privacy.rehearsing import SenderSettings
from humankind.systems.privacy.roles import ScriptedRecipient, ScriptedSender, ScriptedSubject, told_to
from humankind.systems.privacy.scenarios import Scenario, load
from humankind.systems.privacy.simulate import Cast, Played, play

SCENARIOS = load()[:12]


def run(scenario: Scenario, defence: str = "none", seed: int = 0, ways=(), **settings) -> Played:
    sender = ScriptedSender(scenario, SenderSettings(**settings), seed, ways)
    cast = Cast(ScriptedSubject(scenario), sender, ScriptedRecipient(scenario, ways))
    return play(scenario, cast, lambda norm: defence_of(defence, [norm]), OfflineJudge())


def test_an_undefended_sender_gives_everything_and_the_judge_sees_it() -> None:
    whole = score([run(one).outcome for one in SCENARIOS])
    assert whole.helpfulness == 1
    assert whole.privacy == 0


@pytest.mark.parametrize("name", NAMES[1:])
def test_every_defence_keeps_more_private_than_none(name: str) -> None:
    outcomes = [run(one, name).outcome for one in SCENARIOS]
    assert score(outcomes).privacy > 0.3


def test_the_judge_mostly_finds_what_the_world_holds() -> None:
    agreed = seen = 0
    for scenario in SCENARIOS:
        played = run(scenario, "cdi")
        texts = " ".join(entry.text for entry in played.entries if entry.kind == "sent")
        found = played.outcome.whole
        for place, item in enumerate(scenario.norm.items):
            agreed += (item.value in texts) == (place in found.shareable | found.sensitive)
            seen += 1
    assert seen >= 70
    assert agreed / seen >= 0.95


def test_one_instruction_after_what_comes_in_and_none_elsewhere() -> None:
    played = run(SCENARIOS[1], "cdi", seed=3)
    kinds = [entry.kind for entry in played.entries]
    asked = [place for place, entry in enumerate(played.entries) if entry.kind == "heard" and entry.role == "recipient"]
    assert len(asked) == kinds.count("guidance") == 3
    assert all(kinds[place + 1] == "guidance" for place in asked)
    assert "guidance" not in [entry.kind for entry in run(SCENARIOS[1], "guarding").entries]


class Blocking(Undefended):
    """Blocks whatever goes out."""

    def on_action(self, messages, call):
        return Verdict("block", reason="never", repair="Stop.") if call.rule.is_outbound else Verdict("allow")


def test_a_blocked_call_never_reaches_the_applications_and_does_not_loop() -> None:
    scenario = SCENARIOS[0]
    sender = ScriptedSender(scenario, SenderSettings(), 0)
    cast = Cast(ScriptedSubject(scenario), sender, ScriptedRecipient(scenario))
    played = play(scenario, cast, lambda norm: Blocking(), OfflineJudge())
    senders = {entry.sender for entry in played.world.entries}
    assert senders == {"nora_whitfield", "dale_hutchins"}
    assert played.outcome.silent
    assert 3 <= sum(entry.kind == "blocked" for entry in played.entries) <= 12
    assert all(entry.reason for entry in played.entries if entry.kind == "blocked")


def test_same_seed_same_run_other_seed_another() -> None:
    first, again, other = (run(SCENARIOS[2], "prompting", seed).entries for seed in (1, 1, 2))
    assert first == again
    assert any(run(one, "prompting", 1).entries != run(one, "prompting", 2).entries for one in SCENARIOS)
    assert other


def test_a_planted_weakness_opens_a_guided_sender() -> None:
    plain = score([run(one, "cdi").outcome for one in SCENARIOS]).privacy
    forged = score([run(one, "cdi", ways=("forged consent",) * 3).outcome for one in SCENARIOS]).privacy
    strong = score([run(one, "cdi", ways=("forged consent",) * 3, weakness=0.0).outcome for one in SCENARIOS]).privacy
    assert forged < plain
    assert strong > forged


class Speechless:
    """A judge that fails."""

    def judge(self, text, norm, *, context=(), recipients=None):
        return Unscored(reason="the judge is down")


def test_a_dead_judge_leaves_the_run_unscored() -> None:
    scenario = SCENARIOS[0]
    cast = Cast(ScriptedSubject(scenario), ScriptedSender(scenario, SenderSettings(), 0), ScriptedRecipient(scenario))
    played = play(scenario, cast, lambda norm: Undefended(), Speechless())
    assert played.outcome.unscored == "the judge is down"
    assert score([played.outcome]).n_unscored == 1


def test_the_prompt_of_a_sender_does_not_hold_the_facts() -> None:
    for scenario in SCENARIOS:
        for role in ("sender", "recipient"):
            assert not any(fact in told_to(scenario, role) for fact in (*scenario.shareable, *scenario.sensitive))
        assert all(fact in told_to(scenario, "subject") for fact in scenario.sensitive)


# -- language models in the roles ---------------------------------------------------------------------------


def replies(*calls):
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    made = [
        ModelOutput.from_content("m", "done") if call is None else ModelOutput.for_tool_call("m", call[0], call[1])
        for call in calls
    ]
    for one in made:
        one.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)  # or they are counted over the network
    return get_model("mockllm/model", custom_outputs=made)


def test_a_model_plays_the_sender_through_tool_calls() -> None:
    scenario = next(one for one in SCENARIOS if one.application == "Messenger")
    norm = scenario.norm
    leak = " ".join(norm.items[place].value for place in sorted(norm.sensitive or ()))
    to = norm.recipient.addresses[0]
    model = replies(
        ("get_messages", {}),
        ("send_message", {"recipient_id": to, "message": leak}),
        ("send_message", {"recipient_id": to, "message": norm.items[min(norm.shareable or {0})].value}),
        None,
    )
    cast = Cast(ScriptedSubject(scenario), ModelRole(model), ScriptedRecipient(scenario))
    played = play(scenario, cast, lambda one: defence_of("guarding", [one]), OfflineJudge(), rounds=1)
    kinds = [entry.kind for entry in played.entries if entry.role == "sender"]
    assert kinds == ["blocked", "sent"]
    assert not played.outcome.whole.sensitive
    assert played.outcome.whole.shareable


def test_settings_cast_models_and_refuse_unknown_tactics() -> None:
    config = SimulateConfig(subject_model="mockllm/model", recipient_model="mockllm/model")
    cast = casting.cast_of(SCENARIOS[0], config, 0)
    assert isinstance(cast.subject, ModelRole)
    assert isinstance(cast.sender, ScriptedSender)
    assert isinstance(cast.recipient, ModelRole)
    with pytest.raises(ConfigError, match="way of asking"):
        casting.check_tactics(["shouting"])


# -- into a run folder --------------------------------------------------------------------------------------


def test_a_stopped_run_goes_on_with_what_is_there(tmp_path: Path) -> None:
    from humankind.spine.progress import Progress
    from humankind.systems.privacy.simulating import simulate_in

    config = SimulateConfig(defenses=("none", "cdi"), runs=2)

    def into(name: str, resume: bool = False):
        with Run.start(tmp_path / name, command="test", config=config, resume=resume, system="privacy") as opened:
            return simulate_in(opened, config, SCENARIOS[:3], None, Progress())

    whole = into("whole")
    into("cut")
    samples = tmp_path / "cut" / "samples.jsonl"
    lines = samples.read_text(encoding="utf-8").splitlines(keepends=True)
    samples.write_text("".join(lines[:5]) + lines[5][:40], encoding="utf-8")
    (tmp_path / "cut" / "artifacts" / "simulations.json").unlink()
    again = into("cut", resume=True)
    assert again["ways"] == whole["ways"]
    assert len(samples.read_text(encoding="utf-8").splitlines()) == 12
    assert json.loads(lines[0])["defence"] == "none"
    assert "<html" in (tmp_path / "cut" / "report.html").read_text(encoding="utf-8")


def test_the_embedded_instructor_decides_blind() -> None:
    played = casting.played(SCENARIOS[0], "cdi", 0, SimulateConfig(told="blind"), EmbeddedInstructor.load())
    assert any(entry.kind == "guidance" for entry in played.entries)
