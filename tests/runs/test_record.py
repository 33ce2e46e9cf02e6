"""Runs that no recipe trains: records one after the other become a store that `check` finds nothing in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.measures.parameters import record_parameters
from weightreel.analysis.measures.spectra import measure_spectra
from weightreel.analysis.recipe.recipe import SpectraRecipe
from weightreel.analysis.runs.about import RunAbout
from weightreel.analysis.runs.record import NOT_NAMED, RunWriter
from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.reader import Store

LAYERS = (LayerInfo("first", 1, "linear", (60, 80)), LayerInfo("norm", 2, "layernorm", (60,)))
ABOUT = RunAbout(
    "mine-s0", "Mine", "mine", 0, "epoch", LAYERS, 4920, "cpu", "recorded by a test", skipped={"odd": "is complex"}
)


def record(epoch: int, **more: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(epoch)
    state = {
        "first.weight": rng.normal(size=(60, 80)).astype(np.float32),
        "first.bias": rng.normal(size=60).astype(np.float32),
        "norm.weight": rng.normal(size=60).astype(np.float32),
    }
    found = record_parameters(LAYERS, state, 16) | measure_spectra(LAYERS, state, SpectraRecipe(), 1)
    return found | {"epoch": np.asarray(epoch)} | {key: np.asarray(value) for key, value in more.items()}


def test_records_become_a_store(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "mine.h5", ABOUT)
    writer.add(record(0))
    with Store(tmp_path / "mine.h5") as store:
        assert not store.run("mine-s0").complete
    writer.add(record(2, **{"train/loss": 0.5, "metrics/perplexity": 3.0}))
    writer.close()
    assert check(tmp_path / "mine.h5") == []
    with Store(tmp_path / "mine.h5") as store:
        run = store.run("mine-s0")
        assert run.complete and run.clock == "epoch" and run.skipped == {"odd": "is complex"}
        np.testing.assert_array_equal(run.epochs, [0, 2])
        np.testing.assert_array_equal(run["metrics/perplexity"], np.float32([np.nan, 3]))
        assert store.dataset.attributes["name"] == NOT_NAMED
        assert not run.has("phase/validation")
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == ["mine.h5"]


def test_phases_are_told_where_all_losses_are(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "mine.h5", ABOUT)
    for epoch in range(4):
        losses = {"train/loss": 2.0 - 0.4 * epoch, "validation/loss": 2.0 - 0.3 * epoch, "validation/accuracy": 0.2}
        writer.add(record(epoch, **losses))
    writer.close()
    assert check(tmp_path / "mine.h5") == []
    with Store(tmp_path / "mine.h5") as store:
        assert store.run("mine-s0").has("phase/validation")


def test_a_killed_run_goes_on_and_a_second_one_joins_it(tmp_path: Path) -> None:
    killed = RunWriter(tmp_path / "mine.h5", ABOUT)
    killed.add(record(0))
    killed._held.close()  # what the system does with the lock of a process that was killed
    with pytest.raises(WeightreelError, match=r"holds the run mine-s0 already; go on with it .resume=True or --resume"):
        RunWriter(tmp_path / "mine.h5", ABOUT)
    resumed = RunWriter(tmp_path / "mine.h5", ABOUT, resume=True)
    assert resumed.recorded() == 1
    resumed.add(record(1))
    resumed.close()
    other = RunWriter(tmp_path / "mine.h5", replace(ABOUT, name="mine-s1", seed=1))
    other.add(record(0))
    other.close()
    assert check(tmp_path / "mine.h5") == []
    with Store(tmp_path / "mine.h5") as store:
        assert {name: len(run.epochs) for name, run in store.runs.items()} == {"mine-s0": 2, "mine-s1": 1}


def test_force_begins_again_and_keeps_the_others(tmp_path: Path) -> None:
    for about in (ABOUT, replace(ABOUT, name="mine-s1", seed=1)):
        writer = RunWriter(tmp_path / "mine.h5", about)
        writer.add(record(0))
        writer.close()
    again = RunWriter(tmp_path / "mine.h5", ABOUT, force=True)
    again.add(record(5))
    again.close()
    with Store(tmp_path / "mine.h5") as store:
        assert {name: list(run.epochs) for name, run in store.runs.items()} == {"mine-s0": [5], "mine-s1": [0]}


class TestRefusals:
    def test_a_complete_run(self, tmp_path: Path) -> None:
        writer = RunWriter(tmp_path / "mine.h5", ABOUT)
        writer.add(record(0))
        writer.close()
        with pytest.raises(WeightreelError, match="holds the run mine-s0 already"):
            RunWriter(tmp_path / "mine.h5", ABOUT, resume=True)

    def test_other_layers(self, tmp_path: Path) -> None:
        writer = RunWriter(tmp_path / "mine.h5", ABOUT)
        writer.add(record(0))
        writer.close(complete=False)
        with pytest.raises(
            WeightreelError, match=r"other layers .norm is in one of them only.; begin again .force=True or --force"
        ):
            RunWriter(tmp_path / "mine.h5", replace(ABOUT, layers=LAYERS[:1]), resume=True)

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(WeightreelError, match="there is no folder"):
            RunWriter(tmp_path / "nowhere" / "mine.h5", ABOUT)

    def test_a_second_writer(self, tmp_path: Path) -> None:
        first = RunWriter(tmp_path / "mine.h5", ABOUT)
        with pytest.raises(WeightreelError, match="another process is writing"):
            RunWriter(tmp_path / "mine.h5", replace(ABOUT, name="mine-s1", seed=1))
        first.close()
