"""How alpha moves and how it is read: the report and WeightWatcher's authors disagree, and neither is preferred."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, isinf, isnan, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.randomness import few_eigenvalues
from weightreel.analysis.findings.spectra import fitted_layers
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import direction, listed, listed_briefly, significant
from weightreel.analysis.maths.spectral_phases import OVER_TRAINED, UNDER_TRAINED
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus

Array = NDArray[Any]

MOST_MEDIANS = 2
"""Networks of which a sentence says where their median alpha began, too."""


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
        Band(OVER_TRAINED, UNDER_TRAINED, noted("well trained")),
        Band(UNDER_TRAINED, inf, noted("under-trained")),
    ),
)
"""Martin, Peng and Mahoney, Nature Communications 12 (2021); best near 2."""


def band_in_words(band: Band, reading: Reading) -> str:
    """Which alphas a reading takes for what."""
    values = {
        "low": f"{band.low:g}",
        "high": f"{band.high:g}",
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
        low=f"{band.low:g}",
        high=f"{band.high:g}",
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
        alpha, alpha_error, ks_distance: NaN where the fit failed or was not made.
        n_tail: eigenvalues in the tail.
        status: whether to believe it.
        p_value: of the bootstrap at the last record, whatever record this is; NaN where it was not made.
    """

    alpha: float
    alpha_error: float
    ks_distance: float
    n_tail: int
    status: FitStatus
    p_value: float

    @classmethod
    def of(cls, layer: Layer, index: int = -1) -> Fit:
        """Read a layer's fit, by default the last."""
        alpha, error, distance = (
            float(layer[f"spectrum/{key}"][index]) for key in ("alpha", "alpha_error", "ks_distance")
        )
        p_value = float(layer["spectrum/p_value"]) if layer.has("spectrum/p_value") else nan
        status = FitStatus(int(layer["spectrum/status"][index]))
        return cls(alpha, error, distance, int(layer["spectrum/n_tail"][index]), status, p_value)


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


def layers_in_words(found: Alphas) -> str:
    """The range of alpha over the layers at the last epoch that is measured."""
    values = found.values[found.measured[-1]][found.trusted]
    known = values[np.isfinite(values)]
    if not known.size:
        return phrase("At the last {clock} no fit rests on {least} eigenvalues or more.", least=MIN_EIGENVALUES)
    low, high = f"{known.min():.2f}", f"{known.max():.2f}"
    if known.size == 1:
        return phrase(
            "At the last {clock} one fit rests on {least} eigenvalues or more: α = {alpha}.",
            least=MIN_EIGENVALUES,
            alpha=low,
        )
    return phrase(
        "{fits} fits rest on {least} eigenvalues or more: α from {low} to {high}.",
        fits=known.size,
        least=MIN_EIGENVALUES,
        low=low,
        high=high,
    )


def reading_in_words(layer: str, alpha: float, error: float, epoch: int) -> str:
    """What a layer's last alpha is taken for by either reading, undecided."""
    if isnan(alpha):
        return phrase(
            "{layer}: at {clock} {epoch} the power law could not be fitted, so there is no alpha to read.",
            layer=layer,
            epoch=epoch,
        )
    report = named(REPORT_READING.of(alpha))
    values = {
        "layer": layer,
        "alpha": f"{alpha:.2f}",
        "error": f"{error:.2f}",
        "authors": named(AUTHORS_READING.of(alpha)),
    }
    if report:
        return phrase(
            "{layer} ends at α = {alpha} ± {error}: “{report}” to the report, “{authors}” to WeightWatcher's authors.",
            report=report,
            **values,
        )
    return phrase(
        "{layer} ends at α = {alpha} ± {error}: in neither of the report's ranges, “{authors}” to WeightWatcher's "
        "authors.",
        **values,
    )


def doubts_in_words(found: Alphas) -> str:
    """Which layers' fits failed or rest on too few eigenvalues; empty if none."""
    few = [name for name, trusted in zip(found.names, found.trusted, strict=True) if not trusted]
    last = found.measured[-1]
    failed, waiting = (
        [name for name, s in zip(found.names, found.status[last], strict=True) if s == status]
        for status in (FitStatus.FAILED, FitStatus.NOT_MEASURED)
    )
    parts = []
    if few:
        parts.append(
            phrase("Fewer than {least} eigenvalues: {layers}.", least=MIN_EIGENVALUES, layers=listed_briefly(few))
        )
    if failed:
        parts.append(phrase("Fit failed: {layers}.", layers=listed_briefly(failed)))
    if waiting:
        parts.append(phrase("Not measured yet: {layers}.", layers=listed_briefly(waiting)))
    if last < len(found.status) - 1:
        parts.append(phrase("Not measured yet: the {clocks} after {epoch}.", epoch=found.epochs[last]))
    return " ".join(parts)


def medians_in_words(runs: Sequence[Alphas], titles: Sequence[str] = ()) -> str:
    """The median over the layers of enough eigenvalues, of each run: first and last epoch measured, of many the last.

    Args:
        titles: of the runs, their own where not given.
    """
    titles = titles or [named(found.title) for found in runs]
    medians = [
        [
            np.nanmedian(row) if np.isfinite(row).any() else np.nan
            for row in found.values[found.measured][:, found.trusted]
        ]
        for found in runs
    ]
    if len(runs) > MOST_MEDIANS:
        last = [f"{title} {significant(of[-1])}" for title, of in zip(titles, medians, strict=True)]
        return phrase("The layers' median α at the end: {medians}.", medians=listed(last))
    whats = [phrase("median α") if i else phrase("the layers' median α") for i in range(len(runs))]
    return " ".join(map(_median_in_words, titles, whats, medians))


def _median_in_words(title: str, what: str, medians: Sequence[float]) -> str:
    first, last = medians[0], medians[-1]
    values = {"title": title, "what": what, "last": f"{last:.2f}"}
    if np.isnan(last):
        return phrase("{title}: no fit of enough eigenvalues.", title=title)
    if len(medians) == 1 or np.isnan(first):
        return phrase("{title}: {what} is {last}.", **values)
    verb = direction(first, last)
    if verb == "stays":
        return phrase("{title}: {what} stays at {last}.", **values)
    if verb == "rises":
        return phrase("{title}: {what} rises from {first} to {last}.", first=f"{first:.2f}", **values)
    return phrase("{title}: {what} falls from {first} to {last}.", first=f"{first:.2f}", **values)


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
