"""How sure an alpha is: its interval where one was measured, how firmly xmin stands, and what that says of readings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.spectral.randomness import few_eigenvalues
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import between, count, fixed, percent
from weightreel.analysis.maths.alpha_interval import UNSTABLE
from weightreel.analysis.store.nodes import Layer, Run

Array = NDArray[Any]


@dataclass(frozen=True)
class Interval:
    """An interval of alpha, by resamples that choose xmin again.

    Attributes:
        low, high: its ends.
        n_tail_low, n_tail_high: the middle 95 % of the eigenvalues in the resamples' tails.
        stability: share of the resamples whose tail has half to twice as many eigenvalues as the fit's.
    """

    low: float
    high: float
    n_tail_low: float
    n_tail_high: float
    stability: float

    @classmethod
    def of(cls, layer: Layer, index: int = -1) -> Self | None:
        """That of a layer's fit at one record, by default the last; None where none was measured."""
        if not layer.has("spectrum/interval/alpha_low"):
            return None
        keys = ("alpha_low", "alpha_high", "n_tail_low", "n_tail_high", "stability")
        found = cls(*(float(layer[f"spectrum/interval/{key}"][index]) for key in keys))
        return found if np.isfinite(found.low) else None

    @property
    def stable(self) -> bool:
        """Whether xmin stands; else the fit is one that few resamples make, and the interval is marked."""
        return self.stability >= UNSTABLE

    def holds(self, alpha: float) -> bool:
        """Whether `alpha` is in it."""
        return self.low <= alpha <= self.high

    def meets(self, other: Self) -> bool:
        """Whether it shares an alpha with another one."""
        return self.low <= other.high and other.low <= self.high

    def __str__(self) -> str:
        """`[2.95, 4.12]`."""
        return between(fixed(self.low), fixed(self.high))


def interval_ends(layer: Layer) -> tuple[Array, Array]:
    """Lower and upper ends of a layer's intervals of alpha, (E,) each; NaN where none was measured."""
    if not layer.has("spectrum/interval/alpha_low"):
        nothing = np.full(len(layer["spectrum/alpha"]), np.nan)
        return nothing, nothing
    low, high = (layer[f"spectrum/interval/alpha_{end}"].astype(float) for end in ("low", "high"))
    return low, high


def alpha_in_words(alpha: float, interval: Interval | None) -> str:
    """An alpha with its interval where there is one: `3.29 [2.95, 4.12]`."""
    return fixed(alpha) if interval is None else f"{fixed(alpha)} {interval}"


def mark_of(interval: Interval | None) -> str:
    """What a reader must know of an interval, in few letters; empty where nothing."""
    return "" if interval is None or interval.stable else phrase("xmin unstable")


def stability_in_words(layer: str, n_tail: int, interval: Interval) -> str:
    """How firmly a layer's xmin stands."""
    values = {
        "layer": layer,
        "share": percent(interval.stability),
        "tail": count(n_tail),
        "low": count(interval.n_tail_low),
        "high": count(interval.n_tail_high),
    }
    if interval.stable:
        return phrase(
            "{layer}: {share} of resamples find a tail of half to twice its {tail} eigenvalues, 95 % one of {low} to "
            "{high}.",
            **values,
        )
    return phrase(
        "{layer}: xmin is unstable; {share} of resamples alone find a tail of half to twice its {tail} eigenvalues, "
        "95 % one of {low} to {high}.",
        **values,
    )


