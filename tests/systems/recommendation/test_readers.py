"""Readers: every format gives the same pairs, and ids, times and ratings are what the file says."""

from __future__ import annotations

import csv
import gzip
import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix, csr_matrix, save_npz

from humankind.spine.errors import ConfigError, DataError
from humankind.systems.recommendation.data import Log
from humankind.systems.recommendation.readers import read_held_out, read_log, read_names

PAIRS = [("007", "a b"), ("007", "é,1"), ("7", "a b"), ("x-1", "1.0"), ("x-1", "01"), ("7", "NaN")]
# What cannot stand in an unquoted field of a line: blanks, separators, quotation marks, control characters.
WORDS = st.text(st.characters(categories=["L", "N"], include_characters="-_.#'"), min_size=1, max_size=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)


def pairs_of(log: Log) -> set[tuple[str, str]]:
    cells = log.interactions.matrix.tocoo()
    return set(zip(log.interactions.user_ids[cells.row], log.interactions.item_ids[cells.col]))


def times_of(log: Log) -> dict[tuple[str, str], float]:
    cells = log.interactions.matrix.tocoo()
    users, items = log.interactions.user_ids[cells.row], log.interactions.item_ids[cells.col]
    return dict(zip(zip(users, items), log.times))


def write_csv(path, rows, separator=",", header=("user_id", "item_id")):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=separator).writerows([header, *rows])
    return path


@pytest.fixture
def write(tmp_path):
    def write(name: str, content: str | bytes):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


# -- the same pairs from every format ----------------------------------------------------------------------


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_csv_round_trip(tmp_path_factory, pairs):
    path = write_csv(tmp_path_factory.mktemp("log") / "log.csv", pairs)
    assert pairs_of(read_held_out(path)) == set(pairs)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_every_text_format_gives_the_same_pairs(tmp_path_factory, pairs):
    folder = tmp_path_factory.mktemp("log")
    (folder / "log.inter").write_text("\n".join(["user_id:token\titem_id:token", *map("\t".join, pairs)]), "utf-8")
    (folder / "log.tsv").write_text("\r\n".join(["uid\tiid", *map("\t".join, pairs)]) + "\r\n", "utf-8")
    records = [json.dumps({"item": item, "user": user, "more": [1]}) for user, item in pairs]
    (folder / "log.jsonl").write_text("\n".join(records), "utf-8")
    (folder / "log.dat").write_text("\n".join(map("::".join, pairs)), "utf-8")
    users = dict.fromkeys(user for user, _ in pairs)
    lines = [" ".join([user, *(item for other, item in pairs if other == user)]) for user in users]
    (folder / "log.txt").write_text("\n".join(lines), "utf-8")
    pl.DataFrame(pairs, schema=["user", "item"], orient="row").write_parquet(folder / "log.parquet")
    for path in sorted(folder.iterdir()):
        assert pairs_of(read_held_out(path)) == set(pairs), path.name


@given(st.integers(0, 1_000), st.sampled_from([csr_matrix, coo_matrix]))
@settings(max_examples=20, deadline=None)
def test_npz_round_trip(tmp_path_factory, seed, kind):
    dense = np.random.default_rng(seed).random((7, 13)) < 0.3
    dense[3] = dense[:, 5] = False
    dense[0, 0] = True
    path = tmp_path_factory.mktemp("log") / "log.npz"
    save_npz(path, kind(dense.astype(np.float64)))
    assert pairs_of(read_held_out(path)) == {(str(row), str(column)) for row, column in zip(*dense.nonzero())}


def test_leading_zeros_and_number_like_ids_survive(tmp_path):
    log = read_log(write_csv(tmp_path / "log.csv", PAIRS))
    assert pairs_of(log) == set(PAIRS)
    assert log.notes == ()


def test_gzip_blank_lines_and_windows_line_ends(tmp_path):
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbfuser,item\r\na,x\r\n\r\nb,y\r\n\r\n"))
    log = read_log(path)
    assert pairs_of(log) == {("a", "x"), ("b", "y")}
    assert log.notes == ("2 blank rows skipped",)


@pytest.mark.parametrize("separator", [";", "|", "\t"])
def test_csv_with_another_separator(tmp_path, separator):
    assert pairs_of(read_log(write_csv(tmp_path / "log.csv", PAIRS, separator))) == set(PAIRS)


def test_jsonl_numbers_become_text_and_strings_stay(write):
    path = write("log.jsonl", '{"userId": 7, "itemId": "007"}\n\n{"userId": "07", "itemId": 123456789012345678}\n')
    assert pairs_of(read_log(path)) == {("7", "007"), ("07", "123456789012345678")}


