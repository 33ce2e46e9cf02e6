"""The spectral film's numbers: densities, the fitted tail's area, fits that come and go, and how alpha is read."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import numpy as np
import pytest
from manim import RIGHT
from scipy.integrate import quad

from weightreel.analysis.findings.spectra import Spectrum, log_tail
from weightreel.analysis.findings.spectral.randomness import Baseline, Bulk, log_density, log_edges
from weightreel.analysis.maths.histogram import MAX_DECADES
from weightreel.analysis.store.schema.fields import FitStatus
from weightreel.scenes.instruments.spectra.esd import EsdPlot, limits, powers, warning

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
    plot = EsdPlot(found, (6, 4))
    lines = {t: plot.at(t).line.points.copy() for t in (0.0, 0.99, 1.0, 1.99, 2.0, 3.0, 3.5)}
    np.testing.assert_array_equal(lines[0.0], lines[0.99])
    assert len(lines[1.0]) == len(lines[1.99]) == 0
    assert len(lines[2.0]) == 4
    np.testing.assert_array_equal(lines[3.0], lines[3.5])
    np.testing.assert_array_equal(np.isfinite(found.fits).all(1), [True, False, True, True, True])


def test_no_fit_at_any_epoch_draws_no_line_and_says_so() -> None:
    found = spectrum((1, 1, 1, 1, 1))
    plot = EsdPlot(found, (6, 4))
    for t in (0.0, 2.5, 9.0):
        assert len(plot.at(t).line.points) == 0
        assert len(plot.start.line.points) == 0
        assert len(plot.bars.points) > 0
    assert EsdPlot(found, (2, 1), compact=True).number.text == "fit failed"


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


def test_an_epoch_that_is_not_measured_yet_is_not_called_a_failed_fit() -> None:
    found = replace(spectrum((1, 1, 1, 1, 1)), status=np.full(5, FitStatus.NOT_MEASURED))
    assert EsdPlot(found, (2, 1), compact=True).number.text == "not measured yet"


K = 400


def leaving(epochs: int = 6, *, found: bool = True) -> Spectrum:
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
    plot = EsdPlot(leaving(), (6, 4))
    left, right = plot.plane.corner[0], (plot.plane.corner + plot.plane.across)[0]
    for t in (0.0, 2.5, 5.0):
        x = plot.at(t).outline.points[:, 0]
        assert left - 1e-9 <= x.min() <= x.max() <= right + 1e-9
        assert plot.edge.line.points[:, 0] == pytest.approx(plot.plane.point(np.log10(1.05), -1)[0])
    assert len(plot.key()) == 3


def test_the_outline_has_the_baselines_density() -> None:
    found = leaving()
    plot = EsdPlot(found, (6, 4))
    assert found.baseline is not None
    top = plot.plane.point(0, np.nanmax(found.baseline.density[0]))[1]
    assert plot.outline.points[:, 1].max() == pytest.approx(top)


def test_symbols_of_near_lines_keep_apart() -> None:
    plot = EsdPlot(leaving(), (6, 4))
    for x in (-0.05, 0.05):
        plot.start.stand(plot.plane, x, 1.0, 0.0)
        plot.edge.stand(plot.plane, 0.0, 1.0, x)
        first, second = sorted((plot.start.symbol, plot.edge.symbol), key=lambda s: s.get_center()[0])
        assert first.get_right()[0] < second.get_left()[0]
    plot.start.stand(plot.plane, 99.0, 1.0, nan)
    assert len(plot.start.line.points) == 0


def test_epochs_not_measured_yet_are_not_spoken_of() -> None:
    found = leaving()
    status = np.array([1, 1, 1, 1, 3, 3])
    found.density[4:] = -np.inf
    found = replace(found, status=status)
    known = found.measured()
    assert known.bulk is not None
    assert known.baseline is not None
    assert [len(x) for x in (known.epochs, known.bulk.n_spikes, known.baseline.density)] == [4, 4, 4]
    never = replace(found, status=np.full(6, 3))
    assert never.measured() is never
    assert leaving().measured().epochs[-1] == 5
