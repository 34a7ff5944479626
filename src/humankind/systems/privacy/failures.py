"""Environments from failures: each run that leaked, cut just before its first leak.

One environment a failed run. Its state is what was said up to then; what leaked is not in it. For appropriate
disclosure only failures count in which something shareable went out at or before the leak: there is something to gain.

Paper: building of environments in the section on experience-driven optimisation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from humankind.spine.config import Section
from humankind.spine.errors import DataError
from humankind.spine.runs import Run
from humankind.systems.privacy.norms import Norm, read_norms
from humankind.systems.privacy.scenes import scenes_in
from humankind.systems.privacy.view import Scene

Objective = Literal["privacy", "disclosure"]

NORMS = "norms.json"
"""Norms of a run of rehearsals, in its artifacts, in the order in which they were played."""


class Environment(Section):
    """A state in which better guidance is wanted."""

    run: str
    """Folder that it comes from."""

    scenario: str
    """Name of the scenario in it."""

    defence: str
    """That failed."""

    action: int
    """Number of the sender's message, from 1, that leaked first: so many messages are expected of a new attempt."""

    leaked: tuple[int, ...]
    """Positions of the facts that leaked in it."""

    norm: Norm
    """With its lists."""

    state: tuple[str, ...]
    """What was heard, told and sent before, oldest first."""


class Environments(Section):
    """What `build-envs` writes."""

    objective: Objective
    """Which failures were taken."""

    n_runs: int
    """Runs that were looked at."""

    environments: tuple[Environment, ...]
    """One for each of them that failed."""


def environments_of_runs(paths: Sequence[Path], objective: Objective) -> Environments:
    """Return the environments of run folders that `rehearse` wrote.

    Args:
        paths: of the folders.
        objective: `privacy` takes every leak; `disclosure` those with something shareable sent by then.

    Raises:
        RunError: a folder is no run.
        DataError: it holds no played runs or not their norms.
    """
    found, n_runs = [], 0
    for path in paths:
        scenes = scenes_in(path)
        norms = _norms_of(path, scenes)
        n_runs += len(scenes)
        for scene in scenes:
            found += _cut(scene, norms[scene.name], objective, str(path))
    return Environments(objective=objective, n_runs=n_runs, environments=tuple(found))


def _cut(scene: Scene, norm: Norm, objective: Objective, run: str) -> Iterator[Environment]:
    """Yield the environment of a failed run; nothing for one that did not leak."""
    sent, shared = 0, False
    for place, entry in enumerate(scene.entries):
        if entry.kind != "sent":
            continue
        sent, shared = sent + 1, shared or bool(entry.shared)
        if not entry.leaked:
            continue
        if objective == "privacy" or shared:
            before = scene.entries[:place]
            # The instruction that failed is what a new attempt replaces.
            state = tuple(one.text for one in before if one.kind in ("prompt", "heard", "sent"))
            where = {"run": run, "scenario": scene.name, "defence": scene.defence}
            yield Environment(**where, action=sent, leaked=entry.leaked, norm=norm, state=state)
        return


def _norms_of(path: Path, scenes: Sequence[Scene]) -> dict[str, Norm]:
    """Return the norms of a run by the names of its scenes."""
    norms = read_norms(Run.read(path).artifacts / NORMS)
    names = list(dict.fromkeys(scene.name for scene in scenes))
    if len(names) != len(norms):
        raise DataError("runs and norms do not fit", found=f"{len(names)} and {len(norms)}", where=path / "artifacts")
    return dict(zip(names, norms, strict=True))


def norms_json(norms: Sequence[Norm]) -> str:
    """Return norms as JSON that `read_norms` reads back."""
    return json.dumps([json.loads(norm.model_dump_json()) for norm in norms], indent=1, ensure_ascii=False) + "\n"