def test_parquet_types(tmp_path):
    frame = pl.DataFrame(
        {
            "customer_id": [1, 2, 2],
            "asin": pl.Series(["01", "1", "1"], dtype=pl.Categorical),
            "stars": [5.0, 3.0, 4.0],
            "date": pl.Series(["2020-01-02", "2020-01-01", "1970-01-02"]).str.to_date(),
        }
    )
    frame.write_parquet(tmp_path / "log.parquet")
    log = read_log(tmp_path / "log.parquet", threshold=4)
    assert times_of(log) == {("1", "01"): 1577923200.0, ("2", "1"): 86400.0}


# -- the usual public files --------------------------------------------------------------------------------


def test_movielens_files(write):
    ml1m = write("ratings.dat", "1::1193::5::978300760\n1::661::3::978302109\n2::661::4::978298413\n")
    assert times_of(read_log(ml1m, threshold=4)) == {("1", "1193"): 978300760.0, ("2", "661"): 978298413.0}
    ml100k = write("u.data", "196\t242\t3\t881250949\n186\t302\t4\t891717742\n22\t242\t5\t878887116\n")
    assert pairs_of(read_log(ml100k, threshold=4)) == {("186", "302"), ("22", "242")}
    ml20m = write(
        "ratings.csv", "userId,movieId,rating,timestamp\n1,2,3.5,1112486027\n1,29,4.0,1112484676\n2,2,4.5,9\n"
    )
    log = read_log(ml20m, threshold=4)
    assert pairs_of(log) == {("1", "29"), ("2", "2")}
    assert log.notes == ("2 of 3 ratings at or above 4 kept",)


def test_recbole_file(write):
    path = write(
        "ml.inter",
        'user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t"a\t4.0\t10\n2\tb\t5.0\t11\n2\tc\t1\t1\n',
    )
    assert pairs_of(read_log(path, threshold=4)) == {("1", '"a'), ("2", "b")}


def test_lastfm_files(write):
    triples = write("data1.txt", "1\t7\t1\n1\t8\t1\n2\t7\t1\n")
    assert pairs_of(read_log(triples, format="triples")) == {("1", "7"), ("1", "8"), ("2", "7")}
    plays = write("user_artists.dat", "userID\tartistID\tweight\n2\t51\t13883\n2\t52\t1\n3\t51\t10\n")
    with pytest.raises(DataError, match="ratings or counts"):
        read_log(plays)
    assert len(pairs_of(read_log(plays, threshold=1))) == 3


def test_amazon_ratings(write):
    path = write(
        "ratings_Beauty.csv",
        "A39,0205616461,5.0,1369699200\nA3J,0558925278,3.0,1355443200\nA3K,0733001998,4.0,9\n",
    )
    assert pairs_of(read_log(path, format="amazon", threshold=4)) == {
        ("A39", "0205616461"),
        ("A3K", "0733001998"),
    }
    swapped = read_log(path, columns="item,user,rating,time", threshold=4)
    assert pairs_of(swapped) == {("0205616461", "A39"), ("0733001998", "A3K")}


# -- columns -----------------------------------------------------------------------------------------------


def test_columns_named_by_the_caller(write):
    path = write("log.csv", "who,what,called,note\n1,9,Nine,a\n2,8,Eight,b\n2,9,Nine again,c\n")
    for columns in ("user=who,item=what,name=called", {"user": "who", "item": "what", "name": "called"}):
        log = read_log(path, columns=columns)
        assert pairs_of(log) == {("1", "9"), ("2", "8"), ("2", "9")}
        assert log.interactions.item_names == {"9": "Nine", "8": "Eight"}


def test_a_title_is_not_taken_for_the_items_name_unasked(write):
    log = read_log(write("log.csv", "user,item,title\n1,9,Great!\n2,8,Meh\n"))
    assert log.interactions.item_names == {}


def test_fields_named_by_their_order(write):
    path = write("log.csv", "x,9,u1\ny,8,u2\ny,9,u1\n")
    assert pairs_of(read_log(path, columns="_,item,user")) == {("u1", "9"), ("u2", "8")}


