"""Vectors: trained on planted texts they find what was planted; the shipped ones reach what a wish means."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from humankind.spine.errors import DataError
from humankind.systems.naming import vectors as module
from humankind.systems.naming.building import Draft, split, to_columns
from humankind.systems.naming.poems import Corpus
from humankind.systems.naming.training import TrainingSettings, counted, ppmi, train
from humankind.systems.naming.vectors import Vectors, normalised, unpacked
from humankind.systems.naming.wordbook import EMPTY, WORDBOOK, named, parts

VECTORS = Vectors.load()
PROBE: dict[str, str] = json.loads(Path(__file__).with_name("probe.json").read_text(encoding="utf-8"))["wishes"]


def small_corpus(verses: list[str]) -> Corpus:
    drafts = []
    for number, verse in enumerate(verses):
        clauses, marks = split(verse)
        drafts.append(Draft(f"第{number}", "某", "唐", "全唐诗", clauses, marks, True))
    return Corpus(to_columns(drafts))


def reached(vectors: Vectors) -> tuple[float, float]:
    """Return (share of wishes with a hit, mean recall) among the 20 nearest characters that the wish lacks."""
    hits, recalls = [], []
    for wish, expected in PROBE.items():
        near = [character for character, _ in vectors.characters(wish, 40) if character not in wish][:20]
        found = len(set(near) & set(expected)) / len(expected)
        hits.append(found > 0)
        recalls.append(found)
    return float(np.mean(hits)), float(np.mean(recalls))


# -- the shipped vectors -----------------------------------------------------------------------------------------


def test_the_probe_gives_nothing_away() -> None:
    assert len(PROBE) >= 20
    for wish, expected in PROBE.items():
        assert not set(wish) & set(expected), wish
        assert not [part for part in parts(wish, VECTORS.rows) if part in WORDBOOK], wish


def test_wishes_reach_characters_that_they_do_not_share() -> None:
    hits, recall = reached(VECTORS)
    assert hits >= 0.7
    assert recall >= 0.3


def test_shuffled_vectors_reach_next_to_nothing() -> None:
    order = np.random.default_rng(0).permutation(len(VECTORS.matrix))
    shuffled = Vectors(VECTORS.alphabet, VECTORS.words, VECTORS.matrix[order], VECTORS.frequency)
    hits, recall = reached(shuffled)
    assert hits <= 0.25
    assert recall <= 0.05


def test_the_rest_of_a_line_of_the_wordbook_is_near_its_first_three() -> None:
    recalls = []
    for characters in set(WORDBOOK.values()):
        known = [character for character in characters if character in VECTORS.rows]
        if len(known) < 6:
            continue
        first = normalised(VECTORS.matrix[[VECTORS.rows[c] for c in known[:3]]].mean(axis=0, keepdims=True))[0]
        order = [VECTORS.alphabet[row] for row in np.argsort(-VECTORS.cosines(first))[:23]]
        near = [character for character in order if character not in known[:3]][:20]
        recalls.append(np.mean([character in near for character in known[3:]]))
    assert len(recalls) >= 30
    assert np.mean(recalls) >= 0.25, "by chance .004"


@pytest.mark.parametrize(
    ("wish", "expected"), [("勇敢坚定", "毅勇刚"), ("希望孩子聪明", "慧敏睿"), ("心地善良", "仁善慈")]
)
def test_modern_wishes_lead_to_classical_characters(wish: str, expected: str) -> None:
    assert set(expected) <= {character for character, _ in VECTORS.characters(wish, 12)}


def test_similarity_orders_meanings() -> None:
    assert VECTORS.similarity("江", "河") > VECTORS.similarity("江", "琴")
    assert VECTORS.similarity("琴", "瑟") > VECTORS.similarity("琴", "雪")
    assert VECTORS.similarity("明月", "清辉") > VECTORS.similarity("明月", "战马")
    assert VECTORS.similarity("勇敢", "勇敢") == pytest.approx(1, abs=1e-5)
    assert VECTORS.similarity("勇敢", "hello") == 0


def test_texts_are_unit_vectors_and_nothing_is_nothing() -> None:
    for text in ("春", "春江花月夜", "希望孩子健康快乐", "遠大志向"):
        assert np.linalg.norm(VECTORS.text(text)) == pytest.approx(1, abs=1e-5)
    for text in ("", "hello 🙂", "希望孩子能够", "\U0002a6d6"):
        assert not VECTORS.text(text).any()
        assert VECTORS.characters(text, 5) == []


def test_they_are_small_and_survive_packing(tmp_path: Path) -> None:
    assert module.SHIPPED.stat().st_size <= 3_000_000
    packed = VECTORS.packed()
    (tmp_path / "vectors.xz").write_bytes(packed)
    again = Vectors.load(tmp_path / "vectors.xz")
    assert (again.alphabet, again.words) == (VECTORS.alphabet, VECTORS.words)
    assert float((again.matrix * VECTORS.matrix).sum(axis=1).min()) > 0.999
    for damaged in (packed[:100], b"", b"x" * 100):
        with pytest.raises(DataError, match="cannot be read"):
            unpacked(damaged)


# -- training ----------------------------------------------------------------------------------------------------


def brute_counts(verses: list[list[list[int]]], size: int, settings: TrainingSettings) -> np.ndarray:
    """Count as the description says, pair by pair."""
    total = np.zeros((size, size))

    def add(one: int, other: int, weight: float) -> None:
        if one < size and other < size:
            total[one, other] += weight
            total[other, one] += weight

    for poem in verses:
        for clause in poem:
            for at, one in enumerate(clause):
                for ahead in range(1, settings.window + 1):
                    if at + ahead < len(clause):
                        add(one, clause[at + ahead], 1 / ahead)
        for clause, following in pairwise(poem):
            if len(clause) == len(following):
                for at, one in enumerate(clause):
                    for place, other in enumerate(following):
                        add(one, other, settings.parallel if at == place else settings.beside / 7)
    return total


def test_counts_are_those_of_the_description() -> None:
    settings = TrainingSettings(window=2)
    verses = [[[0, 1, 2, 0, 3], [1, 1, 4, 2, 0], [3, 2]], [[2, 2, 1]], [[4, 0, 1], [0, 3, 5]]]
    codes = np.array([code for poem in verses for clause in poem for code in clause], dtype=np.int32)
    numbers, number = [], 0
    for poem in verses:
        for clause in poem:
            numbers += [number] * len(clause)
            number += 1
        number += 1
    size = 5  # code 5 stands for a rare character
    found = counted(codes, np.array(numbers), size, settings)
    np.testing.assert_allclose(found, brute_counts(verses, size, settings), rtol=1e-5)


def test_ppmi_by_hand() -> None:
    counts = np.array([[4.0, 0.0], [1.0, 5.0]], dtype=np.float32)
    found = ppmi(counts, counts.sum(axis=0)).toarray()
    # log(4 / (4 * 5/10)) = log 2; log(1 / (6 * 5/10)) < 0; log(5 / (6 * 5/10)) = log(5/3)
    np.testing.assert_allclose(found, [[np.log(2), 0], [0, np.log(5 / 3)]], rtol=1e-6)


def planted() -> Corpus:
    """Poems in which 虎 and 狼 are used alike, 琴 and 瑟 are, and the two pairs never meet."""
    random = np.random.default_rng(5)
    beasts, strings = "山林风夜啸行", "堂君清音弄听"
    verses = []
    for _ in range(600):
        kind, around = ("虎狼", beasts) if random.random() < 0.5 else ("琴瑟", strings)
        clause = [kind[random.integers(2)], *random.choice(list(around), 4, replace=False)]
        verses.append("".join(random.permutation(clause)) + "。")
    return small_corpus(verses)


def test_training_finds_what_was_planted_and_repeats() -> None:
    corpus = planted()
    settings = TrainingSettings(characters=50, words=10, dimensions=4, common=0)
    vectors = train(corpus, settings)
    assert vectors.similarity("虎", "狼") > 0.9 > vectors.similarity("虎", "琴") + 0.5
    assert vectors.similarity("琴", "瑟") > 0.9
    assert train(corpus, settings).packed() == vectors.packed()
    assert np.isfinite(vectors.matrix).all()


# -- the wordbook ------------------------------------------------------------------------------------------------


def test_the_wordbook_leads_somewhere_else() -> None:
    assert len(WORDBOOK) >= 250
    for word, characters in WORDBOOK.items():
        assert set(characters) - set(word), word
        assert len(set(characters)) == len(characters), word
        assert all(character in VECTORS.rows for character in characters[:3]), word
    assert not EMPTY & WORDBOOK.keys()


def test_wishes_are_cut_into_the_longest_words() -> None:
    assert parts("希望他积极向上自强不息", {}) == ["积极向上", "自强不息"]
    assert parts("像大海一样宽广", {}) == ["大海", "宽广"]
    assert parts("", {}) == []
    assert set(named("勇敢", {})) >= set("勇毅刚")
