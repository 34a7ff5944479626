"""The verbs on good and on bad input, as a person calls them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix, save_npz

from humankind.testing.commands import Said, done, say
from humankind.testing.conformance import refusal

FAST = [
    *("--preset", "tiny", "--set", "dense=als", "--set", "als.embedding_dim=4", "--set", "als.epochs=3"),
    *("--set", "als.weight_decay=10", "--set", "slim.alpha=0.01", "--set", "semantic=[0,0]", "--set", "beta=1"),
]
PAIRS = [
    (f"u{user:02d}", f"i{(user % 3) * 6 + (user // 3 + step) % 6}", step) for user in range(30) for step in range(5)
]
PAIRS += [(f"u{user:02d}", f"i{((user + 1) % 3) * 6 + (user // 3) % 6}", 9) for user in range(30)]


def write(path: Path, rows: list[tuple], header: str = "user_id,item_id,timestamp") -> Path:
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a log, a prepared split and a model trained on its training part."""
    folder = tmp_path_factory.mktemp("home")
    write(folder / "log.csv", PAIRS)
    done("recommendation", "prepare", folder / "log.csv", "--out", folder / "split")
    done("recommendation", "train", folder / "split", *FAST, "--out", folder / "model")
    return folder


def verb(*words: object) -> Said:
    return done("recommendation", *words)


# -- good input -------------------------------------------------------------------------------------------------


def test_prepare_counts_what_is_in_the_file(home: Path, tmp_path: Path) -> None:
    facts = verb("prepare", home / "log.csv", "--out", tmp_path / "s", "--split", "leave-last", "--json").json
    assert (facts["users"], facts["items"]) == (30, 18)
    assert facts["training"] + facts["test"] == len(set((u, i) for u, i, _ in PAIRS))
    assert facts["test"] == 30
    assert json.loads((tmp_path / "s" / "notes.json").read_text())["test"] == 30


