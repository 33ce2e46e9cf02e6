"""Pixels of image files, decoded once: kept in the user's cache folder for other processes and for later starts."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import math
import os
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray
from platformdirs import user_cache_path

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import Held, alone, replacing
from weightreel.analysis.notices import Tell

Pixels = NDArray[np.uint8]

WORTH_KEEPING = 1.0
"""Seconds of decoding above which its result is kept."""
_FORM = "2"
"""Changes whenever what an entry holds does."""
_PATIENCE = 1.0
"""Seconds of waiting for another process before it is told of."""
_UNREADABLE = (
    OSError, ValueError, KeyError, EOFError, RuntimeError, NotImplementedError, struct.error, zlib.error,
    zipfile.BadZipFile,
)  # fmt: skip
"""What reading a damaged or foreign entry raises."""


def cache_folder() -> Path:
    """Where decoded images are kept."""
    return user_cache_path("weightreel") / "decoded"


def decoded(files: Sequence[str], size: int, decode: Callable[[str], Pixels], tell: Tell) -> Pixels:
    """Pixels (n, size, size, 3) of image files, from the cache where they are known by path, size and time.

    One process decodes while others that want the same wait. What takes less than WORTH_KEEPING is not kept. A damaged
    or foreign entry is made anew, and where the cache cannot be used the work goes on without it; both are told.

    Args:
        files: the images, in the order of the result.
        size: rows and columns.
        decode: reads one.
        tell: takes a sentence on what is made, waited for or amiss.

    Raises:
        WeightreelError: an image cannot be read, as `decode` says, or all together do not fit into memory.
    """
    _refuse_more_than_fits(len(files), size)
    try:
        key = _key(files, size)
    except OSError:  # an image is gone, and reading it says which
        return _decode_all(files, size, decode)
    entry = cache_folder() / f"{key}.npz"
    if (found := _read(entry, key, len(files), size, tell)) is not None:
        return found
    held = contextlib.ExitStack()
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        waiting = functools.partial(tell, "another process is decoding the same images: waiting for them.")
        held.enter_context(alone(entry.with_suffix(".lock"), _PATIENCE, waiting))
    except OSError as error:
        tell(f"{entry.parent} cannot be written to ({error.strerror}): the images are decoded at every start.")
        return _decode_all(files, size, decode)
    with held:
        if (found := _read(entry, key, len(files), size, tell=lambda _: None)) is not None:
            return found
        began = time.perf_counter()
        pixels = _decode_all(files, size, decode)
        if time.perf_counter() - began >= WORTH_KEEPING:
            _keep(entry, key, pixels, tell)
        return pixels


def _refuse_more_than_fits(count: int, size: int) -> None:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else math.inf
    if (needed := count * size * size * 3) > memory:
        raise WeightreelError(
            f"{count:,} images of {size}×{size} pixels take {needed / 1e9:,.0f} GB, more than this computer's memory; "
            "lower dataset.size, dataset.n_train or dataset.n_test."
        )


def kept() -> tuple[int, int]:
    """How many sets of decoded images are kept, and their bytes."""
    entries = list(cache_folder().glob("*.npz"))
    return len(entries), sum(path.stat().st_size for path in entries)


def clear() -> None:
    """Remove what is kept, and what processes that were killed left; what another process is making stays.

    Raises:
        WeightreelError: a file cannot be removed.
    """
    folder = cache_folder()
    try:
        held = [path.stem for path in folder.glob("*.lock") if not _is_free(path)]
        for path in folder.glob("*"):
            if not any(key in path.name for key in held):
                path.unlink(missing_ok=True)
    except OSError as error:
        raise WeightreelError(f"{folder} cannot be cleared ({error.strerror}); remove it by hand.") from error


def size_in_words(n_bytes: int) -> str:
    """A size for people, in megabytes of 1,000,000 bytes."""
    return f"{n_bytes / 1e6:,.0f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e6:.2g} MB"


def _key(files: Sequence[str], size: int) -> str:
    """By paths, sizes and times of the files, and by what decodes them; 16 hexadecimal digits."""
    lines = [f"{_FORM} {size} {PIL.__version__}"]
    for path in map(os.path.abspath, files):
        about = os.stat(path)  # noqa: PTH116 - to make Paths would take half of a start
        lines.append(f"{path}\0{about.st_size} {about.st_mtime_ns}")
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _read(entry: Path, key: str, count: int, size: int, tell: Tell) -> Pixels | None:
    """What an entry holds, None where it is not there or not whole: the archive has a checksum."""
    if not entry.is_file():
        return None
    try:
        with np.load(entry, allow_pickle=False) as found:
            noted, pixels = str(found["key"]), np.asarray(found["pixels"])
    except _UNREADABLE:
        noted, pixels = "", np.zeros(0)
    if noted == key and pixels.shape == (count, size, size, 3) and pixels.dtype == np.uint8:
        known: Pixels = pixels
        return known
    tell(f"{entry} is damaged: the images are decoded anew.")
    return None


def _decode_all(files: Sequence[str], size: int, decode: Callable[[str], Pixels]) -> Pixels:
    pixels = np.empty((len(files), size, size, 3), np.uint8)
    for place, path in enumerate(files):
        pixels[place] = decode(path)
    return pixels


def _keep(entry: Path, key: str, pixels: Pixels, tell: Tell) -> None:
    """Write an entry, all or nothing."""
    try:
        with replacing(entry) as temporary, temporary.open("wb") as file:
            np.savez(file, key=np.array(key), pixels=pixels)
    except WeightreelError as error:
        tell(f"decoded images could not be kept, and are decoded at every start: {error}")
        return
    where = f"{entry}, {size_in_words(entry.stat().st_size)}"
    tell(f"decoded {len(pixels):,} images, for later starts too: {where}; `weightreel cache --clear` removes it.")


def _is_free(lock: Path) -> bool:
    with contextlib.suppress(Held), alone(lock):
        return True
    return False
