"""Decoded images are kept for other processes and later starts, and never in their way."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from tests.ground.test_datasets import folder_recipe, make_folder
from weightreel.analysis import decoded
from weightreel.analysis.datasets import load_dataset
from weightreel.analysis.errors import WeightreelError
from weightreel.cli import main


class Decoder:
    """Reads images and counts them."""

    def __init__(self) -> None:
        self.count = 0
        self.told: list[str] = []

    def __call__(self, path: str) -> np.ndarray:
        self.count += 1
        with Image.open(path) as image:
            return np.asarray(image)

    def pixels(self, files: list[Path], size: int = 8) -> np.ndarray:
        return decoded.decoded([str(path) for path in files], size, self, self.told.append)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache" / "decoded"
    monkeypatch.setattr(decoded, "cache_folder", lambda: folder)
    monkeypatch.setattr(decoded, "WORTH_KEEPING", 0.0)
    return folder


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return sorted(make_folder(tmp_path / "images", {"cat": 3, "dog": 3}).rglob("*.png"))


def entry_of(cache: Path) -> Path:
    (entry,) = cache.glob("*.npz")
    return entry


def test_a_second_start_decodes_nothing_and_sees_the_same(cache: Path, files: list[Path]) -> None:
    first, second = Decoder(), Decoder()
    pixels = first.pixels(files)
    assert first.count == 12 and pixels.shape == (12, 8, 8, 3)
    assert np.array_equal(second.pixels(files), pixels)
    assert second.count == 0 and second.told == []
    (told,) = first.told
    assert "decoded 12 images" in told and str(entry_of(cache)) in told and "MB" in told and "cache --clear" in told


@pytest.mark.parametrize("change", ["content", "time", "name", "number", "size"])
def test_other_files_are_decoded_anew(cache: Path, files: list[Path], change: str) -> None:
    before = Decoder().pixels(files)
    size = 8
    if change == "content":  # another size in bytes
        Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(files[0])
        os.utime(files[0], ns=(files[1].stat().st_mtime_ns,) * 2)
    elif change == "time":
        os.utime(files[0], ns=(1, 1))
    elif change == "name":
        files[0] = files[0].rename(files[0].with_name("other.png"))
    elif change == "number":
        files = files[1:]
    else:
        size = 4
        for path in files:
            Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(path)
    again = Decoder()
    pixels = again.pixels(files, size)
    assert again.count == len(files)
    assert change in ("time", "name") or not np.array_equal(pixels, before)


@pytest.mark.parametrize("damage", ["byte", "end", "empty", "foreign", "pickle", "other"])
def test_a_damaged_entry_is_told_and_made_anew(cache: Path, files: list[Path], damage: str) -> None:
    pixels = Decoder().pixels(files)
    entry = entry_of(cache)
    whole = bytearray(entry.read_bytes())
    if damage == "byte":
        whole[len(whole) // 2] ^= 1
        entry.write_bytes(whole)
    elif damage == "end":
        entry.write_bytes(whole[:-200])
    elif damage == "empty":
        entry.write_bytes(b"")
    elif damage == "foreign":
        entry.write_bytes(b"nothing of ours")
    elif damage == "pickle":
        with entry.open("wb") as file:
            np.save(file, np.array([{}], dtype=object), allow_pickle=True)
    else:
        with entry.open("wb") as file:
            np.savez(file, key=np.array("another"), pixels=pixels)
    again = Decoder()
    assert np.array_equal(again.pixels(files), pixels)
    assert again.count == 12
    assert "is damaged" in again.told[0] and str(entry) in again.told[0]
    assert Decoder().pixels(files).shape == pixels.shape and entry.stat().st_size == len(whole)


def test_what_takes_no_time_is_not_kept(cache: Path, files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded, "WORTH_KEEPING", 60.0)
    decoder = Decoder()
    decoder.pixels(files)
    assert list(cache.glob("*.npz")) == [] and decoder.told == []


def test_a_folder_that_cannot_be_made_is_told_once(cache: Path, files: list[Path]) -> None:
    cache.parent.parent.joinpath("cache").write_text("a file stands there")
    decoder = Decoder()
    assert decoder.pixels(files).shape == (12, 8, 8, 3)
    (told,) = decoder.told
    assert "cannot be written to" in told and "at every start" in told


def test_a_full_disk_is_told_and_the_work_goes_on(
    cache: Path, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    decoder = Decoder()
    assert decoder.pixels(files).shape == (12, 8, 8, 3)
    (told,) = decoder.told
    assert "No space left on device" in told
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


def test_one_decodes_while_the_others_wait(cache: Path, files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded, "_PATIENCE", 0.05)
    begun, go_on = threading.Event(), threading.Event()
    found: list[np.ndarray] = []

    class Slow(Decoder):
        def __call__(self, path: str) -> np.ndarray:
            begun.set()
            assert go_on.wait(20)
            return super().__call__(path)

    slow, waiting = Slow(), Decoder()
    first = threading.Thread(target=lambda: found.append(slow.pixels(files)))
    first.start()
    assert begun.wait(20)
    second = threading.Thread(target=lambda: found.append(waiting.pixels(files)))
    second.start()
    while not waiting.told:
        second.join(0.01)
        assert second.is_alive()
    go_on.set()
    first.join()
    second.join()
    assert slow.count == 12 and waiting.count == 0
    assert np.array_equal(*found)
    assert "waiting" in waiting.told[0]


def test_an_image_that_is_gone_or_broken_is_named_and_nothing_is_kept(cache: Path, tmp_path: Path) -> None:
    make_folder(tmp_path / "images", {"cat": 4, "dog": 4})
    (tmp_path / "images" / "train" / "cat" / "000.png").write_bytes(b"no image")
    with pytest.raises(WeightreelError, match=r"the image .*000\.png cannot be read"):
        load_dataset(folder_recipe(tmp_path / "images", n_validation=2))
    assert list(cache.glob("*.npz")) == []


def test_a_dataset_from_the_cache_equals_a_decoded_one_whatever_its_split(cache: Path, tmp_path: Path) -> None:
    make_folder(tmp_path / "images", {"cat": 6, "dog": 6})
    for seed in (0, 1):
        recipe = folder_recipe(tmp_path / "images", split_seed=seed)
        a, b = load_dataset(recipe), load_dataset(recipe)
        assert a.digest == b.digest
        assert all(
            np.array_equal(getattr(a, part).pixels, getattr(b, part).pixels) for part in ("train", "validation", "test")
        )
    assert len(list(cache.glob("*.npz"))) == 1  # all images, whatever the split


def test_the_command_tells_and_clears(cache: Path, files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    Decoder().pixels(files)
    (cache / f".{entry_of(cache).name}.123.tmp").write_bytes(b"left by a process that was killed")
    assert main(["cache"]) == 0
    assert f"{cache}: 1 set(s)" in capsys.readouterr().out
    assert main(["cache", "--clear"]) == 0
    assert ": 0 set(s) of decoded images, 0 MB." in capsys.readouterr().out
    assert list(cache.iterdir()) == []


def test_clearing_leaves_what_is_being_made(cache: Path, files: list[Path]) -> None:
    Decoder().pixels(files)
    entry = entry_of(cache)
    with FileLock(entry.with_suffix(".lock")):
        decoded.clear()
        assert entry.is_file()
    decoded.clear()
    assert not entry.is_file()
