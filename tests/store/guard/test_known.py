"""Files that were examined or written here are known by their digests."""

from __future__ import annotations

from pathlib import Path

import pytest

from weightreel.analysis.store.guard import known
from weightreel.analysis.store.seal import verify
from weightreel.analysis.store.writer import Contents, write


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and nothing that this process knows."""
    monkeypatch.setattr(known, "cache_folder", lambda: tmp_path / "known")
    monkeypatch.setattr(known, "_here", set())
    return tmp_path / "known"


def test_what_is_written_here_is_known(contents: Contents, tmp_path: Path, folder: Path) -> None:
    write(tmp_path / "mine.h5", contents)
    digest = verify(tmp_path / "mine.h5").digest
    known._here.clear()
    assert known.is_known(digest)
    assert not known.is_known(digest[::-1])
    assert [entry.name for entry in folder.iterdir()] == [digest]


def test_the_older_half_is_forgotten(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "MOST", 10)
    for i in range(11):
        known.remember(f"{i:02}")
    assert len([*folder.iterdir()]) == 6


def test_without_a_cache_this_process_knows(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    folder.write_text("a file where the folder would be")
    known.remember("abc")
    assert known.is_known("abc")
    known._here.clear()
    assert not known.is_known("abc")