def test_an_empty_folder_can_be_prepared_into(home: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    verb("prepare", home / "log.csv", "--out", tmp_path / "empty")
    assert (tmp_path / "empty" / "test.npz").is_file()


def test_recommend_leaves_out_training_items_and_keeps_to_candidates(home: Path) -> None:
    from humankind.systems.recommendation.data import Interactions

    train = Interactions.load(home / "split" / "train")
    lists = verb("recommend", home / "model", "-k", "5", "--json").json["lists"]
    assert len(lists) == train.n_users
    for row, user in enumerate(train.user_ids):
        seen = set(train.item_ids[train.matrix[row].indices])
        listed = [place["item_id"] for place in lists[user]]
        assert len(listed) == 5
        assert not seen & set(listed)
        assert [p["score"] for p in lists[user]] == sorted((p["score"] for p in lists[user]), reverse=True)
    own = verb("recommend", home / "model", "--user", "u03", "--candidates", "i1,i7", "--include-seen", "--json").json
    assert {place["item_id"] for place in own["lists"]["u03"]} == {"i1", "i7"}


def test_lists_find_the_planted_group(home: Path) -> None:
    """User u00 has five items of the first group; the sixth belongs there, and a new person gets the same group."""
    new = verb("recommend", home / "model", "--history", "i0,i1,i2", "-k", "2", "--json").json["lists"]["new"]
    assert {place["item_id"] for place in new} <= {f"i{item}" for item in range(6)}
    only = verb("recommend", home / "model", "--history", "i0", "--candidates", "i17,i3", "--json").json["lists"]["new"]
    assert [place["item_id"] for place in only] == ["i3", "i17"]
    with_own = verb("recommend", home / "model", "--history", "i0", "--include-seen", "-k", "18", "--json").json
    assert "i0" in {place["item_id"] for place in with_own["lists"]["new"]}


def test_lists_go_to_a_file_whole(home: Path, tmp_path: Path) -> None:
    said = verb("recommend", home / "model", "-k", "3", "--out", tmp_path / "lists.jsonl", "--json").json
    lines = [json.loads(line) for line in (tmp_path / "lists.jsonl").read_text().splitlines()]
    assert said["users"] == len(lines) == 30
    assert all(len(line["items"]) == 3 for line in lines)


def test_similar_items_come_from_the_same_group(home: Path) -> None:
    found = verb("similar", home / "model", "--item", "i1", "-k", "3", "--json").json["similar"]
    assert {place["item_id"] for place in found} <= {f"i{item}" for item in range(6)} - {"i1"}
    assert len(verb("similar", home / "model", "--item", "i1", "-k", "99", "--json").json["similar"]) == 17


def test_an_explanation_adds_up(home: Path) -> None:
    told = verb("explain", home / "model", "--user", "u04", "--json").json
    parts = sum(reason["share"] for reason in told["history"]) + told["injected"] + told["dense"]
    best = verb("recommend", home / "model", "--user", "u04", "-k", "1", "--json").json["lists"]["u04"][0]
    assert told["item_id"] == best["item_id"]
    assert told["score"] == pytest.approx(best["score"], abs=1e-4)
    assert parts == pytest.approx(told["score"], abs=1e-4)
    assert "dense view" in verb("explain", home / "model", "--user", "u04").stdout


def test_evaluate_equals_the_metrics_of_its_own_lists(home: Path) -> None:
    from humankind.systems.recommendation.data import Interactions
    from humankind.systems.recommendation.workflow import load_split

    split = load_split(home / "split")
    train = Interactions.load(home / "split" / "train")
    lists = verb("recommend", home / "model", "-k", "10", "--json").json["lists"]
    table = np.array([train.item_indices([place["item_id"] for place in lists[user]]) for user in train.user_ids])
    users = np.flatnonzero(np.diff(split.test.indptr))
    hits = [len(set(table[u]) & set(split.test[u].indices)) / split.test[u].nnz for u in users]
    figures = verb("evaluate", home / "model", home / "split", "--json").json
    assert figures["users"] == len(users)
    assert figures["figures"]["recall@10"][0] == pytest.approx(np.mean(hits), abs=1e-6)


def test_a_choice_that_the_model_does_not_have_is_not_told(home: Path, tmp_path: Path) -> None:
    said = verb("train", home / "split", *FAST, "--out", tmp_path / "m")
    assert "beta 1" in said.stdout
    assert "None" not in said.stdout
    assert "epochs" not in said.stdout  # ALS counts none
    told = verb("run", home / "split", *FAST, "--out", tmp_path / "r").stdout
    assert "None" not in told


def test_snr_has_a_row_for_every_bucket(home: Path) -> None:
    report = verb("snr", home / "model", home / "split", "--json").json
    assert [row["bucket"] for row in report["rows"]] == ["all", "head", "mid", "tail"]
    assert report["rows"][0]["n"] == sum(row["n"] for row in report["rows"][1:])
    assert "best SNR" in verb("snr", home / "model", home / "split").stdout


def test_run_measures_the_planted_signal_and_leaves_a_readable_run(home: Path, tmp_path: Path) -> None:
    result = verb("run", home / "log.csv", *FAST, "--out", tmp_path / "r", "--json").json
    assert result["test"]["SaD"]["ndcg@10"] > result["test"]["popularity"]["ndcg@10"]
    again = verb("run", home / "log.csv", *FAST, "--out", tmp_path / "r", "--resume", "--json").json
    assert again == result
    events = [json.loads(line) for line in (tmp_path / "r" / "metrics.jsonl").read_text().splitlines()]
    assert sum(event["event"] == "test" for event in events) == 4


def test_run_tells_its_table(home: Path, tmp_path: Path) -> None:
    said = verb("run", home / "split", *FAST, "--out", tmp_path / "r")
    assert {"SaD", "sparse view", "dense view", "popularity"} <= {
        line[:14].strip() for line in said.stdout.splitlines()
    }
    assert str(tmp_path / "r") in said.stderr


# -- input that is odd but usable: a note, exit code 0 ------------------------------------------------------------


def test_duplicates_are_merged_and_counted(tmp_path: Path) -> None:
    log = write(tmp_path / "log.csv", PAIRS + PAIRS[:7])
    facts = verb("prepare", log, "--out", tmp_path / "s", "--json").json
    assert "7 duplicate rows merged" in facts["notes"]
    said = verb("train", log, *FAST, "--out", tmp_path / "m")
    assert "note: 7 duplicate rows merged" in said.stderr


def test_unseen_test_ids_are_dropped_and_counted(home: Path, tmp_path: Path) -> None:
    test = write(tmp_path / "t.csv", [("u00", "i9", 1), ("stranger", "i1", 1), ("u01", "novelty", 1)])
    for name in ("evaluate", "snr"):
        said = verb(name, home / "model", test, "--json")
        assert "2 of 3 test pairs dropped" in said.stderr
        assert "(1 user, 1 item)" in said.json["notes"][0]


def test_lists_are_short_where_little_is_left(home: Path) -> None:
    lists = verb("recommend", home / "model", "--user", "u00", "-k", "500", "--json").json["lists"]["u00"]
    assert 0 < len(lists) < 18


# -- bad input: exit code 2, what and where and what to do, nothing left behind -----------------------------------


def ratings(path: Path, values: list[object]) -> Path:
    rows = [(user, item, values[n % len(values)]) for n, (user, item, _) in enumerate(PAIRS)]
    return write(path, rows, "user_id,item_id,rating")


def binary(path: Path) -> Path:
    path.write_bytes(b"user_id,item_id\nann,\xff\xfe\n")
    return path


def constant(path: Path) -> Path:
    save_npz(path, csr_matrix(np.ones((4, 5), np.float32)))
    return path


BAD_LOGS: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "ratings without a threshold": ("r.csv", lambda p: ratings(p, [1, 2, 5]), "threshold"),
    "a rating that is not a number": ("r.csv", lambda p: ratings(p, [1, "nan", 1]), "row 3"),
    "a negative weight": ("r.csv", lambda p: ratings(p, [1, 1, -1]), "row 4"),
    "text as rating": ("r.csv", lambda p: ratings(p, [1, 1, 1, "five"]), "row 5"),
    "one user": ("one.csv", lambda p: write(p, [("ann", f"i{n}", n) for n in range(9)]), "one user"),
    "one item": ("one.csv", lambda p: write(p, [(f"u{n}", "tea", n) for n in range(9)]), "one item"),
    "everyone with everything": ("all.npz", constant, "every user has every item"),
    "a row with a missing id": ("gap.csv", lambda p: write(p, [*PAIRS, ("", "i3", 1)]), f"row {len(PAIRS) + 2}"),
    "a row with too many fields": ("wide.csv", lambda p: write(p, [("a", "b", 1), ("a", "b", 1, 1)]), "row 3"),
    "a time that is not one": ("time.csv", lambda p: write(p, [("a", "b", 1), ("a", "c", "noon")]), "row 3"),
    "bytes that are not text": ("bytes.csv", binary, "row 2"),
    "an empty file": ("empty.csv", lambda p: p.write_bytes(b""), "empty"),
    "no header": ("bare.csv", lambda p: p.write_text("ann,tea\nbob,tea\n"), "row 1"),
    "an unknown ending": ("log.xyz", lambda p: p.write_text("ann tea\n"), "format"),
    "a file that is not there": ("gone.csv", lambda p: None, "no such file"),
    "a folder that is not prepared": ("folder", lambda p: p.mkdir(), "prepare"),
    "a broken archive": ("broken.npz", lambda p: p.write_bytes(b"PK\x03\x04 nothing"), "broken.npz"),
}


