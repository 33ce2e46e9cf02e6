"""A still of why WeightWatcher's Marchenko–Pastur fit of square matrices finds few spikes: its support stands still."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from weightreel.analysis.findings.spectral.randomness import SquareBulks, square_bulks
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import layer_named
from weightreel.analysis.findings.words.numbers import count, fixed
from weightreel.analysis.stills.style import ESD, INK, TAIL, heading
from weightreel.analysis.store.nodes import Run

BIN = 0.05
"""Width of the histogram's bins, in units of √(mean eigenvalue)."""


def marchenko_pastur_square(runs: list[Run]) -> Figure | None:
    """A square layer's density of √λ at the last epoch, by WeightWatcher's law and by the law with moving support.

    Returns:
        The figure; None where no square layer's eigenvalues are stored. Of several layers the one with most eigenvalues
        above the edge that moves is drawn. `SquareBulks` tells how the laws differ.
    """
    found = square_bulks(runs)
    return None if found is None else _draw(found)


def _draw(found: SquareBulks) -> Figure:
    """The picture: the histogram, both laws and their edges for spikes."""
    roots = np.sqrt(found.scaled)
    right = min(float(roots[-1]) * 1.02, 3.5)
    figure = Figure((10, 5))
    axes = figure.subplots()
    bins = np.arange(0, roots[-1] + 2 * BIN, BIN)
    counts, _ = np.histogram(roots, bins)
    axes.stairs(counts / (len(roots) * BIN), bins, fill=True, color=ESD, alpha=0.5, label=phrase("eigenvalues"))
    names = phrase("WeightWatcher's law √(4 − x²)/(πσ²)"), phrase("the law √(4σ² − x²)/(πσ²)")
    radii = 2.0, 2 * found.sigma[1]
    looks: tuple[dict[str, Any], ...] = ({"color": INK, "linestyle": "--"}, {"color": TAIL, "linestyle": "-"})
    for law, (name, radius) in enumerate(zip(names, radii, strict=True)):
        sigma, edge, spikes = found.sigma[law], math.sqrt(found.spike_edge[law]), found.n_spikes[law]
        x = np.linspace(0, radius, 300)
        density = np.sqrt(np.maximum(radius**2 - x**2, 0)) / (math.pi * sigma**2)
        axes.plot(x, density, linewidth=2.4, label=f"{name}, σ = {fixed(sigma)}", **looks[law])
        its_edge = phrase("… and its edge at {edge}: {spikes} spikes", edge=fixed(edge), spikes=count(spikes))
        axes.axvline(edge, linewidth=1.2, label=its_edge, **looks[law])
    beyond = int(np.count_nonzero(roots > right))
    name = phrase("x = √(λ / mean λ)")
    axes.set(
        xlim=(0, right),
        ylim=(0, None),
        ylabel=phrase("density of x"),
        xlabel=phrase("{name}; {n} more to the right", name=name, n=count(beyond)) if beyond else name,
    )
    axes.legend(loc="upper right", frameon=True, framealpha=0.95, edgecolor="none")
    run, (few, many) = found.run, found.n_spikes
    heading(
        figure,
        phrase(
            "{layer} of {run}, square, {clock} {time}: {few} or {many} spikes of {n} eigenvalues",
            layer=layer_named(found.layer.name),
            run=run.name,
            clock=run.clock,
            time=run.epochs[-1],
            few=count(few),
            many=count(many),
            n=count(len(found.scaled)),
        ),
        phrase(
            "σ scales WeightWatcher's law in height alone: its support stays at 2, where a random matrix of the same "
            "norm ends,\nand cannot shrink to the bulk beside a tail"
        ),
    )
    return figure
