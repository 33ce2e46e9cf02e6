"""The store that ships: small, clean, honest about its data, and made by the recipe beside it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from analysis.recipe import difference, read_recipe
from analysis.store import Store, success_rate
from analysis.store.check import check

ROOT = Path(__file__).parents[2]
STORE = ROOT / "data" / "cifar10.h5"
RECIPE = ROOT / "data" / "cifar10-5k.toml"


@pytest.fixture(scope="module")
def store() -> Store:
    return Store(STORE)


def test_it_is_clean_and_small() -> None:
    assert check(STORE) == []
    assert STORE.stat().st_size < 16 * 2**20


def test_it_was_made_by_the_recipe_beside_it(store: Store) -> None:
    assert difference(store.recipe, json.loads(read_recipe(RECIPE).to_json())) == ""


def test_it_names_its_data_honestly(store: Store) -> None:
    about = store.dataset.attributes
    assert "JPEG" in about["name"]
    assert (about["n_train"], about["n_validation"], about["n_test"]) == (5000, 1000, 10_000)
    assert store.classes == ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def test_both_networks_are_complete(store: Store) -> None:
    assert {run.model for run in store.runs.values()} == {"cnn", "spectral-cnn"}
    for run in store.runs.values():
        assert run.complete
        assert run.epochs.tolist() == list(range(51))
        assert run["test/confusion"].sum() == 10_000
        layer = next(layer for layer in run.layers.values() if layer.layer_id == 31)
        assert layer.kind == "linear"
        assert layer["spectrum/eigenvalues"].shape == (51, 1024)


def test_rates_can_be_counted_again(store: Store) -> None:
    for run in store.runs.values():
        attack = run.attack("uniform-noise")
        rate = success_rate(attack["confidence"], attack.threshold)
        assert rate.trials == 10_000
        # The history's last epoch is the beginning of the final trials: same network, same images.
        assert np.array_equal(attack["history/prediction"][-1], attack["prediction"][:1000])
        assert np.allclose(attack["history/confidence"][-1], attack["confidence"][:1000], atol=1e-5)


def test_the_images_of_the_data_set_are_not_in_the_repository() -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.fail("run the tests in a git checkout: they look at what is tracked")
    tracked = subprocess.run(["git", "ls-files", "data"], cwd=ROOT, capture_output=True, text=True, check=True)
    suffixes = {Path(line).suffix for line in tracked.stdout.split()}
    assert suffixes <= {".toml", ".h5", ".md"}
