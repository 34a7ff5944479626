"""What the verbs do between the command line and the model: files in, run folders and plain words out."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from scipy.sparse import csr_matrix, load_npz, save_npz

from humankind.spine.errors import ConfigError, DataError, RunError
from humankind.spine.progress import Progress
from humankind.spine.runs import Run, folder_once, write_text
from humankind.spine.stats import Interval
from humankind.spine.verbs import about
from humankind.systems.recommendation.answers import Recommended
from humankind.systems.recommendation.baselines import Popularity
from humankind.systems.recommendation.config import SaDConfig
from humankind.systems.recommendation.data import Interactions, Log
from humankind.systems.recommendation.datasets import load
from humankind.systems.recommendation.diagnosis import npz_trouble
from humankind.systems.recommendation.evaluate import compare, evaluate
from humankind.systems.recommendation.readers import read_held_out, read_log
from humankind.systems.recommendation.sad import SaD
from humankind.systems.recommendation.split import Split, given, leave_last, random_per_user, temporal

MODEL = "model"
_READABLE = "`humankind recommendation prepare --help` shows what can be read"
_LIST_IDS = "item ids are written as in the log, with commas between them"
SHOWN = ("recall@10", "ndcg@10", "recall@20", "ndcg@20")


# -- data in ----------------------------------------------------------------------------------------------


def read(path: Path, format: str | None, columns: str | None, threshold: float | None) -> Log:
    """Return the log in a file."""
    with about(path, _READABLE):
        return read_log(path, format=format, columns=columns, threshold=threshold)


def training_log(path: Path, format: str | None, columns: str | None, threshold: float | None) -> Log:
    """Return the log to train on: a file, or the training part of a prepared folder."""
    if path.is_dir():
        refuse_options(path, format=format, columns=columns, threshold=threshold)
        return Log(load_split(path).train, None, ())
    return read(path, format, columns, threshold)


def split_log(log: Log, how: str, fraction: float, seed: int) -> Split:
    """Return a log split as asked, `random`, `leave-last` or `temporal`, with the notes of both steps."""
    made = _split(log, how, fraction, seed)
    return replace(made, notes=(*log.notes, *made.notes))


def _split(log: Log, how: str, fraction: float, seed: int) -> Split:
    if how == "random":
        return random_per_user(log.interactions, fraction, seed=seed)
    if how == "leave-last":
        return leave_last(log, seed=seed)
    if how == "temporal":
        return temporal(log, fraction)
    raise ConfigError("there is no such split", found=how, where="--split", expected="random, leave-last or temporal")


def split_for_run(
    log: Path | None, how: str | None, fraction: float | None, seed: int, reading: tuple[Any, Any, Any]
) -> Split:
    """Return the split that `run` works on: of a log, of a prepared folder, or the embedded Microsoft Web data."""
    if log is None or log.is_dir():
        format, columns, threshold = reading
        given_options = {"format": format, "columns": columns, "threshold": threshold}
        refuse_options(log or "Microsoft Web", **given_options, split=how, fraction=fraction)
        return load("msweb") if log is None else load_split(log)
    whole = read(log, *reading)
    with about(log):
        return split_log(whole, how or "random", 0.2 if fraction is None else fraction, seed)


def refuse_options(what: Path | str, **options: object) -> None:
    """Raise ConfigError where an option was given that has nothing to work on, as the data are split already."""
    given_ones = [f"--{name}" for name, value in options.items() if value is not None]
    if given_ones:
        raise ConfigError(
            "these data are read and split already, so an option says nothing",
            found=" ".join(given_ones),
            where=what,
            remedy="leave it out, or give it to `prepare`",
        )


def save_split(split: Split, out: Path) -> None:
    """Write a split into a new folder, whole or not at all."""
    check_free(out)

    def fill(folder: Path) -> None:
        split.train.save(folder / "train")
        save_npz(folder / "test.npz", split.test)
        write_text(folder / "notes.json", json.dumps(facts_of(split), indent=1) + "\n")

    if out.is_dir():
        out.rmdir()  # empty, as was checked
    folder_once(out, fill)


def check_free(out: Path) -> None:
    """Raise DataError where a new folder cannot be written, before any work is done for it."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(
            "the output exists",
            found=out,
            where="--out",
            expected="a new or empty folder",
            remedy="choose another folder",
        )


