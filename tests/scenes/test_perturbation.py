"""A small perturbation that changes a network's answer, how it is found, and what it leaves of the networks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.edited import edited
from tests.made.store import synthetic_store
from tests.watched import watched
from weightreel.scenes.perturbation import Perturbation


@pytest.mark.usefixtures("last_frames")
def test_a_store_without_gradient_attacks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = synthetic_store(tmp_path / "none.h5", epochs=2, models=("cnn",), n_layers=2, complete=False, attacks=True)
    monkeypatch.setenv("WEIGHTREEL_STORE", str(path))
    with pytest.raises(SystemExit) as left:
        Perturbation().render()
    assert left.value.code == 2
    assert "weightreel attack" in capsys.readouterr().err


@pytest.mark.usefixtures("last_frames")
def test_without_other_attacks_it_asks_over_fooling_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = synthetic_store(tmp_path / "whole.h5", epochs=2, models=("cnn",), n_layers=2)
    with edited(whole, tmp_path / "fooling.h5") as file:
        attacks = file["runs/cnn-s0/attacks"]
        for name in set(attacks) - {"fooling"}:
            del attacks[name]
    monkeypatch.setenv("WEIGHTREEL_STORE", str(tmp_path / "fooling.h5"))
    film = watched(Perturbation)
    film.render()
    assert list(film.told) == ["Question", "Fooling images", "Answer"]
    assert film.outside == []
