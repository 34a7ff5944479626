"""The embedded data are whole, and each named set has the published shape."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix, save_npz

from humankind.spine.errors import DataError
from humankind.systems.recommendation.card import CARD
from humankind.systems.recommendation.datasets import (
    ALIASES,
    DATASETS,
    EMBEDDED,
    SEED,
    Dataset,
    load,
    msweb_visits,
)
from humankind.systems.recommendation.embedded.build_msweb import build
from humankind.systems.recommendation.split import Split

FOLDERS = {"amazon-electronics": "electronics", "movielens-1m-m1": "movielens1m", "gowalla-m1": "gowalla"}


def check_promises(split: Split) -> None:
    train = split.train.matrix
    assert train.shape == split.test.shape
    assert train.multiply(split.test).nnz == 0
    assert train.getnnz(axis=0).min() > 0
    assert train.getnnz(axis=1).min() > 0


# -- Microsoft Web -----------------------------------------------------------------------------------------


def test_embedded_visits_have_the_counts_that_uci_documents():
    visits = msweb_visits(EMBEDDED / "msweb").interactions
    assert (visits.n_users, visits.n_interactions) == (32_711, 98_654)
    others = msweb_visits(EMBEDDED / "msweb", official_test=True).interactions
    assert (others.n_users, others.n_interactions) == (5_000, 15_191)
    assert len(visits.item_names) == 294
    assert visits.matrix.nnz / visits.n_users == pytest.approx(3.0, abs=0.05)


def test_embedded_areas_are_named_as_in_ucis_description():
    names = msweb_visits(EMBEDDED / "msweb").interactions.item_names
    assert names["1277"] == "NetShow for PowerPoint (/stream)"
    assert names["1000"] == "regwiz (/regwiz)"
    assert all(name.strip() == name and name.endswith(")") for name in names.values())


def test_embedded_folder_is_small_and_carries_its_licence():
    folder = EMBEDDED / "msweb"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 300_000
    notice = (folder / "NOTICE.txt").read_text("utf-8")
    for needed in ("CC BY 4.0", "Breese", "Heckerman", "Kadie", "UCI", "Changes made"):
        assert needed in notice


def test_msweb_split():
    split = load("msweb")
    check_promises(split)
    assert split.train.n_users == 14_283  # visitors with three areas or more
    total = split.train.n_interactions + split.test.nnz
    visits = msweb_visits(EMBEDDED / "msweb").interactions
    n_lost = int(visits.user_degrees[visits.user_degrees >= 3].sum()) - total
    assert 0 < n_lost < 20
    assert split.notes[0].startswith(f"{n_lost} of ")
    assert 0.2 < split.test.nnz / total < 0.25  # one of three is more than a fifth
    assert (split.test != load("msweb").test).nnz == 0


def test_popular_areas_find_as_much_as_they_are_known_to():
    split = load("msweb")
    train, test = split.train.matrix.toarray(), split.test.toarray()
    scores = np.where(train > 0, -1.0, train.sum(axis=0))
    top = np.argpartition(-scores, 10, axis=1)[:, :10]
    tested = test.sum(axis=1) > 0
    hits = np.take_along_axis(test, top, axis=1).sum(axis=1)
    recall = (hits[tested] / test.sum(axis=1)[tested]).mean()
    assert recall == pytest.approx(0.604, abs=0.01)  # measured before, on another random fifth


@pytest.mark.data
def test_the_recipe_makes_the_embedded_files_again(data_home, tmp_path):
    build(data_home / "msweb", tmp_path)
    embedded = EMBEDDED / "msweb"
    assert (tmp_path / "areas.csv").read_bytes() == (embedded / "areas.csv").read_bytes()
    for name in ("visits.txt.gz", "visits_official_test.txt.gz"):
        made, shipped = ((folder / name).read_bytes() for folder in (tmp_path, embedded))
        assert gzip.decompress(made) == gzip.decompress(shipped)


# -- named sets --------------------------------------------------------------------------------------------


def test_every_source_on_the_card_has_a_loader():
    assert set(CARD.sources) == set(DATASETS)
    assert len(DATASETS) == 13
    assert set(ALIASES.values()) <= set(DATASETS)
    assert all(dataset.protocol for dataset in DATASETS.values())


@pytest.mark.data
@pytest.mark.parametrize("name", FOLDERS)
def test_published_files_have_the_published_shape(data_home, name):
    folder = data_home / FOLDERS[name]
    if not folder.exists():
        pytest.skip(f"{folder} is absent")
    split = load(name, folder)  # refuses another shape
    check_promises(split)
    assert split.notes == ()
    assert DATASETS[name].shape == (*split.train.matrix.shape, split.train.n_interactions, split.test.nnz)
    assert split.test.getnnz(axis=1).min() > 0


def test_files_of_another_shape_are_refused(tmp_path):
    (tmp_path / "train.txt").write_text("0 1 2\n1 1 3\n")
    (tmp_path / "test.txt").write_text("0 3\n")
    with pytest.raises(DataError, match="not the published files of gowalla-m1") as caught:
        load("gowalla", tmp_path)
    assert str(caught.value.found).startswith("2 users, 3 items, 4 training and 1 test")


def test_fixed_files_of_either_kind(tmp_path):
    (tmp_path / "train.txt").write_text("0 1 2\n1 1 3\n")
    (tmp_path / "test.txt").write_text("0 3\n")
    text = load("amazon-beauty-m1", tmp_path)
    other = tmp_path / "npz"
    other.mkdir()
    save_npz(other / "beauty_train.npz", csr_matrix(np.array([[0, 1, 1, 0], [0, 1, 0, 1.0]])))
    save_npz(other / "beauty_test.npz", csr_matrix(np.array([[0, 0, 0, 1.0], [0, 0, 0, 0]])))
    npz = load("amazon-beauty-m1", other)
    assert (text.train.matrix != npz.train.matrix).nnz == 0
    assert (text.test != npz.test).nnz == 0
    assert text.train.item_ids.tolist() == npz.train.item_ids.tolist() == ["1", "2", "3"]


def test_lastfm_triples(tmp_path):
    (tmp_path / "data1.txt").write_text("1\t5\t1\n1\t6\t1\n2\t6\t1\n")
    (tmp_path / "test1.txt").write_text("2\t5\t1\n2\t9\t1\n")
    split = load("lastfm", tmp_path)
    assert split.test.toarray().tolist() == [[0, 0], [1, 0]]
    assert "1 of 2 test pairs dropped" in split.notes[0]


@pytest.mark.parametrize("name", ["movielens-100k", "movielens-1m", "movielens-20m"])
def test_movielens_layouts(tmp_path, name):
    rng = np.random.default_rng(0)
    cells = rng.permutation(12 * 10)[:80]
    rows = [(cell // 10 + 1, cell % 10 + 1, rng.integers(1, 6), rng.integers(1e9)) for cell in cells]
    title = "Misérables, Les (1995)"
    if name == "movielens-20m":
        lines = ["userId,movieId,rating,timestamp", *(",".join(map(str, row)) for row in rows)]
        (tmp_path / "ratings.csv").write_text("\n".join(lines))
        (tmp_path / "movies.csv").write_text(f'movieId,title,genres\n3,"{title}",Drama\n', "utf-8")
    elif name == "movielens-1m":
        (tmp_path / "ratings.dat").write_text("\n".join("::".join(map(str, row)) for row in rows))
        (tmp_path / "movies.dat").write_text(f"3::{title}::Drama\n", "latin-1")
    else:
        (tmp_path / "u.data").write_text("\n".join("\t".join(map(str, row)) for row in rows))
        (tmp_path / "u.item").write_text(f"3|{title}|01-Jan-1995||x|0|0\n", "latin-1")
    split = load(name, tmp_path)
    check_promises(split)
    liked = {(str(user), str(item)) for user, item, rating, _ in rows if rating >= 4}
    trained = split.train.matrix.tocoo()
    pairs = set(zip(split.train.user_ids[trained.row], split.train.item_ids[trained.col]))
    assert pairs < liked
    assert split.train.item_names == {"3": title}


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(DataError, match="unknown data set") as caught:
        load("netflix")
    assert "msweb" in str(caught.value.expected)
    with pytest.raises(DataError, match="one train file is needed"):
        load("yelp18-m1", tmp_path)
    with pytest.raises(DataError, match="a file of the data set is missing") as caught:
        load("movielens-1m", tmp_path)
    assert "ratings.csv" in str(caught.value.expected)


def test_splits_made_here_name_their_seed():
    protocols = {name: dataset.protocol for name, dataset in DATASETS.items()}
    drawn = [name for name, text in protocols.items() if str(SEED) in text]
    assert drawn == ["msweb", "movielens-100k", "movielens-1m", "movielens-20m"]
    assert isinstance(DATASETS["msweb"], Dataset)
    assert Path(EMBEDDED).is_dir()
