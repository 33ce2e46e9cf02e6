"""What the spectral film shows of randomness: the shuffled outline, λ₊, ridges over the epochs, layers beyond it."""

from __future__ import annotations

from dataclasses import replace
from math import nan
from pathlib import Path

import numpy as np
import pytest
from manim import RIGHT, UP

from tests.made.store import synthetic_store
from weightreel.analysis.findings.bulk import (
    Reaches,
    departure_in_words,
    goodness_in_words,
    leaves_bulk,
    spikes_in_words,
)
from weightreel.analysis.findings.randomness import Baseline, Bulk, log_density, log_edges
from weightreel.analysis.findings.spectra import Spectrum
from weightreel.analysis.findings.time import evenly_spaced
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import Contents, write
from weightreel.scenes.instruments.spectra.departures import MOST_ROWS, Departures, in_columns, range_of
from weightreel.scenes.instruments.spectra.esd import EsdPlot
from weightreel.scenes.instruments.spectra.fit_numbers import FitNumbers
from weightreel.scenes.instruments.spectra.ridgeline import MOST_RIDGES, Ridgeline, ordinal

K = 400


def spectrum(epochs: int = 6, *, found: bool = True) -> Spectrum:
    """A uniform bulk up to λ = 1 and five eigenvalues that leave it; no fit of the tail."""
    t = np.linspace(0, 1, epochs)[:, None]
    bulk = np.linspace(0.1, 1, K - 5)
    eigenvalues = np.sort(np.concatenate([np.tile(bulk, (epochs, 1)), 0.9 + t * np.linspace(1, 9, 5)], 1), 1)
    edges, random_edges = log_edges(eigenvalues, 30), np.linspace(-1.5, 0.4, 21)
    ones = np.ones(epochs) if found else np.full(epochs, nan)
    spikes = (eigenvalues > 1.05).sum(1) * ones
    return Spectrum(
        "classifier.0", np.arange(float(epochs)), K, edges, log_density(eigenvalues, edges), np.zeros(epochs, int),
        *(np.full(epochs, nan) for _ in range(4)), np.zeros(epochs), eigenvalues[:, -1], np.ones(epochs, int),
        Baseline(random_edges, log_density(np.tile(bulk, (epochs, 1)), random_edges)),
        Bulk(1.05 * ones, spikes, eigenvalues[:, -1] / 1.05 * ones),
    )  # fmt: skip


def test_the_outline_and_the_edge_stand_within_the_axes() -> None:
    plot = EsdPlot(spectrum(), (6, 4))
    left, right = plot.plane.corner[0], (plot.plane.corner + plot.plane.across)[0]
    for t in (0.0, 2.5, 5.0):
        x = plot.at(t).outline.points[:, 0]
        assert left - 1e-9 <= x.min() <= x.max() <= right + 1e-9
        assert plot.edge.line.points[:, 0] == pytest.approx(plot.plane.point(np.log10(1.05), -1)[0])
    assert len(plot.key()) == 3


def test_the_outline_has_the_baselines_density() -> None:
    found = spectrum()
    plot = EsdPlot(found, (6, 4))
    assert found.baseline is not None
    top = plot.plane.point(0, np.nanmax(found.baseline.density[0]))[1]
    assert plot.outline.points[:, 1].max() == pytest.approx(top)


def test_symbols_of_near_lines_keep_apart() -> None:
    plot = EsdPlot(spectrum(), (6, 4))
    for x in (-0.05, 0.05):
        plot.start.stand(plot.plane, x, 1.0, 0.0)
        plot.edge.stand(plot.plane, 0.0, 1.0, x)
        first, second = sorted((plot.start.symbol, plot.edge.symbol), key=lambda s: s.get_center()[0])
        assert first.get_right()[0] < second.get_left()[0]
    plot.start.stand(plot.plane, 99.0, 1.0, nan)
    assert len(plot.start.line.points) == 0


def test_spikes_are_counted_and_a_bulk_that_was_not_found_is_told() -> None:
    numbers = FitNumbers(spectrum()).at(5)
    assert [row.text for row in numbers.rows][2:] == ["– of 400", "5 of 400"]
    assert FitNumbers(spectrum(found=False)).rows[3].text == "no bulk found"
    assert len(EsdPlot(spectrum(found=False), (6, 4)).edge.line.points) == 0


