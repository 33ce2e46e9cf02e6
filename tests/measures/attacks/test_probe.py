"""Attacks stand behind a registry: a new one is one file."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.made.recipe import Silent, tiny_recipe
from weightreel.analysis.measures import attacks
from weightreel.analysis.measures.attacks import probe
from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.reader import Store
from weightreel.analysis.training.experiment import run_experiment

NEW_FILE = Path(__file__).parents[3] / "docs" / "examples" / "half_black.py"


@pytest.fixture
def new_attack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One file more in the package's folder, here in a folder beside it."""
    folder = tmp_path / "more"
    folder.mkdir()
    shutil.copy(NEW_FILE, folder)
    monkeypatch.setattr(probe, "_REGISTRY", dict(probe.registry()))
    monkeypatch.setattr(attacks, "__path__", [*attacks.__path__, str(folder)])
    yield
    sys.modules.pop(f"{attacks.__name__}.half_black", None)


def test_a_new_attack_is_one_file(new_attack: None, tmp_path: Path) -> None:
    store = tmp_path / "run.h5"
    run_experiment(tiny_recipe(models=["cnn"], attacks={"half-black": {"images": 20}}), store, Silent())
    assert check(store) == []
    with Store(store) as opened:
        attack = opened.select()[0].attacks["half-black"]
        assert attack["prediction"].shape == (20,)
        assert np.all((attack["confidence"] > 0) & (attack["confidence"] <= 1))
        assert attack.attributes["method"] == "the upper half of test images made black"


def test_the_registry_holds_all_files_in_the_order_of_a_run() -> None:
    ours = ["noise", "saliency", "gradient", "fooling", "certificates", "worst-case", "masking"]
    assert [name for name in probe.registry() if name in ours] == ours


def test_two_attacks_of_one_name_are_refused() -> None:
    class Other(probe.Probe):
        name = "noise"

    probe.registry()
    with pytest.raises(ValueError, match="'noise'"):
        probe.register(Other)
