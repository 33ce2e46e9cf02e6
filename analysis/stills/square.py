"""A still of why WeightWatcher's Marchenko–Pastur fit of square matrices finds few spikes: its support stands still."""

from __future__ import annotations

import math
from importlib.util import find_spec

import numpy as np
from matplotlib.figure import Figure

from weightreel.analysis.stills.style import ESD, INK, TAIL, heading
from weightreel.analysis.store.nodes import Layer, Run

BIN = 0.05
"""Width of the histogram's bins, in units of √(mean eigenvalue)."""


def marchenko_pastur_square(runs: list[Run]) -> Figure | None:
    """A square layer's density of √λ at the last epoch, by WeightWatcher's law and by the law with moving support.

    For Q = 1 the law's density of x = √λ is √(4 σ² − x²) / (π σ²) on [0, 2 σ]. WeightWatcher 0.7.7 fits
    √(4 − x²) / (π σ²), which σ scales in height only, so that the edge that it reports, 4 σ², and the edge of what it
    fitted, 4, differ, and neither follows the bulk.

    Returns:
        The figure; None where no square layer's eigenvalues are stored, or scipy, by which the laws are fitted, is not
        installed. Of several layers the one with most eigenvalues above the edge that moves is drawn.
    """
    if find_spec("scipy") is None:
        return None
    from weightreel.analysis.maths.marchenko_pastur import fit_bulk

    found = []
    for run in runs:
        for layer in run.layers.values():
            if layer.shape[:1] != layer.shape[1:2] or not layer.has("spectrum/eigenvalues"):
                continue
            eigenvalues = layer["spectrum/eigenvalues"][-1].astype(float)
            if np.isfinite(eigenvalues).all() and eigenvalues[-1] > 0:
                scaled = eigenvalues / eigenvalues.mean()
                bulks = [fit_bulk(scaled, 1.0, layer.shape[0], scaled_square=moves) for moves in (False, True)]
                if not any(math.isnan(bulk.sigma) for bulk in bulks):
                    found.append((bulks[1].n_spikes, run, layer, scaled, bulks))
    if not found:
        return None
    _, run, layer, scaled, bulks = max(found, key=lambda candidate: candidate[0])
    return _draw(run, layer, scaled, [(bulk.sigma, bulk.spike_edge, bulk.n_spikes) for bulk in bulks])


def _draw(run: Run, layer: Layer, scaled: np.ndarray, fits: list[tuple[float, float, int]]) -> Figure:
    """The picture, from eigenvalues of mean 1 and sigma, edge for spikes and spikes by each law."""
    roots = np.sqrt(scaled)
    right = min(float(roots[-1]) * 1.02, 3.5)
    figure = Figure((10, 5))
    axes = figure.subplots()
    bins = np.arange(0, roots[-1] + 2 * BIN, BIN)
    counts, _ = np.histogram(roots, bins)
    axes.stairs(counts / (len(roots) * BIN), bins, fill=True, color=ESD, alpha=0.5, label="eigenvalues")
    names = ("WeightWatcher's law √(4 − x²)/(πσ²)", "the law √(4σ² − x²)/(πσ²)")
    for (sigma, edge, spikes), name, radius, colour, dashes in zip(
        fits, names, (2.0, 2 * fits[1][0]), (INK, TAIL), ("--", "-"), strict=True
    ):
        x = np.linspace(0, radius, 300)
        law = np.sqrt(np.maximum(radius**2 - x**2, 0)) / (math.pi * sigma**2)
        axes.plot(x, law, dashes, color=colour, linewidth=2.4, label=f"{name}, σ = {sigma:.2f}")
        axes.axvline(math.sqrt(edge), color=colour, linestyle=dashes, linewidth=1.2,
                     label=f"… and its edge at {math.sqrt(edge):.2f}: {spikes:,} spikes")  # fmt: skip
    beyond = int(np.count_nonzero(roots > right))
    axes.set(xlim=(0, right), ylim=(0, None), ylabel="density of x",
             xlabel="x = √(λ / mean λ)" + (f"; {beyond:,} more to the right" if beyond else ""))  # fmt: skip
    axes.legend(loc="upper right", frameon=True, framealpha=0.95, edgecolor="none")
    heading(figure, f"{layer.name} of {run.name}, square, {run.clock} {run.epochs[-1]}: "
            f"{fits[0][2]:,} or {fits[1][2]:,} spikes of {len(scaled):,} eigenvalues",
            "σ scales WeightWatcher's law in height alone: its support stays at 2, where a random matrix of the same "
            "norm ends,\nand cannot shrink to the bulk beside a tail")  # fmt: skip
    return figure
