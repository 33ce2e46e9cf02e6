"""Spectra measured again from a store's eigenvalues: of old stores, without weights, images or torch."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.hiding import without
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.measures.intervals import interval_of
from weightreel.analysis.recipe.recipe import SpectraRecipe
from weightreel.analysis.runs.folder import ExperimentFiles
from weightreel.analysis.runs.from_eigenvalues import remeasure_from_eigenvalues
from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import SCHEMA_VERSION, FitStatus
from weightreel.analysis.store.writer import write

STORES = sorted((Path(__file__).parents[1] / "store" / "versions").glob("*.h5"))
FITTED = ("alpha", "xmin", "ks_distance", "n_tail", "stable_rank", "entropy", "lambda_max", "frobenius_norm")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copy(STORES[0], tmp_path / "old.h5"))


@pytest.mark.parametrize("path", STORES, ids=lambda path: path.stem)
def test_an_old_store_gets_what_its_eigenvalues_give(path: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(path, tmp_path / "store.h5"))
    unmeasured = remeasure_from_eigenvalues(copy)
    assert check(copy) == []
    with Store(path) as before, Store(copy) as after:
        assert after.attributes["schema_version"] == SCHEMA_VERSION
        assert after.runs.keys() == before.runs.keys()
        for run in before.runs.values():
            for name, layer in run.layers.items():
                again = after.run(run.name).layer(name)
                if not layer.has("spectrum/eigenvalues"):
                    continue
                assert run.name not in unmeasured
                for key in FITTED:  # the same eigenvalues, to the rounding that they are stored with
                    assert again[f"spectrum/{key}"] == pytest.approx(layer[f"spectrum/{key}"], rel=2e-3, nan_ok=True)
                if layer.top is None:
                    eigenvalues = layer["spectrum/eigenvalues"].astype(float)
                    assert again["spectrum/field/log_spectral_norm"] == pytest.approx(
                        np.log10(eigenvalues[:, -1] * again.attributes_of("spectrum")["weightwatcher_scale"]), abs=1e-6
                    )
                    bulk = again.attributes_of("spectrum/marchenko_pastur")
                    assert (bulk["square_law"], bulk["edge"]) == ("scaled", "tracy-widom")
                    own = layer.has("spectrum/marchenko_pastur/slice_sigma")  # measured from weights: left as it is
                    assert ("slices" in bulk) == (len(layer.shape) > 2 and not own)


def test_what_needs_weights_stays_as_it_was(old: Path) -> None:
    with Store(old) as store:
        before = store.contents()
    remeasure_from_eigenvalues(old)
    with Store(old) as store:
        after = store.contents()
    kept = [key for key in before.datasets if "/spectrum/" not in key or "/sigma/" in key or "/random/" in key]
    kept = [key for key in kept if not key.endswith("/sigma/slices") and "/phase/" not in key and "/stop/" not in key]
    assert kept
    for key in kept:
        assert np.array_equal(before.datasets[key], after.datasets[key], equal_nan=before.datasets[key].dtype != object)
    assert not any("/fixed_aspect/" in key for key in after.datasets)


def test_settings_can_be_given_and_others_are_refused(old: Path) -> None:
    remeasure_from_eigenvalues(old, ["spectra.square_law=weightwatcher"])
    assert check(old) == []
    with Store(old) as store:
        layer = next(iter(store.select()[0].layers.values()))
        assert layer.attributes_of("spectrum/marchenko_pastur")["edge"] == "weightwatcher"
    with pytest.raises(WeightreelError, match="can only change settings of spectra"):
        remeasure_from_eigenvalues(old, ["noise.trials=3"])
    with pytest.raises(WeightreelError, match=r"spectra\.square_law"):
        remeasure_from_eigenvalues(old, ["spectra.square_law=round"])


def test_runs_without_eigenvalues_are_named(old: Path) -> None:
    with Store(old) as store:
        contents = store.contents()
        name, *_ = store.runs
    for key in [key for key in contents.datasets if key.startswith(f"/runs/{name}/")]:
        if not key.endswith("/spectrum/eigenvalues"):
            contents.datasets[key.replace(name, "other", 1)] = contents.datasets[key]
    for key in [key for key in contents.attributes if f"{key}/".startswith(f"/runs/{name}/")]:
        contents.attributes[key.replace(name, "other", 1)] = dict(contents.attributes[key])
    write(old, contents)
    assert "other" in remeasure_from_eigenvalues(old)
    contents.datasets = {k: v for k, v in contents.datasets.items() if not k.endswith("/spectrum/eigenvalues")}
    write(old, contents)
    with pytest.raises(WeightreelError, match=r"no run in .* holds eigenvalues"):
        remeasure_from_eigenvalues(old)


def test_epochs_that_are_not_measured_stay_so(old: Path) -> None:
    with Store(old) as store:
        contents = store.contents()
    for key, values in contents.datasets.items():
        if "/spectrum/" in key and values.ndim and len(values) > 1 and "/random/e" not in key:
            if values.dtype.kind == "f":
                values[1] = np.nan
            elif values.dtype.kind in "iu":
                values[1] = FitStatus.NOT_MEASURED if key.endswith("/status") else 0
    write(old, contents)
    remeasure_from_eigenvalues(old)
    with Store(old) as store:
        spectrum = next(iter(store.select()[0].layers.values()))
        assert spectrum["spectrum/status"][1] == FitStatus.NOT_MEASURED
        assert spectrum["spectrum/marchenko_pastur/status"][1] == FitStatus.NOT_MEASURED
        assert np.isnan(spectrum["spectrum/field/alpha_weighted"][1])
        assert np.isfinite(spectrum["spectrum/field/log_norm"][0])


def test_a_store_that_is_being_written_is_left_alone(old: Path) -> None:
    before = old.read_bytes()
    with ExperimentFiles(old).writing(), pytest.raises(WeightreelError):
        remeasure_from_eigenvalues(old)
    assert old.read_bytes() == before


def test_the_command_needs_no_torch(old: Path) -> None:
    code = without(["torch", "torchvision"]) + (
        f"from weightreel.cli import main\nsys.exit(main(['spectra', {str(old)!r}, '--from-eigenvalues']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert check(old) == []


def test_intervals_of_alpha_come_from_the_eigenvalues_at_a_few_epochs(old: Path) -> None:
    remeasure_from_eigenvalues(old, ["spectra.interval_resamples=30", "spectra.interval_epochs=2"])
    with Store(old) as store:
        layer = next(layer for layer in store.select()[0].layers.values() if layer.has("spectrum/eigenvalues"))
        eigenvalues = layer["spectrum/eigenvalues"]
        recipe = SpectraRecipe(interval_resamples=30)
        expected = interval_of(eigenvalues[-1], layer.kind, recipe, layer.name)
        for key, value in expected.items():
            stored = layer[f"spectrum/{key}"]
            assert stored[-1] == pytest.approx(value, rel=1e-6, nan_ok=True)
            assert np.isnan(stored[1:-1]).all()
        assert layer.attributes_of("spectrum/interval")["resamples"] == 30