@pytest.mark.parametrize("case", BAD_LOGS)
@pytest.mark.parametrize("name", ["prepare", "train", "run"])
def test_a_bad_log_is_refused(case: str, name: str, tmp_path: Path) -> None:
    file, make, says = BAD_LOGS[case]
    make(tmp_path / file)
    if name == "prepare" and case == "a folder that is not prepared":
        says = "no such file"
    before = sorted(tmp_path.iterdir())
    error = refusal(["recommendation", name, tmp_path / file, "--out", tmp_path / "out"], tmp_path / "out")
    assert says in " ".join(error.values())
    assert file in " ".join(error.values()), f"the file is not named: {error}"
    assert "remedy" in error or "expected" in error, error
    assert sorted(tmp_path.iterdir()) == before


BAD_WORDS: dict[str, tuple[list[str], list[str]]] = {
    "unknown preset": (["train", "{log}", "--preset", "huge"], ["'huge'", "tiny, small, paper"]),
    "unknown setting": (["train", "{log}", "--set", "mf.epoch=3"], ["mf.epoch", "did you mean mf.epochs"]),
    "setting of the wrong type": (["train", "{log}", "--set", "mf.epochs=many"], ["mf.epochs=many", "integer"]),
    "setting out of range": (["train", "{log}", "--set", "validation=0.9"], ["validation", "0.5"]),
    "setting of two kinds out of range": (
        ["train", "{log}", "--set", "slim.alpha=-1"],
        ["auto or float > 0", "'auto' or greater than 0"],
    ),
    "setting without a value": (["train", "{log}", "--set", "seed"], ["'seed'", "key=value"]),
    "setting that is not a choice": (["train", "{log}", "--set", "sparse=magic"], ["sparse=magic", "ease"]),
    "wrong split": (["prepare", "{log}", "--split", "odd"], ["odd", "leave-last"]),
    "wrong split of run": (["run", "{log}", "--split", "odd"], ["odd", "leave-last"]),
    "share of nothing": (["prepare", "{log}", "--fraction", "0"], ["0.0", "fraction", "between 0 and 1"]),
    "share of everything": (["run", "{log}", "--fraction", "1"], ["1.0", "between 0 and 1"]),
    "times that are not there": (["prepare", "{untimed}", "--split", "temporal"], ["time", "untimed.csv"]),
    "threshold without ratings": (["train", "{log}", "--threshold", "4"], ["threshold", "log.csv"]),
    "columns that are not there": (["train", "{log}", "--columns", "user=who,item=what"], ["who", "log.csv"]),
    "unknown format": (["train", "{log}", "--format", "xml"], ["xml", "parquet"]),
    "split of split data": (["run", "{split}", "--split", "temporal"], ["--split", "split"]),
    "threshold of split data": (["train", "{split}", "--threshold", "3"], ["--threshold", "prepare"]),
    "columns of the embedded data": (["run", "--columns", "user=a,item=b"], ["--columns", "Microsoft Web"]),
}


