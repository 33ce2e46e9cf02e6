"""Stills of certificates, and of defences beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from weightreel.analysis.findings.defences import Defence, certified_accuracy, defences
from weightreel.analysis.findings.statistics import Rate
from weightreel.analysis.stills.style import INK, Named, colours_of, heading
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.reader import Store

DASHES = ("-", "--", ":", "-.")
COLUMNS = (("clean", "clean"), ("noise", "noise success"), ("attacked", "robust"), ("certified", "certified"))


def certificate_figures(store: Store) -> Named:
    """Certified accuracy of all networks that have certificates; all networks in one table."""
    runs = [run for run in store.runs.values() if run.certificates]
    if runs:
        yield "certified-accuracy", certified(runs)
    rows = [row for row in defences(store) if any(getattr(row, key) is not None for key, _ in COLUMNS)]
    if len(rows) > 1:
        yield "defences", beside_each_other(rows)


def certified(runs: list[Run]) -> Figure:
    """Share of test images whose smoothed answer is right and certified to a radius, against that radius.

    A panel for each sigma; an abstention is not certified at any radius.
    """
    sigmas = sorted({c.sigma for run in runs for c in run.certificates.values()})
    figure = Figure((4.2 * len(sigmas) + 1.5, 4.6))
    colours = colours_of(runs)
    panels: Sequence[Axes] = figure.subplots(1, len(sigmas), sharey=True, squeeze=False)[0]
    about: Any = None
    for axes, sigma in zip(panels, sigmas, strict=True):
        radii = np.linspace(0, 4 * sigma, 161)
        for run in runs:
            for certificate in run.certificates.values():
                if certificate.sigma == sigma:
                    about = certificate
                    rates = certified_accuracy(certificate, radii)
                    low, value, high = (
                        100 * np.array([getattr(r, k) for r in rates]) for k in ("low", "value", "high")
                    )
                    axes.fill_between(radii, low, high, step="post", color=colours[run.name], alpha=0.1, linewidth=0)
                    axes.step(radii, value, where="post", color=colours[run.name], label=run.name)
        axes.set(
            title=f"noise σ = {sigma:g}", xlabel="L2 radius, pixels in [0, 1]", xlim=(0, radii[-1]), ylim=(-2, 102)
        )
    panels[0].set_ylabel("certified accuracy (%)")
    panels[-1].legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    values = about.attributes
    heading(figure, "What randomised smoothing certifies",
            f"{len(about['label'])} test images, n = {values['n_estimation']:,} noisy copies each, "
            f"a certificate is wrong with a probability of at most {values['failure_probability']:g}; "
            "shaded: Wilson's 95 % interval")  # fmt: skip
    return figure


def beside_each_other(rows: list[Defence]) -> Figure:
    """Clean, noise, attacked and certified of every network, with Wilson's 95 % intervals."""
    shown = [(key, title) for key, title in COLUMNS if any(getattr(row, key) is not None for row in rows)]
    figure = Figure((3.1 * len(shown) + 2.6, 0.42 * len(rows) + 1.9))
    for place, (axes, (key, title)) in enumerate(
        zip(figure.subplots(1, len(shown), sharey=True, squeeze=False)[0], shown, strict=True)
    ):
        for height, row in enumerate(rows):
            rate: Rate | None = getattr(row, key)
            if rate is None:
                continue
            axes.plot([100 * rate.low, 100 * rate.high], [height] * 2, color=INK, linewidth=2, alpha=0.45)
            axes.plot(100 * rate.value, height, "o", color=INK, markersize=5)
            side = 1 if rate.value < 0.6 else -1
            axes.annotate(f"{100 * rate.value:.1f}", (100 * rate.value, height), (6 * side, 4), fontsize=8,
                          textcoords="offset points", ha="left" if side > 0 else "right")  # fmt: skip
        example = next(getattr(row, f"{key}_is") for row in rows if getattr(row, key) is not None)
        axes.set(title=title, xlim=(-3, 103), xlabel=f"% ({example})")
        if not place:
            axes.set_yticks(range(len(rows)), [row.title for row in rows])
            axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.grid(visible=True, axis="x")
    heading(figure, "Defences beside each other", "Wilson's 95 % intervals; seeds of one network together")
    return figure
