"""How codes are written: one text for each code, whatever a table left of its dots, zeros and case.

    ICD9CM:428.0   ICD10CM:I50.9   ICD9PROC:38.97   ICD10PCS:02HV33Z   EICU:pulmonary|ventilation   C03C (ATC)

The system stands in front because ICD-9 and ICD-10 share texts (V10.1 is a history of cancer in one and a cyclist in
the other); a code that no known system could have written stays as it is.
"""

from __future__ import annotations

import re

from humankind.systems.medication.data import Kind

WORD_TREES = ("EICU", "SIM")
"""Systems whose codes are paths of words: the treatments of eICU, and the simulator's codes."""

_SHAPES: dict[str, re.Pattern[str]] = {
    "ICD9CM": re.compile(r"\d{3,5}|V\d{2,4}|E\d{3,4}"),
    "ICD10CM": re.compile(r"[A-Z]\d[0-9AB][0-9A-Z]{0,4}"),
    "ICD9PROC": re.compile(r"\d{2,4}"),
    "ICD10PCS": re.compile(r"[0-9A-HJ-NP-Z]{7}"),
    "ATC": re.compile(r"[A-DGHJLMNPRSVX]\d{2}[A-Z]([A-Z](\d{2})?)?"),  # X: no ATC group, the simulator's
}
_OF_KIND: dict[str, tuple[str, str]] = {
    "diagnosis": ("ICD9CM", "ICD10CM"),
    "procedure": ("ICD9PROC", "ICD10PCS"),
}
_NAMES = {
    "ICD9": 0,
    "ICD09": 0,
    "ICD9CM": 0,
    "ICD9PROC": 0,
    "ICD10": 1,
    "ICD10CM": 1,
    "ICD10PCS": 1,
    "9": 0,
    "10": 1,
}


def icd(text: str | None, system: str) -> str | None:
    """Return an ICD code with its system in front, dotted as the system writes it; None where it cannot be one.

    Args:
        text: with or without dot, upper or lower case.
        system: ICD9CM, ICD10CM, ICD9PROC or ICD10PCS.

    >>> icd("4280", "ICD9CM"), icd("e880.9", "ICD9CM"), icd("I509", "ICD10CM"), icd("3897", "ICD9PROC")
    ('ICD9CM:428.0', 'ICD9CM:E880.9', 'ICD10CM:I50.9', 'ICD9PROC:38.97')
    >>> icd("no code", "ICD10CM") is None
    True
    """
    bare = re.sub(r"[.\s]", "", text or "").upper()
    if not _SHAPES[system].fullmatch(bare):
        return None
    return f"{system}:{_dotted(bare, system)}"


def _dotted(bare: str, system: str) -> str:
    place = {"ICD9CM": 4 if bare.startswith("E") else 3, "ICD10CM": 3, "ICD9PROC": 2, "ICD10PCS": 7}[system]
    return bare if len(bare) <= place else f"{bare[:place]}.{bare[place:]}"


def system_named(name: str, kind: Kind) -> str | None:
    """Return the ICD system of a kind that a table calls `name`; None where it is none of them.

    >>> system_named("10", "procedure"), system_named("icd-9-cm", "diagnosis"), system_named("SNOMED", "diagnosis")
    ('ICD10PCS', 'ICD9CM', None)
    """
    bare = re.sub(r"[^A-Z0-9]", "", name.upper())
    return _OF_KIND[kind][_NAMES[bare]] if kind in _OF_KIND and bare in _NAMES else None


def written_code(text: str, kind: Kind) -> str | None:
    """Return a code that a person or a long table wrote, as `Cohort` writes it.

    A system may stand in front (`ICD9:V10.1`, `ICD10CM:I50.9`). Without it the shape tells: what only one ICD system
    can have written is of that system; what both can (`V101`, `E8801`) is None, as a guess would change its meaning;
    what neither can stays as it is. Drugs: an ATC code, cut to 4 characters; None for all else.

    >>> written_code("I50.9", "diagnosis"), written_code("428.0", "diagnosis"), written_code("V10.1", "diagnosis")
    ('ICD10CM:I50.9', 'ICD9CM:428.0', None)
    >>> written_code("c03ca01", "drug"), written_code("aspirin", "drug"), written_code("flu", "diagnosis")
    ('C03C', None, 'flu')
    """
    text = text.strip()
    if kind == "drug":
        bare = text.upper().removeprefix("ATC:").strip()
        return bare[:4] if _SHAPES["ATC"].fullmatch(bare) else None
    front, colon, rest = text.partition(":")
    if front in WORD_TREES and rest:
        return text
    system = system_named(front, kind) if colon else None
    if system is not None:
        return icd(rest, system)
    fitting = [code for code in (icd(text, system) for system in _OF_KIND[kind]) if code is not None]
    if len(fitting) > 1:
        return None
    return fitting[0] if fitting else text or None
