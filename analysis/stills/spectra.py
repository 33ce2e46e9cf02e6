"""Stills of spectra: eigenvalues beside a random matrix's, at the ends of the training and over its epochs; alpha."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator, NullFormatter

from weightreel.analysis.findings.spectra import Spectrum, fitted_layers, panel_layers
from weightreel.analysis.findings.spectral.alpha import AUTHORS_READING, REPORT_READING, Alphas, Band, range_in_words
from weightreel.analysis.findings.spectral.randomness import (
    LargeEigenvalues,
    few_eigenvalues,
    hidden_in_words,
    measured_epochs,
)
from weightreel.analysis.findings.time import is_logarithmic, times_in_words
from weightreel.analysis.findings.words.language import nouns, phrase
from weightreel.analysis.findings.words.names import layer_named
from weightreel.analysis.findings.words.numbers import beside, between, count, fixed
from weightreel.analysis.stills.square import marchenko_pastur_square
from weightreel.analysis.stills.style import (
    ESD,
    INK,
    MUTED,
    RANDOM,
    TAIL,
    Named,
    by_depth,
    epoch_axis,
    foot,
    heading,
    legend_of,
    plain_numbers,
)
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus, eigenvalue_count

OUTLINED = [withStroke(linewidth=3.2, foreground="white")]
"""Lines on shaded ground."""

ALPHA_COLUMNS = 2
"""Runs beside each other."""

RUG_BINS = 120
"""Equal steps of log λ in which eigenvalues over the epochs are counted."""


def spectral_figures(runs: list[Run]) -> Named:
    """All stills of this module that the runs have the data for."""
    for run in runs:
        if layers := panel_layers(run):
            yield f"esd-{run.name}", spectra(run, layers)
            yield f"eigenvalues-{run.name}", rug(run, layers)
    if any(map(fitted_layers, runs)):
        yield "alpha", alphas(runs)
    square = marchenko_pastur_square(runs)
    if square is not None:
        yield "marchenko-pastur-square", square


def spectra(run: Run, layers: list[Layer]) -> Figure:
    """ESD of layers (rows) at the first and the last epoch (columns), on log–log axes.

    With the fitted tail, and where they are stored the density of the shuffled weights and the bulk's upper edge.
    """
    figure = Figure((10, 3.1 * len(layers) + 1.1))
    grid = figure.subplots(len(layers), 2, squeeze=False, sharex="row", sharey="row")
    random = False
    for row, layer in zip(grid, layers, strict=True):
        spectrum = Spectrum.of(run, layer)
        random = random or spectrum.baseline is not None
        for axes, index in zip(row, measured_epochs(layer)[[0, -1]], strict=True):
            _esd(axes, spectrum, int(index))
            values = {
                "layer": layer_named(layer.name),
                "kind": layer.kind,
                "clock": run.clock,
                "time": run.epochs[index],
            }
            axes.set_title(phrase("{layer} ({kind}), {clock} {time}", **values))
        row[0].set_ylabel(phrase("density (per unit of λ)"))
        row[0].set_ylim(top=row[0].get_ylim()[1] * 60)  # room for the words
        low, high = row[0].get_xlim()
        for axes in row if high / low < 30 else ():
            plain_numbers(axes.xaxis)
    for axes in grid[-1]:
        axes.set_xlabel(phrase("eigenvalue λ of X = WᵀW, unscaled"))
    heading(
        figure,
        phrase("{run}: empirical spectral density, its fitted tail and the random baseline", run=run.name)
        if random
        else phrase("{run}: empirical spectral density and its fitted tail", run=run.name),
    )
    foot(figure, legend_of(figure), hidden_in_words())
    return figure


def _esd(axes: Axes, spectrum: Spectrum, index: int) -> None:
    """Density of eigenvalues in equal steps of log λ, what is random, and the fitted tail beside it."""
    axes.set(xscale="log", yscale="log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    density, edges = _seen(spectrum.density[index]), 10**spectrum.edges
    axes.stairs(density, edges, fill=True, color=ESD, alpha=0.6, label=phrase("eigenvalues"))
    lines = [*_random(axes, spectrum, index), *_tail(axes, spectrum, index)]
    axes.text(0.97, 0.96, "\n".join(lines), transform=axes.transAxes, ha="right", va="top", fontsize=9,
              bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 2})  # fmt: skip


def _seen(log_density: Any) -> Any:
    """A density from its logarithm, NaN where a bin is empty."""
    return np.where(np.isfinite(log_density), 10.0**log_density, np.nan)


def _random(axes: Axes, spectrum: Spectrum, index: int) -> list[str]:
    """The shuffled weights' density as an outline and the bulk's edge as a line; what they come to in words."""
    baseline, bulk = spectrum.baseline, spectrum.bulk
    if baseline is not None:
        density = _seen(baseline.density[index])
        drawn = np.flatnonzero(np.isfinite(density) & (baseline.edges[1:] > spectrum.edges[0]))
        if len(drawn):
            sides = 10 ** baseline.edges[drawn[0] : drawn[-1] + 2]
            sides[0] = max(sides[0], 10 ** spectrum.edges[0])
            axes.stairs(density[drawn[0] : drawn[-1] + 1], sides, color=INK, linewidth=1.3,
                        label=phrase("entries shuffled"))  # fmt: skip
    if bulk is None:
        return []
    if math.isnan(bulk.edge[index]):
        return [] if spectrum.n_unknown else [phrase("no random bulk found")]
    axes.axvline(bulk.edge[index], color=RANDOM, linestyle="--", label=phrase("λ₊, edge of the random bulk"))
    values = {"spikes": count(bulk.n_spikes[index]), "n": count(spectrum.n_all)}
    return [phrase("{spikes} of {n} eigenvalues above the bulk", **values)]


def _tail(axes: Axes, spectrum: Spectrum, index: int) -> list[str]:
    """The fitted power law; the fit in words."""
    total = count(spectrum.n_all)
    if not spectrum.fitted[index]:
        return [phrase("power law: fit failed, {n} eigenvalues", n=total)]
    xmin, heights = spectrum.xmin[index], [10 ** ends[index] for ends in spectrum.tail]
    axes.plot([xmin, spectrum.lambda_max[index]], heights, color=TAIL, linewidth=2.5, label=phrase("fitted tail"))
    axes.axvline(xmin, color=TAIL, linestyle=":", label=phrase("xmin, where it starts"))
    values = {"tail": count(spectrum.n_tail[index]), "n": total}
    distance = f"D = {fixed(spectrum.ks_distance[index], 3)}"
    return [
        beside([f"α = {fixed(spectrum.alpha[index])}{_ends(spectrum, index)}", distance]),
        phrase("{tail} of {n} eigenvalues in the tail (too few to trust)", **values)
        if spectrum.status[index] == FitStatus.FEW_EIGENVALUES
        else phrase("{tail} of {n} eigenvalues in the tail", **values),
    ]


def _ends(spectrum: Spectrum, index: int) -> str:
    """The ends of alpha's interval, after a blank; empty where none was measured."""
    low, high = map(float, spectrum.ends[index])
    return f" {between(fixed(low), fixed(high))}" if math.isfinite(low) else ""


