"""Finished stages on disk: whole or not at all, read instead of made again, never of another training."""

from __future__ import annotations

import numpy as np
import pytest

from humankind.spine.errors import RunError
from humankind.systems.recommendation import store as module
from humankind.systems.recommendation.store import Store, save_arrays


def arrays() -> dict[str, np.ndarray]:
    return {
        "factors": np.arange(6, dtype=np.float32).reshape(2, 3),
        "index": np.array([3, 1], np.int64),
        "flag": np.array(True),
        "none": np.empty(0, np.int32),
        "turned": np.arange(6.0).reshape(2, 3).T,
    }


def test_what_was_kept_comes_back_bit_by_bit(tmp_path):
    store = Store(tmp_path / "new" / "folder")
    store.write("stage", arrays())
    back = store.read("stage")
    assert back is not None
    assert back.keys() == arrays().keys()
    for name, array in arrays().items():
        assert back[name].dtype == array.dtype
        assert (back[name] == array).all()
        assert back[name].shape == array.shape


def test_a_finished_stage_is_not_made_again(tmp_path):
    calls = []

    def compute():
        calls.append(1)
        return {"n": np.array(len(calls))}

    for _ in range(3):
        assert Store(tmp_path).arrays("stage", compute)["n"] == 1
    assert Store(tmp_path).arrays("other", compute)["n"] == 2
    assert Store(tmp_path).under("part").arrays("stage", compute)["n"] == 3
    Store(tmp_path).drop("stage")
    assert Store(tmp_path).arrays("stage", compute)["n"] == 4


def test_without_a_folder_nothing_is_kept():
    store = Store(None)
    store.write("stage", arrays())
    store.drop("stage")
    store.claim({"data": "a"})
    assert store.read("stage") is None
    assert store.under("part").folder is None
    assert [int(store.arrays("n", lambda n=n: {"n": np.array(n)})["n"]) for n in range(3)] == [0, 1, 2]


def test_a_failed_write_leaves_what_was_there_and_no_rubbish(tmp_path, monkeypatch):
    path = tmp_path / "stage.safetensors"
    save_arrays(path, {"n": np.array(1)})

    def half(tensors, filename):
        with open(filename, "wb") as file:  # noqa: PTH123
            file.write(b"half of it")
        raise OSError("no space left on device")

    monkeypatch.setattr(module, "save_file", half)
    with pytest.raises(OSError, match="no space"):
        save_arrays(path, {"n": np.array(2)})
    assert [p.name for p in tmp_path.iterdir()] == ["stage.safetensors"]
    assert Store(tmp_path).read("stage") == {"n": np.array(1)}


def test_a_folder_belongs_to_what_it_was_made_from(tmp_path):
    Store(tmp_path).claim({"data": "a", "settings": "x"})
    Store(tmp_path).claim({"data": "a", "settings": "x"})
    with pytest.raises(RunError, match="made from something else") as refused:
        Store(tmp_path).claim({"data": "b", "settings": "x"})
    assert refused.value.found == "other data"
    with pytest.raises(RunError, match="other data and other settings"):
        Store(tmp_path).claim({"data": "b", "settings": "y"})
