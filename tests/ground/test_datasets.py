"""Data sets: splits, digests, and folders that are not as they should be."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from weightreel.analysis.datasets import load_dataset
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.recipe.recipe import DatasetRecipe


def make_folder(root: Path, classes: dict[str, int], size: tuple[int, int] = (8, 8), mode: str = "RGB") -> Path:
    rng = np.random.default_rng(0)
    for split in ("train", "test"):
        for name, n in classes.items():
            folder = root / split / name
            folder.mkdir(parents=True)
            for i in range(n):
                shape = (*size, 3) if mode == "RGB" else size
                pixels = rng.integers(0, 255, shape, dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{i:03}.png")
    return root


def folder_recipe(root: Path, **changes: object) -> DatasetRecipe:
    settings = {"kind": "folder", "path": str(root), "n_validation": 4, "size": 8, "examples": 2}
    return DatasetRecipe.model_validate({**settings, **changes})


def test_digits_split_is_stratified_disjoint_and_seeded() -> None:
    recipe = DatasetRecipe(kind="digits", n_train=500, n_validation=200, split_seed=3)
    a, b = load_dataset(recipe), load_dataset(recipe)
    assert a.digest == b.digest
    assert torch.equal(a.train.pixels, b.train.pixels)
    other = load_dataset(recipe.model_copy(update={"split_seed": 4}))
    assert other.digest != a.digest
    counts = torch.bincount(a.train.labels, minlength=10)
    assert counts.min() >= 45
    assert counts.max() <= 55
    assert a.train.pixels.shape == (500, 3, 32, 32)
    assert a.train.pixels.dtype == torch.uint8


def test_no_image_is_in_two_splits() -> None:
    data = load_dataset(DatasetRecipe(kind="digits", n_validation=300))
    # Digits repeat rarely; a leak of whole images would make nearly all validation images known.
    known = {image.numpy().tobytes() for image in data.train.pixels}
    shared = sum(image.numpy().tobytes() in known for image in data.validation.pixels)
    assert shared < 5
    assert len(data.train) + len(data.validation) == 1797 * 4 // 5


def test_digits_show_the_original_pixels() -> None:
    from sklearn.datasets import load_digits

    data = load_dataset(DatasetRecipe(kind="digits", n_validation=1))
    originals = {np.round(i * (255 / 16)).astype(np.uint8).tobytes() for i in load_digits().images}
    small = data.test.pixels[:, 0, ::4, ::4].numpy()
    assert all(np.ascontiguousarray(image).tobytes() in originals for image in small)


def test_folder_of_images(tmp_path: Path) -> None:
    data = load_dataset(folder_recipe(make_folder(tmp_path, {"cat": 6, "dog": 6})))
    assert data.classes == ("cat", "dog")
    assert (len(data.train), len(data.validation), len(data.test)) == (8, 4, 12)
    assert torch.bincount(data.validation.labels).tolist() == [2, 2]
    assert data.example_pixels.shape == (2, 8, 8, 3)


def test_images_are_resized_and_coloured(tmp_path: Path) -> None:
    data = load_dataset(folder_recipe(make_folder(tmp_path, {"a": 4, "b": 4}, size=(20, 10), mode="L")))
    assert data.train.pixels.shape[1:] == (3, 8, 8)


def test_examples_zero_keeps_no_pixels(tmp_path: Path) -> None:
    data = load_dataset(folder_recipe(make_folder(tmp_path, {"a": 4, "b": 4}), examples=0))
    assert data.example_pixels.shape == (0, 8, 8, 3)


def test_foolbox_examples_carry_their_labels() -> None:
    recipe = DatasetRecipe(kind="digits", n_validation=10, examples_from="foolbox", examples=20)
    data = load_dataset(recipe)
    assert data.example_pixels.shape == (20, 32, 32, 3)
    assert set(data.example_labels) <= set(range(10))
    assert len(set(data.example_labels)) > 3


def test_one_class_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightreelError, match=r"1 class folder\(s\); at least two"):
        load_dataset(folder_recipe(make_folder(tmp_path, {"cat": 6})))


def test_missing_split_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    with pytest.raises(WeightreelError, match="has no folder test"):
        load_dataset(folder_recipe(tmp_path))


def test_unreadable_image_is_named(tmp_path: Path) -> None:
    make_folder(tmp_path, {"cat": 4, "dog": 4})
    for path in (tmp_path / "train" / "cat").iterdir():
        path.write_bytes(b"no image")
    with pytest.raises(WeightreelError, match=r"the image .*cat.*\.png cannot be read"):
        load_dataset(folder_recipe(tmp_path))


def test_odd_folders_of_images(tmp_path: Path) -> None:
    root = make_folder(tmp_path, {"Zoë 猫": 4, "zoë 猫": 4, "a b; c": 4})
    for split in ("train", "test"):
        (root / split / ".hidden").mkdir()
        (root / split / "Zoë 猫" / "._001.png").write_bytes(b"not an image")
        (root / split / "Zoë 猫" / ".thumbnails").mkdir()
        (root / split / "Zoë 猫" / ".thumbnails" / "a.png").write_bytes(b"not an image")
        (root / split / "Zoë 猫" / "notes.txt").write_text("no image")
        deep = root / split / "zoë 猫" / "more" / "folder.png"
        deep.mkdir(parents=True)
        (deep / "loop").symlink_to(deep)
        (root / split / "zoë 猫" / "000.png").rename(deep / "000.png")
    data = load_dataset(folder_recipe(root))
    assert data.classes == ("Zoë 猫", "a b; c", "zoë 猫")
    assert len(data.test) == 12


def test_a_class_of_one_image(tmp_path: Path) -> None:
    root = make_folder(tmp_path, {"a": 1, "b": 9})
    data = load_dataset(folder_recipe(root, n_validation=2))
    assert (len(data.train), len(data.validation), len(data.test)) == (8, 2, 10)


def test_a_folders_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    root = make_folder(tmp_path, {"a": 2, "b": 2})
    (root / "train" / os.fsdecode(b"\xff\xfe")).mkdir()
    with pytest.raises(WeightreelError, match="cannot be written as text"):
        load_dataset(folder_recipe(root))


def test_pipes_and_moving_images_in_a_folder(tmp_path: Path) -> None:
    root = make_folder(tmp_path, {"a": 4, "b": 4})
    frames = [Image.new("RGB", (8, 8), shade) for shade in ("black", "white")]
    frames[0].save(root / "train" / "a" / "moving.gif", save_all=True, append_images=frames[1:])
    told: list[str] = []
    load_dataset(folder_recipe(root), told.append)
    assert [sentence for sentence in told if "moving.gif" in sentence and "the first is taken" in sentence]
    os.mkfifo(root / "train" / "a" / "pipe.png")
    with pytest.raises(WeightreelError, match=r"pipe\.png is a named pipe"):
        load_dataset(folder_recipe(root))


def test_more_than_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sysconf", lambda _: 10)
    with pytest.raises(WeightreelError, match=r"more than this computer's memory; lower dataset\.size"):
        load_dataset(folder_recipe(make_folder(tmp_path, {"a": 4, "b": 4})))


def test_empty_class_is_named(tmp_path: Path) -> None:
    make_folder(tmp_path, {"cat": 4, "dog": 4})
    for path in (tmp_path / "test" / "dog").iterdir():
        path.unlink()
    with pytest.raises(WeightreelError, match="dog holds no images"):
        load_dataset(folder_recipe(tmp_path))


def test_too_many_images_asked_for(tmp_path: Path) -> None:
    root = make_folder(tmp_path, {"cat": 4, "dog": 4})
    with pytest.raises(WeightreelError, match=r"dataset\.n_train asks for 99 images, but 4 are there"):
        load_dataset(folder_recipe(root, n_train=99))


def test_failed_download_names_two_other_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torchvision.datasets

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(torchvision.datasets, "CIFAR10", refuse)
    with pytest.raises(WeightreelError) as caught:
        load_dataset(DatasetRecipe(kind="cifar10", path=str(tmp_path)))
    assert "cifar-10-python.tar.gz" in str(caught.value)
    assert "dataset.kind=folder" in str(caught.value)
    assert "data/digits.toml" in str(caught.value)