def rug(run: Run, layers: list[Layer]) -> Figure:
    """The larger eigenvalues of layers (rows) over the epochs, shaded by their number; those above the bulk dotted."""
    figure = Figure((9.5, 3.0 * len(layers) + 1.1))
    for axes, layer in zip(figure.subplots(len(layers), 1, squeeze=False)[:, 0], layers, strict=True):
        _rug(axes, run, layer)
    figure.axes[len(layers) - 1].set_xlabel(nouns(run.clock)["clock"])
    heading(figure, phrase("{run}: eigenvalues over the {clocks}", run=run.name, clock=run.clock))
    foot(figure, legend_of(figure), phrase("eigenvalues below half the median are not drawn"))
    return figure


def _rug(axes: Axes, run: Run, layer: Layer) -> None:
    found = LargeEigenvalues.of(run, layer, RUG_BINS)
    counts = found.counts.astype(float)  # (E, B)
    shades = axes.pcolormesh(
        found.epochs, np.sqrt(found.edges[1:] * found.edges[:-1]), np.where(counts > 0, counts, np.nan).T,
        cmap="Greens", norm="log", vmin=0.3, shading="nearest", rasterized=True,
    )  # fmt: skip
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if tick <= counts.max()]
    bar = axes.figure.colorbar(shades, ax=axes, label=phrase("eigenvalues a step"), pad=0.01, format="%g", ticks=ticks)
    bar.ax.minorticks_off()
    if found.edge is not None:
        axes.plot(found.spike_epochs, found.spikes, ".", color=TAIL, markersize=1.8, rasterized=True,
                  label=phrase("eigenvalues above the bulk"))  # fmt: skip
        axes.plot(found.epochs, found.edge, "--", color=INK, path_effects=OUTLINED,
                  label=phrase("λ₊, edge of the random bulk"))  # fmt: skip
    if found.shuffled is not None:
        axes.plot(found.epochs, found.shuffled, ":", color=INK, path_effects=OUTLINED,
                  label=phrase("largest with the entries shuffled"))  # fmt: skip
    axes.set(yscale="log", ylabel=phrase("eigenvalue λ"), title=_rug_title(layer))
    axes.set_ylim(found.edges[0], found.edges[-1])
    if is_logarithmic(run.epochs):
        epoch_axis(axes, [run])
        axes.set_xlabel("")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlim(found.epochs[0] - 0.5, found.epochs[-1] + 0.5)
    plain_numbers(axes.yaxis)


