"""The stores that ship: small, clean, honest about their data, and made by the recipes beside them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from weightreel.analysis.findings.attacks.defences import defences
from weightreel.analysis.findings.attacks.noise import successes
from weightreel.analysis.findings.attacks.robustness import attacks_by_family
from weightreel.analysis.findings.attacks.verdict import verdict
from weightreel.analysis.findings.statistics import rate_of
from weightreel.analysis.recipe.recipe import difference, parse_recipe, read_recipe
from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import AttackKind

ROOT = Path(__file__).parents[2]
STORE = ROOT / "data" / "cifar10.h5"
DOWNLOAD = ROOT / "data" / "cifar10-download.toml"
SHIPPED = ("cifar10", "digits-seeds", "digits-defences")
"""Stores; their recipes have their names."""


@pytest.fixture(scope="module")
def store() -> Store:
    return Store(STORE)


@pytest.mark.parametrize("name", SHIPPED)
def test_each_is_clean_small_and_made_by_the_recipe_beside_it(name: str) -> None:
    path = ROOT / "data" / f"{name}.h5"
    assert check(path) == []
    assert path.stat().st_size < 20 * 2**20
    with Store(path) as found:
        recipe = read_recipe(ROOT / "data" / f"{name}.toml")
        # With the settings that came after it.
        own = parse_recipe(found.recipe, str(path))
        assert difference(json.loads(own.to_json()), json.loads(recipe.to_json())) == ""
        assert list(found.runs) == [run for run, _, _ in recipe.runs()]
        assert all(run.complete for run in found.runs.values())


def test_it_holds_all_attacks(store: Store) -> None:
    for run in store.runs.values():
        assert len(run.noise_attacks) == 5
        for attack in run.noise_attacks.values():
            assert len(attack["confidence"]) == 10_000
        assert {len(attack["label"]) for attack in run.attacks_of(AttackKind.GRADIENT).values()} == {300}
        radii = [round(255 * attack.parameters["epsilon"]) for attack in attacks_by_family(run)["pgd40-linf"]]
        assert radii == [1, 2, 4, 8]
        assert run.attacks_of(AttackKind.MINIMUM_NORM)
        assert run.attacks_of(AttackKind.FOOLING)
        assert [certificate.sigma for certificate in run.certificates.values()] == [0.12, 0.25, 0.5]


def test_ten_seeds_say_whether_the_report_s_claim_holds() -> None:
    with Store(ROOT / "data" / "digits-seeds.h5") as found:
        said = verdict(list(found.runs.values()))
    assert said is not None
    assert len(said.histories.seeds) == 10
    assert said.smallest_p < 0.01


def test_every_defence_is_measured_by_every_column() -> None:
    with Store(ROOT / "data" / "digits-defences.h5") as found:
        for row in defences(found):
            assert row.clean and row.noise and row.attacked and row.certified, row.title
            assert row.attacked.trials == row.certified.trials == 50


def test_it_names_its_data_honestly(store: Store) -> None:
    about = store.dataset.attributes
    assert "JPEG" in about["name"]
    assert (about["n_train"], about["n_validation"], about["n_test"]) == (45_000, 5000, 10_000)
    assert store.classes == ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def test_both_networks_are_complete_with_three_seeds(store: Store) -> None:
    found = {(run.model, run.seed) for run in store.runs.values()}
    assert found == {(model, seed) for model in ("cnn", "spectral-cnn") for seed in (0, 1, 2)}
    for run in store.runs.values():
        assert run.complete
        assert run.epochs.tolist() == list(range(51))
        assert run["test/confusion"].sum() == 10_000
        layer = next(layer for layer in run.layers.values() if layer.layer_id == 31)
        assert layer.kind == "linear"
        assert layer["spectrum/alpha"].shape == (51,)
        # Later seeds are slim.
        assert layer.has("spectrum/eigenvalues") == (run.seed == 0)
        if run.seed == 0:
            assert layer["spectrum/eigenvalues"].shape == (51, 1024)


def test_what_is_downloaded_is_trained_as_what_ships() -> None:
    shipped, downloaded = (json.loads(read_recipe(path).to_json()) for path in (STORE.with_suffix(".toml"), DOWNLOAD))
    source = {"kind", "path", "name"}
    for recipe in (shipped, downloaded):
        recipe["dataset"] = {key: value for key, value in recipe["dataset"].items() if key not in source}
        recipe.pop("title")
    assert shipped == downloaded


def test_rates_can_be_counted_again(store: Store) -> None:
    for run in store.runs.values():
        attack = run.attack("uniform-noise")
        rate = rate_of(successes(attack))
        assert rate.trials == 10_000
        # The history's last epoch is the beginning of the final trials: same network, same images.
        assert np.array_equal(attack["history/prediction"][-1], attack["prediction"][:1000])
        assert np.allclose(attack["history/confidence"][-1], attack["confidence"][:1000], atol=1e-5)


def test_the_images_of_the_data_set_are_not_in_the_repository() -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.fail("run the tests in a git checkout: they look at what is tracked")
    tracked = subprocess.run(["git", "ls-files", "data"], cwd=ROOT, capture_output=True, text=True, check=True)
    suffixes = {Path(line).suffix for line in tracked.stdout.split()}
    assert suffixes <= {".toml", ".h5", ".md", ".csv"}
