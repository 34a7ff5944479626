"""Reading the npm package `chinese-poetry` 2.0.1 (MIT), unpacked or as the tarball, in all its layouts."""

from __future__ import annotations

import json
import re
import tarfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from humankind.spine.errors import DataError

PACKAGE, VERSION = "chinese-poetry", "2.0.1"
TARBALL_SHA256 = "25b549e46919c3a0569db6b68ddc96956b04a484ea4518ad2bbd4f137e307e86"
"""Of chinese-poetry-2.0.1.tgz as the npm registry serves it."""
ENGINES = ("baidu", "so360", "bing", "bing_en", "google")


@dataclass(frozen=True, slots=True)
class Entry:
    """One poem as the package has it, not yet simplified or split."""

    title: str
    author: str
    dynasty: str
    collection: str
    paragraphs: tuple[str, ...]
    hits: tuple[int, ...] = ()
    """Hits of the search engines for the poem, in the order of ENGINES; empty where the package has none."""


class Package(Protocol):
    """The JSON files of the package, by their path below `dist/`."""

    def paths(self) -> list[str]:
        """Return all paths, sorted."""
        ...

    def read(self, path: str) -> Any:
        """Return what a JSON file holds."""
        ...


class _Folder:
    def __init__(self, dist: Path) -> None:
        self.dist = dist

    def paths(self) -> list[str]:
        return sorted(path.relative_to(self.dist).as_posix() for path in self.dist.rglob("*.json"))

    def read(self, path: str) -> Any:
        return _json((self.dist / path).read_bytes(), self.dist / path)


class _Tarball:
    """Read in one pass and kept in memory: a gzip stream cannot be entered in the middle."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: dict[str, bytes] = {}
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                top, _, inside = member.name.partition("/dist/")
                opened = archive.extractfile(member) if member.isfile() and _is_wanted(inside or top) else None
                if opened is not None:
                    self.files[inside or top.rpartition("/")[2]] = opened.read()
        _check_version(self.files.pop("package.json", b"{}"), path)

    def paths(self) -> list[str]:
        return sorted(self.files)

    def read(self, path: str) -> Any:
        return _json(self.files[path], f"{self.path}: {path}")


@contextmanager
def opened(path: Path) -> Generator[Package]:
    """Open the package for the time of the `with` block.

    Args:
        path: the tarball, or a folder that holds it, `package/` or `dist/`.

    Raises:
        DataError: there is no such package, or it is another version.
    """
    tarball = path if path.is_file() else next(iter(sorted(path.glob(f"{PACKAGE}-*.tgz"))), None)
    dist = next((folder for folder in (path / "dist", path / "package" / "dist", path) if _is_dist(folder)), None)
    if dist is not None:
        facts = dist.parent / "package.json"
        if facts.is_file():
            _check_version(facts.read_bytes(), facts)
        yield _Folder(dist)
    elif tarball is not None:
        try:
            package = _Tarball(tarball)
        except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
            raise _no_package(path, f"{type(error).__name__}: {error}") from None
        yield package
    else:
        raise _no_package(path, "neither dist/ nor a tarball" if path.exists() else "no such folder")


def entries(package: Package) -> Iterator[Entry]:
    """Yield every poem of the ten collections and of the anthologies, in an order that depends on the package alone."""
    paths = package.paths()
    readers = (
        (r"shijing/shijing\.json", _classics), (r"chuci/chuci\.json", _songs_of_chu), (r"caocaoshiji/.*", _cao_cao),
        (r"quantangshi/poet\.tang\.\d+\.json", _tang), (r"quantangshi/poet\.song\.\d+\.json", _song),
        (r"wudaishici/(huajianji/.*-juan|nantang/poetrys)\.json", _five_dynasties),
        (r"songci/ci\.song\.\w+\.json", _ci), (r"yuanqu/yuanqu\.json", _yuan), (r"nalanxingde/.*", _nalan),
    )  # fmt: skip
    for pattern, reader in readers:
        for path in sorted((path for path in paths if re.fullmatch(pattern, path)), key=_by_number):
            yield from reader(package, path)
    yield from anthologies(package)


def anthologies(package: Package) -> Iterator[Entry]:
    """Yield every poem of the four anthologies in the package; `collection` is the name of the anthology.

    Their wording differs here and there from the complete editions. The readers for children come first, because
    theirs is the one learnt at school.
    """
    present = set(package.paths())
    for path, collection in (("mengxue/tangshisanbaishou.json", "唐诗三百首"), ("mengxue/qianjiashi.json", "千家诗")):
        parts = package.read(path)["content"] if path in present else ()
        for poem in (poem for part in parts for poem in part["content"]):
            dynasty, author = re.fullmatch("(?:（(.)）)?(.*)", poem["author"].strip()).groups()  # ty: ignore
            for part, paragraphs in _sections(poem["paragraphs"]):
                title = f"{poem['chapter']} {part}".strip()
                yield Entry(title, author, dynasty or "唐", collection, tuple(paragraphs))
    for path, collection, dynasty, key in (
        ("quantangshi/唐诗三百首.json", "唐诗三百首", "唐", "title"),
        ("songci/宋词三百首.json", "宋词三百首", "宋", "rhythmic"),
        ("shuimotangshi/shuimotangshi.json", "水墨唐诗", "唐", "title"),
    ):
        for poem in package.read(path) if path in present else ():
            yield Entry(poem[key], poem["author"], dynasty, collection, tuple(poem["paragraphs"]))


def _sections(paragraphs: list[Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield (name of the part, its paragraphs) of a poem, or of each poem of a cycle."""
    if all(isinstance(paragraph, str) for paragraph in paragraphs):
        yield "", paragraphs
        return
    for part in paragraphs:
        yield part.get("subchapter") or "", part["paragraphs"]


