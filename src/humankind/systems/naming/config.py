"""Settings of naming: which agents, how many names, how long they work, what almanacs are followed."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le
from pydantic import Field

from humankind.spine.config import Config
from humankind.systems.naming.calendars import Rules
from humankind.systems.naming.settings import AskSettings, LoopSettings

RULES = "rules"
"""Backend without a language model."""
Retrieval = Literal["evaluated", "first", "none"]


class NamingConfig(Config):
    """One naming: from a request to names with explanations."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"n_names": 3, "n_poems": 60},
        "small": {},
        "paper": {"n_names": 1},
    }

    n_names: Annotated[int, Ge(1), Le(200)] = 10
    """Names suggested for a request. Paper: 1."""
    backend: str = RULES
    """`rules`: no language model; a model as Inspect names it: that model is all three agents; `hybrid:MODEL`: rules
    decide, the model polishes the explanation."""
    ask: AskSettings = AskSettings()
    """How a language model is asked, where one is."""
    retrieval: Retrieval = "evaluated"
    """The poem is chosen by the names it holds (`evaluated`), is the first one found, or there is none (ablations)."""
    n_poems: Annotated[int, Ge(1), Le(400)] = 150
    """Poems retrieved for a request, in `retrieval_rounds` portions."""
    retrieval_rounds: Annotated[int, Ge(1), Le(20)] = 5
    """Portions of poems that are looked at before the best is taken. Paper: 5."""
    share_of_poems: Annotated[float, Gt(0), Le(1)] = 0.3
    """Part of the corpus that one request may draw on, chosen by seed and request, where it names no poem, author or
    book: so two families with the same wish are led to different verses."""
    loop: LoopSettings = LoopSettings()
    """Thresholds and bounds of the loop of generation and evaluation."""
    scheme: str = "meaning"
    """Scheme of the five elements: meaning, strokes, sound, or the path of a CSV file; named in every explanation."""
    almanac: Rules = Rules()
    """How a birth is read where almanacs differ."""
    boost: tuple[Annotated[float, Ge(0)], ...] = Field(default=(1.0, 1.0, 1.0, 1.0, 1.0), min_length=5, max_length=5)
    """Factors on the weights of the five objectives: culture, wishes, elements, person, requirements."""
    variety: Annotated[float, Ge(0), Le(1)] = 0.3
    """How far chance, drawn from seed and request, may move a name in the ranking: so
    two families with the same wish are not given the same name."""
    corpus: str = ""
    """Folder of a corpus built by `naming data build`; empty takes the shipped one."""
