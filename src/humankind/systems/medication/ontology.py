"""Where a code stands in its tree: the way from the root, and its ancestors.

ICD-9, ICD-10 and ATC each have their own tree; codes of different trees share nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from humankind.systems.medication import icd9
from humankind.systems.medication.codes import WORD_TREES, icd, written_code


def path(code: str) -> tuple[str, ...] | None:
    """Return the tokens from the root of the code's tree to the code itself; None where no tree holds it.

    The first token names the tree. ICD-10-CM needs the extra `medication`; a code that its present edition has
    dropped hangs on its longest prefix that is still there.

    >>> path("ICD9CM:428.0")
    ('ICD9CM', 'chapter 7', 'section 420', '428', '4280')
    >>> path("C03C"), path("EICU:pulmonary|ventilation"), path("flu")
    (('ATC', 'C', 'C03', 'C03C'), ('EICU', 'pulmonary', 'pulmonary|ventilation'), None)
    """
    system, colon, rest = code.partition(":")
    if not colon:
        return ("ATC", code[:1], code[:3], code) if _is_drug(code) else None
    if system in WORD_TREES:
        steps = rest.split("|")
        return (system, *("|".join(steps[: end + 1]) for end in range(len(steps))))
    below = _BELOW.get(system)
    return None if below is None or icd(rest, system) is None else (system, *below(rest.replace(".", "")))


def paths(codes: Iterable[str]) -> list[tuple[str, ...] | None]:
    """Return the path of each code, in the order given; what knowledge encoding takes."""
    return [path(code) for code in codes]


def ancestors(code: str) -> tuple[str, ...]:
    """Return the tokens above a code, nearest first, without the code and without the tree's name.

    >>> ancestors("ICD9PROC:38.97")
    ('389', '38', 'chapter 35')
    """
    way = path(code)
    return () if way is None else way[-2:0:-1]


def _is_drug(code: str) -> bool:
    return len(code) == 4 and written_code(code, "drug") == code


@cache
def _icd10() -> Any:
    from humankind.spine.extras import require

    (module,) = require("medication", "simple_icd_10_cm")
    return module


@cache
def _icd10_path(code: str) -> tuple[str, ...]:
    """Return chapter, block, category ... of an ICD-10-CM code, undotted, root first."""
    tree = _icd10()
    for end in range(len(code), 2, -1):
        if tree.is_valid_item(code[:end]):
            above = tuple(reversed(tree.get_ancestors(code[:end])))
            chapter, *rest = (*above, code[:end])
            steps = (f"chapter {chapter}", *(step.replace(".", "") for step in rest))
            return steps if end == len(code) else (*steps, code)
    return ("chapter unknown", code[:3], code) if len(code) > 3 else ("chapter unknown", code)


def _pcs_path(code: str) -> tuple[str, ...]:
    """Return section, body system, operation ... of an ICD-10-PCS code: one character a level, root first."""
    return tuple(code[: end + 1] for end in range(len(code)))


_BELOW = {
    "ICD9CM": icd9.diagnosis_path,
    "ICD9PROC": icd9.procedure_path,
    "ICD10CM": _icd10_path,
    "ICD10PCS": _pcs_path,
}
