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
from numpy.typing import NDArray

from weightreel.analysis.findings.alpha import AUTHORS_READING, REPORT_READING, Band
from weightreel.analysis.findings.time import is_logarithmic
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
    times_of,
)
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus, eigenvalue_count

SMALLEST_SHARE = 1e-4
"""Eigenvalues below this share of the largest are left out of the pictures, which show tails; densities count them."""

NOT_DRAWN = f"eigenvalues below {SMALLEST_SHARE:g} of the largest are not drawn"

OUTLINED = [withStroke(linewidth=3.2, foreground="white")]
"""Lines on shaded ground."""

ALPHA_COLUMNS = 2
"""Runs beside each other."""

RUG_BINS = 120
"""Equal steps of log λ in which eigenvalues over the epochs are counted."""


def spectral_figures(runs: list[Run]) -> Named:
    """All stills of this module that the runs have the data for."""
    for run in runs:
        if layers := esd_layers(run):
            yield f"esd-{run.name}", spectra(run, layers)
            yield f"eigenvalues-{run.name}", rug(run, layers)
    if any(layer.has("spectrum/alpha") for run in runs for layer in run.layers.values()):
        yield "alpha", alphas(runs)
    square = marchenko_pastur_square(runs)
    if square is not None:
        yield "marchenko-pastur-square", square


def esd_layers(run: Run) -> list[Layer]:
    """Layers whose ESD is drawn: the first and the last convolution and the first linear layer, as far as stored."""
    stored = [layer for layer in run.layers.values() if layer.has("spectrum/eigenvalues") and len(measured(layer))]
    convolutions = [layer for layer in stored if layer.kind.startswith("conv")]
    linear = [layer for layer in stored if layer.kind == "linear"]
    return list({layer.name: layer for layer in (*convolutions[:1], *convolutions[-1:], *linear[:1])}.values())


def measured(layer: Layer) -> NDArray[np.intp]:
    """Epochs whose spectra are measured, ascending."""
    return np.flatnonzero(layer["spectrum/status"] != FitStatus.NOT_MEASURED)


def spectra(run: Run, layers: list[Layer]) -> Figure:
    """ESD of layers (rows) at the first and the last epoch (columns), on log–log axes.

    With the fitted tail, and where they are stored the density of the shuffled weights and the bulk's upper edge.
    """
    figure = Figure((10, 3.1 * len(layers) + 1.1))
    grid = figure.subplots(len(layers), 2, squeeze=False, sharex="row", sharey="row")
    for row, layer in zip(grid, layers, strict=True):
        for axes, index in zip(row, measured(layer)[[0, -1]], strict=True):
            _esd(axes, layer, int(index))
            axes.set_title(f"{layer.name} ({layer.kind}), {run.clock} {run.epochs[index]}")
        row[0].set_ylabel("density (per unit of λ)")
        row[0].set_ylim(top=row[0].get_ylim()[1] * 60)  # room for the words
        low, high = row[0].get_xlim()
        for axes in row if high / low < 30 else ():
            plain_numbers(axes.xaxis)
    for axes in grid[-1]:
        axes.set_xlabel("eigenvalue λ of X = WᵀW, unscaled")
    random = any(layer.has("spectrum/random/density") for layer in layers)
    baseline = ", its fitted tail and the random baseline" if random else " and its fitted tail"
    heading(figure, f"{run.name}: empirical spectral density{baseline}")
    foot(figure, legend_of(figure), NOT_DRAWN)
    return figure


def _esd(axes: Axes, layer: Layer, index: int) -> None:
    """Density of eigenvalues in equal steps of log λ; the power law from xmin on, at its share of the eigenvalues."""
    eigenvalues = layer["spectrum/eigenvalues"][index].astype(float)
    total = eigenvalue_count(layer.shape)  # of large layers the largest alone are known
    positive = eigenvalues[eigenvalues > eigenvalues[-1] * SMALLEST_SHARE]
    axes.set(xscale="log", yscale="log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    if len(positive):
        bins = np.geomspace(positive[0] * 0.99, positive[-1] * 1.01, int(np.clip(len(positive) ** 0.5 * 2, 8, 60)) + 1)
        counts, _ = np.histogram(positive, bins)
        density = counts / np.diff(bins) / total
        axes.stairs(np.where(counts > 0, density, np.nan), bins, fill=True, color=ESD, alpha=0.6, label="eigenvalues")
    words = [*_random(axes, layer, index, float(eigenvalues[-1])), *_tail(axes, layer, index)]
    axes.text(0.97, 0.96, "\n".join(words), transform=axes.transAxes, ha="right", va="top", fontsize=9,
              bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 2})  # fmt: skip


