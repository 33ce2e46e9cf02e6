"""Trainings of other code whose names, clocks or answers outputs may mistake for a recipe's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.end_to_end.test_other_code import shown
from tests.runs.test_record import ABOUT, record
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.export.formats import export
from weightreel.analysis.findings.attacks.gradients import saliency_of
from weightreel.analysis.findings.attacks.noise import UNIFORM
from weightreel.analysis.findings.report import of_report
from weightreel.analysis.findings.time import records_in_words
from weightreel.analysis.runs.about import RunAbout
from weightreel.analysis.runs.record import RunWriter
from weightreel.analysis.stills.draw import figures, training_curves
from weightreel.analysis.stills.phases import phases, stop_sentences
from weightreel.analysis.stills.swing import noise_histories
from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.merge import merge
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.tables.markdown import comparison
from weightreel.page.build import Charts, page_html

STEPS = [0, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10240]
FALLING = [0, 500, 1000, 1500, 2000, 2500, 3000, 3500]
CALLED_CNN = replace(ABOUT, name="cnn-s0", title="CNN", model="cnn")


def written(path: Path, about: RunAbout, clock: list[int], numbers: Mapping[str, list[float]] | None = None) -> Path:
    writer = RunWriter(path, about)
    for place, at in enumerate(clock):
        more = {key: values[place] for key, values in (numbers or {}).items()}
        writer.add({**record(place, **more), about.clock: np.asarray(at)})
    writer.close()
    assert check(path) == []
    return path


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One whose class is called CNN; one by steps with all losses and no accuracy in training; both merged."""
    folder = tmp_path_factory.mktemp("networks")
    losses = {
        "train/loss": [2 - 0.2 * i for i in range(8)],
        "validation/loss": [2 - 0.2 * i + max(0, i - 3) * 0.4 for i in range(8)],
        "validation/accuracy": [0.1 * min(i, 4) for i in range(8)],
    }
    found = {
        "cnn": written(folder / "cnn.h5", CALLED_CNN, [0, 1], {"train/accuracy": [0.1, 0.5]}),
        "phases": written(folder / "phases.h5", replace(ABOUT, clock="step"), FALLING, losses),
    }
    merge(list(found.values()), folder / "merged.h5")
    return found | {"merged": folder / "merged.h5"}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By steps, with answers to noise and input gradients at every record, as an import with `--model` writes them."""
    path = tmp_path_factory.mktemp("attacked") / "attacked.h5"
    method = {"kind": "noise", "method": "uniform noise", "threshold": 0.9, "parameters": "{}", "seed": 0}
    images = {
        "name": "digits", "digest": "0", "n_train": 10, "n_validation": 0, "n_test": 0, "classes": ("no", "yes"),
        "example_pixels": np.zeros((2, 4, 4, 3), np.uint8), "example_labels": np.zeros(2, np.uint8),
    }  # fmt: skip
    about = replace(
        ABOUT, clock="step", dataset=images, saliency=3,
        described={f"attacks/{UNIFORM}": method},
    )  # fmt: skip
    writer = RunWriter(path, about)
    writer.fix({"saliency/example": np.arange(2, dtype=np.uint32)})
    for place, step in enumerate(STEPS):
        answers = {
            f"attacks/{UNIFORM}/history/prediction": np.zeros(8, np.uint8),
            f"attacks/{UNIFORM}/history/confidence": np.linspace(0.5, 1, 8, dtype=np.float32),
            "saliency/gradient": np.full((2, 4, 4, 3), place, np.int8),
            "saliency/scale": np.ones(2, np.float32),
        }
        writer.add({**record(place), **answers, "step": np.asarray(step)})
    writer.close()
    return path


def words_of(figure: Figure) -> str:
    """All that is written in a figure, once it is laid out."""
    figure.canvas.draw()
    return " ".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


class TestNames:
    def test_a_network_that_is_called_cnn_is_not_the_report_s(self, stores: dict[str, Path], tmp_path: Path) -> None:
        assert "report" not in shown(stores["cnn"]).partition("as two readings take it")[0]
        assert "The report's figures" not in shown(stores["cnn"])
        with Store(stores["cnn"]) as store:
            assert not of_report(store.run("cnn-s0"))
            with pytest.raises(WeightreelError, match="holds none of the report's networks"):
                comparison(store)
            drawn = {path.stem for path in figures(store, tmp_path)}
        assert not {stem for stem in drawn if stem.startswith(("CNN", "Part"))}

    def test_a_recipe_s_is(self, small_store: Path) -> None:
        with Store(small_store) as store:
            assert any(map(of_report, store.runs.values()))
            assert records_in_words(store.runs.values()) == "epochs"


class TestPhases:
    def test_stops_are_told_by_the_clock(self, stores: dict[str, Path]) -> None:
        with Store(stores["phases"]) as store:
            run = store.run("mine-s0")
            place = int(run["stop/validation/epoch"])
            assert 0 < place < len(FALLING)
            assert f"stops at step {FALLING[place]} (dashed)" in " ".join(stop_sentences(run))
            figure = phases([run])
        lines = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_linestyle() == "--"]
        assert FALLING[place] in lines
        assert "epoch" not in words_of(figure)
        assert f"{FALLING[place]}: " in shown(stores["phases"])

    def test_ribbons_reach_from_the_first_record_to_the_last(self, stores: dict[str, Path]) -> None:
        with Store(stores["phases"]) as store:
            ribbons = phases([store.run("mine-s0")]).axes[2].patches
        assert min(bar.get_x() for bar in ribbons) == 0
        assert max(bar.get_x() + bar.get_width() for bar in ribbons) == FALLING[-1]


class TestMerged:
    def test_every_output_is_made(self, stores: dict[str, Path], tmp_path: Path) -> None:
        with Store(stores["merged"]) as store:
            drawn = {path.stem for path in figures(store, tmp_path)}
        assert {"training-curves", "phases", "alpha"} <= drawn and "defences" not in drawn
        said = shown(stores["merged"])
        assert "best % (epoch/step)" in said and "nan" not in said

    def test_every_curve_is_in_a_legend(self, stores: dict[str, Path]) -> None:
        with Store(stores["merged"]) as store:
            figure = training_curves(list(store.runs.values()))
            legends = [*figure.legends, *filter(None, (axes.get_legend() for axes in figure.axes))]
        named = {text.get_text() for legend in legends for text in legend.get_texts()}
        assert named == {str(line.get_label()) for axes in figure.axes for line in axes.lines}
        assert figure.axes[0].get_xlabel() == "epoch/step"

    def test_the_page_counts_records(self, stores: dict[str, Path]) -> None:
        assert "Turn the records of a training" in page_of(stores["merged"])


class TestAttacked:
    def test_input_gradients_are_kept_at_a_few_records(self, attacked: Path) -> None:
        with Store(attacked) as store:
            run = store.run("mine-s0")
            np.testing.assert_array_equal(run["saliency/epoch"], [0, 6, 11])
            np.testing.assert_array_equal(run["saliency/gradient"][:, 0, 0, 0, 0], [0, 6, 11])
            found = saliency_of(run, 1)
        assert found is not None
        np.testing.assert_array_equal(found.epochs, [STEPS[0], STEPS[6], STEPS[11]])

    def test_the_last_records_are_no_epochs(self, attacked: Path, tmp_path: Path) -> None:
        assert "of the last 10 records" in shown(attacked) and "epoch" not in shown(attacked)
        with Store(attacked) as store:
            run = store.run("mine-s0")
            figure = noise_histories([run])
            assert "input-gradients-mine-s0" in {path.stem for path in figures(store, tmp_path)}
        shade = figure.axes[0].patches[0]
        assert shade.get_x() == STEPS[2]
        assert shade.get_x() + shade.get_width() == STEPS[-1]

    def test_tables_without_a_row_are_left_out(self, stores: dict[str, Path], attacked: Path, tmp_path: Path) -> None:
        for path, has_noise in ((stores["cnn"], False), (attacked, True)):
            with Store(path) as store:
                names = {table.stem for table in export(store, "csv", tmp_path / path.stem)}
            assert {"runs", "epochs", "parameters", "spectra"} <= names
            assert ("noise" in names) == has_noise
            assert not names & {"metrics", "certificates"}


class TestPage:
    @pytest.mark.parametrize(
        ("name", "lacking"), [("cnn", "a validation, answers to noise, odd"), ("phases", "answers to noise, odd")]
    )
    def test_it_says_once_what_is_not_recorded(self, stores: dict[str, Path], name: str, lacking: str) -> None:
        page = page_of(stores[name])
        assert re.findall(r"Not recorded</dt><dd>([^<]*)", page) == [lacking]
        assert ("loss in validation" in page) == (name == "phases")

    def test_a_recipe_s_page_lacks_nothing(self, small_store: Path) -> None:
        assert "Not recorded" not in page_of(small_store)


def page_of(path: Path) -> str:
    """A store's page without its data and scripts."""
    with Store(path) as store:
        page = page_html(store, [], Charts("", "0"), path.parent / "index.html")
    return page.partition('<script type="application/json"')[0]


def test_clocks_decide_what_records_are_called(stores: dict[str, Path]) -> None:
    def called(name: str) -> str:
        with Store(stores[name]) as store:
            runs: list[Run] = list(store.runs.values())
            return records_in_words(runs)

    assert [called(name) for name in ("cnn", "phases", "merged")] == ["epochs", "records", "records"]
