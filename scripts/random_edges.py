"""Simulate the table of `weightreel.analysis.maths.tracy_widom`: how large a random matrix's largest eigenvalue is.

    python -m scripts.random_edges > table.txt

prints, for each smaller side M (rows) and each √(M / N) (groups of columns), the quantiles of the standardised ratio of
the largest eigenvalue to the mean square entry that 1 %, 0.1 % and 0.01 % of matrices exceed. Ten minutes on two cores.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.maths.tracy_widom import EXCEEDED, ROOTS, SIDES, centre_and_scale, tracy_widom_quantile

DRAWS = 10**6
WIDE = 10**7
"""N / M that stands for a ratio of 0."""
_PROBABILITIES = np.geomspace(0.03, 1e-4, 12)


def ratios(n: int, m: int, draws: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Largest eigenvalue over mean square entry of Gaussian matrices n × m, n ≥ m, shape (draws,).

    By the bidiagonal form of Dumitriu and Edelman (2002), of which the largest eigenvalue sees the first
    10 m^(1/3) rows (Edelman and Persson 2005); all of it where m is small.
    """
    rows = min(m, round(10 * m ** (1 / 3)) + 10)
    found = []
    part = max(1, 2 * 10**6 // rows**2)
    for begin in range(0, draws, part):
        count = min(part, draws - begin)
        diagonal = rng.chisquare(np.arange(n, n - m, -1), (count, m))
        below = rng.chisquare(np.arange(m - 1, 0, -1), (count, m - 1))
        trace = diagonal.sum(1) + below.sum(1)
        gram = np.zeros((count, rows, rows))
        at = np.arange(rows)
        gram[:, at, at] = diagonal[:, :rows]
        gram[:, at[1:], at[1:]] += below[:, : rows - 1]
        gram[:, at[1:], at[:-1]] = np.sqrt(diagonal[:, : rows - 1] * below[:, : rows - 1])
        found.append(np.linalg.eigvalsh(gram)[:, -1] / (trace / (n * m)))
    return np.concatenate(found)


def row(side: int) -> list[float]:
    """Quantiles of one side, ratio by ratio, smoothed along the quantiles of Tracy and Widom's law."""
    found: list[float] = []
    rng = np.random.default_rng(side)
    for root in ROOTS:
        n = round(side / root**2) if root else WIDE * side
        centre, scale = centre_and_scale(n, side)
        draws = DRAWS if side <= 16 else DRAWS // 3
        values = (ratios(n, side, draws, rng) - centre) / scale
        limit = tracy_widom_quantile(_PROBABILITIES)
        weights = np.sqrt(_PROBABILITIES)  # a quantile is known the better the more lie beyond it
        fit = np.polyfit(limit, np.quantile(values, 1 - _PROBABILITIES), 2, w=weights)
        found += list(np.polyval(fit, tracy_widom_quantile(np.array(EXCEEDED))))
    return found


def main() -> None:
    """Print the table."""
    with ProcessPoolExecutor(2) as pool:
        for values in pool.map(row, SIDES):
            print("    " + ", ".join(f"{value:.2f}" for value in values) + ",", flush=True)


if __name__ == "__main__":
    main()
