"""The film of eigenvalues on stores that hold less than the whole story, or another one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.made.store import synthetic_store
from tests.watched import watched
from weightreel.analysis.findings.spectra import main_layer
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import Contents, write
from weightreel.scenes.chapters.spectra.tail import in_bins
from weightreel.scenes.chapters.spectra.told import MOST_GRAINS, Told
from weightreel.scenes.esd import Esd
from weightreel.scenes.instruments.spectra.esd import EsdPlot

Edit = Callable[[Contents], None]


def without(*parts: str) -> Edit:
    """Drop every dataset whose path has one of these parts."""

    def edit(contents: Contents) -> None:
        for path in [path for path in contents.datasets if any(part in path for part in parts)]:
            del contents.datasets[path]

    return edit


def filled(part: str, value: float, record: int | slice = slice(None)) -> Edit:
    """Write a value into every dataset whose path ends so."""

    def edit(contents: Contents) -> None:
        for path in [path for path in contents.datasets if path.endswith(part)]:
            data = contents.datasets[path] = np.array(contents.datasets[path])
            data[record] = value

    return edit


@pytest.fixture
def told_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last_frames: None) -> Callable[..., dict[str, str]]:
    """What the film says of a made-up store, and that all it shows lies within the frame."""

    def tell(*edits: Edit, epochs: int = 4, **options: object) -> dict[str, str]:
        path = synthetic_store(tmp_path / "s.h5", epochs=epochs, n_layers=3, models=("cnn",), sample=64, **options)  # type: ignore[arg-type]
        with Store(path) as store:
            contents = store.contents()
        for edit in edits:
            edit(contents)
        write(tmp_path / "edited.h5", contents)
        monkeypatch.setenv("WEIGHTREEL_STORE", str(tmp_path / "edited.h5"))
        film = watched(Esd)
        film.render()
        assert not film.outside
        assert film.question is not None
        return {"asked": film.question.said, **film.told}

    return tell


def test_what_leaves_is_asked_for_counted_and_answered(told_by: Callable[..., dict[str, str]]) -> None:
    told = told_by(epochs=11)
    assert told["asked"].startswith("Where in ") and told["asked"].endswith(" numbers is what it learned?")
    assert "further than chance" in told["It learns"] and "stay below the line" in told["What stays"]
    assert "further than chance reaches" in told["Answer"]


@pytest.mark.parametrize(
    "edits",
    [
        [without("/marchenko_pastur/", "/random/")],
        [filled("marchenko_pastur/spike_edge", np.nan), filled("marchenko_pastur/n_spikes", 0)],
        [filled("marchenko_pastur/spike_edge", 1e6), filled("marchenko_pastur/n_spikes", 0)],
    ],
    ids=["no bulk", "no edge found", "nothing leaves"],
)
def test_where_nothing_leaves_another_question_is_asked(
    edits: list[Edit], told_by: Callable[..., dict[str, str]]
) -> None:
    told = told_by(*edits)
    assert told["asked"] == "How does a layer stretch what it is given?"
    assert "further than chance" not in told["It learns"] and "What stays" not in told
    assert "largest eigenvalue" in told["Answer"] or told["Answer"].startswith("None of its ")


def test_without_weights_the_network_asks(told_by: Callable[..., dict[str, str]]) -> None:
    assert told_by(without("/weight/sample"))["Question"].startswith("A network, and one of its layers")


def test_without_a_shuffle_only_the_line_is_told(told_by: Callable[..., dict[str, str]]) -> None:
    assert "Shuffle" not in told_by(without("/random/"))["Chance"]


def test_one_record_needs_no_clock(told_by: Callable[..., dict[str, str]]) -> None:
    told = told_by(epochs=1)
    assert "It learns" not in told and "Before it learned" not in told
    assert told["Beyond chance"].startswith("Only one record")


def test_a_power_law_that_was_not_fitted_is_not_drawn(told_by: Callable[..., dict[str, str]]) -> None:
    told = told_by(filled("spectrum/status", 1, -1), filled("spectrum/alpha", np.nan, -1))
    assert "could not be fitted" in told["Two readings"]


def test_a_training_that_goes_on_is_told_until_now(told_by: Callable[..., dict[str, str]]) -> None:
    assert "Answer" in told_by(complete=False)


@pytest.mark.usefixtures("last_frames")
def test_every_eigenvalue_falls_into_the_bar_that_counts_it(small_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIGHTREEL_STORE", str(small_store))
    film = Esd()
    film.setup()
    layer = main_layer(film.run)
    assert layer is not None
    told = Told.of(film, layer)
    assert len(told.drawn) <= MOST_GRAINS
    plot = EsdPlot(told.spectrum, (6, 3)).at(float(told.escape.epochs[-1]))
    places, sides = in_bins(told, plot)
    shown = sides > 0
    share = (places[shown, 0] - plot.plane.corner[0]) / plot.plane.across[0]
    low, high = plot.plane.x_range
    logs = np.log10(told.escape.eigenvalues[-1][told.drawn][shown])
    widest = np.diff(told.spectrum.edges).max()
    np.testing.assert_allclose(low + share * (high - low), logs, atol=widest)
    assert (~shown).sum() == told.spectrum.hidden[-1] or len(told.drawn) == MOST_GRAINS
