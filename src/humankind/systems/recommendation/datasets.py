"""The data sets that figures are published on, each with its split.

    msweb            ships with the package; see `embedded/msweb/NOTICE.txt`
    the eight BARS sets (`*-m1` and amazon-electronics): fixed train and test files
    lastfm           the fixed split that LightGCN's authors published
    movielens-100k, movielens-1m, movielens-20m: raw ratings, split here

Only msweb may be shipped; the others are found where `humankind data get` or the user put them. Ratings of
other kinds (Amazon's ratings-only files, HetRec's Last.fm) are read by `readers.read_log` with a threshold.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from humankind.spine.errors import DataError
from humankind.spine.sources import use
from humankind.systems.recommendation.data import Interactions, Log
from humankind.systems.recommendation.readers import read_held_out, read_log
from humankind.systems.recommendation.split import Split, given, random_per_user

EMBEDDED = Path(__file__).parent / "embedded"
SEED = 1998
"""Seed of every random split made here, so that figures compare from one machine to the next."""
HELD_OUT = 0.2
MIN_AREAS = 3
"""Visitors of msweb with fewer areas are left out: with one held out, no history would be left."""
LIKED = 4.0
"""Stars, of five, from which a rating counts as an interaction."""


@dataclass(frozen=True)
class Dataset:
    """One named data set and its protocol."""

    protocol: str
    """How train and test came about, for the report."""
    read: Callable[[Path], Split]
    shape: tuple[int, int, int, int] | None = None
    """Users, items, training and test interactions of the published split; None where we do not know them."""


def load(name: str, folder: Path | str | None = None) -> Split:
    """Return a named data set with its split.

    Args:
        name: one of DATASETS, or an alias of one.
        folder: where its files are, if not where `humankind data` keeps them.

    Raises:
        DataError: the name is unknown, a file is missing, or the files are not the published ones.

    >>> split = load("msweb")
    >>> split.train.n_users, split.train.name_of(3)
    (14283, 'Knowledge Base (/kb)')
    """
    chosen = ALIASES.get(name, name)
    if chosen not in DATASETS:
        raise DataError("unknown data set", found=name, expected=", ".join(DATASETS))
    dataset = DATASETS[chosen]
    if chosen == "msweb" and folder is None:
        split = dataset.read(EMBEDDED / "msweb")
    else:
        split = dataset.read(Path(folder) if folder is not None else use(chosen, "train"))
    _check_shape(chosen, dataset.shape, split)
    return split


def msweb_visits(folder: Path, *, official_test: bool = False) -> Log:
    """Return the visits of the 32,711 visitors, or of the 5,000 others that UCI set aside, with area names.

    Visitor numbers of the two parts overlap but mean different people.
    """
    log = read_log(folder / ("visits_official_test.txt.gz" if official_test else "visits.txt.gz"))
    with (folder / "areas.csv").open(encoding="ascii", newline="") as file:
        names = {row["area"]: f"{row['title']} ({row['url']})" for row in csv.DictReader(file)}
    visits = log.interactions
    return Log(Interactions(visits.matrix, visits.user_ids, visits.item_ids, names))


# -- one reader for each layout ----------------------------------------------------------------------------


def _msweb(folder: Path) -> Split:
    visits = msweb_visits(folder).interactions
    frequent = visits.select(np.flatnonzero(visits.user_degrees >= MIN_AREAS), np.arange(visits.n_items))
    return random_per_user(frequent, HELD_OUT, seed=SEED)


def _given_files(folder: Path) -> Split:
    train, test = (_one_file(folder, part) for part in ("train", "test"))
    return given(read_log(train).interactions, read_held_out(test).interactions)


def _one_file(folder: Path, part: str) -> Path:
    """Return the one file of this part, under whichever name its publisher gave it (gowalla_train.npz)."""
    found = [path for pattern in (f"*{part}.txt", f"*{part}.npz") for path in sorted(folder.glob(pattern))]
    if len(found) != 1:
        raise DataError(
            f"one {part} file is needed",
            found=", ".join(path.name for path in found) or "none",
            where=folder,
            expected=f"{part}.txt or {part}.npz",
        )
    return found[0]


def _lightgcn_lastfm(folder: Path) -> Split:
    train = read_log(_first_file(folder, "data1.txt", "train.txt"), format="triples")
    test = read_held_out(_first_file(folder, "test1.txt", "test.txt"), format="triples")
    return given(train.interactions, test.interactions)


def _movielens(folder: Path) -> Split:
    ratings = _first_file(folder, "ratings.csv", "ratings.dat", "u.data", "ml-100k.inter")
    log = read_log(ratings, threshold=LIKED).interactions
    named = Interactions(log.matrix, log.user_ids, log.item_ids, _movie_titles(folder))
    return random_per_user(named, HELD_OUT, seed=SEED)


def _movie_titles(folder: Path) -> dict[str, str]:
    """Return the titles of movies.csv, or of the older movies.dat and u.item, which are Latin-1."""
    if (folder / "movies.csv").is_file():
        with (folder / "movies.csv").open(encoding="utf-8", newline="") as file:
            return {row["movieId"]: row["title"] for row in csv.DictReader(file)}
    for name, separator in (("movies.dat", "::"), ("u.item", "|")):
        if (folder / name).is_file():
            lines = (folder / name).read_text(encoding="latin-1").splitlines()
            return {parts[0]: parts[1] for line in lines if len(parts := line.split(separator)) > 1}
    return {}


_FIXED = "the published train and test files"
_AT_RANDOM = f"{HELD_OUT:.0%} of each user's items held out at random, seed {SEED}"
_LIKED = f"ratings of {LIKED:g} and more; {_AT_RANDOM}"

_BARS = {
    "amazon-electronics": (1_435, 1_522, 31_887, 4_044),
    "movielens-1m-m1": (6_022, 3_043, 796_244, 99_455),
    "gowalla-m1": (29_858, 40_981, 810_128, 217_242),
    "yelp18-m1": (31_668, 38_048, 1_237_259, 324_147),
    "amazon-cds-m1": (43_169, 35_648, 604_475, 172_951),
    "amazon-books-m1": (52_643, 91_599, 2_380_730, 603_378),
    "amazon-movies-m1": None,
    "amazon-beauty-m1": None,
}
DATASETS: dict[str, Dataset] = {
    "msweb": Dataset(f"visitors with {MIN_AREAS} areas or more; {_AT_RANDOM}", _msweb),
    **{name: Dataset(_FIXED, _given_files, shape) for name, shape in _BARS.items()},
    "lastfm": Dataset(_FIXED, _lightgcn_lastfm),
    "movielens-100k": Dataset(_LIKED, _movielens),
    "movielens-1m": Dataset(_LIKED, _movielens),
    "movielens-20m": Dataset(_LIKED, _movielens),
}
ALIASES = {"electronics": "amazon-electronics", "movielens1m": "movielens-1m-m1", "gowalla": "gowalla-m1"}


# -- parts -------------------------------------------------------------------------------------------------


def _first_file(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise DataError("a file of the data set is missing", where=folder, expected=" or ".join(names))


def _check_shape(name: str, expected: tuple[int, int, int, int] | None, split: Split) -> None:
    found = (split.train.n_users, split.train.n_items, split.train.n_interactions, split.test.nnz)
    if expected is not None and found != expected:
        raise DataError(
            f"these are not the published files of {name}, so no figure would compare",
            found="{} users, {} items, {} training and {} test interactions".format(*found),
            expected="{} users, {} items, {} training and {} test interactions".format(*expected),
            remedy="get the published files, or read yours as a log of your own",
        )
