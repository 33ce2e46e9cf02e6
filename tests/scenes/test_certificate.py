"""Randomised smoothing in one picture: noisy copies, their votes, the radius that follows; certified accuracy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.made.store import synthetic_store
from weightreel.scenes.certificate import Smoothing


@pytest.mark.usefixtures("last_frames")
def test_a_store_without_certificates_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = synthetic_store(tmp_path / "none.h5", epochs=2, models=("cnn",), n_layers=2, complete=False)
    monkeypatch.setenv("WEIGHTREEL_STORE", str(path))
    with pytest.raises(SystemExit) as left:
        Smoothing().render()
    assert left.value.code == 2
    assert "weightreel attack" in capsys.readouterr().err
