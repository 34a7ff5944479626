"""What the verbs do between the command line and the work: requests in, records and run folders out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from humankind.spine.errors import ConfigError, DataError
from humankind.spine.progress import Progress
from humankind.spine.runs import Run, write_text
from humankind.spine.verbs import about
from humankind.systems.naming.reading_forms import Item, items_in, request_of
from humankind.systems.naming.request import NameRequest

if TYPE_CHECKING:
    from humankind.systems.naming.bench import Case
    from humankind.systems.naming.bench_config import BenchConfig
    from humankind.systems.naming.benching import BenchFound
    from humankind.systems.naming.config import NamingConfig
    from humankind.systems.naming.shown import Suggested

NAMES, REPLIES = "names.jsonl", "replies.jsonl"
_ENDINGS = {"json": ".json", "markdown": ".md", "html": ".html", "table": ".txt"}


# -- suggest ----------------------------------------------------------------------------------------------


def check_format(format: str, save: Path | None) -> None:
    """Refuse an unknown format, and HTML without a file."""
    if format not in _ENDINGS:
        raise ConfigError("there is no such format", found=repr(format), where="--format", expected=", ".join(_ENDINGS))
    if save is not None and save.exists():
        raise DataError("the file is already there", found=save, where="--save", remedy="name a new file")


def alone(file: Path, text: str | None, fields: Mapping[str, Any]) -> None:
    """Refuse a request beside a file of requests."""
    given = [name for name, value in fields.items() if value] + (["REQUEST"] if text else [])
    if given:
        raise ConfigError(
            "a file of requests and a request are given together", found=", ".join(given), where="--file",
            remedy=f"put everything into {file.name}, or leave --file out",
        )  # fmt: skip


def no_folder(out: Path | None, resume: bool) -> None:
    """Refuse a run folder for a single request."""
    if out is not None or resume:
        raise ConfigError(
            "a single request leaves no run folder", where="--out" if out is not None else "--resume",
            remedy="name a file for the result with --save, or give requests in a --file",
        )  # fmt: skip


def requests_in(file: Path) -> list[Item]:
    """Return the requests of a file."""
    with about("--file"):
        return items_in(file)


def one_request(text: str | None, fields: Mapping[str, Any]) -> NameRequest:
    """Return the request of a command line: a free text or a form."""
    given = {key: value for key, value in fields.items() if value not in (None, [], "")}
    if text is None and not given:
        raise ConfigError(
            "there is no request", where="REQUEST", expected="a free Chinese request, or a form with --surname",
            remedy="humankind naming suggest 姓王，男孩，希望他勇敢",
        )  # fmt: skip
    return request_of({**given, **({} if text is None else {"text": text})})


def suggest_one(config: NamingConfig, request: NameRequest) -> Suggested:
    """Return the names for one request."""
    from humankind.systems.naming.suggesting import suggested, worker

    return suggested(worker(config), request)


def suggest_in(run: Run, config: NamingConfig, items: Sequence[Item], progress: Progress) -> list[Suggested]:
    """Return the names for many requests, each kept on disk before the next is begun.

    The folder has artifacts/names.jsonl, from which a killed run goes on, replies.jsonl with every reply of a language
    model and why it was refused, and names.md and names.html when all is done.
    """
    from humankind.systems.naming import pages
    from humankind.systems.naming.suggesting import replies_of, suggested, worker

    run.check_data(requests=len(items), first=items[0].digest, last=items[-1].digest)
    path = run.artifacts / NAMES
    kept = _kept_names(path)
    missing = [item for item in items if (item.id, item.digest) not in kept]
    if missing:
        namer, logged = worker(config), 0
        with progress.task("requests", len(missing)) as task:
            for item in missing:
                # Nobody is given a name that an earlier request of the file was given, as long as there are others.
                found = suggested(namer, item.request, item.id, _given(items, kept))
                _append(path, {"digest": item.digest, **found.model_dump(mode="json")})
                kept[item.id, item.digest] = found
                replies = replies_of(namer)
                for reply in replies[logged:]:
                    _append(run.artifacts / REPLIES, {"request": item.id, **reply.model_dump(mode="json")})
                logged = len(replies)
                run.log(event="request", id=item.id, names=len(found.names), problem=found.problem)
                task.advance()
    results = [kept[item.id, item.digest] for item in items]
    write_text(run.artifacts / "names.md", pages.as_markdown(results))
    write_text(run.artifacts / "names.html", pages.as_html(results))
    return results


def _given(items: Sequence[Item], kept: Mapping[tuple[str, str], Suggested]) -> set[str]:
    """Return the given names that stand first for the requests done so far."""
    done = (kept[item.id, item.digest] for item in items if (item.id, item.digest) in kept)
    return {one.names[0].given for one in done if one.names}


def _kept_names(path: Path) -> dict[tuple[str, str], Suggested]:
    import json

    from humankind.systems.naming.shown import Suggested

    if not path.exists():
        return {}
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        path.write_bytes(whole)  # half a line, left by a kill
    found = {}
    for line in whole.decode().splitlines():
        record = json.loads(line)
        digest = record.pop("digest")
        one = Suggested.model_validate(record)
        found[one.id, digest] = one
    return found


def _append(path: Path, record: dict[str, Any]) -> None:
    import json

    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, ensure_ascii=False) + "\n")


def batch_told(run: Run, found: Sequence[Suggested]) -> dict[str, Any]:
    """Return what a batch tells with --json."""
    requests = [one.model_dump(mode="json", exclude={"trace"}) for one in found]
    return {"run": str(run.path), "requests": requests}


def save_page(path: Path, found: Sequence[Suggested], format: str) -> None:
    """Write names to a file in a format."""
    from humankind.systems.naming import pages

    write_text(path, pages.rendered(found, format))


# -- bench ------------------------------------------------------------------------------------------------


def cases_for(config: BenchConfig) -> tuple[Case, ...]:
    """Return the requests that a config names."""
    from humankind.systems.naming.bench import cases, limited

    with about("--suite"):
        return limited(cases(config.suite), config.limit)


def bench_in(run: Run, config: BenchConfig, cases: Sequence[Case], progress: Progress) -> BenchFound:
    """Return how ways of naming do on requests; rows are in artifacts/rows.jsonl, figures in artifacts/bench.json."""
    from humankind.systems.naming.benching import run_bench

    run.check_data(suite=config.suite, requests=len(cases))
    found = run_bench(config, cases, run.artifacts, progress)
    write_text(run.artifacts / "bench.json", found.model_dump_json(indent=1) + "\n")
    for one in found.summaries:
        means = {figure.label: figure.value for figure in one.figures}
        run.log(event="way", name=one.strategy, requests=one.requests, **means)
    return found


# -- data -------------------------------------------------------------------------------------------------


def check_action(action: str) -> None:
    """Refuse anything but build and show."""
    if action not in ("build", "show"):
        raise ConfigError("there is no such action", found=repr(action), where="build|show", expected="build or show")


def corpora() -> list[dict[str, Any]]:
    """Return the corpora on this machine: the shipped one, and the whole one where it has been built."""
    from humankind.systems.naming.fetching import full_corpus_folder
    from humankind.systems.naming.poems import SHIPPED, Corpus

    found = [{"name": "shipped", "path": str(SHIPPED), "poems": len(Corpus.load()), "setting": ""}]
    whole = full_corpus_folder()
    if whole.is_dir():
        found.append(
            {"name": "full", "path": str(whole), "poems": len(Corpus.load(whole)), "setting": f"--set corpus={whole}"}
        )
    return found


def built(full: bool, package: Path | None, out: Path | None, progress: Progress) -> dict[str, Any]:
    """Return what was built from the package chinese-poetry, and where it is."""
    from humankind.systems.naming.building import build_default, build_full
    from humankind.systems.naming.fetching import full_corpus_folder, package_path
    from humankind.systems.naming.packing import unpack
    from humankind.systems.naming.poems import Corpus

    began = time.monotonic()
    target = out or (full_corpus_folder() if full else None)
    if target is None:
        raise ConfigError(
            "the corpus that is shipped is in the package already", where="--out",
            remedy="add --full for all poems, or --out FILE to build the shipped selection again",
        )  # fmt: skip
    if target.exists():
        raise DataError("there is something already", found=target, where="--out", remedy="remove it to build again")
    source = package or package_path(progress)
    with about("--from"):
        if full:
            poems = len(Corpus.load(build_full(source, target, progress)))
        else:
            data = build_default(source, progress)
            poems = len(unpack(data).authors)
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(target.name + ".part")
            part.write_bytes(data)
            part.replace(target)
    return {"path": str(target), "poems": poems, "full": full, "seconds": round(time.monotonic() - began, 1)}
