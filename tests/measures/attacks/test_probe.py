"""Attacks stand behind a registry: a new one is one file."""

from __future__ import annotations

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

NEW_FILE = '''
"""Half of an image black: which class is it then?"""

from weightreel.analysis.measures.attacks.noise import most_confident, outcome_of
from weightreel.analysis.measures.attacks.probe import Probe, as_json, register
from weightreel.analysis.store.schema.fields import AttackKind


@register
class HalfBlack(Probe):
    name = "half-black"

    def final(self):
        return {"half-black": self._answers}

    def described(self, network):
        about = {"kind": AttackKind.NOISE.value, "method": "the upper half of test images made black", "seed": 0}
        return {"attacks/half-black": about | {"parameters": as_json(dict(self.settings)), "threshold": 0.0}}

    def _answers(self, network):
        pixels = self.targets.test[0][: self.settings["images"]].copy()
        pixels[:, : pixels.shape[1] // 2] = 0
        probabilities = network.whole(pixels)
        outcome, at = outcome_of(probabilities), "attacks/half-black"
        chosen = most_confident(outcome, 0.0, 1, network.classes)
        return {
            f"{at}/prediction": outcome.prediction,
            f"{at}/confidence": outcome.confidence,
            f"{at}/gallery/pixels": pixels[chosen],
            f"{at}/gallery/trial": chosen,
            f"{at}/gallery/probabilities": probabilities[chosen],
        }
'''


@pytest.fixture
def new_attack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One file more in the package's folder, here in a folder beside it."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "half_black.py").write_text(NEW_FILE)
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
    assert list(probe.registry()) == [
        *("noise", "saliency", "gradient", "fooling", "certificates", "worst-case", "masking")
    ]


def test_two_attacks_of_one_name_are_refused() -> None:
    class Other(probe.Probe):
        name = "noise"

    probe.registry()
    with pytest.raises(ValueError, match="'noise'"):
        probe.register(Other)