def _rug_title(layer: Layer) -> str:
    """A layer's name, and how many eigenvalues it has and shows."""
    values = {"layer": layer_named(layer.name), "n": count(eigenvalue_count(layer.shape))}
    if layer.top is not None:
        return phrase("{layer}: the {top} largest of {n} eigenvalues", top=count(layer.top), **values)
    if few_eigenvalues(layer):
        return phrase("{layer}: {n} eigenvalues (too few to trust the edge)", **values)
    return phrase("{layer}: {n} eigenvalues", **values)


def alphas(runs: list[Run]) -> Figure:
    """Alpha of every layer over the epochs, a panel for each run, above the ranges of both readings.

    The authors' range of a well-trained network is shaded, the report's two are hatched. Fits of too few eigenvalues
    are dotted.
    """
    runs = [run for run in runs if fitted_layers(run)]
    columns = min(len(runs), ALPHA_COLUMNS)
    rows = math.ceil(len(runs) / columns)
    figure = Figure((5.2 * columns + 2.2, 4.4 * rows + 1.2))
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for axes in grid.flat[len(runs) :]:
        axes.set_axis_off()
    for axes, run in zip(grid.flat, runs, strict=False):
        layers, found = fitted_layers(run), Alphas.of(run)
        colours = by_depth(len(layers))
        for layer, values, trusted, colour in zip(layers, found.values.T, found.trusted, colours, strict=True):
            dashes = ":" if not trusted else "-" if layer.kind.startswith("conv") else "--"
            name = f"{layer_named(layer.name)} ({count(eigenvalue_count(layer.shape))})"
            axes.plot(run.epochs, values, dashes, color=colour, label=name)
        readings = _readings(axes)
        axes.set(yscale="log", title=run.name)
        ticks = [tick for tick in (2, 3, 4, 5, 6, 10, 20, 40, 80) if tick < axes.get_ylim()[1]]
        axes.set_yticks(ticks, [str(tick) for tick in ticks])
        axes.minorticks_off()
        epoch_axis(axes, [run])
    for axes in grid[:, 0]:
        axes.set_ylabel(phrase("α of the fitted tail"))
    legend = {"title": phrase("layer (eigenvalues)"), "fontsize": 8}
    grid[0, -1].legend(loc="center left", bbox_to_anchor=(1.01, 0.5), **legend)
    times = times_in_words(runs)
    heading(figure, phrase("Alpha of every layer over the {times}, and what two readings take it for", times=times))
    note = phrase("convolutions solid, linear dashed, dotted where fewer than {n} eigenvalues", n=MIN_EIGENVALUES)
    foot(figure, readings, note, columns=1 if columns == 1 else 0)
    return figure


def _readings(axes: Axes) -> list[Patch]:
    """Shade the ranges of both readings; handles that say which is whose."""
    bands = AUTHORS_READING.bands
    well_trained = next(band for band in bands if math.isfinite(band.low) and math.isfinite(band.high))
    styles: list[tuple[str, Band, dict[str, Any]]] = [
        (range_in_words(well_trained, AUTHORS_READING), well_trained, {"facecolor": "#E6E9ED", "edgecolor": "none"}),
        *(
            (range_in_words(band, REPORT_READING), band,
             {"facecolor": "none", "edgecolor": MUTED, "hatch": hatch, "linewidth": 0})
            for band, hatch in zip(REPORT_READING.bands, ("////", "...."), strict=True)
        ),
    ]  # fmt: skip
    handles = []
    for rank, (name, band, style) in enumerate(styles):
        axes.axhspan(band.low, band.high, zorder=0.1 + rank / 10, **style)
        handles.append(Patch(label=name, **style))
    for bound in (well_trained.low, well_trained.high):
        axes.axhline(bound, color=MUTED, linewidth=0.8, zorder=1)
    return handles
