"""What a store supports saying of alpha: sentences chosen by its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.readings import AUTHORS, REPORT
from weightreel.analysis.findings.spectra import some
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import direction, listed, significant
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.schema.paths import MIN_EIGENVALUES, FitStatus

Array = NDArray[Any]

MOST_TOLD = 2
"""Networks of which a sentence tells the beginning, too."""

READINGS = (
    noted("the report"), noted("WeightWatcher's authors"), noted("over-fitting"), noted("well regularised"),
    noted("over-trained"), noted("well trained"), noted("under-trained"),
)  # fmt: skip
"""What `weightreel.analysis.findings.readings` calls its sources and their verdicts."""


@dataclass(frozen=True)
class Alphas:
    """Alpha of every layer of one run.

    Attributes:
        title: of the run.
        names: of the layers.
        values: (E, L); NaN where a fit failed.
        status: FitStatus, (E, L).
    """

    title: str
    names: tuple[str, ...]
    values: Array
    status: Array

    @classmethod
    def of(cls, run: Run) -> Alphas:
        """Read the fits of every layer that has any."""
        layers = [layer for layer in run.layers.values() if layer.has("spectrum/alpha")]
        empty = np.empty((len(run.epochs), 0))
        return cls(
            run.title,
            tuple(layer.name for layer in layers),
            np.stack([layer["spectrum/alpha"] for layer in layers], 1) if layers else empty,
            np.stack([layer["spectrum/status"] for layer in layers], 1) if layers else empty,
        )

    @property
    def trusted(self) -> Array:
        """Whether a layer has eigenvalues enough for a fit, (L,)."""
        return ~(self.status == FitStatus.FEW_EIGENVALUES).any(0)

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
            least=MIN_EIGENVALUES, alpha=low,
        )  # fmt: skip
    return phrase(
        "{fits} fits rest on {least} eigenvalues or more: α from {low} to {high}.",
        fits=known.size, least=MIN_EIGENVALUES, low=low, high=high,
    )  # fmt: skip


def reading_in_words(layer: str, alpha: float, error: float, epoch: int) -> str:
    """What a layer's last alpha is taken for by either reading, undecided."""
    if isnan(alpha):
        return phrase(
            "{layer}: at {clock} {epoch} the power law could not be fitted, so there is no alpha to read.",
            layer=layer, epoch=epoch,
        )  # fmt: skip
    report = named(REPORT.of(alpha))
    said = {"layer": layer, "alpha": f"{alpha:.2f}", "error": f"{error:.2f}", "authors": named(AUTHORS.of(alpha))}
    if report:
        return phrase(
            "{layer} ends at α = {alpha} ± {error}: “{report}” to the report, “{authors}” to WeightWatcher's authors.",
            report=report, **said,
        )  # fmt: skip
    return phrase(
        "{layer} ends at α = {alpha} ± {error}: in neither of the report's ranges, “{authors}” to WeightWatcher's "
        "authors.",
        **said,
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
        parts.append(phrase("Fewer than {least} eigenvalues: {layers}.", least=MIN_EIGENVALUES, layers=some(few)))
    if failed:
        parts.append(phrase("Fit failed: {layers}.", layers=some(failed)))
    if waiting:
        parts.append(phrase("Not measured yet: {layers}.", layers=some(waiting)))
    if last < len(found.status) - 1:
        parts.append(phrase("Not measured yet: the {clocks} after {epoch}.", epoch=last))
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
    if len(runs) > MOST_TOLD:
        last = [f"{title} {significant(of[-1])}" for title, of in zip(titles, medians, strict=True)]
        return phrase("The layers' median α at the end: {medians}.", medians=listed(last))
    whats = [phrase("median α") if i else phrase("the layers' median α") for i in range(len(runs))]
    return " ".join(map(_median_in_words, titles, whats, medians))


def _median_in_words(title: str, what: str, medians: Sequence[float]) -> str:
    first, last = medians[0], medians[-1]
    said = {"title": title, "what": what, "last": f"{last:.2f}"}
    if np.isnan(last):
        return phrase("{title}: no fit of enough eigenvalues.", title=title)
    if len(medians) == 1 or np.isnan(first):
        return phrase("{title}: {what} is {last}.", **said)
    verb = direction(first, last)
    if verb == "stays":
        return phrase("{title}: {what} stays at {last}.", **said)
    if verb == "rises":
        return phrase("{title}: {what} rises from {first} to {last}.", first=f"{first:.2f}", **said)
    return phrase("{title}: {what} falls from {first} to {last}.", first=f"{first:.2f}", **said)


def largest_in_words(lambda_max: Array, epochs: Array) -> str:
    """How the largest eigenvalue moved."""
    first, last = float(lambda_max[0]), float(lambda_max[-1])
    said = {"start": epochs[0], "end": epochs[-1], "last": significant(last)}
    if len(epochs) == 1:
        return phrase("The largest eigenvalue is {last}.", last=significant(last))
    verb = direction(first, last)
    if verb == "stays":
        return phrase("The largest eigenvalue stays at {last} from {clock} {start} to {end}.", **said)
    if verb == "rises":
        return phrase(
            "From {clock} {start} to {end} the largest eigenvalue grows from {first} to {last}.",
            first=significant(first), **said,
        )  # fmt: skip
    return phrase(
        "From {clock} {start} to {end} the largest eigenvalue shrinks from {first} to {last}.",
        first=significant(first), **said,
    )  # fmt: skip
