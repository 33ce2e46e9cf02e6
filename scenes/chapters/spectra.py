"""Eigenvalues of one layer, of all its epochs and of all layers, and how many have left the random bulk."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, VGroup

from weightreel.analysis.findings.alpha import Alphas, doubts_in_words, layers_in_words, reading_in_words
from weightreel.analysis.findings.blocks import blocks_of
from weightreel.analysis.findings.bulk import (
    Reaches,
    bulk_doubts_in_words,
    departure_in_words,
    goodness_in_words,
    largest_in_words,
    layers_out_in_words,
    spikes_in_words,
    tail_in_words,
)
from weightreel.analysis.findings.intervals import Interval
from weightreel.analysis.findings.randomness import few_eigenvalues, measured_epochs
from weightreel.analysis.findings.spectra import Spectrum, layers_with_spectra, spread
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import layer_in_words
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Layer
from weightreel.scenes.instruments.axes.counter import whole
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.instruments.axes.small_multiples import grid_of
from weightreel.scenes.instruments.networks.network_diagram import NetworkDiagram
from weightreel.scenes.instruments.spectra.departures import COLUMNS, ROW, ROWS, TICKS, in_columns
from weightreel.scenes.instruments.spectra.esd import EsdPlot
from weightreel.scenes.instruments.spectra.fit_numbers import FitNumbers
from weightreel.scenes.instruments.spectra.ridgeline import Ridgeline
from weightreel.scenes.kit.clock import SECONDS_PER_EPOCH, SHORTEST
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SMALL
from weightreel.scenes.kit.type import label, words

MOST_LAYERS = 15
BRISK = 6.4
"""Longest sweep, in seconds, of the chapters that show the same epochs again."""
LONGEST_SWEEP = 9.0
"""Seconds of the first chapter's sweep, at most."""
COLUMN = SAFE_RIGHT - 3.75
"""Left end of the column of numbers."""


def shown_again(film: Film) -> float:
    """Seconds of a sweep over epochs that were shown before."""
    return no_longer_than(film, BRISK)


def no_longer_than(film: Film, most: float) -> float:
    """Seconds that the run's epochs ask for, but at most so many."""
    span = float(film.run.epochs[-1]) - float(film.run.epochs[0])
    return float(np.clip(span * SECONDS_PER_EPOCH, SHORTEST, most))


def where_it_is(film: Film, layer: Layer) -> None:
    """The network for a moment, with the layer lit whose eigenvalues follow, unless that is only counted there."""
    blocks = blocks_of(film.run)
    if layer.name not in {block.name for block in blocks}:
        return
    diagram = NetworkDiagram(blocks, (SAFE_RIGHT - SAFE_LEFT, 2.6), theme().ESD)
    if layer.name not in diagram.blocks:
        return
    film.play(FadeIn(diagram), run_time=0.5)
    name = diagram.named(layer.name)
    film.play(diagram.animate.light(layer.name), FadeIn(name), run_time=0.5)
    film.wait(0.8)
    film.play(FadeOut(diagram), FadeOut(name), run_time=0.4)


def one_layer(film: Film, layer: Layer, spectrum: Spectrum) -> None:
    """One ESD on logarithmic axes with its tail, what is random beside it, and the numbers of both."""
    seen = [
        phrase(
            "The eigenvalues of WᵀW for {layer} (WeightWatcher's layer {number}).",
            layer=layer_in_words(layer.name), number=layer.layer_id,
        )
    ]  # fmt: skip
    if spectrum.n_unknown:
        seen.append(phrase("Of {n} smaller ones nothing is known.", n=f"{spectrum.n_unknown:,}"))
    if spectrum.baseline is not None:
        seen.append(phrase("Outline: its entries, permuted."))
    if spectrum.bulk is not None:
        seen.append(phrase("λ₊: where the random bulk ends."))
    seen.append(phrase("Line: the power law fitted from x_min on, of slope minus alpha."))
    film.beat(phrase("One layer"), " ".join(seen))
    where_it_is(film, layer)
    said = what_it_shows(layer, spectrum.measured())
    plot = EsdPlot(spectrum, (7.9, 3.1))
    key = plot.key().move_to([SAFE_LEFT, BELOW_HEADER + 0.05, 0], UP + LEFT)
    # Where sentences are long or letters high, the axes are that much lower.
    top = min(BELOW_HEADER - 0.3, float(key.get_bottom()[1]) - 0.03)
    missing = film.top_of_take_away(*said) + 0.03 - (top - plot.height)
    if missing > 0:
        plot = EsdPlot(spectrum, (7.9, 3.1 - missing))
    plot.move_to([SAFE_LEFT, top, 0], UP + LEFT)
    film.add(key)
    numbers = FitNumbers(spectrum).move_to([COLUMN, BELOW_HEADER - 0.75, 0], UP + LEFT)
    dial = EpochDial(film.run.epochs).move_to([COLUMN, BELOW_HEADER + 0.05, 0], UP + LEFT)
    film.sweep(plot, numbers, dial, seconds=no_longer_than(film, LONGEST_SWEEP))
    film.take_away(phrase("What this layer shows"), *said)


