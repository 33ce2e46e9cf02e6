"""Networks beside each other: parameters, spectra and alphas of each, on one clock and on common scales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP

from weightreel.analysis.findings.alpha import Alphas, medians_in_words
from weightreel.analysis.findings.parameters import Distribution
from weightreel.analysis.findings.spectra import Spectrum, layers_with_spectra, main_layer
from weightreel.analysis.findings.time import epochs_of
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import layer_in_words, networks_in_words, title_of, titles_apart
from weightreel.analysis.findings.words.numbers import significant
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.fitting import label_within
from weightreel.scenes.instruments.axes.small_multiples import Panel, SmallMultiples, grid_of
from weightreel.scenes.instruments.spectra.alpha_timeline import AlphaTimeline, key_of_readings, top_of_axis
from weightreel.scenes.instruments.spectra.esd import EsdPlot, limits
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SMALL, colour_of_run
from weightreel.scenes.kit.type import words

MOST = 5
"""Networks that stand beside each other; more would be too small."""
BINS = 24
AXIS = 0.9
"""Height of the numbers and the name below a timeline, in units of the frame."""
FEW, GAP, LETTERS = 2, 0.5, 1.2
"""Timelines that are lettered each; between more; and room for the letters at the left of one."""
TAKE_AWAY = 8.6
"""Width of the sentences, which leave the right end to the clock."""


def parameters_beside(film: Film, parameter: str, colour: str) -> None:
    """A chapter: all weights, or all biases, of each network of a film, where it compares several."""
    runs = [run for run in film.runs if Distribution.of(run, parameter) is not None][:MOST]
    if len(runs) < 2 or not film.compares:
        return
    film.clear_stage()
    caption = (
        phrase(
            "All weights of each network, on one horizontal axis; the counts are logarithmic, the grey outlines are "
            "the first {clock}'s."
        )
        if parameter == "weight"
        else phrase(
            "All biases of each network, on one horizontal axis; the counts are logarithmic, the grey outlines are "
            "the first {clock}'s."
        )
    )
    film.beat(phrase("The networks beside each other"), and_ends(caption, runs), loop=True)
    titles = titles_apart(runs)
    every = [Distribution.known(run, parameter) for run in runs]
    panels = [
        Panel(title, of.edges, of.counts, of.std, *of.extent, colour, run.epochs, colour_of_run(run, film.runs))
        for title, run, of in zip(titles, runs, every, strict=True)
    ]
    said = spreads_in_words(titles, [of.std for of in every]), *one_seed_each(runs)
    grid = SmallMultiples(epochs_of(runs), panels, (SAFE_RIGHT - SAFE_LEFT, room_above(film, said)), common=True)
    grid.move_to([SAFE_LEFT, BELOW_HEADER, 0], UP + LEFT)
    film.add(film.header(film.shown_as, film.data or networks_in_words(titles, FEW)))
    note = phrase("one horizontal axis; heights differ")
    film.sweep(grid, dial_of(film, runs, note))
    film.take_away(phrase("What the networks' spreads are"), *said, width=TAKE_AWAY)


def spectra_beside(film: Film, layer: Layer, seconds: float) -> None:
    """A chapter: the ESD of a layer in each network of a film, where it compares several."""
    pairs = [(run, of) for run in film.runs if (of := counterpart(run, layer)) is not None][:MOST]
    if len(pairs) < 2 or not film.compares:
        return
    film.clear_stage()
    runs = [run for run, _ in pairs]
    titles = titles_apart(runs)
    alike = len({of.name for _, of in pairs}) == 1
    names = titles if alike else [f"{title}: {of.name}" for title, (_, of) in zip(titles, pairs, strict=True)]
    caption = (
        phrase(
            "The eigenvalues of {layer} in each network, on the same logarithmic axes.",
            layer=layer_in_words(layer.name),
        )
        if alike
        else phrase("The eigenvalues of a layer of each network, on the same logarithmic axes.")
    )
    film.beat(phrase("The networks beside each other"), and_ends(caption, runs), loop=True)
    spectra = [Spectrum.of(run, of, bins=BINS) for run, of in pairs]
    said = alphas_in_words(titles, [spectrum.measured() for spectrum in spectra]), *one_seed_each(runs)
    columns, rows = grid_of(len(pairs))
    cell = (SAFE_RIGHT - SAFE_LEFT) / columns, room_above(film, said) / rows
    plots = []
    for i, (spectrum, name, run) in enumerate(zip(spectra, names, runs, strict=True)):
        row, column = divmod(i, columns)
        plot = EsdPlot(
            spectrum,
            (cell[0] - 0.4, cell[1] - 0.85),
            limits(spectra),
            compact=True,
            title=(name, colour_of_run(run, film.runs)),
        )
        plots.append(plot.move_to([SAFE_LEFT + column * cell[0], BELOW_HEADER - row * cell[1], 0], UP + LEFT))
    film.add(film.header(film.shown_as, film.data or networks_in_words(titles, FEW)))
    note = phrase("across: eigenvalue λ, logarithmic, up: density")
    film.sweep(*plots, dial_of(film, runs, note), seconds=seconds)
    film.take_away(phrase("What the networks' tails are"), *said, width=TAKE_AWAY)


def alphas_beside(film: Film, layer: Layer, seconds: float) -> None:
    """A chapter: alpha of every layer of each network over the epochs, with both readings behind them."""
    film.clear_stage()
    runs = [run for run in film.runs if Alphas.of(run).names][:MOST]
    found = [Alphas.of(run) for run in runs]
    film.beat(
        phrase("Alpha over the {clocks}"),
        phrase(
            "One line a layer, {layer} in bold, too few eigenvalues pale. Behind them two readings that disagree, "
            "one tinted, one hatched.",
            layer=layer_in_words(layer.name),
        ),
    )
    titles = titles_apart(runs)
    film.add(film.header(film.shown_as, film.data or networks_in_words(titles, FEW)))
    said = medians_in_words(found, titles), *(one_seed_each(runs) if len(runs) > 1 else ())
    key = key_of_readings()
    # High letters leave less to the axes.
    height = BELOW_HEADER - 0.4 - AXIS - 0.15 - key.height - film.top_of_take_away(*said, width=TAKE_AWAY) - 0.12
    timelines = timelines_of(film, runs, found, layer, min(2.75, height))
    for run, title, timeline in zip(runs, titles, timelines, strict=True):
        width = float(timeline.plane.across[0])
        over = phrase("{title}, seed {seed}; bold: {layer}", title=title_of(run), seed=run.seed, layer=layer.name)
        name = label_within(over if len(runs) <= FEW else title, width, colour_of_run(run, film.runs))
        left = timeline.get_left()[0] if len(runs) <= FEW else timeline.plane.corner[0]
        film.add(name.move_to([left, BELOW_HEADER + 0.05, 0], UP + LEFT))
    key.move_to([SAFE_LEFT, min(t.get_bottom()[1] for t in timelines) - 0.15, 0], UP + LEFT)
    dial = EpochDial(epochs_of(runs)).move_to([SAFE_RIGHT, SAFE_BOTTOM, 0], DOWN + RIGHT)
    film.add(key)
    film.sweep(*timelines, dial, seconds=seconds)
    film.take_away(phrase("What alpha does"), *said, width=TAKE_AWAY)


def timelines_of(
    film: Film, runs: Sequence[Run], found: Sequence[Alphas], layer: Layer, height: float
) -> list[AlphaTimeline]:
    """Timelines in a row, on one vertical axis that is lettered at the first alone where they are many."""
    few = len(runs) <= FEW
    whole = SAFE_RIGHT - SAFE_LEFT
    width = whole / len(runs) - LETTERS if few else (whole - LETTERS + GAP) / len(runs) - GAP
    top = top_of_axis([alphas.values[:, alphas.trusted] for alphas in found])
    timelines: list[AlphaTimeline] = []
    for run, alphas in zip(runs, found, strict=True):
        timeline = AlphaTimeline(
            run.epochs,
            alphas.values,
            alphas.trusted,
            (width, height),
            top=top,
            colour=colour_of_run(run, film.runs),
            lettered=few or not timelines,
            along=epochs_of(list(runs)),
            main=alphas.names.index(layer.name) if layer.name in alphas.names else None,
        )
        if few or not timelines:
            left = SAFE_LEFT + len(timelines) * whole / len(runs)
            timeline.move_to([left, BELOW_HEADER - 0.4, 0], UP + LEFT)
        else:
            corner = timelines[0].plane.corner + len(timelines) * (width + GAP) * RIGHT
            timeline.shift(corner - timeline.plane.corner)
        timelines.append(timeline)
    return timelines


def counterpart(run: Run, layer: Layer) -> Layer | None:
    """A run's layer of the same name, else the one that films of it alone show; None where it has no spectra."""
    same = (found for found in layers_with_spectra(run) if found.name == layer.name)
    return next(same, None) or main_layer(run)


