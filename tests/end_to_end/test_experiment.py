"""From recipe to store: resuming, extending, refusing, and keeping out a second writer."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from filelock import FileLock

from tests.made.recipe import Silent, tiny_recipe
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.maths.spectral_phases import SpectralCues
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.runs import phases
from weightreel.analysis.runs.folder import ExperimentFiles, load_arrays
from weightreel.analysis.runs.raw_weights import stored_weights
from weightreel.analysis.runs.same_weights import Recorded
from weightreel.analysis.store.check.faults import check, same
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import Phase
from weightreel.analysis.store.writer import write
from weightreel.analysis.training import run as worker
from weightreel.analysis.training.experiment import run_experiment
from weightreel.analysis.training.remeasure import remeasure_attacks


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("finished") / "tiny.h5"
    run_experiment(tiny_recipe(), path, Silent())
    return path


class Stopped(Exception):
    """Stands for a kill."""


def run_until(recipe: Recipe, path: Path, monkeypatch: pytest.MonkeyPatch, calls: int, **options: bool) -> None:
    """Run an experiment that dies at the `calls`-th file that it writes."""
    left = calls
    real = worker.save_arrays

    def dying(target: Path, arrays: dict[str, np.ndarray]) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Stopped
        real(target, arrays)

    with monkeypatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(worker, "save_arrays", dying)
        run_experiment(recipe, path, Silent(), **options)


def test_a_finished_store_is_clean_and_leaves_no_parts(finished: Path) -> None:
    assert check(finished) == []
    files = ExperimentFiles(finished)
    assert not files.parts.exists()
    with Store(finished) as store:
        assert list(store.runs) == ["cnn-s0", "spectral-cnn-s0"]
        run = store.run("cnn-s0")
        assert run.complete
        assert run.epochs.tolist() == [0, 1, 2]
        assert run["step"].tolist() == [0, 3, 6]
        assert run["validation/confusion"].sum((1, 2)).tolist() == [40, 40, 40]
        assert store.dataset.attributes["n_test"] == 50


def test_same_recipe_same_store(finished: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.h5"
    run_experiment(tiny_recipe(), again, Silent())
    assert same(finished, again) == []
    with Store(finished) as one, Store(again) as other:  # whenever and how fast they were made
        assert one.results == other.results


@pytest.mark.slow
def test_side_by_side_gives_the_same_store(finished: Path, tmp_path: Path) -> None:
    beside = tmp_path / "beside.h5"
    run_experiment(tiny_recipe(), beside, Silent(), jobs=2)
    assert same(finished, beside) == []


@pytest.mark.parametrize("calls", [0, 5, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 3, 6, 9))])
def test_a_stopped_run_resumes_to_the_same_store(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    path = tmp_path / "stopped.h5"
    run_until(tiny_recipe(), path, monkeypatch, calls)
    if path.exists():
        assert check(path) == []
        with Store(path) as store:
            assert not all(run.complete for run in store.runs.values()) or len(store.runs) < 2
    run_experiment(tiny_recipe(), path, Silent(), resume=True)
    assert same(finished, path) == []
    with h5py.File(ExperimentFiles(finished).weights) as a, h5py.File(ExperimentFiles(path).weights) as b:
        assert np.array_equal(a["runs/cnn-s0/classifier.0.weight"], b["runs/cnn-s0/classifier.0.weight"])


def test_resuming_a_finished_store_does_nothing(finished: Path) -> None:
    before = finished.read_bytes()
    assert run_experiment(tiny_recipe(), finished, Silent(), resume=True) is False
    plainly = tiny_recipe()
    plainly = plainly.model_copy(update={"training": plainly.training.model_copy(update={"cuda_graph": False})})
    assert run_experiment(plainly, finished, Silent(), resume=True) is False  # no number depends on it
    assert finished.read_bytes() == before


def test_more_seeds_are_added_and_the_old_kept(finished: Path, tmp_path: Path) -> None:
    path = tmp_path / "more.h5"
    run_experiment(tiny_recipe(models=["cnn"]), path, Silent())
    watcher = Silent()
    run_experiment(tiny_recipe(models=["cnn"], seeds=[0, 1]), path, watcher, resume=True)
    assert {run for run, _ in watcher.epochs} == {"cnn-s1"}
    assert check(path) == []
    with Store(path) as store, Store(finished) as reference:
        assert list(store.runs) == ["cnn-s0", "cnn-s1"]
        assert np.array_equal(store.run("cnn-s0")["train/loss"], reference.run("cnn-s0")["train/loss"])
        # Only the first seed is whole.
        assert store.run("cnn-s0").layer("classifier.0").has("spectrum/eigenvalues")
        assert not store.run("cnn-s1").layer("classifier.0").has("spectrum/eigenvalues")
        assert store.run("cnn-s1").layer("classifier.0").has("spectrum/alpha")
        for name in ("cnn-s0", "cnn-s1"):
            epochs, read = stored_weights(ExperimentFiles(path), name, Recorded(store.run(name)))
            assert epochs == 3 and read(2)


def test_an_existing_store_is_not_touched(finished: Path) -> None:
    before = finished.read_bytes()
    with pytest.raises(WeightreelError, match=r"exists; go on with --resume, begin again with --force"):
        run_experiment(tiny_recipe(), finished, Silent())
    with pytest.raises(WeightreelError, match=r"another training\.epochs"):
        run_experiment(tiny_recipe(training={"epochs": 5}), finished, Silent(), resume=True)
    assert finished.read_bytes() == before


def test_a_recipe_that_lacks_stored_runs_is_refused(finished: Path) -> None:
    with pytest.raises(WeightreelError, match=r"does not name \(cnn-s0, spectral-cnn-s0\)"):
        run_experiment(tiny_recipe(seeds=[1]), finished, Silent(), resume=True)


def test_force_begins_again(tmp_path: Path) -> None:
    path = tmp_path / "forced.h5"
    run_experiment(tiny_recipe(models=["cnn"]), path, Silent())
    run_experiment(tiny_recipe(models=["cnn"], seeds=[1]), path, Silent(), force=True)
    with Store(path) as store:
        assert list(store.runs) == ["cnn-s1"]


def test_two_writers_are_refused(finished: Path) -> None:
    with FileLock(finished.with_name(".tiny.lock")), pytest.raises(WeightreelError, match="another process is writing"):
        run_experiment(tiny_recipe(), finished, Silent(), resume=True)


def test_other_images_under_the_same_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "stopped.h5"
    run_until(tiny_recipe(), path, monkeypatch, 4)
    about = ExperimentFiles(path).experiment
    begun = json.loads(about.read_text())
    begun["dataset"]["digest"] = "0" * 64
    about.write_text(json.dumps(begun))
    with pytest.raises(WeightreelError, match="digest differs"):
        run_experiment(tiny_recipe(), path, Silent(), resume=True)


def test_a_broken_checkpoint_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "stopped.h5"
    run_until(tiny_recipe(), path, monkeypatch, 4)
    ExperimentFiles(path).run("cnn-s0").checkpoint.write_bytes(b"PK broken")
    with pytest.raises(WeightreelError, match=r"checkpoint .* cannot be read .*--force"):
        run_experiment(tiny_recipe(), path, Silent(), resume=True)


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, other = tmp_path / "stopped.h5", tmp_path / "other.h5"
    run_until(tiny_recipe(models=["spectral-cnn"]), path, monkeypatch, 6)
    run_until(tiny_recipe(models=["spectral-cnn"], seeds=[1]), other, monkeypatch, 6)
    checkpoint = ExperimentFiles(path).run("spectral-cnn-s0").checkpoint
    own = checkpoint.read_bytes()
    checkpoint.write_bytes(ExperimentFiles(other).run("spectral-cnn-s1").checkpoint.read_bytes())
    with pytest.raises(WeightreelError, match=r"checkpoint\.pt does not hold the weights of spectral-cnn-s0 .*--force"):
        run_experiment(tiny_recipe(models=["spectral-cnn"]), path, Silent(), resume=True)
    checkpoint.write_bytes(own)
    run_experiment(tiny_recipe(models=["spectral-cnn"]), path, Silent(), resume=True)
    assert check(path) == []


def test_wrong_places(tmp_path: Path) -> None:
    with pytest.raises(WeightreelError, match="there is no folder"):
        run_experiment(tiny_recipe(), tmp_path / "nowhere" / "a.h5", Silent())
    with pytest.raises(WeightreelError, match=r"does not end in \.h5"):
        run_experiment(tiny_recipe(), tmp_path / "store.hdf", Silent())


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "full.h5"
    real = np.savez
    written = 0

    def full(file: object, **arrays: np.ndarray) -> None:
        nonlocal written
        written += 1
        if written > 5:
            raise OSError(28, "No space left on device")
        real(file, **arrays)

    with monkeypatch.context() as patch, pytest.raises(WeightreelError, match="No space left on device"):
        patch.setattr(np, "savez", full)
        run_experiment(tiny_recipe(models=["cnn"]), path, Silent())
    assert check(path) == []
    run_experiment(tiny_recipe(models=["cnn"]), path, Silent(), resume=True)
    assert check(path) == []


def test_the_attack_can_be_run_again_with_other_settings(finished: Path, tmp_path: Path) -> None:
    files, copy = ExperimentFiles(finished), ExperimentFiles(tmp_path / "copy.h5")
    copy.store.write_bytes(files.store.read_bytes())
    copy.weights.write_bytes(files.weights.read_bytes())
    remeasure_attacks(copy.store, ["noise.trials=30"])
    with Store(copy.store) as store:
        assert store.run("cnn-s0").attack("uniform-noise")["prediction"].shape == (30,)
        assert store.recipe["noise"]["trials"] == 30
    assert check(copy.store) == []
    with pytest.raises(WeightreelError, match="can only change settings of noise"):
        remeasure_attacks(copy.store, ["training.epochs=3"])


@pytest.mark.parametrize("rule", ["validation", "spectral"])
def test_a_rule_of_phases_ends_a_training(rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules themselves are tested with the phases; here each calls the second epoch over-fitting."""
    late = lambda loss, *more: np.where(np.arange(len(loss)) < 2, Phase.GENERALISING, Phase.OVER_FITTING)  # noqa: E731
    monkeypatch.setattr(phases, "validation_phases", late)
    monkeypatch.setattr(phases, "spectral_phases", lambda cues, *more: late(cues.distance))
    monkeypatch.setattr(phases, "cues_of", lambda own: SpectralCues(*[own["train/loss"]] * 3))
    recipe = tiny_recipe(models=["cnn"], training={"epochs": 5, "stop": rule})
    path = tmp_path / "stopped.h5"
    run_experiment(recipe, path, Silent())
    with Store(path) as store:
        run = store.run("cnn-s0")
        assert run.complete
        assert run.epochs.tolist() == [0, 1, 2]
        assert run.attributes["stopped_by"] == rule
        assert run.attributes["epochs_planned"] == 5
        assert run.has("test/accuracy")
    run_experiment(recipe, path, Silent(), resume=True)
    with Store(path) as store:
        assert store.run("cnn-s0").epochs.tolist() == [0, 1, 2]


