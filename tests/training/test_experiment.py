"""From a recipe to a store: the only orchestrator."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.made.recipe import Silent, tiny_recipe
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.training.experiment import run_experiment


def test_an_attack_that_does_not_exist_is_named(tmp_path: Path) -> None:
    recipe = tiny_recipe(models=["cnn"], attacks={"half-black": {"images": 20}})
    with pytest.raises(WeightreelError, match=r"'half-black'.*noise, saliency, gradient"):
        run_experiment(recipe, tmp_path / "run.h5", Silent())