def load_split(folder: Path) -> Split:
    """Return the split that `prepare` wrote."""
    train = Interactions.load(_prepared(folder) / "train")
    try:
        test = csr_matrix(load_npz(folder / "test.npz"))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise DataError(
            "the test data cannot be read",
            found=npz_trouble(folder / "test.npz"),
            where=folder / "test.npz",
            remedy="make the folder anew with `humankind recommendation prepare`",
        ) from None
    if test.shape != train.matrix.shape:
        raise DataError(
            "training and test data do not belong together",
            found=f"test of shape {test.shape}",
            where=folder,
            expected=f"shape {train.matrix.shape}, that of train/",
        )
    return Split(train, test)


def held_out_for(model: SaD, path: Path, format: str | None, columns: str | None, threshold: float | None) -> Split:
    """Return held-out pairs in the numbering of a model, from a prepared folder or a log.

    Raises:
        DataError: a pair is among those that the model was trained on, or none is of its users and items.
    """
    if path.is_dir():
        refuse_options(path, format=format, columns=columns, threshold=threshold)
        split = load_split(path)
        log = Log(split.train.with_matrix(split.test))
    else:
        with about(path, _READABLE):
            log = read_held_out(path, format=format, columns=columns, threshold=threshold)
    with about(path):
        made = given(model.log, log.interactions)
    return Split(made.train, made.test, (*log.notes, *made.notes))


def _prepared(folder: Path) -> Path:
    if not (folder / "train").is_dir() or not (folder / "test.npz").is_file():
        raise DataError(
            "this folder was not made by prepare",
            found=folder,
            expected="train/ and test.npz in it",
            remedy="`humankind recommendation prepare LOG --out FOLDER` makes it; or name a file",
        )
    return folder


# -- work -------------------------------------------------------------------------------------------------


def train_in(run: Run, config: SaDConfig, log: Interactions, progress: Progress) -> SaD:
    """Return SaD trained inside a run folder: stages in artifacts/stages, the model in artifacts/model."""
    run.check_data(**_facts_of(log))
    if (run.artifacts / MODEL).exists():
        model = SaD.load(run.artifacts / MODEL)
    else:
        model = SaD(config).fit(log, checkpoint=run.artifacts / "stages", progress=progress)
        folder_once(run.artifacts / MODEL, lambda folder: _fill(model, folder))
    shutil.rmtree(run.artifacts / "stages", ignore_errors=True)  # several times the model's size, of no more use
    if not any(line.get("event") == "chosen" for line in run.metrics()):  # killed before its last words
        for epoch, value in model.choice.curve:
            run.log(event="validation", epoch=epoch, **{f"{config.metric}@20": value})
        run.log(event="chosen", beta=model.choice.beta.value, epochs=model.choice.epochs)
    return model


def _facts_of(log: Interactions) -> dict[str, Any]:
    """Return what tells one log from another."""
    digest = sha256()
    for array in (log.matrix.indptr, log.matrix.indices, log.matrix.data):
        digest.update(array.tobytes())
    for ids in (log.user_ids, log.item_ids):
        digest.update(json.dumps(ids.tolist()).encode())
    return {
        "users": log.n_users,
        "items": log.n_items,
        "interactions": log.n_interactions,
        "sha256": digest.hexdigest(),
    }


def _fill(model: SaD, folder: Path) -> None:
    model.save(folder)


def load_model(path: Path) -> SaD:
    """Return the model in a run folder, or in a folder that `SaD.save` wrote."""
    inside = path / "artifacts" / MODEL
    folder = inside if inside.is_dir() else path
    with about(folder):
        try:
            return SaD.load(folder)
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise RunError(
                "the model in this folder is damaged",
                found=f"{type(error).__name__}: {error}",
                where=folder,
                remedy="train it anew, or copy the whole folder again",
            ) from None


def measure(model: SaD, held_out: Split, progress: Progress) -> dict[str, Any]:
    """Return the figures of a model on held-out pairs, ready for JSON."""
    result = evaluate(model, model.log.matrix, held_out.test, seed=model.config.seed, progress=progress)
    return {
        "users": len(result.users),
        "without_held_out": result.n_without_held_out,
        "notes": list(held_out.notes),
        "figures": {name: _ends(interval) for name, interval in result.summary().items()},
        "beyond": result.beyond,
        "buckets": [
            {
                "bucket": row.bucket,
                "items": row.n_items,
                "held_out": row.n_held_out,
                "share_of_lists": row.share_of_lists,
                "recall@20": None if row.recall is None else _ends(row.recall),
            }
            for row in result.buckets
        ],
    }


def _ends(interval: Interval) -> list[float | None]:
    """Return value, low and high; None for an end that one value alone leaves open."""
    return [interval.value, *(end if isfinite(end) else None for end in (interval.low, interval.high))]


