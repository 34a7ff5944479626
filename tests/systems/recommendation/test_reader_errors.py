"""Readers: a bad file is refused with its name, the row and what to do."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_matrix, save_npz

from humankind.spine.errors import ConfigError, DataError
from humankind.systems.recommendation.data import Interactions
from humankind.systems.recommendation.readers import read_held_out, read_log, require_learnable


@pytest.fixture
def write(tmp_path):
    def write(name: str, content: str | bytes):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


# -- named to the row ---------------------------------------------------------------------------

BAD = {
    "not a number": ("log.csv", "user,item,rating\na,x,1\nb,y,five\nc,z,1\n", "finite number", "row 3"),
    "NaN": ("log.csv", "user,item,rating\na,x,1\nb,y,1\nc,z,nan\n", "finite number", "row 4"),
    "negative": ("log.csv", "user,item,rating\na,x,1\nb,y,1\nc,z,-2\n", "weight is negative", "row 4"),
    "negative after blank rows": ("log.csv", "user,item,rating\n\na,x,1\nc,z,-2\n", "weight is negative", "row 4"),
    "negative JSON": (
        "log.jsonl",
        '{"user": 1, "item": 2, "rating": 1}\n\n{"user": 3, "item": 2, "rating": -1}\n',
        "weight is negative",
        "row 3",
    ),
    "infinite": ("log.csv", "user,item,rating\na,x,inf\nb,y,1\n", "finite number", "row 2"),
    "rating missing": ("log.csv", "user,item,rating\na,x,1\nb,y\nc,z,1\n", "finite number", "row 3"),
    "user missing": ("log.csv", "user,item\na,x\n,y\n", "user id is missing", "row 3"),
    "item missing": ("log.tsv", "user\titem\na\tx\nb\n", "item id is missing", "row 3"),
    "row after blank rows": ("log.csv", "user,item\n\n\na,x\n,y\n", "user id is missing", "row 5"),
    "bad time": ("log.csv", "user,item,time\na,x,1\nb,y,soon\n", "time cannot be read", "row 3"),
    "mixed times": ("log.csv", "user,item,time\na,x,2020-01-01\nb,y,5\n", "time cannot be read", "row 3"),
    "too many fields": ("log.csv", "user,item,title\na,x,t\nb,y,one, two\n", "too many fields", "row 3"),
    "too many, none unread": ("log.csv", "user,item\na,x\nb,y\nb,z,w\n", "too many fields", "row 4"),
    "open quotation": ("log.csv", 'user,item\na,x\n"b,y\nc,z\n', "quotation mark", "row 3"),
    "ragged triples": ("u.data", "1\t2\t1\t9\n1\t3\t1\n", "another number of fields", "row 2"),
    "ragged dat": ("r.dat", "1::2::1\n1::3::1\n2::2::1::1\n", "another number of fields", "row 3"),
    "not UTF-8": ("log.csv", b"user,item\na,x\nb,caf\xe9\n", "not UTF-8", "row 3"),
    "header not UTF-8": ("log.csv", b"us\xe9r,item\na,x\n", "not UTF-8", "row 1"),
    "lists not UTF-8": ("log.txt", b"a x y\nb \xff\n", "not UTF-8", "row 2"),
    "broken JSON": ("log.jsonl", '{"user": 1, "item": 2}\n{"user": 1,\n', "not a JSON object", "row 2"),
    "JSON list": ("log.jsonl", '{"user": 1, "item": 2}\n\n[1, 2]\n', "not a JSON object", "row 3"),
    "JSON not from the start": ("log.jsonl", "[1, 2]\n", "not a JSON object", "row 1"),
    "JSON without item": (
        "log.jsonl",
        '{"user": 1, "item": 2}\n\n{"user": 3}\n',
        "item id is missing",
        "row 3",
    ),
    "user twice in lists": ("log.txt", "a x\nb y\na z\n", "more than one line", "row 3"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_named(write, case):
    name, content, problem, row = BAD[case]
    path = write(name, content)
    with pytest.raises(DataError, match=problem) as caught:
        read_log(path)
    assert str(caught.value.where) == f"{path} {row}"
    assert caught.value.exit_code == 2


def test_many_bad_rows_are_counted_and_the_first_is_shown(write):
    path = write("log.csv", "user,item,rating\na,x,1\n" + "b,y,oops\n" * 30)
    with pytest.raises(DataError) as caught:
        read_log(path)
    assert caught.value.found == "'oops' (and 29 more such rows)"


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("log.csv", "", "is empty"),
        ("log.csv", "\n\n", "first line is empty"),
        ("log.csv", "user,item\n", "no rows"),
        ("log.csv", "user,item\n\n\n", "no rows"),
        ("log.txt", "a\nb\n", "no line names an item"),
        ("log.parquet", "this is text", "cannot be read as parquet"),
        ("log.npz", "this is text", "cannot be read as npz"),
        ("log.csv.gz", "user,item\na,x\n", "cannot be read"),
        ("log.xlsx", "a", "does not tell its format"),
        ("log", "a", "does not tell its format"),
    ],
)
def test_files_without_anything_to_read(write, name, content, part):
    with pytest.raises(DataError, match=part) as caught:
        read_log(write(name, content))
    assert name in f"{caught.value.where} {caught.value.found}"


def test_missing_files_and_unknown_formats(tmp_path, write):
    with pytest.raises(DataError, match="no such file"):
        read_log(tmp_path / "none.csv")
    with pytest.raises(DataError, match="no such file"):
        read_log(tmp_path)
    with pytest.raises(ConfigError, match="unknown file format"):
        read_log(write("log.csv", "user,item\na,x\n"), format="xls")


def test_float_ids_in_parquet_are_refused(tmp_path):
    pl.DataFrame({"user": [1.0, 2.0], "item": ["a", "b"]}).write_parquet(tmp_path / "log.parquet")
    with pytest.raises(DataError, match="cannot be the user"):
        read_log(tmp_path / "log.parquet")


def test_pickled_npz_is_refused(tmp_path):
    np.savez(tmp_path / "log.npz", format=np.array([{"a": 1}], dtype=object))
    with pytest.raises(DataError, match="cannot be read as npz"):
        read_log(tmp_path / "log.npz")


def test_negative_ratings_are_ratings_where_a_threshold_says_so(write):
    log = read_log(write("log.csv", "user,item,rating\na,x,-3\na,y,2\nb,x,4\n"), threshold=0)
    assert log.interactions.n_interactions == 2


def pickled(path):
    np.savez(path, format=np.array([{"a": 1}], dtype=object))


def pickled_parts(path):
    numbers = {"format": np.array("csr"), "shape": np.array([2, 2]), "indptr": np.array([0, 1, 2])}
    np.savez(path, **numbers, indices=np.array([0, 1]), data=np.array([{"a": 1}, 2], dtype=object))


def cut_off(path):
    save_npz(path, csr_matrix(np.eye(40)))
    path.write_bytes(path.read_bytes()[:-30])


def altered(path):
    save_npz(path, csr_matrix(np.eye(40)), compressed=False)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 3] ^= 0xFF
    path.write_bytes(bytes(whole))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda path: path.write_bytes(b"PK garbage"), "no archive of arrays"),
        (lambda path: path.write_bytes(b"\x80\x04]\x94."), "no archive of arrays"),  # a pickle as such
        (pickled, "no sparse matrix but 'format.npy'"),
        (pickled_parts, "Python objects"),
        (lambda path: np.savez(path, a=np.ones(3)), "no sparse matrix but 'a.npy'"),
        (cut_off, "cut off"),
        (altered, "checksum"),
    ],
)
def test_an_npz_that_cannot_be_read_is_told_in_plain_words(tmp_path, spoil, told):
    """numpy's own message advises to unpickle the file, which runs what is in it."""
    path = tmp_path / "log.npz"
    spoil(path)
    with pytest.raises(DataError, match="cannot be read as npz") as caught:
        read_log(path)
    assert told in str(caught.value.found)
    assert "save_npz" in str(caught.value.remedy)
    assert "allow_pickle" not in str(caught.value)
    folder = tmp_path / "saved"
    saved = read_log(_saved(tmp_path)).interactions.save(folder)
    (saved / "matrix.npz").write_bytes(path.read_bytes())
    with pytest.raises(DataError, match="not saved interactions") as caught:
        Interactions.load(saved)
    assert told in str(caught.value.found)
    assert "allow_pickle" not in str(caught.value)