def room_above(film: Film, said: Sequence[str]) -> float:
    """Height between the header and the take-away, or the clock where that is higher."""
    return BELOW_HEADER - max(film.top_of_take_away(*said, width=TAKE_AWAY) + 0.25, SAFE_BOTTOM + 1.25)


def and_ends(caption: str, runs: Sequence[Run]) -> str:
    """What is seen, and what becomes of networks that end earlier than others."""
    if len({int(run.epochs[-1]) for run in runs}) == 1:
        return caption
    return " ".join((caption, phrase("A network that ends earlier stays as it was.")))


def dial_of(film: Film, runs: Sequence[Run], note: str) -> EpochDial:
    """The clock of them all, at the bottom right, above a note about the axes."""
    film.add(words(note, SMALL, theme().MUTED).move_to([SAFE_RIGHT, SAFE_BOTTOM, 0], DOWN + RIGHT))
    return EpochDial(epochs_of(list(runs))).move_to([SAFE_RIGHT, SAFE_BOTTOM + 0.5, 0], DOWN + RIGHT)


def one_seed_each(runs: Sequence[Run]) -> list[str]:
    """What stands against a conclusion, where every network is there once."""
    if len({run.model for run in runs}) < len(runs):
        return []
    return [phrase("One seed of each network: no conclusion between them.")]


