"""What several test modules share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.synthetic import synthetic_store


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up store of both networks, 11 epochs, two of its layers."""
    return synthetic_store(tmp_path_factory.mktemp("store") / "small.h5", epochs=11, n_layers=2)