def _saved(folder):
    path = folder / "whole.npz"
    save_npz(path, csr_matrix(np.eye(3)))
    return path


def test_npz_cells_are_checked(tmp_path):
    matrix = csr_matrix(np.array([[1, 0, 2], [0, 1, 0]], dtype=np.float64))
    save_npz(tmp_path / "counts.npz", matrix)
    with pytest.raises(DataError, match="ratings or counts"):
        read_log(tmp_path / "counts.npz")
    kept = read_held_out(tmp_path / "counts.npz", threshold=2).interactions
    assert (kept.user_ids.tolist(), kept.item_ids.tolist()) == (["0"], ["2"])
    matrix.data[1] = np.nan
    save_npz(tmp_path / "nan.npz", matrix)
    with pytest.raises(DataError, match="not a finite number") as caught:
        read_log(tmp_path / "nan.npz")
    assert "row 0, column 2" in str(caught.value.where)
    matrix.data[:] = [1, 1, -1]
    save_npz(tmp_path / "negative.npz", matrix)
    with pytest.raises(DataError, match="weight is negative") as caught:
        read_log(tmp_path / "negative.npz")
    assert "row 1, column 1" in str(caught.value.where)
    assert "threshold" in str(caught.value.remedy)
    save_npz(tmp_path / "none.npz", csr_matrix((3, 3)))
    with pytest.raises(DataError, match="no interactions"):
        read_log(tmp_path / "none.npz")


# -- nothing to learn --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("user,item\na,x\na,y\n", "one user"),
        ("user,item\na,x\nb,x\n", "one item"),
        ("user,item\na,x\nb,y\na,y\nb,x\n", "every user has every item"),
    ],
)
def test_logs_with_nothing_to_learn(write, content, part):
    path = write("log.csv", content)
    with pytest.raises(DataError, match=part) as caught:
        read_log(path)
    assert caught.value.where == path
    log = read_held_out(path)  # as test data they will do
    with pytest.raises(DataError, match=part):
        require_learnable(log.interactions)
