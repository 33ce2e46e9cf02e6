"""A layer's eigenvalues in bins, and those of random matrices beside them: shuffled entries, Marchenko–Pastur's law."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.analysis.findings.spectral.randomness import log_density, log_edges


@pytest.mark.parametrize("n", [10, 199, 1000])
def test_no_more_than_the_share_of_eigenvalues_that_may_be_hidden_is(n: int) -> None:
    values = np.geomspace(0.01, 10, n)[None]
    hidden = int((values < 10 ** log_edges(values)[0]).sum())
    assert hidden <= 0.005 * n


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
