"""CIFAR-10, a folder of images, or scikit-learn's digits: uint8 tensors, labels, class names and a digest."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from weightreel.analysis.decoded import decoded
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import expanded
from weightreel.analysis.image_files import SUFFIXES, fitted, read_image
from weightreel.analysis.notices import Tell, say
from weightreel.analysis.recipe.recipe import DatasetRecipe

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]
Positions = NDArray[np.int64]
Loader = Callable[[Positions, Positions], tuple[Pixels, Pixels]]
"""Takes positions of training and of test images, gives their pixels, (n, H, W, 3) each."""


@dataclass(frozen=True)
class Images:
    """Pixels uint8 (n, K, H, W), K = 3 colours or 1 of grey, and labels int64 (n,)."""

    pixels: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> Images:
        """These images on another device."""
        return Images(self.pixels.to(device), self.labels.to(device))


@dataclass(frozen=True)
class Dataset:
    """A data set split in three, and the examples that the store keeps."""

    name: str
    classes: tuple[str, ...]
    train: Images
    validation: Images
    test: Images
    example_pixels: Pixels
    example_labels: Labels
    digest: str


def load_dataset(recipe: DatasetRecipe, tell: Tell = say) -> Dataset:
    """Load the data of a recipe and split it, stratified by class, with the recipe's seed.

    Args:
        recipe: which images, and how many.
        tell: takes a sentence on decoded images that are kept, waited for, or damaged.

    Raises:
        WeightreelError: images are missing, unreadable, of one class only, or fewer than the recipe asks for.
    """
    source = (
        _folder(recipe, tell)
        if recipe.kind == "folder"
        else {"cifar10": _cifar10, "digits": _digits}[recipe.kind](recipe)
    )
    rng = np.random.default_rng(recipe.split_seed)
    pool = np.arange(len(source.train_labels))
    validation = _stratified(pool, source.train_labels, recipe.n_validation, rng, "dataset.n_validation")
    rest = np.setdiff1d(pool, validation)
    train = _stratified(rest, source.train_labels, recipe.n_train, rng, "dataset.n_train")
    test = _stratified(np.arange(len(source.test_labels)), source.test_labels, recipe.n_test, rng, "dataset.n_test")

    # In the order of the files: what is decoded then does not depend on the seed of the split.
    known, tested = np.union1d(train, validation), np.sort(test)
    train_pixels, test_pixels = source.load(known, tested)
    if recipe.channels == 1:
        train_pixels, test_pixels = greyed(train_pixels), greyed(test_pixels)
    parts = [
        (train_pixels[np.searchsorted(known, train)], source.train_labels[train]),
        (train_pixels[np.searchsorted(known, validation)], source.train_labels[validation]),
        (test_pixels[np.searchsorted(tested, test)], source.test_labels[test]),
    ]
    digest = hashlib.sha256("\n".join(source.classes).encode())
    for pixels, labels in parts:
        digest.update(np.ascontiguousarray(pixels).data)
        digest.update(np.ascontiguousarray(labels.astype("<i8")).data)
    if recipe.examples_from == "foolbox":
        example_pixels, example_labels = _foolbox_examples(recipe)
        example_pixels = greyed(example_pixels) if recipe.channels == 1 else example_pixels
    else:
        example_pixels, example_labels = parts[1][0][: recipe.examples], parts[1][1][: recipe.examples]
    train_images, validation_images, test_images = (
        Images(torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels))
        for pixels, labels in parts
    )
    return Dataset(
        name=recipe.name or source.name,
        classes=source.classes,
        train=train_images,
        validation=validation_images,
        test=test_images,
        example_pixels=example_pixels,
        example_labels=example_labels,
        digest=digest.hexdigest(),
    )


def greyed(pixels: Pixels) -> Pixels:
    """The luma (n, H, W, 1) of colours (n, H, W, 3), by ITU-R BT.601 as Pillow rounds it; grey stays as it is."""
    red, green, blue = (pixels[..., i].astype(np.uint32) for i in range(3))
    return ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16).astype(np.uint8)[..., None]


@dataclass(frozen=True)
class _Source:
    """What a kind of data offers before the split."""

    name: str
    classes: tuple[str, ...]
    train_labels: Labels
    test_labels: Labels
    load: Loader


def _stratified(
    pool: NDArray[np.int64], labels: Labels, n: int | None, rng: np.random.Generator, key: str
) -> NDArray[np.int64]:
    """Draw n positions of `pool`, classes in the pool's proportions (largest remainder), in random order."""
    if n is None:
        n = len(pool)
    if n > len(pool) or n < 1:
        raise WeightreelError(f"{key} asks for {n} images, but {len(pool)} are there; lower it.")
    classes, counts = np.unique(labels[pool], return_counts=True)
    quota = n * counts / len(pool)
    take = np.floor(quota).astype(int)
    take[np.argsort(take - quota, kind="stable")[: n - take.sum()]] += 1
    chosen = [rng.permutation(pool[labels[pool] == c])[:k] for c, k in zip(classes, take, strict=True)]
    return rng.permutation(np.concatenate(chosen))


def _cifar10(recipe: DatasetRecipe) -> _Source:
    from torchvision.datasets import CIFAR10

    root = expanded(recipe.path or "data/cache")
    try:
        train, test = (CIFAR10(root, train=split, download=True) for split in (True, False))
    except (OSError, RuntimeError) as error:
        raise WeightreelError(
            f"CIFAR-10 could not be downloaded to {root} ({error}); copy cifar-10-python.tar.gz there, or use images "
            "of your own with `--set dataset.kind=folder --set dataset.path=FOLDER`, or the recipe data/digits.toml."
        ) from error
    return _from_arrays(
        "CIFAR-10", tuple(train.classes), train.data, np.array(train.targets), test.data, np.array(test.targets), recipe
    )