def test_stopping_by_spectra_that_are_not_measured_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightreelError, match="use `weightreel run`"):
        run_experiment(tiny_recipe(training={"stop": "spectral"}), tmp_path / "a.h5", Silent(), spectra=False)


def test_a_store_of_an_older_recipe_can_be_extended(finished: Path, tmp_path: Path) -> None:
    """Settings that came after a store was made have their defaults in it."""
    copy = tmp_path / "old.h5"
    with Store(finished) as store:
        contents, recipe = store.contents(), store.recipe
    del recipe["spectra"]["square_law"], recipe["training"]["stop"]
    contents.describe("/", recipe=json.dumps(recipe))
    write(copy, contents)
    assert run_experiment(tiny_recipe(), copy, Silent(), resume=True) is False


def test_stored_weights_are_the_effective_ones(finished: Path) -> None:
    with Store(finished) as store:
        epochs, read = stored_weights(
            ExperimentFiles(finished), "spectral-cnn-s0", Recorded(store.run("spectral-cnn-s0"))
        )
        state = read(2)
    assert epochs == 3
    assert state["features.0.weight"].shape == (2, 3, 3, 3)
    sigma = np.linalg.norm(state["features.3.weight"].reshape(2, -1), ord=2)
    assert sigma == pytest.approx(1, abs=0.05)
    with Store(finished) as store:
        stored = store.run("spectral-cnn-s0").layer("features.0")
        assert np.array_equal(stored["filters"][2], state["features.0.weight"])


def test_arrays_survive_a_round_trip(tmp_path: Path) -> None:
    from weightreel.analysis.runs.folder import save_arrays

    arrays = {"a/b": np.arange(3.0), "scalar": np.asarray(2)}
    save_arrays(tmp_path / "x.npz", arrays)
    back = load_arrays(tmp_path / "x.npz")
    assert back.keys() == arrays.keys()
    assert np.array_equal(back["a/b"], arrays["a/b"])


def test_progress_tells_epochs_from_the_last_measurements(tmp_path: Path) -> None:
    told: list[tuple[int, float]] = []

    class Listening(Silent):
        def progress(self, run: str, done: int, part: float) -> None:
            told.append((done, part))

    run_experiment(tiny_recipe(models=["cnn"]), tmp_path / "s.h5", Listening())
    assert all(part < 1 for done, part in told if done < 2)
    last = [part for done, part in told if part >= 1]
    assert last[0] == 1
    assert last == sorted(last)
    assert last[-1] < 2
