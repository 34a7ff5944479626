"""From the drug numbers of American hospitals to ATC: GSN (generic sequence number) and NDC (national drug code).

The map is the one of the ETHOS project (MIT), a copy of which comes with the package. It lists 4,770 GSNs, each with
one product's NDC, so GSN finds far more rows than NDC does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from humankind.spine.errors import DataError

MAP_FILE = Path(__file__).parent / "embedded" / "medcodes" / "gsn_atc_ndc_mapping.csv.gz"
_SEGMENTS = {(4, 4, 2), (5, 3, 2), (5, 4, 1), (5, 4, 2)}


@dataclass(frozen=True)
class DrugMap:
    """ATC codes at 4 characters by GSN and by NDC."""

    by_gsn: dict[str, str]
    """Six digits -> ATC."""
    by_ndc: dict[str, str]
    """Eleven digits -> ATC; products that two rows map differently are left out."""
    uses: dict[str, int]
    """Full ATC code -> number of GSNs that it stands for."""

    @classmethod
    def load(cls, path: Path = MAP_FILE) -> DrugMap:
        """Return the map of a file with columns gsn, atc, ndc.

        Rows with NDC 0 say nothing about products: as a product they would send everything unmapped to one drug.
        """
        import polars as pl

        from humankind.systems.medication.tables import collected, scan_table

        table = collected(scan_table(path, ("gsn", "atc", "ndc")), path).filter(pl.col("atc").str.len_chars() >= 4)
        if table.is_empty():
            raise DataError("the drug map is empty", where=path, expected="rows gsn, atc, ndc")
        by_gsn = {gsn.zfill(6): atc[:4] for gsn, atc in table.select("gsn", "atc").iter_rows()}
        found: dict[str, set[str]] = {}
        for ndc, atc in table.select("ndc", "atc").iter_rows():
            if not _is_nothing(ndc):
                found.setdefault(ndc.zfill(11), set()).add(atc[:4])
        by_ndc = {ndc: next(iter(codes)) for ndc, codes in found.items() if len(codes) == 1}
        uses = dict(table.group_by("atc").len().iter_rows())
        return cls(by_gsn, by_ndc, uses)

    def atc(self, gsn: str | None, ndc: str | None) -> str | None:
        """Return the drug of a prescription: by the first of its GSNs that is known, else by its NDC."""
        for number in (gsn or "").split():
            if number.zfill(6) in self.by_gsn:
                return self.by_gsn[number.zfill(6)]
        return self.of_ndc(ndc)

    def of_ndc(self, ndc: str | None) -> str | None:
        """Return the drug of a product; None where the number is 0, unknown or can be read as two drugs.

        Args:
            ndc: 11 digits, or 10 with hyphens (5-3-2 and so on). Ten digits without hyphens are tried as each layout.
        """
        found = {self.by_ndc[number] for number in ndc_readings(ndc) if number in self.by_ndc}
        return found.pop() if len(found) == 1 else None


@cache
def default_map() -> DrugMap:
    """Return the map that comes with the package, read once."""
    return DrugMap.load()


def ndc_readings(text: str | None) -> tuple[str, ...]:
    """Return the 11-digit numbers that a written NDC can mean; none for 0 and for what is not an NDC.

    >>> ndc_readings("0069-3060-30"), ndc_readings("00069306030"), ndc_readings("0")
    (('00069306030',), ('00069306030',), ())
    >>> ndc_readings("0069306030")
    ('00069306030', '00693006030', '00693060300')
    """
    if _is_nothing(text) or text is None:
        return ()
    parts = text.strip().split("-")
    if len(parts) == 3 and tuple(map(len, parts)) in _SEGMENTS:
        return ("".join(part.zfill(width) for part, width in zip(parts, (5, 4, 2))),) if _digits(parts) else ()
    digits = text.strip()
    if not re.fullmatch(r"\d{9,11}", digits):
        return ()
    if len(digits) != 10:
        return (digits.zfill(11),)
    readings = (f"0{digits}", f"{digits[:5]}0{digits[5:]}", f"{digits[:9]}0{digits[9:]}")
    return tuple(dict.fromkeys(readings))


def _is_nothing(text: str | None) -> bool:
    return text is None or not text.strip().strip("0-")


def _digits(parts: list[str]) -> bool:
    return all(part.isdigit() for part in parts)
