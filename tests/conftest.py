"""What several test modules share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.made.store import synthetic_store


def pytest_addoption(parser: pytest.Parser) -> None:
    """How often each command is killed in the tests of that."""
    parser.addoption("--kills", type=int, default=3, help="kills of each command (make kills: 20)")


@pytest.fixture(scope="session", autouse=True)
def own_media(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Manim sets type through a temporary file beside its cache; of two processes one would take it from the other."""
    from manim import config

    config.media_dir = str(tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What takes long on a busy machine is kept for another time; not in the cache of who runs the tests."""
    from weightreel.analysis import decoded
    from weightreel.analysis.store.guard import known

    folder = tmp_path_factory.mktemp("cache")
    decoded.cache_folder = lambda: folder
    known.cache_folder = lambda: folder / "examined"


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up store of both networks, 11 epochs, two of its layers."""
    return synthetic_store(tmp_path_factory.mktemp("store") / "small.h5", epochs=11, n_layers=2)


@pytest.fixture
def last_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Films are built small, and without files: only their last frames are drawn."""
    from manim import tempconfig

    monkeypatch.delenv("WEIGHTREEL_RUN", raising=False)
    small = {"pixel_width": 160, "pixel_height": 90, "frame_rate": 10, "save_last_frame": True}
    with tempconfig({"dry_run": True, "media_dir": str(tmp_path), "output_file": str(tmp_path / "film"), **small}):
        yield