def caveats(runs: Sequence[Run]) -> Iterator[str]:
    """What intervals of alpha mean, where any run has them; that there are none, where alphas are."""
    layers = [layer for run in runs for layer in run.layers.values() if layer.has("spectrum/alpha")]
    if not layers:
        return
    measured = [layer for layer in layers if layer.has("spectrum/interval/alpha_low")]
    if not measured:
        yield phrase("Intervals of alpha are not measured in this store; weightreel spectra measures them.")
        return
    about = measured[0].attributes_of("spectrum/interval")
    yield phrase(
        "α [low, high]: 95 % by {n} resamples that choose xmin again, as if eigenvalues were independent; how often "
        "such intervals hold the exponent, there and of random matrices, is in docs/spectra.md.",
        n=int(about.get("resamples", 0)),
    )
    last = [Interval.of(layer) for layer in measured]
    unstable = sum(found is not None and not found.stable for found in last)
    if unstable:
        yield phrase(
            "Unstable: fewer than {share} of the resamples have a tail of half to twice the fit's eigenvalues; such "
            "intervals often miss.",
            share=percent(UNSTABLE, 0),
        )
    yield from filter(None, map(firmness_in_words, runs))


def firmness_in_words(run: Run) -> str:
    """In how many resamples xmin stands, over the layers of a run at the last record; empty where not measured."""
    found = {layer.name: Interval.of(layer) for layer in run.layers.values() if layer.has("spectrum/alpha")}
    shares = {name: interval.stability for name, interval in found.items() if interval is not None}
    if not shares:
        return ""
    least = min(shares, key=shares.__getitem__)
    return phrase(
        "{run}: the tail has half to twice the fit's eigenvalues in {low} ({layer}) to {high} of the resamples.",
        run=run.name,
        low=percent(shares[least], 0),
        layer=least,
        high=percent(max(shares.values()), 0),
    )


@dataclass(frozen=True)
class Sureness:
    """Alpha of every layer of a run at the last record with intervals, how sure it is by both readings.

    Attributes:
        epoch: where the clock stands there.
        names: of the layers.
        alpha, error, low, high: the fit, its error given xmin, and the ends of its interval, (L,); NaN where missing.
        stable, trusted: whether xmin stands, and whether the fit rests on eigenvalues enough, (L,).
    """

    epoch: int
    names: tuple[str, ...]
    alpha: Array
    error: Array
    low: Array
    high: Array
    stable: Array
    trusted: Array

    @classmethod
    def of(cls, run: Run) -> Self | None:
        """That of a run; None where no interval was measured."""
        layers = [
            layer
            for layer in run.layers.values()
            if layer.has("spectrum/alpha") and np.isfinite(interval_ends(layer)[0]).any()
        ]
        if not layers:
            return None
        index = max(int(np.flatnonzero(np.isfinite(interval_ends(layer)[0]))[-1]) for layer in layers)
        found = [Interval.of(layer, index) for layer in layers]
        alpha, error = (
            np.array([float(layer[f"spectrum/{key}"][index]) for layer in layers]) for key in ("alpha", "alpha_error")
        )
        return cls(
            int(run.epochs[index]),
            tuple(layer.name for layer in layers),
            alpha,
            np.where(error > 0, error, np.nan),
            np.array([np.nan if one is None else one.low for one in found]),
            np.array([np.nan if one is None else one.high for one in found]),
            np.array([one is None or one.stable for one in found], bool),
            np.array([not few_eigenvalues(layer) for layer in layers], bool),
        )


@dataclass(frozen=True)
class Stability:
    """Sizes of one layer's tail, of the fit and of resamples, at the epochs that have intervals.

    Attributes:
        epochs, sizes, low, high: where the clock stands, eigenvalues in the fit's tail, and the middle 95 % of those in
            the resamples' tails, (I,) each.
        n_tail, interval: of the last of them.
        clock: what counts the epochs.
    """

    epochs: Array
    sizes: Array
    low: Array
    high: Array
    n_tail: int
    interval: Interval
    clock: str

    @classmethod
    def of(cls, run: Run, layer: Layer) -> Self | None:
        """That of a layer; None where no interval was measured."""
        at = np.flatnonzero(np.isfinite(interval_ends(layer)[0]))
        last = Interval.of(layer, int(at[-1])) if len(at) else None
        if last is None:
            return None
        sizes = layer["spectrum/n_tail"][at]
        low, high = (layer[f"spectrum/interval/n_tail_{end}"][at].astype(float) for end in ("low", "high"))
        return cls(run.epochs[at], sizes, low, high, int(sizes[-1]), last, run.clock)
