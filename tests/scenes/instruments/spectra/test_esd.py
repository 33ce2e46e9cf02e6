"""The spectral film's numbers: densities, the fitted tail's area, fits that come and go, and how alpha is read."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
from manim import RIGHT
from scipy.integrate import quad

from tests.made.store import synthetic_store
from weightreel.analysis.findings.alpha import (
    AUTHORS_READING,
    REPORT_READING,
    Alphas,
    doubts_in_words,
    layers_in_words,
    medians_in_words,
    reading_in_words,
)
from weightreel.analysis.findings.bulk import largest_in_words
from weightreel.analysis.findings.randomness import log_density, log_edges
from weightreel.analysis.findings.spectra import Spectrum, layers_with_spectra, log_tail, main_layer, spread
from weightreel.analysis.maths.histogram import MAX_DECADES
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import FitStatus
from weightreel.scenes.instruments.spectra.alpha_timeline import HIGHEST, AlphaTimeline, key_of_readings, top_of_axis
from weightreel.scenes.instruments.spectra.esd import EsdPlot, FitNumbers, limits, powers, warning

EPOCHS = np.arange(5.0)


def spectrum(status: tuple[int, ...] = (0, 0, 0, 0, 0), n_eigenvalues: int = 200) -> Spectrum:
    """Pareto eigenvalues with exponent 3 above 1, growing; fits at the epochs whose status is not FAILED."""
    rng = np.random.default_rng(0)
    tail = (1 - rng.random(n_eigenvalues)) ** (-1 / 2)
    eigenvalues = np.sort(tail * np.linspace(1, 2, len(EPOCHS))[:, None], 1)
    failed = np.array(status) == FitStatus.FAILED
    edges = log_edges(eigenvalues, 20)

    def fit(values: np.ndarray) -> np.ndarray:
        return np.where(failed, nan, values)

    return Spectrum(
        "classifier.0", EPOCHS, n_eigenvalues, edges, log_density(eigenvalues, edges), np.zeros(5, int),
        fit(np.linspace(3, 2.6, 5)), fit(np.full(5, 0.1)), fit(np.linspace(1, 2, 5)), fit(np.full(5, 0.04)),
        np.where(failed, 0, n_eigenvalues // 2), eigenvalues[:, -1], np.array(status),
    )  # fmt: skip


def test_the_density_integrates_to_the_share_of_eigenvalues_in_sight() -> None:
    eigenvalues = np.exp(np.random.default_rng(1).normal(0, 2, (3, 500)))
    edges = log_edges(eigenvalues, 30)
    area = (10 ** log_density(eigenvalues, edges) * np.diff(10**edges)).sum(1)
    seen = ((eigenvalues >= 10 ** edges[0]) & (eigenvalues <= 10 ** edges[-1])).mean(1)
    np.testing.assert_allclose(area, seen, rtol=1e-9)
    assert (seen > 0.98).all()


def test_empty_bins_and_zero_eigenvalues_break_nothing() -> None:
    eigenvalues = np.array([[0.0, 1e-3, 10.0, 10.0]])
    density = log_density(eigenvalues, np.linspace(-3.5, 1.5, 6))
    assert np.isneginf(density[0, 2])
    share = 10 ** density[0] * np.diff(10 ** np.linspace(-3.5, 1.5, 6))
    np.testing.assert_allclose(share, [0.25, 0, 0, 0, 0.5], atol=1e-12)


def test_eigenvalues_of_round_off_are_left_out_of_sight() -> None:
    eigenvalues = np.concatenate([np.full(5, 1e-14), np.geomspace(0.1, 10, 50)])[None]
    edges = log_edges(eigenvalues, 10)
    assert edges[0] >= 1 - MAX_DECADES - 0.1
    assert edges[-1] >= 1
    assert np.isfinite(log_edges(np.zeros((2, 3)), 4)).all()


@pytest.mark.parametrize("alpha", [1.2, 2.0, 3.7, 12.0])
def test_the_tail_has_the_area_of_its_eigenvalues_on_to_infinity_and_the_slope_of_alpha(alpha: float) -> None:
    start, end = log_tail(alpha, -0.5, 1.2, 0.15)
    assert end == pytest.approx(start - alpha * 1.7)
    xmin = 10**-0.5
    area, _ = quad(lambda x: 10**start * (x / xmin) ** -alpha, xmin, np.inf)
    assert area == pytest.approx(0.15, rel=1e-6)


def test_the_tail_runs_through_the_density_of_eigenvalues_drawn_from_its_law() -> None:
    alpha, xmin, n_tail, n = 2.5, 0.4, 60_000, 100_000
    rng = np.random.default_rng(3)
    tail = xmin * rng.random(n_tail) ** (-1 / (alpha - 1))
    eigenvalues = np.sort(np.concatenate([rng.uniform(0.1, xmin, n - n_tail), tail]))[None]
    edges = np.log10(np.geomspace(xmin, 20 * xmin, 13))
    density = log_density(eigenvalues, edges)[0]
    start, _ = log_tail(alpha, np.log10(xmin), np.log10(eigenvalues.max()), n_tail / n)
    expected = [
        quad(lambda x: 10**start * (x / xmin) ** -alpha, *ends)[0] / np.diff(ends)[0]
        for ends in zip(10 ** edges[:-1], 10 ** edges[1:], strict=True)
    ]
    np.testing.assert_allclose(10**density, expected, rtol=0.06)


def test_no_fit_has_no_tail() -> None:
    start, end = log_tail(np.array([2.0, np.nan]), np.zeros(2), np.ones(2), np.array([0.1, 0.0]))
    assert np.isfinite(start).tolist() == np.isfinite(end).tolist() == [True, False]
    starts, ends = spectrum((0, 1, 0, 0, 0)).tail
    assert np.isfinite(starts).tolist() == np.isfinite(ends).tolist() == [True, False, True, True, True]


def test_the_line_fades_towards_an_epoch_without_a_fit_and_keeps_its_neighbours_numbers() -> None:
    found = spectrum((0, 1, 0, 0, 0))
    assert found.fit_at(0)[0] == 1
    strength, fit = found.fit_at(0.75)
    assert strength == pytest.approx(0.25)
    assert fit[0] == pytest.approx(3.0)
    assert found.fit_at(1)[0] == 0
    strength, fit = found.fit_at(3.5)
    assert strength == 1
    assert fit[0] == pytest.approx(2.65)
    assert found.status_at(1.2) == FitStatus.FAILED


def test_no_fit_at_any_epoch_draws_no_line_and_says_so() -> None:
    found = spectrum((1, 1, 1, 1, 1))
    plot, numbers = EsdPlot(found, (6, 4)), FitNumbers(found)
    for t in (0.0, 2.5, 9.0):
        assert len(plot.at(t).line.points) == 0
        assert len(plot.start.line.points) == 0
        assert len(plot.bars.points) > 0
        assert numbers.at(t).rows[0].text == "α = –"
        assert numbers.warning.text == "fit failed"
    assert EsdPlot(found, (2, 1), compact=True).number.text == "fit failed"


def test_an_epoch_that_is_not_measured_yet_is_not_called_a_failed_fit() -> None:
    found = replace(spectrum((1, 1, 1, 1, 1)), status=np.full(5, FitStatus.NOT_MEASURED))
    assert FitNumbers(found).warning.text == "not measured yet"
    assert EsdPlot(found, (2, 1), compact=True).number.text == "not measured yet"


def test_the_numbers_are_the_fits_and_few_eigenvalues_are_told() -> None:
    numbers = FitNumbers(spectrum((2, 2, 2, 2, 2), 40)).at(4)
    assert [row.text for row in numbers.rows] == ["α = 2.60 ± 0.10", "0.040", "20 of 40"]
    assert numbers.warning.text == "only 40 eigenvalues"
    assert FitNumbers(spectrum()).at(4).warning.text == ""


def test_the_fitted_line_stays_within_the_axes() -> None:
    found = spectrum()
    plot = EsdPlot(found, (6, 4), ((-0.2, 0.4), (-1.0, 0.5)))
    left, right = plot.plane.corner[0], (plot.plane.corner + plot.plane.across)[0]
    for t in (0.0, 1.5, 4.0):
        points = plot.at(t).line.points
        assert len(points) == 4
        assert left - 1e-9 <= points[:, 0].min() <= points[:, 0].max() <= right + 1e-9
        strict = plot.tail(found.fit_at(t)[1])
        slope = (strict[1, 1] - strict[0, 1]) / (strict[1, 0] - strict[0, 0])
        assert slope == pytest.approx(-found.fit_at(t)[1][0])


@pytest.mark.parametrize("compact", [False, True])
def test_an_esd_draws_where_it_was_moved_to_and_runs_backwards(compact: bool) -> None:
    there, here = (EsdPlot(spectrum((0, 0, 1, 0, 0)), (4, 3), compact=compact) for _ in range(2))
    there.shift(2 * RIGHT)
    there.at(4)
    np.testing.assert_allclose(there.at(1.5).bars.points, here.at(1.5).bars.points + 2 * RIGHT, atol=1e-9)
    np.testing.assert_allclose(there.line.points, here.line.points + 2 * RIGHT, atol=1e-9)
    assert np.isfinite(there.get_all_points()).all()


def test_limits_hold_every_layer_and_powers_are_whole() -> None:
    x, y = limits([spectrum(), spectrum(n_eigenvalues=50)])
    assert x[0] <= spectrum().edges[0]
    assert y[0] < spectrum().density[np.isfinite(spectrum().density)].min()
    assert powers(-2.4, 1.3, 7) == [-2, -1, 0, 1]
    assert len(powers(-30, 30, 7)) <= 7


def test_layers_are_chosen_by_number_by_size_and_evenly(tmp_path: Path) -> None:
    with Store(synthetic_store(tmp_path / "report.h5", epochs=1, models=("cnn",))) as store:
        run = store.select()[0]
        chosen = main_layer(run)
        assert chosen is not None
        assert (chosen.name, chosen.layer_id) == ("classifier.0", 31)
        layers = layers_with_spectra(run)
        assert len(layers) == 14
        few = spread(layers, 5)
        assert [few[0].name, few[-1].name] == [layers[0].name, layers[-1].name]
        assert len({layer.name for layer in few}) == 5
        assert spread(layers, 20) == layers
    with Store(synthetic_store(tmp_path / "narrow.h5", epochs=1, n_layers=4)) as store:
        run = store.select()[0]
        chosen = main_layer(run)
        assert chosen is not None
        sizes = [layer["spectrum/eigenvalues"].shape[1] for layer in layers_with_spectra(run)]
        assert chosen["spectrum/eigenvalues"].shape[1] == max(sizes)
        assert Spectrum.of(run, chosen).density.shape[0] == 1


@pytest.mark.parametrize(
    ("alpha", "report", "authors"),
    [
        (1.9, "", "over-trained"), (2.0, "over-fitting", "well trained"), (3.5, "", "well trained"),
        (4.71, "well regularised", "well trained"), (6.0, "", "under-trained"), (inf, "", ""), (nan, "", ""),
    ],
)  # fmt: skip
def test_both_readings_are_given_undecided(alpha: float, report: str, authors: str) -> None:
    assert (REPORT_READING.of(alpha), AUTHORS_READING.of(alpha)) == (report, authors)
    said = reading_in_words("classifier.0", alpha, 0.1, 50)
    if np.isfinite(alpha):
        assert f"α = {alpha:.2f} ± 0.10" in said
        assert "WeightWatcher's authors" in said
        assert (report or "neither of the report's ranges") in said
    elif np.isnan(alpha):
        assert "could not be fitted" in said


def test_warnings() -> None:
    assert warning(FitStatus.OK, 1000) == ""
    assert warning(FitStatus.FAILED, 1000) == "fit failed"
    assert "27" in warning(FitStatus.FEW_EIGENVALUES, 27)


def alphas(values: list[list[float]], status: list[list[int]]) -> Alphas:
    names = tuple(f"layer{i}" for i in range(len(values[0])))
    trusted = ~(np.array(status) == FitStatus.FEW_EIGENVALUES).any(0)
    return Alphas("CNN", names, np.array(values), np.array(status), trusted, np.arange(len(values)))


def test_what_is_said_of_all_layers() -> None:
    found = alphas([[4, 9, 3, 5], [3, 9, nan, 2]], [[0, 2, 0, 0], [0, 2, 1, 0]])
    assert "2 fits" in layers_in_words(found)
    assert "2.00 to 3.00" in layers_in_words(found)
    assert "layer1" in doubts_in_words(found)
    assert "Fit failed: layer2." in doubts_in_words(found)
    assert "falls from 4.00 to 2.50" in medians_in_words([found])
    assert doubts_in_words(alphas([[nan, 2.0]], [[3, 0]])) == "Not measured yet: layer0."
    behind = alphas([[4.0, 3.0], [3.0, 2.0], [nan, nan]], [[0, 0], [0, 0], [3, 3]])
    assert "2.00 to 3.00" in layers_in_words(behind)
    assert doubts_in_words(behind) == "Not measured yet: the epochs after 1."
    assert "falls from 3.50 to 2.50" in medians_in_words([behind])
    nothing = alphas([[nan, 4]], [[1, 2]])
    assert "no fit rests on 50" in layers_in_words(nothing)
    assert "no fit of enough eigenvalues" in medians_in_words([nothing])
    assert "one fit" in layers_in_words(alphas([[2.5]], [[0]]))
    assert doubts_in_words(alphas([[2.5]], [[0]])) == ""


@pytest.mark.parametrize(
    ("history", "said"),
    [([1.0, 5.0], "grows from 1.00 to 5.00"), ([5.0, 1.0], "shrinks"), ([2.0, 2.0], "stays at 2.00"), ([3.0], "is 3")],
)
def test_what_is_said_of_the_largest_eigenvalue(history: list[float], said: str) -> None:
    assert said in largest_in_words(np.array(history), np.arange(len(history)))


def test_a_timeline_breaks_where_a_fit_failed_and_keeps_within_its_axes() -> None:
    values = np.array([[3.0, 4], [nan, 4], [nan, 30], [3, 4], [2, 5]])
    timeline = AlphaTimeline(EPOCHS, values, np.array([True, False]), (5, 3), top=8, colour="#FFFFFF", main=0).at(4)
    pale, normal, bold = timeline.lines
    assert len(bold.points) == 4  # epochs 3 to 4 alone have a fit at both ends
    assert len(normal.points) == 0
    assert len(pale.points) == 16
    top = (timeline.plane.corner + timeline.plane.upwards)[1]
    assert pale.points[:, 1].max() == pytest.approx(top)
    assert len(timeline.at(0.0).lines[0].points) <= 4
    assert top_of_axis([np.array([nan, 3.0]), np.array([50.0])]) == HIGHEST
    assert top_of_axis([np.array([nan])]) == 7


def test_a_timeline_of_one_epoch_shows_a_marker_a_layer() -> None:
    timeline = AlphaTimeline(
        np.array([0.0]), np.array([[3.0, nan, 4.0]]), np.full(3, True), (5, 3), top=7, colour="#FFF"
    )
    assert [len(line.points) for line in timeline.lines] == [0, 0, 0]
    assert [len(head.points) // 16 for head in timeline.heads] == [0, 2, 0]


def test_both_readings_are_drawn_at_their_heights_and_named() -> None:
    timeline = AlphaTimeline(EPOCHS, np.full((5, 1), 3.0), np.array([True]), (5, 3), top=8, colour="#FFFFFF")
    tints = [band.points[:, 1] for band in timeline._bands(8)[:3]]
    edges = [timeline.plane.point(0, alpha)[1] for alpha in (1, 2, 6, 8)]
    for heights, low, high in zip(tints, edges[:-1], edges[1:], strict=True):
        assert (heights.min(), heights.max()) == pytest.approx((low, high))
    for band, low, high in zip(timeline._bands(8)[3:], (2, 4), (3, 5), strict=True):
        ends = timeline.plane.point(0, low)[1], timeline.plane.point(0, high)[1]
        assert (band.points[:, 1].min(), band.points[:, 1].max()) == pytest.approx(ends)
        assert band.points[:, 0].min() >= timeline.plane.corner[0] - 1e-9
    assert len(key_of_readings()) == 2
