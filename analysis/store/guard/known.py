"""Which files were read to the end here, or written here: by the digest of their bytes, in the user's cache folder."""

from __future__ import annotations

import contextlib
from pathlib import Path

from platformdirs import user_cache_path

EXAMINATION = 1
"""Which examination a file passed; a stricter one has another number, and all files pass it again."""
MOST = 2000
"""Files that are remembered; where there are more, the older half is forgotten, to be read once more."""

_here: set[str] = set()


def cache_folder() -> Path:
    """Where the digests are kept, each as an empty file of that name."""
    return user_cache_path("weightreel") / f"examined-{EXAMINATION}"


def is_known(digest: str) -> bool:
    """Whether a file of these bytes was examined or written before, by this user."""
    return digest in _here or (cache_folder() / digest).exists()


def remember(digest: str) -> None:
    """Say of a file that it was examined or written. Where the cache cannot be used, this process alone knows."""
    _here.add(digest)
    with contextlib.suppress(OSError):
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / digest).touch()
        _forget(folder)


def _forget(folder: Path) -> None:
    if len([*folder.iterdir()]) > MOST:
        aged = sorted(folder.iterdir(), key=lambda entry: entry.stat().st_mtime)
        for entry in aged[: len(aged) // 2]:
            entry.unlink(missing_ok=True)
