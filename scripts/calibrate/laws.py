"""Spectra whose law is known: independent eigenvalues of a power law, and random matrices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

SIZES = {27: (9, 3), 64: (1, 64), 128: (1, 128), 576: (9, 64), 1600: (25, 64), 4608: (36, 128)}
"""Numbers of eigenvalues, and as how many slices of which shorter side a layer has so many: those of convolutions."""

ASPECT = 2
"""Longer over shorter side of the random matrices."""

SPIKE = 9.0
"""Variance of the one direction of a spiked Wishart matrix that differs from the others, whose variance is 1."""

FREEDOM = 3
"""Degrees of freedom of heavy-tailed entries: they have a variance, and no fourth moment."""


@dataclass(frozen=True)
class Law:
    """A law of spectra.

    Attributes:
        name: in the table of results.
        draw: a spectrum of so many eigenvalues, ascending, by a generator of random numbers.
        exponent: that generates its tail; None where none does.
    """

    name: str
    draw: Callable[[np.random.Generator, int], Array]
    exponent: float | None = None


def pareto(exponent: float) -> Callable[[np.random.Generator, int], Array]:
    """Independent eigenvalues of density ∝ λ^-exponent from 1 on.

    One exponent stands for all: a power of such eigenvalues has another, and all fits follow it.
    """

    def draw(rng: np.random.Generator, count: int) -> Array:
        return np.sort((1 - rng.random(count)) ** (-1 / (exponent - 1)))

    return draw


def hybrid(exponent: float) -> Callable[[np.random.Generator, int], Array]:
    """Independent eigenvalues whose density follows a power law from 1 on, and below it ∝ exp(-exponent (λ - 1)).

    Both parts and their slopes meet at 1, so that xmin is hard to find: Clauset, Shalizi and Newman (2009), eq. 3.10.
    """
    tail, body = 1 / (exponent - 1), (np.exp(exponent) - 1) / exponent

    def draw(rng: np.random.Generator, count: int) -> Array:
        n_tail = rng.binomial(count, tail / (tail + body))
        below = -np.log(1 - rng.random(count - n_tail) * (1 - np.exp(-exponent))) / exponent
        return np.sort(np.concatenate([below, pareto(exponent)(rng, n_tail)]))

    return draw


def spiked_wishart(rng: np.random.Generator, count: int) -> Array:
    """Eigenvalues of Gaussian matrices, a spike in each, pooled over the slices of so many eigenvalues.

    By their bidiagonal form, whose entries are independent (Dumitriu and Edelman 2002; with a spike Bloemendal and
    Virág 2013): exactly the law of the matrices' own eigenvalues, in a fraction of the time.
    """
    slices, side = SIZES[count]
    return np.sort(np.concatenate([_bidiagonal(rng, side, ASPECT * side) for _ in range(slices)]))


def _bidiagonal(rng: np.random.Generator, side: int, longer: int) -> Array:
    """Eigenvalues of WᵀW / longer for a Gaussian (longer, side) with one column scaled to the variance SPIKE."""
    from scipy.linalg import eigh_tridiagonal

    diagonal = np.sqrt(rng.chisquare(longer - np.arange(side)))
    diagonal[0] *= np.sqrt(SPIKE)
    beside = np.sqrt(rng.chisquare(side - 1 - np.arange(side - 1)))
    squares = diagonal**2
    squares[1:] += beside**2
    found = eigh_tridiagonal(squares, diagonal[:-1] * beside, eigvals_only=True, lapack_driver="sterf")
    return np.asarray(found) / longer


def student(rng: np.random.Generator, count: int) -> Array:
    """Eigenvalues of matrices with entries of Student's t, pooled over the slices of so many eigenvalues."""
    slices, side = SIZES[count]
    entries = rng.standard_t(FREEDOM, (slices, ASPECT * side, side))
    gram = np.swapaxes(entries, 1, 2) @ entries
    return np.sort(np.linalg.eigvalsh(gram), axis=None) / (ASPECT * side)


LAWS = {
    law.name: law
    for law in (
        Law("pareto", pareto(2.5), 2.5),
        Law("hybrid", hybrid(2.5), 2.5),
        Law("hybrid-steep", hybrid(3.5), 3.5),
        Law("wishart", spiked_wishart),
        Law("student", student),
    )
}
