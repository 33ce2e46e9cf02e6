"""Stills of certificates, and of defences beside each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from weightreel.analysis.findings.attacks.defences import COLUMNS, Defence, certified_accuracy, defences
from weightreel.analysis.findings.statistics import Rate, percentages
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import count, plain, points
from weightreel.analysis.stills.style import INK, Named, colours_of, heading
from weightreel.analysis.store.nodes import Certificate, Run
from weightreel.analysis.store.reader import Store


def certificate_figures(store: Store) -> Named:
    """Certified accuracy of all networks that have certificates; all networks in one table."""
    runs = [run for run in store.runs.values() if run.certificates]
    if runs:
        yield "certified-accuracy", certified(runs)
    rows = [row for row in defences(store) if any(getattr(row, key) is not None for key in COLUMNS)]
    if len(rows) > 1:
        yield "defences", beside_each_other(rows)


def certified(runs: Sequence[Run]) -> Figure:
    """Share of test images whose smoothed answer is right and certified to a radius, against that radius.

    A panel for each sigma; an abstention is not certified at any radius.
    """
    every = [(run, certificate) for run in runs for certificate in run.certificates.values()]
    sigmas = sorted({certificate.sigma for _, certificate in every})
    figure = Figure((4.2 * len(sigmas) + 1.5, 4.6))
    colours = colours_of(runs)
    panels: Sequence[Axes] = figure.subplots(1, len(sigmas), sharey=True, squeeze=False)[0]
    for axes, sigma in zip(panels, sigmas, strict=True):
        radii = np.linspace(0, 4 * sigma, 161)
        for run, certificate in every:
            if certificate.sigma == sigma:
                value, low, high = percentages(certified_accuracy(certificate, radii))
                axes.fill_between(radii, low, high, step="post", color=colours[run.name], alpha=0.1, linewidth=0)
                axes.step(radii, value, where="post", color=colours[run.name], label=run.name)
        axes.set(
            title=phrase("noise σ = {sigma}", sigma=plain(sigma)),
            xlabel=phrase("L2 radius, pixels in [0, 1]"),
            xlim=(0, radii[-1]),
            ylim=(-2, 102),
        )
    panels[0].set_ylabel(phrase("certified accuracy (%)"))
    panels[-1].legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    heading(figure, phrase("What randomised smoothing certifies"), _about(every[-1][1]))
    return figure


def _about(certificate: Certificate) -> str:
    about = certificate.attributes
    return phrase(
        "{images} test images, n = {copies} noisy copies each, a certificate is wrong with a probability of at most "
        "{failure}; shaded: Wilson's 95 % interval",
        images=count(len(certificate["label"])),
        copies=count(about["n_estimation"]),
        failure=plain(about["failure_probability"]),
    )


def beside_each_other(rows: Sequence[Defence]) -> Figure:
    """Clean, noise, attacked and certified of every network, with Wilson's 95 % intervals."""
    titles = {
        "clean": phrase("clean"),
        "noise": phrase("noise success"),
        "attacked": phrase("robust"),
        "certified": phrase("certified"),
    }
    shown = [key for key in COLUMNS if any(getattr(row, key) is not None for row in rows)]
    figure = Figure((3.1 * len(shown) + 2.6, 0.42 * len(rows) + 1.9))
    panels: Sequence[Axes] = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for axes, key in zip(panels, shown, strict=True):
        for height, row in enumerate(rows):
            rate: Rate | None = getattr(row, key)
            if rate is None:
                continue
            axes.plot([100 * rate.low, 100 * rate.high], [height] * 2, color=INK, linewidth=2, alpha=0.45)
            axes.plot(100 * rate.value, height, "o", color=INK, markersize=5)
            side = 1 if rate.value < 0.6 else -1
            axes.annotate(
                points(rate.value),
                (100 * rate.value, height),
                (6 * side, 4),
                fontsize=8,
                textcoords="offset points",
                ha="left" if side > 0 else "right",
            )
        example = next(getattr(row, f"{key}_is") for row in rows if getattr(row, key) is not None)
        axes.set(title=titles[key], xlim=(-3, 103), xlabel=f"% ({example})")
        axes.grid(visible=True, axis="x")
    panels[0].set_yticks(range(len(rows)), [row.title for row in rows])
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    heading(
        figure,
        phrase("Defences beside each other"),
        phrase("Wilson's 95 % intervals; seeds of one network together"),
    )
    return figure