def _digits(recipe: DatasetRecipe) -> _Source:
    from sklearn.datasets import load_digits

    digits = load_digits()
    factor = 32 // 8
    grey = np.round(digits.images * (255 / 16)).astype(np.uint8)  # (1797, 8, 8), 0 … 255
    pixels = np.repeat(grey.repeat(factor, 1).repeat(factor, 2)[..., None], 3, axis=-1)
    labels = digits.target.astype(np.int64)
    positions = np.arange(len(labels))
    # scikit-learn's order mixes the writers; the last fifth makes a test set that no setting moves.
    last = len(labels) * 4 // 5
    train, test = positions[:last], positions[last:]
    classes = tuple(str(n) for n in range(10))
    return _from_arrays(
        "scikit-learn digits", classes, pixels[train], labels[train], pixels[test], labels[test], recipe
    )


def _from_arrays(
    name: str,
    classes: tuple[str, ...],
    train: Pixels,
    train_labels: Labels,
    test: Pixels,
    test_labels: Labels,
    recipe: DatasetRecipe,
) -> _Source:
    def in_size(pixels: Pixels) -> Pixels:
        if pixels.shape[1:] == (recipe.size, recipe.size, 3):
            return pixels
        return np.stack([fitted(Image.fromarray(image), recipe.size) for image in pixels])

    def load(of_train: Positions, of_test: Positions) -> tuple[Pixels, Pixels]:
        return in_size(train[of_train]), in_size(test[of_test])

    return _Source(name, classes, train_labels, test_labels, load)


def _folder(recipe: DatasetRecipe, tell: Tell) -> _Source:
    root = expanded(recipe.path)
    for split in ("train", "test"):
        if not (root / split).is_dir():
            raise WeightreelError(
                f"{root} has no folder {split}; dataset.path wants train/CLASS/… and test/CLASS/… below it."
            )
    classes = tuple(sorted(_class_folders(root / "train")))
    if len(classes) < 2:
        raise WeightreelError(
            f"{root / 'train'} holds {len(classes)} class folder(s); at least two are needed to learn anything."
        )
    if len(classes) > 256:
        raise WeightreelError(f"{root / 'train'} holds {len(classes)} classes; a store keeps at most 256.")
    train_files, train_labels = _list_images(root / "train", classes)
    test_files, test_labels = _list_images(root / "test", classes)

    def load(of_train: Positions, of_test: Positions) -> tuple[Pixels, Pixels]:
        files = [train_files[i] for i in of_train] + [test_files[i] for i in of_test]
        moving: list[Path] = []
        pixels = decoded(files, recipe.size, lambda path: read_image(Path(path), recipe.size, moving.append), tell)
        if moving:
            others = f" and {len(moving) - 1} more hold" if len(moving) > 1 else " holds"
            tell(f"{moving[0]}{others} several frames or pages: the first is taken.")
        return pixels[: len(of_train)], pixels[len(of_train) :]

    return _Source(root.name, classes, train_labels, test_labels, load)


def _class_folders(folder: Path) -> list[str]:
    try:
        found = [path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    except OSError as error:
        _refuse(error)
    for name in found:
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
            raise WeightreelError(f"{folder} has a folder {name!a}, whose name cannot be written as text; rename it.")
    return found


def _refuse(error: OSError) -> NoReturn:
    raise WeightreelError(
        f"the folder {error.filename} cannot be read ({error.strerror}); give access to it."
    ) from error


def _leave_out_hidden(folders: list[str]) -> bool:
    """Take hidden folders from what `os.walk` goes on with, such as those of macOS and of editors."""
    folders[:] = [name for name in folders if not name.startswith(".")]
    return True


def _list_images(folder: Path, classes: tuple[str, ...]) -> tuple[list[str], Labels]:
    foreign = set(_class_folders(folder)) - set(classes)
    if foreign:
        raise WeightreelError(f"{folder} has classes that train/ has not: {', '.join(sorted(foreign))}; remove them.")
    files: list[str] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        # As text: to make and compare Paths would take longer than all else of a second start.
        found = sorted(
            (
                os.path.join(at, image)  # noqa: PTH118
                for at, within, images in os.walk(folder / name, onerror=_refuse)
                if _leave_out_hidden(within)
                for image in images
                if image.lower().endswith(SUFFIXES) and not image.startswith(".")
            ),
            key=lambda path: path.split(os.sep),  # noqa: PTH206
        )
        if not found:
            raise WeightreelError(f"{folder / name} holds no images; every class needs some in train/ and test/.")
        files += found
        labels += [label] * len(found)
    return files, np.array(labels, dtype=np.int64)


def _foolbox_examples(recipe: DatasetRecipe) -> tuple[Pixels, Labels]:
    """The CIFAR-10 test images in foolbox's package (Rauber et al. 2020): files cifar10_NN_LABEL.png or .jpg."""
    import importlib.util

    found = importlib.util.find_spec("foolbox")
    if found is None or found.origin is None:
        raise WeightreelError("dataset.examples_from = 'foolbox' needs foolbox; install `weightreel[analysis]`.")
    files = sorted((Path(found.origin).parent / "data").glob("cifar10_*"))[: recipe.examples]
    if not files:
        return np.zeros((0, recipe.size, recipe.size, 3), np.uint8), np.zeros(0, np.int64)
    pixels = np.stack([read_image(path, recipe.size) for path in files])
    return pixels, np.array([int(path.stem.split("_")[2]) for path in files], dtype=np.int64)
