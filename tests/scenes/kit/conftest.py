"""What the tests of the kit share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from manim import tempconfig


@pytest.fixture
def small(tmp_path: Path, small_store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Small films in a folder of their own."""
    monkeypatch.setenv("WEIGHTREEL_STORE", str(small_store))
    for name in ("WEIGHTREEL_RUN", "WEIGHTREEL_VOICE", "WEIGHTREEL_LANG"):
        monkeypatch.delenv(name, raising=False)
    size = {"pixel_width": 160, "pixel_height": 90, "frame_rate": 10, "disable_caching": True}
    quiet = {"progress_bar": "none", "verbosity": "ERROR"}
    with tempconfig({"media_dir": str(tmp_path), "output_file": str(tmp_path / "told")} | size | quiet):
        yield tmp_path
