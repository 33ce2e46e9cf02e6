"""A second start on a folder of images, whose pixels are kept, beside one that decodes them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np
from PIL import Image

from weightreel.analysis import decoded
from weightreel.analysis.datasets import load_dataset
from weightreel.analysis.notices import unsaid
from weightreel.analysis.recipe.recipe import DatasetRecipe

Work = Callable[[], int]

IMAGES = 10_000
CLASSES = 10


@contextmanager
def starts(count: int, size: int) -> Iterator[tuple[Work, Mapping[str, Work]]]:
    """Loading `count` JPEG files of `size` × `size` pixels, those of a tenth of them for tests."""
    with tempfile.TemporaryDirectory() as folder:
        images, kept, nothing = (Path(folder) / name for name in ("images", "kept", "nothing"))
        rng = np.random.default_rng(0)
        for number in range(count):
            place = images / ("train" if number % 10 else "test") / str(number // 10 % CLASSES)
            place.mkdir(parents=True, exist_ok=True)
            pixels = rng.integers(0, 256, (size // 4, size // 4, 3), dtype=np.uint8)
            Image.fromarray(pixels).resize((size, size)).save(place / f"{number:06}.jpg")
        recipe = DatasetRecipe(kind="folder", path=str(images), n_validation=count // 10, size=size)

        def loading(cache: Path, worth_keeping: float) -> Work:
            def work() -> int:
                with (
                    patch.object(decoded, "cache_folder", lambda: cache),
                    patch.object(decoded, "WORTH_KEEPING", worth_keeping),
                ):
                    found = load_dataset(recipe, tell=unsaid)
                return len(found.train) + len(found.validation) + len(found.test)

            return work

        yield loading(kept, 0.0), {"decoding them": loading(nothing, float("inf"))}
