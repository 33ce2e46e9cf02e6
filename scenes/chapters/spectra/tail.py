"""The eigenvalues of the end as a histogram, the power law with its verdict, the two readings of alpha, the answer."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, UP, Create, FadeIn, FadeOut, Succession, Transform, VGroup, Wait

from weightreel.analysis.findings.spectral.alpha import reading_in_words
from weightreel.analysis.findings.spectral.bulk import largest_in_words, verdict_in_words
from weightreel.analysis.findings.spectral.escape import outside_in_words, tail_beyond_in_words
from weightreel.analysis.findings.spectral.intervals import Interval
from weightreel.analysis.findings.spectral.randomness import few_eigenvalues, measured_epochs
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.palette import theme
from weightreel.scenes.chapters.spectra.told import SIDE, Told, narrow_of, patch_zone, wide_of
from weightreel.scenes.instruments.spectra.alpha_scale import AlphaScale
from weightreel.scenes.instruments.spectra.escape_chart import EscapeChart
from weightreel.scenes.instruments.spectra.esd import EsdPlot
from weightreel.scenes.kit.beats import seconds_to_read
from weightreel.scenes.kit.grammar.grains import Fly
from weightreel.scenes.kit.grammar.moves import entering
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.theme import BODY, SMALL
from weightreel.scenes.kit.type import Letters, words

LETTERS = (0.95, 0.9, 1.05)
"""Room for a histogram's letters at the left, above and below, in units of the frame."""


def histogram(told: Told) -> EsdPlot:
    """Every eigenvalue flies from its line's end into its bin on logarithmic axes."""
    film, last = told.film, float(told.escape.epochs[-1])
    film.beat(
        phrase("Histogram"),
        phrase("Back to {layer}: each of its eigenvalues falls into a bin, by its size.", layer=told.called),
    )
    zone = wide_of(film.zones.stage)
    left, above, below = LETTERS
    plot = EsdPlot(told.spectrum, (zone.width - left, zone.height - above - below)).at(last)
    corner = np.array([zone.left + left, zone.bottom + below, 0.0])
    plot.shift(corner - plot.plane.corner)
    chart = told.charts.get(told.layer.name, told.chart)
    start = chart.height_of(told.escape.eigenvalues[-1][told.drawn])
    start = np.nan_to_num(start, nan=chart.frame.bottom)
    told.grains.put(np.stack([np.full(len(start), chart.frame.right), start], 1), np.full(len(start), 0.5 * SIDE))
    shown = [*told.charts.values(), *told.names] if told.charts else [told.chart, *told.counters]
    film.add(told.grains)
    letters = [part for part in plot.submobjects if part not in {plot.bars, plot.outline, plot.line, plot.start}]
    film.play(*map(FadeOut, shown), *map(FadeIn, letters), run_time=1.0)
    flying = [Fly(told.grains, *in_bins(told, plot), run_time=3.0)]
    if told.patch is not None and told.charts:
        places, side = told.patch.laid_out(told.corner)
        film.add(told.patch)
        flying.append(Fly(told.patch, places, side, run_time=3.0))
    film.play(*flying)
    film.play(FadeIn(plot.bars), FadeOut(told.grains), run_time=0.3)
    return plot


def in_bins(told: Told, plot: EsdPlot) -> tuple[np.ndarray, np.ndarray]:
    """Where the squares stand in the histogram's bars, evenly over their height: places (N, 2) and sides (N,)."""
    spectrum = told.spectrum
    with np.errstate(divide="ignore"):
        logs = np.log10(np.maximum(told.escape.eigenvalues[-1][told.drawn], 1e-300))
    bins = np.searchsorted(spectrum.edges, logs, "right") - 1
    bins = np.where(logs >= spectrum.edges[-1], len(spectrum.edges) - 2, bins)
    floor = plot.plane.y_range[0]
    tops = np.maximum(np.nan_to_num(spectrum.density[-1], neginf=floor), floor)
    x, y = np.zeros(len(logs)), np.full(len(logs), floor)
    for each in np.unique(bins[bins >= 0]):
        mine = np.flatnonzero(bins == each)
        x[mine] = (spectrum.edges[each] + spectrum.edges[each + 1]) / 2
        y[mine] = floor + (np.arange(len(mine)) + 0.5) / len(mine) * (tops[each] - floor)
    x[bins < 0] = spectrum.edges[0]
    return plot.plane.place(x, y)[:, :2], np.where(bins < 0, 0.0, SIDE)


