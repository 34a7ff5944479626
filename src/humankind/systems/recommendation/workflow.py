"""What the verbs do between the command line and the model: files in, run folders and plain words out."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from scipy.sparse import csr_matrix, load_npz, save_npz

from humankind.spine.errors import ConfigError, DataError, RunError
from humankind.spine.progress import Progress
from humankind.spine.runs import Run, folder_once, write_text
from humankind.spine.verbs import about
from humankind.systems.recommendation.baselines import Popularity
from humankind.systems.recommendation.config import SaDConfig
from humankind.systems.recommendation.data import Interactions, Log
from humankind.systems.recommendation.datasets import load
from humankind.systems.recommendation.evaluate import compare, evaluate
from humankind.systems.recommendation.readers import read_held_out, read_log
from humankind.systems.recommendation.sad import Explanation, Recommended, SaD
from humankind.systems.recommendation.snr import Report
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
    """Return a log split as asked: `random`, `leave-last` or `temporal`."""
    if how == "random":
        return random_per_user(log.interactions, fraction, seed=seed)
    if how == "leave-last":
        return leave_last(log, seed=seed)
    if how == "temporal":
        return temporal(log, fraction)
    raise ConfigError("there is no such split", found=how, where="--split", expected="random, leave-last or temporal")


def split_for_run(log: Path | None, how: str | None, fraction: float | None, seed: int, reading: tuple[Any, Any, Any]) -> Split:
    """Return the split that `run` works on: of a log, of a prepared folder, or the embedded Microsoft Web data."""
    if log is None or log.is_dir():
        format, columns, threshold = reading
        given_options = {"format": format, "columns": columns, "threshold": threshold}
        refuse_options(log or "Microsoft Web", **given_options, split=how, fraction=fraction)
        return load("msweb") if log is None else load_split(log)
    return split_log(read(log, *reading), how or "random", 0.2 if fraction is None else fraction, seed)


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
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            "the test data cannot be read",
            found=f"{type(error).__name__}: {error}",
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


def held_out_for(
    model: SaD, path: Path, format: str | None, columns: str | None, threshold: float | None
) -> Split:
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
    if (run.artifacts / MODEL).exists():  # killed between training and its last words
        return SaD.load(run.artifacts / MODEL)
    model = SaD(config).fit(log, checkpoint=run.artifacts / "stages", progress=progress)
    folder_once(run.artifacts / MODEL, lambda folder: _fill(model, folder))
    shutil.rmtree(run.artifacts / "stages", ignore_errors=True)  # several times the model's size, of no more use
    for epoch, value in model.choice.curve:
        run.log(event="validation", epoch=epoch, **{f"{config.metric}@20": value})
    run.log(event="chosen", beta=model.choice.beta.value, epochs=model.choice.epochs)
    return model


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
        "figures": {name: [i.value, i.low, i.high] for name, i in result.summary().items()},
        "beyond": result.beyond,
        "buckets": [
            {
                "bucket": row.bucket,
                "items": row.n_items,
                "held_out": row.n_held_out,
                "share_of_lists": row.share_of_lists,
                "recall@20": None if row.recall is None else [row.recall.value, row.recall.low, row.recall.high],
            }
            for row in result.buckets
        ],
    }


def run_in(run: Run, config: SaDConfig, split: Split, progress: Progress) -> dict[str, Any]:
    """Return figures of SaD, its views and popularity on a split, all inside a run folder."""
    X, test = split.train.matrix, split.test
    model = train_in(run, config, split.train, progress)
    scorers = {
        "SaD": model,
        "sparse view": model.views.sparse,
        "dense view": model.views.dense,
        "popularity": Popularity().fit(X),
    }
    figures = {name: evaluate(scorer, X, test, seed=config.seed, progress=progress) for name, scorer in scorers.items()}
    table = {}
    for name, result in figures.items():
        table[name] = {metric: result.mean(metric) for metric in SHOWN}
        run.log(event="test", model=name, **table[name])
    against = {}
    for name in list(scorers)[1:]:
        difference = compare(figures["SaD"], figures[name], "ndcg@20").difference
        against[name] = [difference.value, difference.low, difference.high]
    report = model.snr_report(test)
    return {
        "run": str(run.path),
        **choices_of(model),
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
    with about("--candidates", _LIST_IDS):
        allowed = None if candidates is None else model.log.item_ids[model.log.item_indices(_split_ids(candidates))]
    if history is not None:
        with about("--history", _LIST_IDS):
            new = model.recommend_new(_split_ids(history), k, exclude_seen=not include_seen, candidates=allowed)
        return {"new": new}
    with about("--user", "without --user everyone is listed"):
        found = model.recommend(users, k, exclude_seen=not include_seen, candidates=allowed)
    return dict(zip(users if users else (str(user) for user in model.log.user_ids), found))


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


# -- words out --------------------------------------------------------------------------------------------


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


def tell_notes(notes: tuple[str, ...], progress: Progress) -> None:
    """Tell what reading or splitting left out."""
    for note in notes:
        progress.say(f"note: {note}")


def told(facts: dict[str, Any], out: Path) -> str:
    lines = [f"{facts[key]:>12,} {key}" for key in ("users", "items", "training", "test")]
    return "\n".join([*lines, *(f"note: {note}" for note in facts["notes"]), f"written to {out}"])


def told_choices(result: dict[str, Any]) -> str:
    chosen = ", ".join(f"{key} {_short(value)}" for key, value in result.items() if key not in ("model", "run"))
    return f"chosen on validation: {chosen}"


def told_figures(result: dict[str, Any]) -> str:
    lines = [f"{result['users']:,} users with held-out items"]
    lines += [f"{name:<14} {v:.4f}  [{low:.4f}, {high:.4f}]" for name, (v, low, high) in result["figures"].items()]
    lines += [f"{name:<14} {value:.4f}" for name, value in result["beyond"].items()]
    lines += [
        "",
        "recall@20 by popularity of the held-out item (head, mid, tail: a third of interactions each)",
    ]
    for row in result["buckets"]:
        recall = "-" if row["recall@20"] is None else "{:.4f}  [{:.4f}, {:.4f}]".format(*row["recall@20"])
        lines.append(f"  {row['bucket']:<6} {recall}   {row['items']} items, {row['share_of_lists']:.0%} of lists")
    return "\n".join(lines)


def told_lists(lists: dict[str, list[Recommended]]) -> str:
    blocks = []
    for user, items in lists.items():
        rows = [f"  {rank:>3}  {r.score:>9.4f}  {r.item_id}  {r.name}".rstrip() for rank, r in enumerate(items, 1)]
        blocks.append("\n".join([user, *rows] if rows else [user, "  nothing left to recommend"]))
    return "\n".join(blocks)


def told_explanation(why: Explanation) -> str:
    lines = [f"{why.item_id} {why.name} for {why.user_id}: score {why.score:.4f}"]
    lines += [f"  {r.share:+9.4f}  because of {r.item_id} {r.name}".rstrip() for r in why.history]
    rest = why.score - why.dense - why.injected - sum(r.share for r in why.history)
    if abs(rest) > 1e-6:
        lines.append(f"  {rest:+9.4f}  other items of the history")
    if abs(why.injected) > 1e-6:
        lines.append(f"  {why.injected:+9.4f}  pairs the dense view added")
    lines.append(f"  {why.dense:+9.4f}  dense view")
    return "\n".join(lines)


def told_snr(report: Report) -> str:
    lines = [f"{'items':<6}{'triples':>9}{'sparse':>9}{'dense':>9}{'corr.':>8}{'best possible':>15}{'SaD':>9}"]
    lines += [
        f"{r.bucket:<6}{r.n:>9}{r.sparse:>9.3f}{r.dense:>9.3f}{r.rho:>8.2f}{r.predicted:>15.3f}{r.fused:>9.3f}"
        for r in report.rows
    ]
    best = report.rows[0].best_beta
    told_best = "no positive weight" if best is None else f"{best:.3g}"
    return "\n".join([*lines, f"beta: {report.beta:.3g} in the model, {told_best} for the best SNR"])


def told_run(result: dict[str, Any]) -> str:
    lines = [
        told_choices({k: v for k, v in result.items() if k not in ("test", "SaD minus, ndcg@20", "snr")}),
        "",
    ]
    lines.append(f"{'test data':<14}" + "".join(f"{name:>12}" for name in SHOWN))
    for name, row in result["test"].items():
        lines.append(f"{name:<14}" + "".join(f"{row[metric]:>12.4f}" for metric in SHOWN))
    lines += ["", "SaD minus, ndcg@20, with 95 % interval"]
    lines += [f"  {name:<14}{v:+.4f}  [{low:+.4f}, {high:+.4f}]" for name, (v, low, high) in
              result["SaD minus, ndcg@20"].items()]  # fmt: skip
    return "\n".join(lines)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
