"""Rendered films as the page shows them: linked, not held, with their subtitles and chapters inside."""

from __future__ import annotations

from pathlib import Path

import pytest

from weightreel.analysis.errors import WeightreelError
from weightreel.page.films import read_cues


def test_broken_subtitles_are_told(tmp_path: Path) -> None:
    (tmp_path / "film.srt").write_text("1\nwhenever\nnothing\n\n2\n00:00:00,000 --> 00:00:01,000\na\n")
    with pytest.raises(WeightreelError, match=r"film\.srt"):
        read_cues(tmp_path / "film.srt")