def what_it_shows(layer: Layer, known: Spectrum) -> tuple[str, str]:
    """What a layer's measured epochs show: how many eigenvalues are outside the bulk, and how alpha is read."""
    epochs = known.epochs.astype(int)
    reading = reading_in_words(
        layer_in_words(layer.name),
        float(known.alpha[-1]),
        Interval.of(layer, int(measured_epochs(layer)[-1])),
        int(epochs[-1]),
        trusted=not few_eigenvalues(layer),
    )
    if known.bulk is None:
        return reading, largest_in_words(known.lambda_max, epochs)
    return spikes_in_words(layer_in_words(layer.name), known.bulk, epochs, known.n_eigenvalues), reading


def all_epochs(film: Film, layer: Layer, spectrum: Spectrum) -> None:
    """One layer's ESD as a ridge an epoch, with the random edge through them."""
    ridges = Ridgeline(spectrum, (7.9, 3.3))
    drawn = {"layer": layer_in_words(layer.name), "epochs": ridges.choice}
    film.beat(
        phrase("All {clocks}"),
        phrase("{layer} once more, one ridge for {epochs}, the first in front.", **drawn)
        if spectrum.bulk is None
        else phrase(
            "{layer} once more, one ridge for {epochs}, the first in front; the line through them is λ₊, the "
            "random bulk's edge.",
            **drawn,
        ),
        loop=True,
    )
    name = label(phrase("{layer}: {epochs}, log density upwards", **drawn), theme().ESD)
    film.add(name.move_to([SAFE_LEFT, BELOW_HEADER + 0.05, 0], UP + LEFT))
    ridges.move_to([SAFE_LEFT, BELOW_HEADER - 0.3, 0], UP + LEFT)
    epochs = film.run.epochs
    shown = [EpochDial(epochs), Readout(epochs, phrase("largest eigenvalue"), spectrum.lambda_max, theme().ESD)]
    if spectrum.bulk is not None:
        shown += [
            Readout(epochs, phrase("edge λ₊ of the random bulk"), spectrum.bulk.edge, theme().RANDOM),
            Readout(epochs, phrase("eigenvalues above it"), spectrum.bulk.n_spikes, theme().ESD, written=whole),
        ]
    for i, instrument in enumerate(shown):
        instrument.move_to([COLUMN, BELOW_HEADER + 0.05 - 1.1 * i, 0], UP + LEFT)
    film.sweep(ridges, *shown, seconds=shown_again(film))
    known = spectrum.measured()
    seen, tail = known.epochs.astype(int), tail_in_words(known.alpha, known.epochs)
    largest = largest_in_words(known.lambda_max, seen)
    said = largest if known.bulk is None else departure_in_words(known.bulk, seen)
    film.take_away(phrase("What the {clocks} show"), said, *([tail] if tail else []))