def fitted(told: Told, plot: EsdPlot) -> list[Letters]:
    """The line of the power law is drawn, and judged at once."""
    film = told.film
    film.beat(
        phrase("A power law?"),
        phrase("Is the right side a straight line? That would be a power law; alpha is how steeply it falls."),
    )
    column = narrow_of(film.zones.stage)
    said = [verdict_in_words(told.layer), tail_beyond_in_words(told.escape, told.layer)]
    texts = [
        words(text, size, colour, width=column.width)
        for text, size, colour in zip(said, (BODY, SMALL), (theme().TEXT, theme().MUTED), strict=True)
        if text
    ]
    VGroup(*texts).arrange(DOWN, buff=0.3, aligned_edge=LEFT).move_to(column.at(UP + LEFT), aligned_edge=UP + LEFT)
    stands = bool(told.spectrum.fitted[-1])
    drawing = [FadeIn(plot.start), Create(plot.line, run_time=1.8)] if stands else []
    film.play(*drawing, Succession(Wait(1.2), entering(texts, run_time=3.6, lag=0.9)))
    return texts


def read(told: Told, plot: EsdPlot, texts: list[Letters]) -> AlphaScale | None:
    """The line becomes alpha's mark below two readings; None where no fit stands."""
    film, spectrum = told.film, told.spectrum
    last = int(measured_epochs(told.layer)[-1]) if len(measured_epochs(told.layer)) else -1
    interval = Interval.of(told.layer, last)
    said = reading_in_words(
        told.called,
        float(spectrum.alpha[-1]),
        interval,
        int(told.escape.epochs[-1]),
        trusted=not few_eigenvalues(told.layer),
    )
    film.beat(phrase("Two readings"), said)
    rest = [part for part in plot.submobjects if part is not plot.line]
    if not spectrum.fitted[-1]:
        film.play(*map(FadeOut, (*rest, *texts)), run_time=0.8)
        return None
    ends = (np.nan, np.nan) if interval is None else (interval.low, interval.high)
    stage = film.zones.stage
    zone = Zone(stage.left + 0.25, told.corner.top + 0.3, stage.right - 0.25, stage.top)
    scale = AlphaScale(float(spectrum.alpha[-1]), ends, zone)
    film.play(*map(FadeOut, (*rest, *texts)), FadeIn(scale.axis), FadeIn(scale.numbers), run_time=0.8)
    film.play(Transform(plot.line, scale.marker), run_time=2.0)
    film.remove(plot.line)
    film.add(scale.marker)
    film.play(entering(scale.rows, run_time=max(seconds_to_read(said) - 3.0, 3.0), lag=0.8))
    film.remove(scale.marker)
    film.add(scale)
    return scale


def answered(told: Told, scale: AlphaScale | None) -> None:
    """The sentence, over the weights of the beginning and the lines that have left."""
    film, escape = told.film, told.escape
    sentence = outside_in_words(escape) if escape.knows_chance else largest_in_words(
        escape.eigenvalues[:, 0], escape.epochs.astype(int)
    )  # fmt: skip
    stage = film.zones.stage
    left, right = stage.split(1, 1.3)
    chart = EscapeChart(escape, Zone(right.left, right.bottom, right.right, right.top)).at(float(escape.epochs[-1]))
    going = [FadeOut(scale)] if scale is not None else []
    timeline = [FadeOut(told.timeline)] if len(escape.epochs) > 1 else []
    showing = [*going, *timeline, FadeIn(chart)]
    if told.patch is not None:
        places, side = told.patch.laid_out(patch_zone(left))
        showing.append(Fly(told.patch, places, side))
    film.conclude(sentence, *showing, seconds=2.0)
