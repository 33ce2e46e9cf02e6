"""The spectral film's numbers: densities, the fitted tail's area, fits that come and go, and how alpha is read."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import numpy as np
import pytest
from manim import RIGHT
from scipy.integrate import quad

from weightreel.analysis.findings.alpha import (
    Alphas,
    doubts_in_words,
    layers_in_words,
    medians_in_words,
)
from weightreel.analysis.findings.randomness import log_density, log_edges
from weightreel.analysis.findings.spectra import Spectrum, log_tail
from weightreel.analysis.maths.histogram import MAX_DECADES
from weightreel.analysis.store.schema.fields import FitStatus
from weightreel.scenes.instruments.spectra.esd import EsdPlot, limits, powers, warning
from weightreel.scenes.instruments.spectra.fit_numbers import FitNumbers

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


def test_eigenvalues_of_round_off_are_left_out_of_sight() -> None:
    eigenvalues = np.concatenate([np.full(5, 1e-14), np.geomspace(0.1, 10, 50)])[None]
    edges = log_edges(eigenvalues, 10)
    assert edges[0] >= 1 - MAX_DECADES - 0.1
    assert edges[-1] >= 1
    assert np.isfinite(log_edges(np.zeros((2, 3)), 4)).all()


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


def test_a_fit_stands_from_its_epoch_to_the_next_and_none_stands_in_for_another() -> None:
    found = spectrum((0, 1, 0, 0, 0))
    plot, numbers = EsdPlot(found, (6, 4)), FitNumbers(found)
    lines = {t: plot.at(t).line.points.copy() for t in (0.0, 0.99, 1.0, 1.99, 2.0, 3.0, 3.5)}
    np.testing.assert_array_equal(lines[0.0], lines[0.99])
    assert len(lines[1.0]) == len(lines[1.99]) == 0
    assert len(lines[2.0]) == 4
    np.testing.assert_array_equal(lines[3.0], lines[3.5])
    written = [numbers.at(t).rows[0].text for t in (0.99, 1.5, 3.5, 4.0)]
    assert written == ["α = 3.00", "α = –", "α = 2.70", "α = 2.60"]
    assert [numbers.at(t).warning.text for t in (0.99, 1.2)] == ["", "fit failed"]
    np.testing.assert_array_equal(np.isfinite(found.fits).all(1), [True, False, True, True, True])


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
    assert [row.text for row in numbers.rows] == ["α = 2.60", "0.040", "20 of 40"]
    assert numbers.warning.text == "only 40 eigenvalues"
    ends = np.array([np.nan, np.nan, np.nan, np.nan, 2.4])
    sure = replace(spectrum(), alpha_low=ends, alpha_high=ends + 0.5)
    assert FitNumbers(sure).at(4).ends.text == "[2.4, 2.9]"
    assert FitNumbers(sure).at(3.5).ends.text == FitNumbers(sure).at(3).ends.text == ""
    assert FitNumbers(spectrum()).at(4).warning.text == ""


def test_the_fitted_line_stays_within_the_axes() -> None:
    found = spectrum()
    plot = EsdPlot(found, (6, 4), ((-0.2, 0.4), (-1.0, 0.5)))
    left, right = plot.plane.corner[0], (plot.plane.corner + plot.plane.across)[0]
    for t in (0.0, 1.5, 4.0):
        points = plot.at(t).line.points
        assert len(points) == 4
        assert left - 1e-9 <= points[:, 0].min() <= points[:, 0].max() <= right + 1e-9
        fit = plot.held(found.fits, t)
        strict = plot.tail(fit)
        slope = (strict[1, 1] - strict[0, 1]) / (strict[1, 0] - strict[0, 0])
        assert slope == pytest.approx(-fit[0])


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