def all_layers(film: Film) -> None:
    """Every layer's ESD beside the others, on axes of its own."""
    layers = layers_with_spectra(film.run)
    chosen = spread(layers, MOST_LAYERS)
    few = {"n": len(chosen), "total": len(layers)}
    if len(chosen) < len(layers):
        note = phrase("{n} of {total} layers, evenly spaced; axes differ", **few)
        caption = phrase(
            "The same {clocks} for {n} of {total} layers, evenly spaced, each on its own logarithmic axes, "
            "with its alpha.",
            **few,
        )
    elif film.run.chosen:
        note = phrase("the chosen layers; axes differ")
        caption = phrase("The same {clocks} for the chosen layers, each on its own logarithmic axes, with its alpha.")
    else:
        note = phrase("every layer; axes differ")
        caption = phrase("The same {clocks} for every layer, each on its own logarithmic axes, with its alpha.")
    name = phrase("The chosen layers") if film.run.chosen else phrase("All layers")
    film.beat(name, caption, loop=True)
    columns, rows = grid_of(len(chosen))
    alphas = Alphas.of(film.run)
    said = layers_in_words(alphas), *filter(None, (doubts_in_words(alphas),))
    below = max(film.top_of_take_away(*said, width=8.6) + 0.25, SAFE_BOTTOM + 1.25)
    height = BELOW_HEADER - below
    cell = ((SAFE_RIGHT - SAFE_LEFT) / columns, height / rows)
    plots = []
    for i, layer in enumerate(chosen):
        row, column = divmod(i, columns)
        plot = EsdPlot(Spectrum.of(film.run, layer, bins=24), (cell[0] - 0.4, cell[1] - 0.85), compact=True)
        corner = [SAFE_LEFT + column * cell[0], BELOW_HEADER - row * cell[1], 0]
        plots.append(plot.move_to(corner, UP + LEFT))
    dial = EpochDial(film.run.epochs).move_to([SAFE_RIGHT, SAFE_BOTTOM + 0.5, 0], DOWN + RIGHT)
    film.add(words(note, SMALL, theme().MUTED).move_to([SAFE_RIGHT, SAFE_BOTTOM, 0], DOWN + RIGHT))
    film.sweep(*plots, dial, seconds=shown_again(film))
    film.take_away(phrase("What the layers show"), *said, width=8.6)


def left_the_bulk(film: Film, layer: Layer) -> None:
    """In how many layers the largest eigenvalue has left the random bulk, and whether the tail is a power law."""
    reaches = Reaches.of(film.run)
    if not reaches.names:
        return
    film.clear_stage()
    details = (goodness_in_words(layer, layers_with_spectra(film.run)), bulk_doubts_in_words(reaches))
    said = layers_out_in_words(reaches), *filter(None, details)
    corner = np.array([SAFE_LEFT, BELOW_HEADER - 0.6, 0])
    rows = int(np.clip((corner[1] - TICKS - film.top_of_take_away(*said) - 0.3) // ROW, 1, ROWS))
    shown = reaches.only(COLUMNS * rows)
    few = {"n": len(shown.names), "total": len(reaches.names)}
    every = len(shown.names) == len(reaches.names)
    film.beat(
        phrase("Out of the random bulk"),
        phrase(
            "Each layer's largest eigenvalue over its random bulk's edge: grey at {clock} {epoch}, green "
            "now; right of the line: outside.",
            epoch=reaches.epochs[0],
        )
        if every
        else phrase(
            "Each layer's largest eigenvalue over its random bulk's edge ({n} of {total} layers): grey at {clock} "
            "{epoch}, green now; right of the line: outside.",
            epoch=reaches.epochs[0],
            **few,
        ),
    )
    film.add(film.header(film.shown_as))
    what = (
        phrase("largest eigenvalue ÷ λ₊ with its fluctuation:")
        if every
        else phrase("largest eigenvalue ÷ λ₊ with its fluctuation ({n} of {total} layers):", **few)
    )
    before = label(phrase("{clock} {epoch}", epoch=reaches.epochs[0]), theme().RANDOM)
    key = [label(what), before, label(phrase("now"), theme().ESD)]
    film.add(VGroup(*key).arrange(buff=0.25).move_to([SAFE_LEFT, BELOW_HEADER + 0.05, 0], UP + LEFT))
    columns = in_columns(shown.epochs, shown.names, shown.values, corner, SAFE_RIGHT - SAFE_LEFT, rows)
    dial = EpochDial(shown.epochs).move_to([SAFE_RIGHT, BELOW_HEADER + 0.05, 0], UP + RIGHT)
    film.sweep(*columns, dial, seconds=6.0)
    film.take_away(phrase("What is left of random"), *said)
