"""What several test modules share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.synthetic import synthetic_store


@pytest.fixture(scope="session", autouse=True)
def own_media(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Manim sets type through a temporary file beside its cache; of two processes one would take it from the other."""
    from manim import config

    config.media_dir = str(tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up store of both networks, 11 epochs, two of its layers."""
    return synthetic_store(tmp_path_factory.mktemp("store") / "small.h5", epochs=11, n_layers=2)
