"""How alpha moves and how it is read: the report and WeightWatcher's authors disagree, and neither is preferred."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isinf, isnan, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.spectra import fitted_layers
from weightreel.analysis.findings.spectral.intervals import Interval, alpha_in_words, mark_of
from weightreel.analysis.findings.spectral.randomness import few_eigenvalues
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import plain
from weightreel.analysis.maths.spectral_phases import OVER_TRAINED, UNDER_TRAINED
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import FitStatus

Array = NDArray[Any]


SPURIOUS = 8.0
"""Alphas above this are spurious to WeightWatcher's README, and for its authors to throw away."""
WELL_TRAINED = noted("well trained")


@dataclass(frozen=True)
class Band:
    """The alphas from `low` up to, not including, `high`, and what they are taken for, a message of the catalogues."""

    low: float
    high: float
    words: str


@dataclass(frozen=True)
class Reading:
    """Whose reading it is, a message of the catalogues, and its bands, ascending; between them it says nothing."""

    source: str
    bands: tuple[Band, ...]

    def of(self, alpha: float) -> str:
        """What `alpha` is taken for; empty where this reading says nothing of it, or where alpha is NaN."""
        return next((band.words for band in self.bands if band.low <= alpha < band.high), "")


REPORT_READING = Reading(
    noted("the report"), (Band(2, 3, noted("over-fitting")), Band(4, 5, noted("well regularised")))
)
"""`Low α (~2–3) → heavy-tailed, overfitting. High α (~4–5) → well-regularized, smooth generalization`."""

AUTHORS_READING = Reading(
    noted("WeightWatcher's authors"),
    (
        Band(-inf, OVER_TRAINED, noted("over-trained")),
        Band(OVER_TRAINED, UNDER_TRAINED, WELL_TRAINED),
        Band(UNDER_TRAINED, SPURIOUS, noted("under-trained")),
    ),
)
"""From WeightWatcher's code (its thresholds of over- and under-training, version 0.7.7) and its README, which calls
alphas above 8 spurious: there this reading says nothing, nor of fits that rest on fewer than 50 eigenvalues."""


def band_in_words(band: Band, reading: Reading) -> str:
    """Which alphas a reading takes for what."""
    values = {
        "low": plain(band.low),
        "high": plain(band.high),
        "words": phrase(band.words),
        "source": phrase(reading.source),
    }
    if isinf(band.low):
        return phrase("α below {high} is “{words}” to {source}.", **values)
    if isinf(band.high):
        return phrase("α of {low} and above is “{words}” to {source}.", **values)
    return phrase("α from {low} to {high} is “{words}” to {source}.", **values)


def range_in_words(band: Band, reading: Reading) -> str:
    """The name of a band in a picture: `2–6: “well trained” to WeightWatcher's authors`."""
    return phrase(
        "{low}–{high}: “{words}” to {source}",
        low=plain(band.low),
        high=plain(band.high),
        words=phrase(band.words),
        source=phrase(reading.source),
    )


def warning(status: int, n_eigenvalues: int) -> str:
    """What a viewer must know of a fit before believing it, in few letters; empty where nothing."""
    if status == FitStatus.FAILED:
        return phrase("fit failed")
    if status == FitStatus.NOT_MEASURED:
        return phrase("not measured yet")
    if status == FitStatus.FEW_EIGENVALUES:
        return phrase("only {n} eigenvalues", n=n_eigenvalues)
    return ""