@pytest.mark.parametrize(
    ("content", "columns", "part"),
    [
        ("u1,i1\nu2,i2\n", None, "no column has a usual name for the user"),
        ("user,thing\n1,2\n", None, "usual name for the item"),
        ("user,item,movie\n1,2,3\n", None, "more than one column could be the item: item, movie"),
        ("user,item\n1,2\n", "user=who,item=item", "no column is called 'who'"),
        ("user,item\n1,2\n", "user,item", "has a header"),
        ("1,2\n", "user,item,rating", "fewer fields than were named"),
        ("user,item\n1,2\n", "user,what", "not named rightly"),
        ("user,item\n1,2\n", "user=user", "not named rightly"),
        ("user,item\n1,2\n", "user,item,item", "not named rightly"),
    ],
)
def test_columns_that_cannot_be_told(write, content, columns, part):
    with pytest.raises((DataError, ConfigError), match=part) as caught:
        read_log(write("log.csv", content), columns=columns)
    assert caught.value.exit_code == 2


def test_read_names(write):
    path = write("movies.csv", 'movieId,title,genres\n1,"Toy Story, The (1995)",x\n02,Jumanji,y\n')
    assert read_names(path) == {"1": "Toy Story, The (1995)", "02": "Jumanji"}
    assert read_names(write("n.tsv", "k\tv\n1\tone\n"), columns="item=k,name=v") == {"1": "one"}


# -- time --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("1e3", 1000.0),
        ("1970-01-02", 86400.0),
        ("1970-01-01 00:01", 60.0),
        ("1970-01-01 00:00:01", 1.0),
        ("1970-01-01T00:00:01.5", 1.5),
        ("1970-01-01T00:00:00Z", 0.0),
        ("1970-01-01T02:00:00+02:00", 0.0),
    ],
)
def test_times(write, text, seconds):
    log = read_log(write("log.csv", f"user,item,timestamp\na,x,{text}\nb,y,{text}\n"))
    assert log.times.tolist() == [seconds, seconds]


def test_of_duplicates_the_earliest_time_stays_and_they_are_counted(write):
    log = read_log(write("log.csv", "user,item,time\na,x,5\na,x,3\nb,y,1\na,x,4\n"))
    assert times_of(log) == {("a", "x"): 3.0, ("b", "y"): 1.0}
    assert log.notes == ("2 duplicate rows merged",)


def test_times_stay_with_their_pairs(write):
    rng = np.random.default_rng(0)
    cells = rng.permutation(30 * 20)[:200]
    rows = [(f"u{cell // 20}", f"i{cell % 20}", int(rng.integers(1e9))) for cell in cells]
    path = write("log.csv", "user,item,time\n" + "".join(f"{u},{i},{t}\n" for u, i, t in rows))
    assert times_of(read_log(path)) == {(user, item): float(time) for user, item, time in rows}


# -- ratings -----------------------------------------------------------------------------------------------


def test_ratings_need_a_threshold(write):
    path = write("log.csv", "user,item,rating\na,x,5\nb,y,1\nb,x,4\n")
    with pytest.raises(DataError, match="ratings or counts") as caught:
        read_log(path)
    assert caught.value.found == "values from 1 to 5"
    assert "threshold" in str(caught.value.remedy)


def test_the_threshold_itself_counts(write):
    path = write("log.csv", "user,item,rating\na,x,5\nb,y,3.99\nb,x,4\na,z,4\n")
    log = read_log(path, threshold=4)
    assert pairs_of(log) == {("a", "x"), ("b", "x"), ("a", "z")}
    assert log.notes == ("3 of 4 ratings at or above 4 kept",)
    assert set(log.interactions.matrix.data) == {1.0}


def test_ratings_that_are_all_equal_need_none(write):
    assert len(pairs_of(read_log(write("log.csv", "user,item,rating\na,x,5\nb,y,5\n")))) == 2


def test_negative_ratings_are_fine_under_a_threshold(write):
    path = write("log.csv", "user,item,rating\na,x,-9.5\nb,y,2\na,z,3\n")
    assert pairs_of(read_log(path, threshold=0)) == {("b", "y"), ("a", "z")}


@pytest.mark.parametrize(
    ("rows", "threshold", "part"),
    [
        ("a,x,1\nb,y,-1\n", None, "a weight is negative"),
        ("a,x,0\nb,y,0\n", None, "ratings or counts"),
        ("a,x,1\nb,y,2\n", 3.0, "no rating reaches the threshold"),
        ("a,x,1\nb,y,1\n", float("nan"), "threshold is not a finite number"),
    ],
)
def test_weights_that_make_no_sense(write, rows, threshold, part):
    with pytest.raises((DataError, ConfigError), match=part):
        read_log(write("log.csv", "user,item,rating\n" + rows), threshold=threshold)


def test_a_threshold_without_ratings_is_refused(write):
    for name, content in (("log.csv", "user,item\na,x\nb,y\n"), ("log.txt", "a x y\nb y\n")):
        with pytest.raises(ConfigError, match="no ratings"):
            read_log(write(name, content), threshold=4)