def spreads_in_words(titles: Sequence[str], stds: Sequence[np.ndarray]) -> str:
    """Which network's entries spread widest at its last epoch and which least.

    Args:
        stds: standard deviation of each, (E,) each.
    """
    last = [float(std[-1]) for std in stds]
    most, least = int(np.argmax(last)), int(np.argmin(last))
    return phrase(
        "Widest at the end: {most}, standard deviation {wide}; narrowest: {least}, {narrow}.",
        most=titles[most],
        wide=significant(last[most]),
        least=titles[least],
        narrow=significant(last[least]),
    )


def alphas_in_words(titles: Sequence[str], spectra: Sequence[Spectrum]) -> str:
    """Whose alpha is smallest at the last epoch that is measured, and whose largest, if intervals tell them apart."""
    last = {
        title: (float(spectrum.alpha[-1]), *map(float, spectrum.ends[-1]))
        for title, spectrum in zip(titles, spectra, strict=True)
        if spectrum.fitted[-1] and spectrum.status[-1] != FitStatus.FEW_EIGENVALUES
    }
    if not last:
        return phrase("At the last {clock} no fit rests on {least} eigenvalues or more.", least=MIN_EIGENVALUES)
    heavy, light = min(last, key=last.__getitem__), max(last, key=last.__getitem__)
    (low, low_start, low_end), (high, high_start, high_end) = last[heavy], last[light]
    said = {"heavy": heavy, "alpha": f"{low:.2f}"}
    if heavy == light:
        return phrase(
            "At the end a fit rests on {least} eigenvalues or more in {heavy} alone: α\u00a0=\u00a0{alpha}.",
            least=MIN_EIGENVALUES,
            **said,
        )
    said |= {"light": light, "other": f"{high:.2f}"}
    if not np.isfinite([low_start, high_start]).all():
        return phrase(
            "At the end α\u00a0=\u00a0{alpha} of {heavy} is the smallest, {other} of {light} the largest; their "
            "intervals are not measured.",
            **said,
        )
    said |= {"ends": f"[{low_start:.2f},\u00a0{low_end:.2f}]", "others": f"[{high_start:.2f},\u00a0{high_end:.2f}]"}
    if high_start <= low_end:
        return phrase(
            "At the end the intervals of α overlap: {alpha}\u00a0{ends} of {heavy}, {other}\u00a0{others} of {light}.",
            **said,
        )
    return phrase(
        "Smallest α at the end: {heavy}, {alpha}\u00a0{ends}; largest: {light}, {other}\u00a0{others}.", **said
    )