def run_in(run: Run, config: SaDConfig, split: Split, progress: Progress) -> dict[str, Any]:
    """Return figures of SaD, its views and popularity on a split, all inside a run folder."""
    model = train_in(run, config, split.train, progress)
    measured = run.once("figures", lambda: _figures(model, config, split, progress))
    if not any(line.get("event") == "test" for line in run.metrics()):
        for name, row in measured["test"].items():
            run.log(event="test", model=name, **row)
    return {"run": str(run.path), **choices_of(model), "notes": list(split.notes), **measured}


def _figures(model: SaD, config: SaDConfig, split: Split, progress: Progress) -> dict[str, Any]:
    X, test = split.train.matrix, split.test
    scorers = {
        "SaD": model,
        "sparse view": model.views.sparse,
        "dense view": model.views.dense,
        "popularity": Popularity().fit(X),
    }
    figures = {name: evaluate(scorer, X, test, seed=config.seed, progress=progress) for name, scorer in scorers.items()}
    table = {name: {metric: result.mean(metric) for metric in SHOWN} for name, result in figures.items()}
    against = {}
    for name in list(scorers)[1:]:
        difference = compare(figures["SaD"], figures[name], "ndcg@20").difference
        against[name] = _ends(difference)
    report = model.snr_report(test)
    return {
        "test": table,
        "SaD minus, ndcg@20": against,
        "snr": {row.bucket: {"sparse": row.sparse, "dense": row.dense, "fused": row.fused} for row in report.rows},
    }


def lists_for(
    model: SaD,
    users: list[str] | None,
    history: str | None,
    k: int,
    candidates: str | None,
    include_seen: bool,
) -> dict[str, list[Recommended]]:
    """Return the lists that `recommend` prints, by user id; `new` for a person given by history."""
    if history is not None and users:
        raise ConfigError("a person is named and described", found="--user and --history", expected="one of them")
    allowed = None if candidates is None else _candidates(model, candidates)
    if history is not None:
        with about("--history", _LIST_IDS):
            new = model.recommend_new(_split_ids(history), k, exclude_seen=not include_seen, candidates=allowed)
        return {"new": new}
    with about("--user", "without --user everyone is listed"):
        found = model.recommend(users, k, exclude_seen=not include_seen, candidates=allowed)
    return dict(zip(users if users else (str(user) for user in model.log.user_ids), found))


def _candidates(model: SaD, text: str) -> np.ndarray:
    with about("--candidates", _LIST_IDS):
        named = _split_ids(text)
        if not named:
            raise DataError("a list needs at least one candidate", found=f"no item id in {text!r}")
        return model.log.item_ids[model.log.item_indices(named)]


def best_item(model: SaD, user: str) -> str:
    """Return the id of the item that is first in a user's list."""
    found = model.recommend([user], 1)[0]
    if not found:
        raise DataError(
            "this user has every item, so there is no best one",
            found=repr(user),
            where="--user",
            remedy="name the item to explain: --item ID",
        )
    return found[0].item_id


def write_lists(path: Path, lists: dict[str, list[Recommended]]) -> None:
    """Write one JSON line a user, atomically."""
    if path.is_dir() or not path.parent.is_dir():
        raise DataError(
            "this is no place for a file", found=path, where="--out", expected="a file in a folder that exists"
        )
    lines = [
        json.dumps({"user": user, "items": [{"item": r.item_id, "score": r.score} for r in items]})
        for user, items in lists.items()
    ]
    write_text(path, "\n".join(lines) + "\n")


def _split_ids(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


# -- facts out --------------------------------------------------------------------------------------------


def facts_of(split: Split) -> dict[str, Any]:
    """Return the sizes and notes of a split."""
    train = split.train
    return {
        "users": train.n_users,
        "items": train.n_items,
        "training": train.n_interactions,
        "test": int(split.test.nnz),
        "notes": list(split.notes),
    }


def choices_of(model: SaD) -> dict[str, Any]:
    """Return what validation chose."""
    choice = model.choice
    key = {"fsslim": "slim.alpha", "slim": "slim.alpha", "ease": "ease.ridge"}.get(choice.config.sparse)
    dense_key = {"mf": "mf.weight_decay", "als": "als.weight_decay"}.get(choice.config.dense)
    chosen = {name: choice.config.value(name) for name in (key, dense_key) if name}
    return {"beta": choice.beta.value, "epochs": choice.epochs, "semantic": choice.config.semantic, **chosen}
