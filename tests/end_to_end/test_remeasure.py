"""Measuring again from raw weights: here, in processes, on a cluster, and beside a training that goes on."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from tests.made.recipe import Silent, tiny_recipe
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.runs import again as remeasure
from weightreel.analysis.runs import assembly
from weightreel.analysis.runs.folder import ExperimentFiles
from weightreel.analysis.store.check.faults import check, same
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import FitStatus
from weightreel.analysis.training.experiment import run_experiment
from weightreel.analysis.training.remeasure import remeasure_attacks, remeasure_spectra
from weightreel.cli import main


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("finished") / "tiny.h5"
    run_experiment(tiny_recipe(), path, Silent())
    return path


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    for path in (finished, ExperimentFiles(finished).weights):
        shutil.copy(path, tmp_path)
    return tmp_path / finished.name


def test_measuring_again_gives_the_same(finished: Path, copied: Path) -> None:
    remeasure_spectra(copied)
    remeasure_attacks(copied)
    assert same(finished, copied) == []
    assert check(copied) == []
    assert not ExperimentFiles(copied).remembered("spectra").exists()


def test_side_by_side_gives_the_same(finished: Path, copied: Path) -> None:
    remeasure_spectra(copied, jobs=2)
    assert same(finished, copied) == []


@pytest.mark.slow
def test_a_cluster_of_two_workers_gives_the_same(finished: Path, copied: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        remeasure_spectra(copied, dask=cluster.scheduler_address)
        done = [entry.key for entry in cluster.scheduler.transition_log if entry.finish == "memory"]
    assert same(finished, copied) == []
    assert sum(key.startswith("batch_of") for key in done) >= 6  # an epoch of each run is a task at least


def test_a_scheduler_that_is_not_there_is_named(copied: Path) -> None:
    with pytest.raises(WeightreelError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"):
        remeasure_spectra(copied, dask="tcp://127.0.0.1:9")


def test_settings_of_spectra_can_be_changed_and_no_others(copied: Path) -> None:
    other = ["spectra.resamples=0", "spectra.truncated=true", "spectra.square_law=weightwatcher"]
    with Store(copied) as store:
        bulk = store.run("cnn-s0").layer("classifier.0").attributes_of("spectrum/marchenko_pastur")
        assert (bulk["square_law"], bulk["edge"], bulk["level"]) == ("scaled", "tracy-widom", 0.01)
    remeasure_spectra(copied, overrides=other)
    assert check(copied) == []
    with Store(copied) as store:
        assert store.recipe["spectra"]["resamples"] == 0
        spectrum = store.run("cnn-s0").layer("classifier.0")
        assert not spectrum.has("spectrum/p_value")
        assert spectrum["spectrum/truncated/alpha"].shape == (3,)
        assert spectrum.attributes_of("spectrum/marchenko_pastur")["square_law"] == "weightwatcher"
        assert spectrum.attributes_of("spectrum/marchenko_pastur")["edge"] == "weightwatcher"
    with pytest.raises(WeightreelError, match="can only change settings of spectra"):
        remeasure_spectra(copied, overrides=["training.epochs=3"])


def test_intervals_are_those_of_the_training_and_as_many_as_asked_for(finished: Path, copied: Path) -> None:
    key = "spectrum/interval/alpha_high"
    with Store(finished) as store:
        trained = store.run("cnn-s0").layer("classifier.0")[key]
    assert np.isfinite(trained).tolist() == [True, False, True]
    remeasure_spectra(copied)
    with Store(copied) as store:
        np.testing.assert_array_equal(store.run("cnn-s0").layer("classifier.0")[key], trained)
    remeasure_spectra(copied, overrides=["spectra.interval_epochs=1", "spectra.interval_resamples=30"])
    assert check(copied) == []
    with Store(copied) as store:
        layer = store.run("cnn-s0").layer("classifier.0")
        assert np.isfinite(layer[key]).tolist() == [False, False, True]
        assert layer.attributes_of("spectrum/interval")["resamples"] == 30
    remeasure_spectra(copied, overrides=["spectra.interval_resamples=0"])
    with Store(copied) as store:
        assert not store.run("cnn-s0").layer("classifier.0").has(key)


def test_an_interrupted_measurement_goes_on_where_it_was(
    finished: Path, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = remeasure.measure_spectra, []

    def dying(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(remeasure, "measure_spectra", dying)
    with pytest.raises(KeyboardInterrupt):
        remeasure_spectra(copied)
    assert same(finished, copied) == []
    remeasure_spectra(copied)
    assert len(calls) == 7  # of six epochs four were done when it stopped, and two followed
    assert same(finished, copied) == []


@pytest.mark.slow
def test_epochs_of_a_training_that_goes_on_are_measured_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The training waits for the measurement of its first epoch, so that the test does not depend on who is faster."""
    monkeypatch.setattr(remeasure, "FOLLOW_EVERY", 0.05)
    monkeypatch.setattr(assembly, "WRITING", 1.0)  # the store is written after every epoch
    path = tmp_path / "tiny.h5"
    files = ExperimentFiles(path)
    seen: list[list[int]] = []

    class Waiting(Silent):
        def stored(self, run: str, epoch: int, record: dict[str, Any]) -> None:
            if run != "cnn-s0":
                return
            if epoch == 2:
                with Store(path) as store:
                    seen.append(store.run(run).layer("classifier.0")["spectrum/status"].tolist())
            limit = time.monotonic() + 60
            while not files.spectra(run, epoch).is_file() and time.monotonic() < limit:
                time.sleep(0.02)

    training = threading.Thread(target=run_experiment, args=(tiny_recipe(), path, Waiting()), kwargs={"spectra": False})
    training.start()
    while not files.experiment.is_file():
        time.sleep(0.01)
    remeasure_spectra(path)
    training.join()
    assert seen == [[FitStatus.OK, FitStatus.OK, FitStatus.NOT_MEASURED]] or seen == [
        [FitStatus.FEW_EIGENVALUES, FitStatus.FEW_EIGENVALUES, FitStatus.NOT_MEASURED]
    ]
    assert check(path) == []
    beside = shutil.copy(path, tmp_path / "beside.h5")
    remeasure_spectra(path)
    assert same(beside, path) == []


