"""Which agents a backend names: those of a language model, or those of the rules with a model that polishes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from humankind.systems.naming.agents import Team
from humankind.systems.naming.asking import Asked, Asker
from humankind.systems.naming.hybrid import hybrid_team
from humankind.systems.naming.model_agents import model_team
from humankind.systems.naming.model_retrieval import Desk

if TYPE_CHECKING:
    from humankind.systems.naming.rule_agents import Workshop

HYBRID = "hybrid:"
"""Before the name of a model: rules decide, the model polishes."""
_ASKERS: WeakKeyDictionary[Workshop, dict[str, Asker]] = WeakKeyDictionary()


def team(backend: str, rules: Team, workshop: Workshop) -> Team:
    """Return the agents of a backend other than the rules.

    Args:
        backend: a model as Inspect names it, or `hybrid:MODEL`.
        rules: the deterministic agents of the request; names that their generator refuses stay refused.
        workshop: what all requests share.

    Raises:
        ConfigError: the model cannot be reached.
    """
    asker = asker_of(backend, workshop)
    if backend.startswith(HYBRID):
        return hybrid_team(rules, asker)
    return model_team(asker, desk_of(workshop), rules.checker, getattr(rules.generator, "dropped", ()))


def desk_of(workshop: Workshop) -> Desk:
    """Return what the agents of a model work with, out of what the rules work with."""
    config = workshop.config
    return Desk(
        workshop.corpus,
        workshop.retriever,
        workshop.lattice.scheme,
        config.almanac,
        config.retrieval,
        config.retrieval_rounds,
        tuple(config.boost),
    )


def asker_of(backend: str, workshop: Workshop) -> Asker:
    """Return the one asker of a backend; it lives as long as the workshop."""
    own = _ASKERS.setdefault(workshop, {})
    if backend not in own:
        settings = workshop.config.ask.model_copy(update={"seed": workshop.config.seed})
        own[backend] = Asker(backend.removeprefix(HYBRID), settings)
    return own[backend]


def replies(workshop: Workshop) -> tuple[Asked, ...]:
    """Return every reply that models gave for a workshop so far, for the log of a run."""
    return tuple(asked for asker in _ASKERS.get(workshop, {}).values() for asked in asker.log)
