"""Playing scenarios into a run folder: every run on disk before the next is begun, then figures and a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from humankind.spine.progress import Progress
from humankind.spine.runs import Run, write_text
from humankind.systems.privacy import casting
from humankind.systems.privacy.comparing import compared
from humankind.systems.privacy.failures import NORMS, norms_json
from humankind.systems.privacy.protecting import defence_of
from humankind.systems.privacy.scenarios import Scenario
from humankind.systems.privacy.scenes import outcome_of, scenes_in, summary_of
from humankind.systems.privacy.view import write_page
from humankind.systems.privacy.workflow import as_plain, digest_of, instructor_of

if TYPE_CHECKING:
    from humankind.systems.privacy.config import SimulateConfig


def simulate_in(
    run: Run, config: SimulateConfig, scenarios: Sequence[Scenario], instructor: Path | None, progress: Progress
) -> dict[str, Any]:
    """Return how defences do in played scenarios, and leave every run in the run folder; a killed run goes on.

    The folder has a line a run (samples.jsonl), the figures (artifacts/simulations.json) and the page (report.html).

    Raises:
        ConfigError: there is no such defence or tactic.
    """
    for name in config.defenses:
        defence_of(name, [])  # a misspelt one is refused before any work
    casting.check_tactics(config.tactics)
    norms = [scenario.norm for scenario in scenarios]
    run.check_data(scenarios=len(scenarios), sha256=digest_of(norms))
    write_text(run.artifacts / NORMS, norms_json(norms))
    means = instructor_of(instructor)
    done = {(scene.defence, scene.name, scene.seed) for scene in (scenes_in(run.path) if run.samples() else [])}
    wanted = [
        (name, scenario, config.seed + number)
        for scenario in scenarios
        for name in config.defenses
        for number in range(config.runs)
    ]
    with progress.task("simulations", len(wanted)) as task:
        for name, scenario, seed in wanted:
            if (name, scenario.name, seed) not in done:
                run.keep(**as_plain(casting.played(scenario, name, seed, config, means).scene(name, seed)))
            task.advance()
    scenes = scenes_in(run.path)
    outcomes = {name: [outcome_of(scene) for scene in scenes if scene.defence == name] for name in config.defenses}
    found = run.once("simulations", lambda: compared(outcomes, config.seed, config.defenses[-1]))
    facts = {
        "Scenarios": f"{len(scenarios)}, {config.runs} run{'s' if config.runs > 1 else ''} each",
        "Roles": f"subject {config.subject_model}, sender {config.sender_model}, recipient {config.recipient_model}",
        "Judge": config.judge,
        "Command": run.facts["command"],
    }
    write_page(run.path / "report.html", scenes[: config.pages], summary_of(found["ways"]), facts)
    return {"n_scenarios": len(scenarios), "told": config.told, "page": str(run.path / "report.html"), **found}
