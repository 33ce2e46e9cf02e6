"""Stills of how sure alpha is: both bars of every layer, the tails of one, and nothing where nothing was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.findings.spectra import main_layer
from weightreel.analysis.findings.spectral.intervals import Stability, Sureness
from weightreel.analysis.stills.intervals import interval_figures
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic_store(tmp_path_factory.mktemp("sure") / "s.h5", epochs=6, n_layers=4, models=("cnn",))


def test_both_bars_of_every_layer_and_the_tails_of_one(made: Path) -> None:
    with Store(made) as store:
        run = store.run("cnn-s0")
        found = dict(interval_figures([run]))
        sure, layer = Sureness.of(run), main_layer(run)
        assert sure is not None and layer is not None
        stability = Stability.of(run, layer)
        assert stability is not None
        alpha, error, low = (layer[f"spectrum/{key}"][-1] for key in ("alpha", "alpha_error", "interval/alpha_low"))
    (figure,) = found.values()
    assert list(found) == ["alpha-intervals-cnn-s0"]
    place = sure.names.index(layer.name)
    assert (sure.alpha[place], sure.low[place]) == pytest.approx((alpha, low))
    interval, given = ([segment[:, 1] for segment in lines.get_segments()] for lines in figure.axes[0].collections[:2])
    assert interval[place][0] == pytest.approx(low)
    assert given[place] == pytest.approx([alpha - error, alpha + error])
    assert stability.epochs.tolist() == [0, 5]
    assert len(figure.axes) == 2
    assert layer.name in figure.axes[1].get_title()


def test_without_intervals_there_is_no_still(made: Path, tmp_path: Path) -> None:
    with Store(made) as store:
        contents = store.contents()
    contents.datasets = {key: value for key, value in contents.datasets.items() if "/interval/" not in key}
    contents.attributes = {key: value for key, value in contents.attributes.items() if not key.endswith("/interval")}
    write(tmp_path / "none.h5", contents)
    with Store(tmp_path / "none.h5") as store:
        assert dict(interval_figures(list(store.runs.values()))) == {}


def test_layers_whose_xmin_stands_nowhere_are_crossed(made: Path, tmp_path: Path) -> None:
    with Store(made) as store:
        contents = store.contents()
    for key, value in contents.datasets.items():
        if key.endswith("/interval/stability"):
            value[-1] = 0.1
    write(tmp_path / "loose.h5", contents)
    with Store(tmp_path / "loose.h5") as store:
        (figure,) = dict(interval_figures([store.run("cnn-s0")])).values()
        crosses = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
        assert len(crosses[0].get_xdata()) == len(Sureness.of(store.run("cnn-s0")).names)
        assert "xmin is unstable" in figure.axes[1].get_title()
        assert np.isfinite(crosses[0].get_ydata()).all()
