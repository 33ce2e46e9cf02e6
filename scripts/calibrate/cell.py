"""One law and number of eigenvalues: replications that lie on the disk as they are made, and what they come to."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.calibrate.coverage import Row
from scripts.calibrate.laws import LAWS, Law
from weightreel.analysis.files import replacing
from weightreel.analysis.maths.alpha_interval import UNSTABLE, alpha_interval
from weightreel.analysis.maths.power_law import fit_power_law
from weightreel.analysis.recipe.recipe import SpectraRecipe

Array = NDArray[Any]

RESAMPLES = SpectraRecipe().interval_resamples
"""Of each interval: as many as a training's have."""

GIVEN = 1.96
"""Errors given xmin to either side that would hold 95 %, were they what they look like."""

BLOCK = 50
"""Replications, or fresh draws, between looks whether to stop."""


@dataclass
class Cell:
    """Spectra of one law and size.

    Attributes:
        law: of them.
        eigenvalues: of each.
        path: where replications lie.
        fresh: alpha of spectra drawn for the truth alone, (D,).
        intervals: alpha, its error given xmin, low, high, stability of each replication, (R, 5).
    """

    law: Law
    eigenvalues: int
    path: Path
    fresh: Array
    intervals: Array

    @classmethod
    def of(cls, law: str, eigenvalues: int, folder: Path) -> Cell:
        """A cell, with the replications that lie in a folder."""
        path = folder / f"{law}-{eigenvalues}.npz"
        fresh, intervals = np.zeros(0), np.zeros((0, 5))
        if path.is_file():
            with np.load(path) as stored:
                if int(stored["resamples"]) == RESAMPLES:
                    fresh, intervals = stored["fresh"], stored["intervals"]
        return cls(LAWS[law], eigenvalues, path, fresh, intervals)

    def work(self, replications: int, draws: int) -> Iterator[int]:
        """Make what is missing, block by block; tells how many replications and draws were made."""
        if self.law.exponent is None:
            yield from self._extend("fresh", draws, self._fresh)
        yield from self._extend("intervals", replications, self._interval)

    def missing(self, replications: int, draws: int) -> int:
        """How many replications and draws are missing."""
        wanted = draws if self.law.exponent is None else 0
        return max(0, wanted - len(self.fresh)) + max(0, replications - len(self.intervals))

    def row(self) -> Row | None:
        """What the replications come to; None where there are none, or no truth."""
        alphas, errors, low, high, stability = self.intervals.T
        truth = self.law.exponent
        if truth is None:
            truth = float(np.nanmedian(self.fresh)) if len(self.fresh) else math.nan
        known = np.isfinite(low)
        if math.isnan(truth) or not known.any():
            return None
        held = (low <= truth) & (truth <= high)
        stable = stability >= UNSTABLE
        fits = self.fresh if len(self.fresh) else alphas
        low_fit, median_fit, high_fit = np.nanquantile(fits, (0.025, 0.5, 0.975))
        return Row(
            self.law.name,
            self.eigenvalues,
            int(known.sum()),
            truth,
            len(self.fresh),
            float(median_fit),
            float(low_fit),
            float(high_fit),
            float(held[known].mean()),
            float((high[known] < truth).mean()),
            float((low[known] > truth).mean()),
            float(np.median((high - low)[known])),
            float(1 - stable[known].mean()),
            float(held[known & stable].mean()),
            float((np.abs(alphas - truth) <= GIVEN * errors)[known].mean()),
        )

    def _fresh(self, number: int) -> float:
        return fit_power_law(self._spectrum(number, 0)).alpha

    def _interval(self, number: int) -> tuple[float, ...]:
        spectrum = self._spectrum(number, 1)
        fit = fit_power_law(spectrum)
        found = alpha_interval(spectrum, RESAMPLES, (number, self.eigenvalues), fit)
        return fit.alpha, fit.alpha_error, found.alpha_low, found.alpha_high, found.stability

    def _spectrum(self, number: int, what: int) -> Array:
        """A spectrum by its number: the same whenever it is made."""
        seed = (zlib.crc32(self.law.name.encode()), self.eigenvalues, what, number)
        return self.law.draw(np.random.default_rng(seed), self.eigenvalues)

    def _extend(self, name: str, wanted: int, make: Callable[[int], Any]) -> Iterator[int]:
        while (done := len(getattr(self, name))) < wanted:
            made = np.array([make(number) for number in range(done, min(done + BLOCK, wanted))])
            setattr(self, name, np.concatenate([getattr(self, name), made]))
            with replacing(self.path) as temporary, temporary.open("wb") as file:
                np.savez(file, fresh=self.fresh, intervals=self.intervals, resamples=RESAMPLES)
            yield len(made)