def test_a_training_that_measures_itself_needs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remeasure, "FOLLOW_EVERY", 0.05)
    path = tmp_path / "tiny.h5"
    told = threading.Event()

    class Waiting(Silent):
        def stored(self, run: str, epoch: int, record: dict[str, Any]) -> None:
            told.wait(60)

    training = threading.Thread(target=run_experiment, args=(tiny_recipe(), path, Waiting()))
    training.start()
    while not ExperimentFiles(path).run("cnn-s0").epoch(0).is_file():
        time.sleep(0.01)
    try:
        with pytest.raises(WeightreelError, match="measures its spectra itself"):
            remeasure_spectra(path)
    finally:
        told.set()
        training.join()


def test_a_store_that_something_else_writes_is_left_alone(copied: Path) -> None:
    with ExperimentFiles(copied).writing(), pytest.raises(WeightreelError, match="another process is writing"):
        remeasure_spectra(copied)


def test_without_raw_weights_measuring_again_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.h5"
    run_experiment(tiny_recipe(record={"weights": False}, models=["cnn"]), path, Silent())
    for again in (remeasure_spectra, remeasure_attacks):
        with pytest.raises(WeightreelError, match=r"record\.weights = true"):
            again(path)


def raw_weights(store: Path) -> h5py.File:
    return h5py.File(ExperimentFiles(store).weights, "r+")