@dataclass(frozen=True)
class Fit:
    """The power law that was fitted to a layer's tail at one record.

    Attributes:
        alpha, ks_distance: NaN where the fit failed or was not made.
        n_tail: eigenvalues in the tail.
        status: whether to believe it.
        p_value: of the bootstrap at the last record, whatever record this is; NaN where it was not made.
        interval: of alpha; None where none was measured.
    """

    alpha: float
    ks_distance: float
    n_tail: int
    status: FitStatus
    p_value: float
    interval: Interval | None

    @classmethod
    def of(cls, layer: Layer, index: int = -1) -> Fit:
        """Read a layer's fit, by default the last."""
        alpha, distance = (float(layer[f"spectrum/{key}"][index]) for key in ("alpha", "ks_distance"))
        p_value = float(layer["spectrum/p_value"]) if layer.has("spectrum/p_value") else nan
        status = FitStatus(int(layer["spectrum/status"][index]))
        n_tail = int(layer["spectrum/n_tail"][index])
        return cls(alpha, distance, n_tail, status, p_value, Interval.of(layer, index))

    def __str__(self) -> str:
        """Alpha with its interval, and the interval's mark: `3.29 [2.95, 4.12]`."""
        said = (alpha_in_words(self.alpha, self.interval), mark_of(self.interval))
        return ", ".join(filter(None, said)) if np.isfinite(self.alpha) else ""

    @property
    def authors(self) -> str:
        """What WeightWatcher's authors take it for, a message of the catalogues; empty where they say nothing."""
        return AUTHORS_READING.of(self.alpha) if self.status == FitStatus.OK else ""


@dataclass(frozen=True)
class Alphas:
    """Alpha of every layer of one run.

    Attributes:
        title: of the run.
        names: of the layers.
        values: (E, L); NaN where a fit failed.
        status: FitStatus, (E, L).
        trusted: whether a layer has eigenvalues enough for a fit, (L,).
        epochs: where the clock stood at each record, (E,).
    """

    title: str
    names: tuple[str, ...]
    values: Array
    status: Array
    trusted: Array
    epochs: Array

    @classmethod
    def of(cls, run: Run) -> Alphas:
        """Read the fits of every layer that has any."""
        layers = fitted_layers(run)
        empty = np.empty((len(run.epochs), 0))
        return cls(
            run.title,
            tuple(layer.name for layer in layers),
            np.stack([layer["spectrum/alpha"] for layer in layers], 1) if layers else empty,
            np.stack([layer["spectrum/status"] for layer in layers], 1) if layers else empty,
            np.array([not few_eigenvalues(layer) for layer in layers], bool),
            run.epochs,
        )

    @property
    def measured(self) -> Array:
        """Indices of the epochs whose spectra are measured of any layer; all of them where none is."""
        known = np.flatnonzero((self.status != FitStatus.NOT_MEASURED).any(1))
        return known if len(known) else np.arange(len(self.status))


def reading_in_words(layer: str, alpha: float, interval: Interval | None, epoch: int, *, trusted: bool = True) -> str:
    """What a layer's last alpha is taken for by either reading, undecided.

    Args:
        trusted: whether the fit rests on eigenvalues enough.
    """
    if isnan(alpha):
        return phrase(
            "{layer}: at {clock} {epoch} the power law could not be fitted, so there is no alpha to read.",
            layer=layer,
            epoch=epoch,
        )
    return phrase(
        "{layer} ends at α = {alpha}: {report}, {authors}.",
        layer=layer,
        alpha=", ".join(filter(None, (alpha_in_words(alpha, interval), mark_of(interval)))),
        report=report_in_words(alpha),
        authors=authors_in_words(alpha, trusted=trusted),
    )


def report_in_words(alpha: float) -> str:
    """What the report takes an alpha for, as a part of a sentence."""
    words = REPORT_READING.of(alpha)
    return (
        phrase("“{words}” to the report", words=named(words)) if words else phrase("in neither of the report's ranges")
    )


def authors_in_words(alpha: float, *, trusted: bool) -> str:
    """What WeightWatcher's authors take an alpha for, as a part of a sentence; that they say nothing, and why."""
    if not trusted:
        return phrase("no verdict of WeightWatcher's authors on so few eigenvalues")
    words = AUTHORS_READING.of(alpha)
    if words:
        return phrase("“{words}” to WeightWatcher's authors", words=named(words))
    return phrase("above {limit}, spurious to WeightWatcher's authors", limit=plain(SPURIOUS))