def _random(axes: Axes, layer: Layer, index: int, largest: float) -> list[str]:
    """The shuffled weights' density as an outline and the bulk's edge as a line; what they come to in words."""
    if layer.has("spectrum/random/density"):
        edges, density = layer["spectrum/random/edges"], layer["spectrum/random/density"][index]
        drawn = np.flatnonzero((density > 0) & (edges[:-1] > largest * SMALLEST_SHARE))
        if len(drawn):
            bins = slice(drawn[0], drawn[-1] + 1)
            axes.stairs(density[bins], edges[drawn[0] : drawn[-1] + 2], color=INK, linewidth=1.3,
                        label="entries shuffled")  # fmt: skip
    if not layer.has("spectrum/marchenko_pastur/lambda_plus"):
        return []
    edge = float(layer["spectrum/marchenko_pastur/lambda_plus"][index])
    if math.isnan(edge):
        return [] if layer.top is not None else ["no random bulk found"]
    axes.axvline(edge, color=RANDOM, linestyle="--", label="λ₊, edge of the random bulk")
    spikes = int(layer["spectrum/marchenko_pastur/n_spikes"][index])
    return [f"{spikes:,} of {eigenvalue_count(layer.shape):,} eigenvalues above the bulk"]


def _tail(axes: Axes, layer: Layer, index: int) -> list[str]:
    """The fitted power law; the fit in words."""
    total = eigenvalue_count(layer.shape)
    alpha, xmin, xmax = (float(layer[f"spectrum/{key}"][index]) for key in ("alpha", "xmin", "xmax"))
    status = FitStatus(int(layer["spectrum/status"][index]))
    if math.isnan(alpha):
        return [f"power law: fit failed, {total:,} eigenvalues"]
    n_tail = int(layer["spectrum/n_tail"][index])
    tail = np.geomspace(xmin, xmax, 50)
    law = n_tail / total * (alpha - 1) / xmin * (tail / xmin) ** -alpha
    axes.plot(tail, law, color=TAIL, linewidth=2.5, label="fitted tail")
    axes.axvline(xmin, color=TAIL, linestyle=":", label="xmin, where it starts")
    few = " (too few to trust)" if status == FitStatus.FEW_EIGENVALUES else ""
    return [
        f"α = {alpha:.2f} ± {layer['spectrum/alpha_error'][index]:.2f}, D = {layer['spectrum/ks_distance'][index]:.3f}",
        f"{n_tail:,} of {total:,} eigenvalues in the tail{few}",
    ]


def rug(run: Run, layers: list[Layer]) -> Figure:
    """The larger eigenvalues of layers (rows) over the epochs, shaded by their number; those above the bulk dotted."""
    figure = Figure((9.5, 3.0 * len(layers) + 1.1))
    for axes, layer in zip(figure.subplots(len(layers), 1, squeeze=False)[:, 0], layers, strict=True):
        _rug(axes, run, layer)
    figure.axes[len(layers) - 1].set_xlabel(run.clock)
    heading(figure, f"{run.name}: eigenvalues over the {run.clock}s")
    foot(figure, legend_of(figure), "eigenvalues below half the median are not drawn")
    return figure


def _rug(axes: Axes, run: Run, layer: Layer) -> None:
    epochs = measured(layer)
    eigenvalues = layer["spectrum/eigenvalues"][epochs].astype(float)  # (E, K)
    largest = max(float(np.nanmax(eigenvalues, initial=0)), 1e-30)
    kept = eigenvalues[eigenvalues > max(0.5 * np.nanmedian(eigenvalues), largest * SMALLEST_SHARE)]
    bins = np.geomspace(np.min(kept, initial=largest) * 0.97, largest * 1.1, RUG_BINS + 1)
    counts = np.stack([np.histogram(row[np.isfinite(row)], bins)[0] for row in eigenvalues]).astype(float)  # (E, B)
    shades = axes.pcolormesh(
        run.epochs[epochs], np.sqrt(bins[1:] * bins[:-1]), np.where(counts > 0, counts, np.nan).T,
        cmap="Greens", norm="log", vmin=0.3, shading="nearest", rasterized=True,
    )  # fmt: skip
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if tick <= counts.max()]
    bar = axes.figure.colorbar(shades, ax=axes, label="eigenvalues a step", pad=0.01, format="%g", ticks=ticks)
    bar.ax.minorticks_off()
    if layer.has("spectrum/marchenko_pastur/lambda_plus") and layer.top is None:
        bulk = {key: layer[f"spectrum/marchenko_pastur/{key}"][epochs] for key in ("lambda_plus", "spike_edge")}
        index, place = np.nonzero(eigenvalues > bulk["spike_edge"][:, None])
        axes.plot(run.epochs[epochs][index], eigenvalues[index, place], ".", color=TAIL, markersize=1.8,
                  rasterized=True, label="eigenvalues above the bulk")  # fmt: skip
        axes.plot(run.epochs[epochs], bulk["lambda_plus"], "--", color=INK, path_effects=OUTLINED,
                  label="λ₊, edge of the random bulk")  # fmt: skip
    if layer.has("spectrum/random/lambda_max"):
        axes.plot(run.epochs[epochs], layer["spectrum/random/lambda_max"][epochs], ":", color=INK,
                  path_effects=OUTLINED, label="largest with the entries shuffled")  # fmt: skip
    few = " (too few to trust the edge)" if eigenvalue_count(layer.shape) < MIN_EIGENVALUES else ""
    largest_of = "" if layer.top is None else f"the {layer.top:,} largest of "
    title = f"{layer.name}: {largest_of}{eigenvalue_count(layer.shape):,} eigenvalues{few}"
    axes.set(yscale="log", ylabel="eigenvalue λ", title=title)
    axes.set_ylim(bins[0], bins[-1])
    if is_logarithmic(run.epochs):
        epoch_axis(axes, [run])
        axes.set_xlabel("")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlim(run.epochs[epochs[0]] - 0.5, run.epochs[epochs[-1]] + 0.5)
    plain_numbers(axes.yaxis)


