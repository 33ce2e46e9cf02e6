"""How often the random edge calls a random layer's eigenvalue a spike: `python -m scripts.calibrate_edges [DRAWS]`.

Prints a row a kind of layer: the share of DRAWS random layers with any eigenvalue above `random_bulk`'s edge, with its
standard error. `table()` gives the rows to other programs.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.maths.random_bulk import LEVEL, random_bulk

Array = NDArray[np.float64]

DRAWS = 10_000


@dataclass(frozen=True)
class Layer:
    """Random layers of one kind: slices n × m, and the standard deviation of each slice's entries, (slices,)."""

    n: int
    m: int
    scales: tuple[float, ...] = (1.0,)

    def __str__(self) -> str:
        unlike = len(set(self.scales)) > 1
        taps = f", taps {min(self.scales):g} to {max(self.scales):g}" if unlike else ""
        return f"{self.n} × {self.m} × {len(self.scales)}{taps}"


_CENTRE = (1.0,) * 4 + (1.5,) + (1.0,) * 4
_ALL = tuple(np.linspace(0.5, 2, 9))
LAYERS = (
    Layer(16, 16),
    Layer(64, 16),
    Layer(2048, 16),
    Layer(16, 16, (1.0,) * 9),
    Layer(48, 24, (1.0,) * 9),
    Layer(64, 64),
    Layer(64, 64, (1.0,) * 9),
    Layer(64, 64, _CENTRE),
    Layer(64, 32, _ALL),
    Layer(512, 128),
    Layer(64, 3, (1.0,) * 9),
    Layer(256, 10),
)
"""What `main` tries: the last two are smaller than Tracy and Widom's law holds for."""


@dataclass(frozen=True)
class Share:
    """Share of `draws` random layers with any eigenvalue above the edge."""

    layer: Layer
    draws: int
    share: float

    @property
    def error(self) -> float:
        """Standard error of the share, were it LEVEL."""
        return math.sqrt(LEVEL * (1 - LEVEL) / self.draws)


def eigenvalues(layer: Layer, draws: int, rng: np.random.Generator) -> Iterator[Array]:
    """Eigenvalues of random layers, (slices, m) each, by the bidiagonal form of a Gaussian matrix (Dumitriu 2002)."""
    n, m, slices = layer.n, layer.m, len(layer.scales)
    part = max(1, 2 * 10**6 // (m * m * slices))
    at = np.arange(m)
    for begin in range(0, draws, part):
        count = min(part, draws - begin)
        diagonal = rng.chisquare(np.arange(n, n - m, -1), (count, slices, m))
        below = rng.chisquare(np.arange(m - 1, 0, -1), (count, slices, m - 1))
        gram = np.zeros((count, slices, m, m))
        gram[..., at, at] = diagonal
        gram[..., at[1:], at[1:]] += below
        gram[..., at[1:], at[:-1]] = np.sqrt(diagonal[..., :-1] * below)
        yield from np.maximum(np.linalg.eigvalsh(gram), 0) * np.square(layer.scales)[:, None]


def share_of(layer: Layer, draws: int, seed: int = 0) -> Share:
    """Measure one kind of layer."""
    rng = np.random.default_rng([seed, layer.n, layer.m, len(layer.scales)])
    wrong = sum(random_bulk(found, layer.n, layer.m).bulk.n_spikes > 0 for found in eigenvalues(layer, draws, rng))
    return Share(layer, draws, wrong / draws)


def table(draws: int = DRAWS) -> Iterator[Share]:
    """A row a kind of layer."""
    for layer in LAYERS:
        yield share_of(layer, draws)


def main() -> None:
    """Print the table as Markdown."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS
    print(f"| slices N × M × number | layers with a false spike, %, level {100 * LEVEL:g} |\n| --- | ---: |")
    for row in table(draws):
        print(f"| {row.layer} | {100 * row.share:.2f} ± {100 * row.error:.2f} |", flush=True)


if __name__ == "__main__":
    main()
