"""From drug names to ATC, for tables that give no number: the ATC substance named in the text.

ATC uses international names, American hospitals their own; the few that differ are listed below. A substance with
several ATC codes takes the one that the drug map uses most. This is a help of last resort: brand names are not known
here, and a mixture counts as the first substance it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from humankind.systems.medication.drugmap import default_map

AMERICAN = {
    "acetaminophen": "paracetamol",
    "albuterol": "salbutamol",
    "aspirin": "acetylsalicylic acid",
    "cyclosporine": "ciclosporin",
    "dextrose": "glucose",
    "divalproex": "valproic acid",
    "docusate": "docusate sodium",
    "ferrous sulfate": "ferrous sulfate",
    "glyburide": "glibenclamide",
    "glycopyrrolate": "glycopyrronium bromide",
    "isoproterenol": "isoprenaline",
    "levalbuterol": "salbutamol",
    "levothyroxine": "levothyroxine sodium",
    "lidocaine hcl": "lidocaine",
    "mvi": "multivitamins plain",
    "meperidine": "pethidine",
    "nitroglycerin": "glyceryl trinitrate",
    "penicillin g": "benzylpenicillin",
    "phytonadione": "phytomenadione",
    "polyethylene glycol 3350": "macrogol",
    "rifampin": "rifampicin",
    "sennosides": "senna glycosides",
    "senna": "senna glycosides",
    "succinylcholine": "suxamethonium",
    "sulfamethoxazole-trimethoprim": "sulfamethoxazole and trimethoprim",
    "torsemide": "torasemide",
    "valproate": "valproic acid",
}
"""American name -> name in ATC."""
_LONGEST = 4  # words of a name that is looked for
_WORD = re.compile(r"[a-z0-9]+")


class DrugNames:
    """ATC codes at 4 characters by the words of a substance's name."""

    def __init__(self, named: Iterable[tuple[str, str]], uses: dict[str, int]) -> None:
        """Index the substances.

        Args:
            named: (full ATC code of 7 characters, name).
            uses: how often the drug map uses each full code; decides between the codes of one name.
        """
        best: dict[tuple[str, ...], str] = {}
        for code, name in sorted(named):
            words = _words(name)
            if len(code) == 7 and words and (words not in best or uses.get(code, 0) > uses.get(best[words], 0)):
                best[words] = code
        for american, name in AMERICAN.items():
            if _words(name) in best:
                best.setdefault(_words(american), best[_words(name)])
        self._codes = {words: code[:4] for words, code in best.items()}

    @classmethod
    def load(cls, path: Path) -> DrugNames:
        """Return the names of a file with columns atc_code, atc_name."""
        import polars as pl

        from humankind.systems.medication.tables import collected, scan_table

        table = collected(scan_table(path, ("atc_code", "atc_name")), path).drop_nulls()
        return cls(table.select(pl.col("atc_code", "atc_name")).iter_rows(), default_map().uses)

    def find(self, text: str | None) -> str | None:
        """Return the drug that a text names first, the longest name at that place; None where it names none.

        >>> names = DrugNames([("C03CA01", "furosemide"), ("N02BE01", "paracetamol")], {})
        >>> names.find("4 ML VIAL : FUROSEMIDE 10 MG/ML"), names.find("acetaminophen (Tylenol)"), names.find("LASIX")
        ('C03C', 'N02B', None)
        """
        words = _words(text or "")
        for start in range(len(words)):
            for width in range(_LONGEST, 0, -1):
                code = self._codes.get(words[start : start + width])
                if code is not None:
                    return code
        return None


@cache
def default_names() -> DrugNames:
    """Return the names of the data set `medcodes`, read once; DataError where it is not on this machine."""
    from humankind.spine.sources import locate

    return DrugNames.load(locate("medcodes") / "atc_coding.csv.gz")


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.lower()))
