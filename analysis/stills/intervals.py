"""Stills of how sure an alpha is: its interval beside the error given xmin, and how firmly a layer's xmin stands."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from weightreel.analysis.findings.spectra import main_layer
from weightreel.analysis.findings.spectral.intervals import Stability, Sureness, stability_in_words
from weightreel.analysis.findings.words.language import nouns, phrase
from weightreel.analysis.findings.words.names import layer_named
from weightreel.analysis.stills.style import ESD, INK, MUTED, TAIL, Named, foot, heading, legend_of, plain_numbers
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES

APART = 0.17
"""By which the interval and the error given xmin of a layer stand apart, in layers."""


def interval_figures(runs: list[Run]) -> Named:
    """All stills of this module that the runs have the data for."""
    for run in runs:
        if (found := Sureness.of(run)) is not None:
            yield f"alpha-intervals-{run.name}", intervals(run, found)


def intervals(run: Run, found: Sureness) -> Figure:
    """Alpha of every layer with its interval and with its error given xmin; the sizes of one layer's tails below."""
    layer = main_layer(run)
    stability = None if layer is None else Stability.of(run, layer)
    figure = Figure((9.5, 5.2 if stability is None else 7.8))
    grid = figure.subplots(1 if stability is None else 2, 1, squeeze=False, height_ratios=(2, 1)[: 1 + bool(stability)])
    _layers(grid[0, 0], found)
    if layer is not None and stability is not None:
        _tails(grid[1, 0], stability)
        grid[1, 0].set_title(
            stability_in_words(layer_named(layer.name), stability.n_tail, stability.interval), fontsize=9.5
        )
    values = {"run": run.name, "clock": run.clock, "time": found.epoch}
    heading(figure, phrase("{run}: how sure alpha is, {clock} {time}", **values))
    few = phrase("hollow: fewer than {n} eigenvalues; crossed: xmin unstable", n=MIN_EIGENVALUES)
    foot(figure, legend_of(figure), few)
    return figure


def _layers(axes: Axes, found: Sureness) -> None:
    """A layer a place, both bars beside each other."""
    places = np.arange(len(found.names), dtype=float)
    for shift, low, high, colour, width, name in (
        (-APART, found.low, found.high, TAIL, 2.6, phrase("95 % interval: every resample chooses xmin again")),
        (APART, found.alpha - found.error, found.alpha + found.error, MUTED, 1.2, phrase("± error given xmin")),
    ):
        axes.vlines(places + shift, low, high, color=colour, linewidth=width, label=name)
    for chosen, marker, face in ((found.trusted, "o", TAIL), (~found.trusted, "o", "white")):
        at = places[chosen] - APART
        axes.plot(at, found.alpha[chosen], marker, color=TAIL, markerfacecolor=face, markersize=5)
    axes.plot(places[~found.stable] - APART, found.alpha[~found.stable], "x", color=INK, markersize=9)
    axes.set(yscale="log", ylabel=phrase("α of the fitted tail"))
    plain_numbers(axes.yaxis)
    axes.set_xticks(places, [*map(layer_named, found.names)], rotation=40, ha="right", fontsize=8.5)


def _tails(axes: Axes, found: Stability) -> None:
    """Eigenvalues in the tail at the epochs that have intervals: of the fit, and in the middle 95 % of resamples."""
    axes.vlines(found.epochs, found.low, found.high, color=ESD, linewidth=5, alpha=0.55,
                label=phrase("tails of the resamples, 95 %"))  # fmt: skip
    axes.plot(found.epochs, found.sizes, "o", color=TAIL, label=phrase("tail of the fit"))
    axes.set(yscale="log", xlabel=nouns(found.clock)["clock"], ylabel=phrase("eigenvalues in the tail"))
    plain_numbers(axes.yaxis)