def filled(words: list[str], home: Path, tmp_path: Path) -> list[object]:
    write(tmp_path / "untimed.csv", [pair[:2] for pair in PAIRS], "user_id,item_id")
    places = {
        "log": home / "log.csv",
        "split": home / "split",
        "model": home / "model",
        "untimed": tmp_path / "untimed.csv",
    }
    return ["recommendation", *(word.format(**places) for word in words)]


@pytest.mark.parametrize("case", BAD_WORDS)
def test_a_bad_option_is_refused(case: str, home: Path, tmp_path: Path) -> None:
    words, says = BAD_WORDS[case]
    error = refusal([*filled(words, home, tmp_path), "--out", tmp_path / "out"], tmp_path / "out")
    for part in says:
        assert part in " ".join(error.values()), error


BAD_QUESTIONS: dict[str, tuple[list[str], list[str]]] = {
    "unknown user": (["recommend", "{model}", "--user", "nobody"], ["'nobody'", "--user", "'u00'"]),
    "unknown item": (["similar", "{model}", "--item", "nothing"], ["'nothing'", "--item", "'i0'"]),
    "unknown item to explain": (["explain", "{model}", "--user", "u00", "--item", "zz"], ["'zz'", "--item"]),
    "unknown user to explain": (["explain", "{model}", "--user", "zz"], ["'zz'", "--user"]),
    "unknown candidate": (["recommend", "{model}", "--candidates", "i1,zz"], ["'zz'", "--candidates"]),
    "unknown history": (["recommend", "{model}", "--history", "i1,zz"], ["'zz'", "--history"]),
    "empty history": (["recommend", "{model}", "--history", ","], ["empty history", "--history"]),
    "empty history text": (["recommend", "{model}", "--history", ""], ["empty history", "--history"]),
    "empty candidates": (["recommend", "{model}", "--candidates", ""], ["candidate", "--candidates", "no item id"]),
    "candidates of commas": (["recommend", "{model}", "--user", "u00", "--candidates", " ,"], ["--candidates"]),
    "no candidate for a new person": (
        ["recommend", "{model}", "--history", "i1", "--candidates", ""],
        ["--candidates"],
    ),
    "user and history": (["recommend", "{model}", "--user", "u00", "--history", "i1"], ["--history"]),
    "a list into no folder": (["recommend", "{model}", "--out", "{log}/no/list"], ["--out", "list"]),
    "no model": (["recommend", "{split}"], ["no SaD model", "train --out"]),
    "no model at all": (["evaluate", "{log}", "{split}"], ["no SaD model", "log.csv"]),
    "training pairs as test": (["evaluate", "{model}", "{log}"], ["memory", "log.csv", "('u0"]),
    "training pairs for snr": (["snr", "{model}", "{log}"], ["memory", "log.csv"]),
    "test of strangers": (["evaluate", "{model}", "{untimed}"], ["memory", "untimed.csv"]),
    "a model as test data": (["evaluate", "{model}", "{model}"], ["prepare", "model"]),
}