def _classics(package: Package, path: str) -> Iterator[Entry]:
    for poem in package.read(path):
        title = f"{poem['chapter']}·{poem['section']}·{poem['title']}"
        yield Entry(title, "佚名", "先秦", "诗经", tuple(poem["content"]))


def _songs_of_chu(package: Package, path: str) -> Iterator[Entry]:
    for poem in package.read(path):
        section, title = poem["section"], poem["title"]
        named = title if section == title else f"{section}·{title}"
        dynasty = "先秦" if poem["author"] in {"屈原", "宋玉", "景差"} else "汉"
        yield Entry(named, poem["author"], dynasty, "楚辞", tuple(poem["content"]))


def _cao_cao(package: Package, path: str) -> Iterator[Entry]:
    for poem in package.read(path):
        yield Entry(poem["title"], "曹操", "汉", "曹操诗集", tuple(poem["paragraphs"]))


def _tang(package: Package, path: str) -> Iterator[Entry]:
    yield from _ranked(package, path, "唐", "全唐诗")


def _song(package: Package, path: str) -> Iterator[Entry]:
    yield from _ranked(package, path, "宋", "全宋诗")


def _ci(package: Package, path: str) -> Iterator[Entry]:
    yield from _ranked(package, path, "宋", "宋词")


def _ranked(package: Package, path: str, dynasty: str, collection: str) -> Iterator[Entry]:
    """Yield the poems of a file that has a file of hits beside it, joined by author and title."""
    name = path.rpartition("/")[2]
    form = "ci" if name.startswith("ci.") else "poet"
    key = "rhythmic" if form == "ci" else "title"
    ranked = f"rank/{form}/" + re.sub(r"^(\w+\.\w+)\.", r"\1.rank.", name)
    ranks = package.read(ranked) if ranked in set(package.paths()) else []
    hits = {(rank["author"], rank.get(key)): tuple(int(rank.get(engine) or 0) for engine in ENGINES) for rank in ranks}
    for poem in package.read(path):
        title = poem.get(key) or ""
        found = hits.get((poem["author"], title), ())
        yield Entry(title, poem["author"], dynasty, collection, tuple(poem["paragraphs"]), found)


def _five_dynasties(package: Package, path: str) -> Iterator[Entry]:
    collection = "花间集" if "huajianji" in path else "南唐二主词"
    for poem in package.read(path):
        yield Entry(poem["title"], poem["author"], "五代", collection, tuple(poem["paragraphs"]))


def _yuan(package: Package, path: str) -> Iterator[Entry]:
    for poem in package.read(path):
        author = poem["author"].partition("《")[0]
        yield Entry(poem["title"].replace("・", "·"), author, "元", "元曲", tuple(poem["paragraphs"]))


def _nalan(package: Package, path: str) -> Iterator[Entry]:
    for poem in package.read(path):
        yield Entry(poem["title"], poem["author"], "清", "纳兰词", tuple(poem["para"]))


def _is_wanted(path: str) -> bool:
    unused = ("yudingquantangshi/", "strains/", "quantangshi/error/")
    return path.endswith(".json") and not path.startswith(unused)


def _is_dist(folder: Path) -> bool:
    return (folder / "quantangshi").is_dir() or (folder / "songci").is_dir()


def _by_number(path: str) -> tuple[int, str]:
    number = re.search(r"(\d+)(?:-juan)?\.json$", path)
    return (int(number[1]) if number else 10**9, path)


def _check_version(facts: bytes, where: Path) -> None:
    version = _json(facts, where).get("version")
    if version != VERSION:
        raise DataError(
            f"this is not {PACKAGE} {VERSION}",
            found=f"version {version}",
            where=where,
            expected=VERSION,
            remedy=f"npm pack {PACKAGE}@{VERSION}; another version would give other figures",
        )


def _json(data: bytes, where: object) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise DataError("a file of the package is damaged", found=error, where=where, expected="JSON") from None


def _no_package(path: Path, found: str) -> DataError:
    return DataError(
        f"the package {PACKAGE} is not there",
        found=found,
        where=path,
        expected=f"the tarball of {PACKAGE} {VERSION}, or the folder it unpacks to",
        remedy=f"npm pack {PACKAGE}@{VERSION}, then: humankind data get {PACKAGE} --from PATH",
    )