@pytest.mark.parametrize("epochs", [1, 2, 6, 51, 300])
def test_ridges_rise_one_by_one_to_the_last_epoch(epochs: int) -> None:
    ridges = Ridgeline(spectrum(epochs), (6, 4))
    first, last = ridges.epochs[ridges.shown[[0, -1]]]
    assert (first, last) == (0, epochs - 1)
    assert len(ridges.ridges) <= MOST_RIDGES
    assert len(ridges.at(0).ridges[0].points) > 0
    assert all(len(ridge.points) == 0 for ridge in ridges.ridges[1:])
    assert all(len(ridge.points) > 0 for ridge in ridges.at(last).ridges)
    top = (ridges.plane.corner + ridges.plane.upwards)[1]
    assert max(ridge.points[:, 1].max() for ridge in ridges.ridges) <= top + 1e-9
    assert (len(ridges.edge.points) > 0) == (epochs > 1), "of one epoch the edge is beyond the axes"


def test_which_ridges_are_shown_is_said() -> None:
    assert Ridgeline(spectrum(6), (6, 4)).choice == "every epoch"
    assert Ridgeline(spectrum(51), (6, 4)).choice == "every 2nd epoch"
    assert Ridgeline(spectrum(300), (6, 4)).choice == "26 of 300 epochs"
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd",
    ]  # fmt: skip
    assert evenly_spaced(3, 9).tolist() == [0, 1, 2]
    assert len(evenly_spaced(0, 9)) == 0


def test_the_edge_runs_through_the_ridges_as_far_as_it_is_known() -> None:
    found = spectrum()
    assert found.bulk is not None
    found.bulk.edge[2] = nan
    ridges = Ridgeline(found, (6, 4)).at(4)
    assert ridges.edge.points[:, 0] == pytest.approx(ridges.plane.point(np.log10(1.05), 0)[0])
    heights = np.unique(ridges.edge.points[:, 1].round(6))
    assert heights.max() == pytest.approx(ridges.plane.point(0, 5)[1])
    assert not ((heights > ridges.plane.point(0, 2)[1] + 1e-3) & (heights < ridges.plane.point(0, 3)[1] - 1e-3)).any()
    assert len(Ridgeline(spectrum(found=False), (6, 4)).edge.points) == 0


def test_epochs_not_measured_yet_have_no_ridge_and_are_not_spoken_of() -> None:
    found = spectrum()
    status = np.array([1, 1, 1, 1, 3, 3])
    found.density[4:] = -np.inf
    found = replace(found, status=status)
    ridges = Ridgeline(found, (6, 4)).at(5)
    assert [len(ridge.points) > 0 for ridge in ridges.ridges] == [True] * 4 + [False] * 2
    known = found.measured()
    assert known.bulk is not None
    assert known.baseline is not None
    assert [len(x) for x in (known.epochs, known.bulk.n_spikes, known.baseline.density)] == [4, 4, 4]
    assert FitNumbers(found).at(5).warning.text == "not measured yet"
    never = replace(found, status=np.full(6, 3))
    assert never.measured() is never
    assert spectrum().measured().epochs[-1] == 5


def test_instruments_draw_where_they_were_moved_to_and_run_backwards() -> None:
    reach = np.array([[0.9, nan], [1.5, nan], [4.0, nan]])
    for make in (lambda: Ridgeline(spectrum(3), (4, 3)), lambda: Departures(np.arange(3.0), ["a", "b"], reach, 6.0)):
        there, here = make().shift(2 * RIGHT), make()
        there.at(2)
        expected = here.at(1.3).get_all_points() + 2 * RIGHT
        np.testing.assert_allclose(there.at(1.3).get_all_points(), expected, atol=1e-9)


def test_departures_stand_at_their_reach_and_say_where_there_is_none() -> None:
    departures = Departures(np.arange(2.0), ["features.0", "head"], np.array([[0.8, nan], [4.0, nan]]), 6.0).at(1)
    assert [number.text for number in departures.numbers] == ["×4.00", "no bulk"]
    assert departures.ends.points[:, 0].mean() == pytest.approx(departures.plane.point(np.log10(4), 0)[0])
    assert departures.starts.points[:, 0].mean() == pytest.approx(departures.plane.point(np.log10(0.8), 0)[0])
    low, high = range_of(np.full((2, 2), nan))
    assert low < 1 < high


@pytest.mark.parametrize("layers", [1, 8, 9, MOST_ROWS])
def test_layers_stand_in_columns_with_one_axis(layers: int) -> None:
    names = [f"blocks.{i}.convolution" for i in range(layers)]
    columns = in_columns(np.arange(2.0), names, np.linspace(0.5, 3, 2 * layers).reshape(2, layers), UP, 12.0)
    assert sum(len(column.numbers) for column in columns) == layers
    assert len({column.plane.x_range for column in columns}) == 1
    assert all(column.get_right()[0] <= 6.0 * (i + 1) + 1e-6 for i, column in enumerate(columns))
    assert all(column.get_left()[0] >= 6.0 * i - 1e-6 for i, column in enumerate(columns))
    assert all(column.get_top()[1] <= 1 + 1e-6 for column in columns)


