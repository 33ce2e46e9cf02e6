"""What tables of alpha rest on: failed fits, few eigenvalues, intervals, ranges in which untrained layers lie too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from weightreel.analysis.findings.spectral import intervals
from weightreel.analysis.findings.spectral.alpha import AUTHORS_READING, WELL_TRAINED, Alphas
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import plain
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus


@dataclass(frozen=True)
class InRange:
    """Layers of enough eigenvalues whose alpha lies in the range that WeightWatcher's authors call well trained.

    Attributes:
        first, last: at the first and the last record that is measured, of all runs together.
        layers: of which there are so many.
    """

    first: int
    last: int
    layers: int


def in_range(runs: Sequence[Run]) -> InRange | None:
    """Count them over all runs that have several records; None where there is no such layer."""
    first = last = layers = 0
    for found in map(Alphas.of, runs):
        ends = found.values[found.measured][[0, -1]][:, found.trusted]
        if len(found.measured) > 1 and ends.size:
            counts = [sum(AUTHORS_READING.of(float(alpha)) == WELL_TRAINED for alpha in row) for row in ends]
            first, last, layers = first + counts[0], last + counts[1], layers + int(np.size(ends[0]))
    return InRange(first, last, layers) if layers else None


def untrained_in_words(runs: Sequence[Run]) -> str:
    """What the range is worth in these runs; empty where no layer begins in it."""
    found = in_range(runs)
    if found is None or not found.first:
        return ""
    band = next(band for band in AUTHORS_READING.bands if band.words == WELL_TRAINED)
    return phrase(
        "Of {layers} layers {first} have an α of {low} to {high}, “{words}”, at their first record already, and {last} "
        "at the last: to lie in it does not mean to be trained.",
        layers=found.layers,
        first=found.first,
        last=found.last,
        low=plain(band.low),
        high=plain(band.high),
        words=named(band.words),
    )


def caveats(runs: Sequence[Run]) -> Iterator[str]:
    """What tables of fits rest on: too few eigenvalues, failed fits, the largest alone, what is not measured yet."""
    layers = [layer for run in runs for layer in run.layers.values() if layer.has("spectrum/status")]
    last = {FitStatus(int(layer["spectrum/status"][-1])) for layer in layers}
    if FitStatus.FEW_EIGENVALUES in last:
        yield phrase(
            "Fits of fewer than {least} eigenvalues (K < {least}) are shown, not to be trusted.", least=MIN_EIGENVALUES
        )
    if FitStatus.FAILED in last:
        yield phrase("Where a fit failed there is no alpha to read; it stands for neither reading.")
    if any(layer.top is not None for layer in layers):
        yield phrase(
            "Of large layers (K: so many of all) a randomised method found the largest eigenvalues alone; their fits "
            "see no more, and nothing is known of their bulk."
        )
    if FitStatus.NOT_MEASURED in last:
        yield phrase("Spectra of the last {clock} are not measured yet in some layers.", clock=runs[0].clock)
    yield from intervals.caveats(runs)
    yield from filter(None, [untrained_in_words(runs)])