@pytest.mark.parametrize("case", BAD_QUESTIONS)
def test_a_bad_question_is_refused(case: str, home: Path, tmp_path: Path) -> None:
    words, says = BAD_QUESTIONS[case]
    error = refusal(filled(words, home, tmp_path))
    for part in says:
        assert part in " ".join(error.values()), error


def test_the_tables_are_not_empty() -> None:
    assert (len(BAD_LOGS), len(BAD_WORDS), len(BAD_QUESTIONS)) >= (17, 18, 19)


@pytest.mark.parametrize("option", [["-k", "0"], ["--nonsense", "1"]])
def test_the_command_line_itself_refuses(option: list[str], home: Path) -> None:
    said = say("recommendation", "recommend", home / "model", *option, "--json")
    assert said.code == 2
    assert said.json["error"] == "UsageError"
    assert option[0] in said.stderr


@pytest.mark.parametrize(
    ("file", "content"),
    [("sad.json", b"{}"), ("sad.json", b"[]"), ("sad.safetensors", b"\0" * 40), ("interactions/matrix.npz", b"PK")],
)
def test_a_damaged_model_is_refused(file: str, content: bytes, home: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(home / "model", tmp_path / "copy")
    (tmp_path / "copy" / "artifacts" / "model" / file).write_bytes(content)
    error = refusal(["recommendation", "recommend", tmp_path / "copy"])
    assert str(tmp_path / "copy") in " ".join(error.values())


@pytest.mark.parametrize("file", ["test.npz", "train/matrix.npz"])
def test_a_damaged_split_is_refused(file: str, home: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(home / "split", tmp_path / "copy")
    (tmp_path / "copy" / file).write_bytes(b"PK\x03\x04")
    error = refusal(["recommendation", "train", tmp_path / "copy", "--out", tmp_path / "out"], tmp_path / "out")
    assert str(tmp_path / "copy") in error["where"]


@pytest.mark.parametrize("name", ["prepare", "train", "run"])
def test_a_used_folder_is_refused_and_left_alone(name: str, home: Path, tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    for more in ([], ["--resume"] if name != "prepare" else []):
        error = refusal(["recommendation", name, home / "log.csv", "--out", tmp_path, *more])
        assert str(tmp_path) in " ".join(error.values())
        assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]
    error = refusal(["recommendation", name, home / "log.csv", "--out", tmp_path / "diary.txt"])
    assert error["where"] == "--out"
    assert (tmp_path / "diary.txt").read_text() == "mine"


def test_resume_needs_a_folder(home: Path) -> None:
    error = refusal(["recommendation", "train", home / "log.csv", "--resume"])
    assert "--out" in error["remedy"]


def test_a_run_is_not_resumed_on_other_data(home: Path, tmp_path: Path) -> None:
    verb("train", home / "split", *FAST, "--out", tmp_path / "m")
    error = refusal(["recommendation", "train", home / "log.csv", *FAST, "--out", tmp_path / "m", "--resume"])
    assert "other data" in error["problem"]


@pytest.mark.parametrize("sparse", ["ease", "slim"])
def test_too_little_memory_is_said_before_the_work(
    sparse: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from humankind.spine import resources

    monkeypatch.setattr(resources, "available_memory", lambda: 1000)
    words = ["recommendation", "train", home / "split", *FAST, "--set", f"sparse={sparse}", "--out", tmp_path / "m"]
    error = refusal(words, tmp_path / "m")
    assert error["error"] == "ResourceError"
    assert "18 items" in error["problem"]
    assert "fsslim" in error["remedy"]


def test_a_user_who_has_everything_has_no_best_item(tmp_path: Path) -> None:
    rows = [*PAIRS, *(("glutton", f"i{item}", 1) for item in range(18))]
    verb("train", write(tmp_path / "log.csv", rows), *FAST, "--out", tmp_path / "m")
    assert verb("recommend", tmp_path / "m", "--user", "glutton", "--json").json["lists"]["glutton"] == []
    assert "nothing left" in verb("recommend", tmp_path / "m", "--user", "glutton").stdout
    assert "--item" in refusal(["recommendation", "explain", tmp_path / "m", "--user", "glutton"])["remedy"]