def seeds_in_each_others_place(file: h5py.File) -> None:
    file.move("runs/cnn-s0", "runs/other")
    file.move("runs/spectral-cnn-s0", "runs/cnn-s0")
    file.move("runs/other", "runs/spectral-cnn-s0")


def epochs_in_another_order(file: h5py.File) -> None:
    for item in file["runs/cnn-s0"].values():
        item[...] = item[()][::-1]


def one_changed_tensor(file: h5py.File) -> None:
    weight = file["runs/cnn-s0/classifier.3.weight"]
    weight[2] = weight[2] * 1.01


@pytest.mark.parametrize("spoil", [seeds_in_each_others_place, epochs_in_another_order, one_changed_tensor])
def test_what_is_measured_on_other_weights_does_not_enter_a_run(
    copied: Path, spoil: Callable[[h5py.File], None], capsys: pytest.CaptureFixture[str]
) -> None:
    before = copied.read_bytes()
    with raw_weights(copied) as file:
        spoil(file)
    for command in (["spectra"], ["spectra", "--jobs", "2"], ["attack", "--only", "noise"]):
        assert main([command[0], str(copied), *command[1:]]) == 2
        told = " ".join(capsys.readouterr().err.split())
        assert "tiny.weights.h5 does not hold the weights of cnn-s0 at epoch" in told and "train it anew" in told
        assert "Traceback" not in told
        assert copied.read_bytes() == before


def test_weights_rounded_to_half_precision_are_taken(copied: Path) -> None:
    with raw_weights(copied) as file:
        file.visititems(
            lambda name, item: (
                item.write_direct(item[()].astype(np.float16).astype(np.float32))
                if isinstance(item, h5py.Dataset) and item.dtype == np.float32 and "num_batches" not in name
                else None
            )
        )
    remeasure_attacks(copied, only=["noise"])
    assert check(copied) == []


def test_runs_without_samples_are_held_against_their_statistics(tmp_path: Path) -> None:
    path = tmp_path / "slim.h5"
    run_experiment(tiny_recipe(models=["cnn"], seeds=[0, 1], record={"whole_seeds": 1}), path, Silent())
    with Store(path) as store:
        kept = [store.run(name).layer("classifier.0").has("weight/sample") for name in ("cnn-s0", "cnn-s1")]
    assert kept == [True, False]
    remeasure_attacks(path, only=["noise"])
    with raw_weights(path) as file:
        weight = file["runs/cnn-s1/classifier.3.weight"]
        weight[2] = weight[2] * 1.01
    with pytest.raises(WeightreelError, match=r"weights of cnn-s1 at epoch 2: classifier\.3\.weight has "):
        remeasure_attacks(path, only=["noise"])


def test_weights_of_fewer_epochs_are_refused(copied: Path) -> None:
    with raw_weights(copied) as file:
        whole = {name: item[:2] for name, item in file["runs/cnn-s0"].items()}
        del file["runs/cnn-s0"]
        for name, values in whole.items():
            file[f"runs/cnn-s0/{name}"] = values
    for again in (remeasure_spectra, remeasure_attacks):
        with pytest.raises(WeightreelError, match="holds 2 epochs of cnn-s0, and the store 3"):
            again(copied)


def test_shuffled_eigenvalues_are_binned_once_for_all_epochs(finished: Path) -> None:
    with Store(finished) as store:
        layer = store.run("cnn-s0").layer("classifier.0")
        edges, density = layer["spectrum/random/edges"], layer["spectrum/random/density"]
        whole = layer["spectrum/random/eigenvalues"]
        assert layer["spectrum/random/epoch"].tolist() == [0, 1, 2]
    counts = np.stack([np.histogram(row, edges.astype(float))[0] for row in whole])
    mass = density * np.diff(edges) * whole.shape[1]
    assert np.abs(mass - counts).max() <= 2  # float32 edges may take an eigenvalue from one bin to the next
    assert (density * np.diff(edges)).sum(1) == pytest.approx(1, abs=0.05)
