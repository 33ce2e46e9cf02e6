"""Tracy and Widom's law against published quantiles, and the table of small matrices against simulation."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.analysis.maths.tracy_widom import (
    centre_and_scale,
    ratio_exceeded_by,
    share_above,
    tracy_widom_exceeded,
    tracy_widom_quantile,
)


def test_the_law_has_its_published_quantiles() -> None:
    """Quantiles of F1: Bejan 2005, "Largest eigenvalues and sample covariance matrices", table 2."""
    published = {0.5: -1.2686, 0.1: 0.4501, 0.05: 0.9793, 0.01: 2.0234, 0.005: 2.4224}
    for exceeded, quantile in published.items():
        assert float(tracy_widom_quantile(exceeded)) == pytest.approx(quantile, abs=0.02)
        assert float(tracy_widom_exceeded(quantile)) == pytest.approx(exceeded, rel=0.03)


def test_centre_and_scale_are_those_of_large_gaussian_matrices() -> None:
    """Mean and deviation of 400 largest eigenvalues: the law's are -1.2065 and 1.268."""
    rng = np.random.default_rng(0)
    n, m = 160, 80
    centre, scale = centre_and_scale(n, m)
    largest = [np.linalg.norm(rng.normal(size=(n, m)), 2) ** 2 for _ in range(400)]
    standard = (np.array(largest) - centre) / scale
    assert standard.mean() == pytest.approx(-1.2065, abs=0.25)
    assert standard.std() == pytest.approx(1.268, abs=0.2)


@pytest.mark.parametrize(("n", "m"), [(5, 5), (40, 10), (16, 16), (500, 20)])
def test_one_in_a_hundred_small_matrices_is_beyond(n: int, m: int) -> None:
    """Ratios of dense Gaussian matrices, by SVD: the table was made from bidiagonal ones."""
    rng = np.random.default_rng(n)
    draws = 6000
    found = []
    for _ in range(0, draws, 1000):
        matrices = rng.normal(size=(1000, n, m))
        gram = matrices.swapaxes(1, 2) @ matrices
        found.append(np.linalg.eigvalsh(gram)[:, -1] / np.square(matrices).mean((1, 2)))
    above = float(np.mean(np.concatenate(found) > ratio_exceeded_by(0.01, n, m)))
    assert above == pytest.approx(0.01, abs=4 * (0.01 * 0.99 / draws) ** 0.5)


def test_quantile_and_share_are_inverse() -> None:
    for exceeded in (0.01, 0.003, 1e-3, 1e-5):
        ratio = ratio_exceeded_by(exceeded, 90, 30)
        assert float(share_above(np.array(ratio), 90, 30)) == pytest.approx(exceeded, rel=1e-6)


def test_quantiles_of_large_matrices_are_the_law_s() -> None:
    centre, scale = centre_and_scale(10**6, 10**6)
    standard = (ratio_exceeded_by(0.01, 10**6, 10**6) - centre) / scale
    assert standard == pytest.approx(float(tracy_widom_quantile(0.01)), abs=0.01)
    with pytest.raises(ValueError, match="its own variance"):
        ratio_exceeded_by(0.01, 9, 1)