def bulk(spikes: list[float], reach: list[float]) -> Bulk:
    ones = np.ones(len(spikes))
    return Bulk(1.1 * ones, np.array(spikes), np.array(reach))


def test_what_is_said_of_one_layer() -> None:
    epochs = np.array([0, 1, 2])
    grown = bulk([0, 0, 9], [0.9, 0.95, 4.854])
    assert leaves_bulk(grown)
    said = spikes_in_words("head", grown, epochs, 1024)
    assert said == "Above the random edge λ₊: 0 of 1,024 eigenvalues at epoch 0, 9 at epoch 2."
    first, last = departure_in_words(grown, epochs).split("; ")
    assert first == "The first eigenvalue is above the random edge λ₊ at epoch 2"
    assert last == "at epoch 2 the largest eigenvalue is 4.85 times λ₊."
    still = bulk([0, 0, 0], [0.9, 0.9, 0.9])
    assert not leaves_bulk(still)
    assert departure_in_words(still, epochs).startswith("No eigenvalue has left the random bulk")
    assert departure_in_words(bulk([3], [2.0]), epochs[:1]).startswith("Eigenvalues are above")
    assert "1 of 10 eigenvalues" in spikes_in_words("head", bulk([1], [2.0]), epochs[:1], 10)
    lost = bulk([0, nan, nan], [0.9, nan, nan])
    assert not leaves_bulk(lost)
    assert not leaves_bulk(None)
    assert "no random bulk was found" in spikes_in_words("head", lost, epochs, 10)
    assert departure_in_words(lost, epochs) == "At epoch 2 no random bulk was found."


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """A narrow network at three epochs: convolutions and a head of few eigenvalues, linear layers of 64."""
    path = synthetic_store(tmp_path_factory.mktemp("bulk") / "s.h5", epochs=3, n_layers=6, models=("cnn",), sample=4)
    with Store(path) as store:
        return store.contents()


def test_what_the_store_holds_is_read(contents: Contents, tmp_path: Path) -> None:
    write(tmp_path / "s.h5", contents)
    with Store(tmp_path / "s.h5") as store:
        run = store.select()[0]
        reaches = Reaches.of(run)
        assert set(reaches.names) | set(reaches.left_out) == {
            n for n, x in run.layers.items() if x.has("spectrum/alpha")
        }
        assert "head.2" in reaches.left_out
        layer = run.layer("head.0")
        found = Spectrum.of(run, layer)
        assert found.baseline is not None
        area = (10**found.baseline.density * np.diff(10**found.baseline.edges)).sum(1)
        np.testing.assert_allclose(area, 1, rtol=1e-4)
        assert found.bulk is not None
        above = (layer["spectrum/eigenvalues"] > found.bulk.edge[:, None]).sum(1)
        np.testing.assert_array_equal(found.bulk.n_spikes, above)
        np.testing.assert_array_equal(found.bulk.reach > 1, above > 0)


def test_an_old_store_has_neither_baseline_nor_bulk(contents: Contents, tmp_path: Path) -> None:
    old = Contents(dict(contents.datasets), {k: dict(v) for k, v in contents.attributes.items()})
    for path in [p for p in old.datasets if "/random/" in p or "/marchenko_pastur/" in p or p.endswith("/p_value")]:
        old.drop(path.rpartition("/")[0] if "/random/" in path or "/marchenko_pastur/" in path else path)
    write(tmp_path / "old.h5", old)
    with Store(tmp_path / "old.h5") as store:
        run = store.select()[0]
        found = Spectrum.of(run, run.layer("head.0"))
        assert found.baseline is None
        assert found.bulk is None
        assert Reaches.of(run).names == ()
        assert goodness_in_words(run.layer("head.0"), list(run.layers.values())) == ""
        assert len(EsdPlot(found, (6, 4)).key()) == 2
        assert len(FitNumbers(found).rows) == 3
        assert len(Ridgeline(found, (6, 4)).edge.points) == 0


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.0, "(250 resamples, level 0.1) rejects a power law for head.0's tail: p < 0.004. It is rejected in 2 of 4"),
        (0.1, "rejects a power law for head.0's tail: p = 0.10. It is rejected in 2 of 4"),
        (0.31, "does not reject a power law for head.0's tail: p = 0.31. It is rejected in 1 of 4 layers."),
        (nan, "the fit failed"),
    ],
)
def test_goodness_is_said_honestly(contents: Contents, tmp_path: Path, p: float, said: str) -> None:
    for path in [path for path in contents.datasets if path.endswith("/p_value")]:
        contents.datasets[path] = np.float32({"head.0": p, "head.1": 0.02}.get(path.split("/")[4], 0.5))
    write(tmp_path / "s.h5", contents)
    with Store(tmp_path / "s.h5") as store:
        run = store.select()[0]
        assert said in goodness_in_words(run.layer("head.0"), list(run.layers.values()))
