"""Makes the data files in `embedded/msweb` from the UCI files: the recipe, kept so that anyone can repeat it.

python -m humankind.systems.recommendation.embedded.build_msweb FOLDER_WITH_THE_UCI_FILES TARGET_FOLDER
"""

from __future__ import annotations

import csv
import gzip
import sys
from pathlib import Path

from humankind.spine.errors import DataError

Area = tuple[int, str, str]
"""Id, title (blanks around it removed), path below http://www.microsoft.com."""

PARTS = {"msweb.data": "visits.txt.gz", "msweb.test": "visits_official_test.txt.gz"}


def build(source: Path, target: Path) -> None:
    """Write areas.csv and one `visitor area area ...` file for each UCI file into `target`."""
    named: dict[str, list[Area]] = {}
    for given, made in PARTS.items():
        named[given], visits = read_dst(source / given)
        lines = [" ".join(map(str, (visitor, *sorted(areas)))) for visitor, areas in sorted(visits.items())]
        text = "\n".join(lines) + "\n"
        (target / made).write_bytes(gzip.compress(text.encode("ascii"), compresslevel=9, mtime=0))
    if named["msweb.data"] != named["msweb.test"]:
        raise DataError("the two files name different areas", where=source)
    with (target / "areas.csv").open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("area", "title", "url"))
        writer.writerows(named["msweb.data"])


def read_dst(path: Path) -> tuple[list[Area], dict[int, list[int]]]:
    """Return the areas, ordered by id, and the areas that each visitor saw, from a UCI "DST" file.

    A line that starts with A describes an area, C opens a visitor, V is one visit of that visitor; the rest
    is layout.
    """
    areas: list[Area] = []
    visits: dict[int, list[int]] = {}
    visited: list[int] = []
    with path.open(encoding="ascii", newline="") as file:
        for kind, *fields in csv.reader(file):
            if kind == "A":
                areas.append((int(fields[0]), fields[2].strip(), fields[3]))
            elif kind == "C":
                visited = visits.setdefault(int(fields[1]), [])
            elif kind == "V":
                visited.append(int(fields[0]))
    return sorted(areas), visits


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