def alphas(runs: list[Run]) -> Figure:
    """Alpha of every layer over the epochs, a panel for each run, above the ranges of both readings.

    The authors' range of a well-trained network is shaded, the report's two are hatched. Fits of too few eigenvalues
    are dotted.
    """
    runs = [run for run in runs if any(layer.has("spectrum/alpha") for layer in run.layers.values())]
    columns = min(len(runs), ALPHA_COLUMNS)
    rows = math.ceil(len(runs) / columns)
    figure = Figure((5.2 * columns + 2.2, 4.4 * rows + 1.2))
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for axes in grid.flat[len(runs) :]:
        axes.set_axis_off()
    for axes, run in zip(grid.flat, runs, strict=False):
        layers = [layer for layer in run.layers.values() if layer.has("spectrum/alpha")]
        for layer, colour in zip(layers, by_depth(len(layers)), strict=True):
            few = bool(np.any(layer["spectrum/status"] == FitStatus.FEW_EIGENVALUES))
            dashes = ":" if few else "-" if layer.kind.startswith("conv") else "--"
            name = f"{layer.name} ({eigenvalue_count(layer.shape):,})"
            axes.plot(run.epochs, layer["spectrum/alpha"], dashes, color=colour, label=name)
        readings = _readings(axes)
        axes.set(yscale="log", title=run.name)
        ticks = [tick for tick in (2, 3, 4, 5, 6, 10, 20, 40, 80) if tick < axes.get_ylim()[1]]
        axes.set_yticks(ticks, [str(tick) for tick in ticks])
        axes.minorticks_off()
        epoch_axis(axes, [run])
    for axes in grid[:, 0]:
        axes.set_ylabel("α of the fitted tail")
    grid[0, -1].legend(loc="center left", bbox_to_anchor=(1.01, 0.5), title="layer (eigenvalues)", fontsize=8)
    heading(figure, f"Alpha of every layer over the {times_of(runs)}, and what two readings take it for")
    note = "convolutions solid, linear dashed, dotted where fewer than 50 eigenvalues"
    foot(figure, readings, note, columns=1 if columns == 1 else 0)
    return figure


def _readings(axes: Axes) -> list[Patch]:
    """Shade the ranges of both readings; handles that say which is whose."""
    well_trained = next(band for band in AUTHORS_READING.bands if math.isfinite(band.low) and math.isfinite(band.high))
    styles: list[tuple[str, Band, dict[str, Any]]] = [
        (AUTHORS_READING.source, well_trained, {"facecolor": "#E6E9ED", "edgecolor": "none"}),
        *(
            (REPORT_READING.source, band, {"facecolor": "none", "edgecolor": MUTED, "hatch": hatch, "linewidth": 0})
            for band, hatch in zip(REPORT_READING.bands, ("////", "...."), strict=True)
        ),
    ]
    handles = []
    for rank, (source, band, style) in enumerate(styles):
        axes.axhspan(band.low, band.high, zorder=0.1 + rank / 10, **style)
        handles.append(Patch(label=f"{band.low:g}–{band.high:g}: “{band.words}” to {source}", **style))
    for bound in (well_trained.low, well_trained.high):
        axes.axhline(bound, color=MUTED, linewidth=0.8, zorder=1)
    return handles
