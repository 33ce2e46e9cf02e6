"""Rates of noise success over whole trainings: every seed at every epoch, what they say, and why they swing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Create, VMobject

from weightreel.analysis.findings.attacks.noise import attack_of, late_rates, late_since, rates_of, success_history
from weightreel.analysis.findings.attacks.swing import NoiseLocation, moral_in_words, swing_in_words, why_in_words
from weightreel.analysis.findings.attacks.verdict import verdict
from weightreel.analysis.findings.learning_rate import falls
from weightreel.analysis.findings.time import LAST_EPOCHS, epochs_of
from weightreel.analysis.findings.words.language import noted, phrase, phrase_n
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import count, listed
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.scenes.chapters.noise_networks import MOST_SAID, begin, legend_of_networks
from weightreel.scenes.instruments.axes.curves import Curves, Series, span
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.paths import polyline, rectangles
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_LEFT, SAFE_RIGHT, SMALL, colour_of_run
from weightreel.scenes.kit.type import label, words

MOST_ATTACKED = 5
"""Networks that a film of noise shows."""
HIGHEST, LOWEST = 2.2, 1.1
"""Heights of the rates' axes over the epochs: as high as the take-away leaves room for."""
BELOW, BESIDE_DIAL, ABOVE_SENTENCES = 0.22, 0.4, 0.2
"""From these axes to what stands below them, between that, and from it to the take-away."""


def other_seeds(film: Film, attacked: Sequence[tuple[Run, Attack]]) -> list[tuple[str, str]]:
    """A row of the closing card: runs beside the film's own whose rates it shows."""
    seeds: dict[str, list[str]] = {}
    for run, _ in histories_of(film, attacked):
        if run not in film.runs:
            seeds.setdefault(run.title, []).append(str(run.seed))
    rows = (
        phrase_n("{title}, seed {seeds}", "{title}, seeds {seeds}", len(of), title=named(title), seeds=listed(of))
        for title, of in seeds.items()
    )
    return [(phrase("Rates of"), "; ".join(rows))] if seeds else []


def rates_over_the_epochs(film: Film, attacked: Sequence[tuple[Run, Attack]]) -> None:
    """The rate at every epoch, of every seed: how much one of them says, and what the histories say."""
    histories = histories_of(film, attacked)
    if not histories:
        return
    trials = success_history(histories[0][1])[0].trials
    begin(
        film,
        attacked,
        phrase("Every {clock}"),
        phrase(
            "The success rate at every {clock}, over the same {trials} noise images each time; the last {n} "
            "{clocks} are shaded.",
            trials=count(trials),
            n=LAST_EPOCHS,
        ),
    )
    runs = [run for run, _ in histories]
    epochs = epochs_of(runs)
    since = late_since(runs)
    rates = {run.name: on_common(run, rates_of(found), epochs) for run, found in histories}
    legend = legend_of_networks(film, runs)
    models = {run.model: np.stack([rates[r.name] for r in runs if r.model == run.model]) for run in runs}
    colours = {run.model: colour_of_run(run, film.runs) for run in runs}
    top = min(110 * max(float(np.nanmax(np.concatenate(list(rates.values())))), 0.01), 100)
    fell = first_falls([run for run, _ in attacked])
    several = any(len(of) > 1 for of in models.values())
    notes = [phrase("thin: one seed, bold: their mean")] if several else []
    notes += [phrase("shaded, and at the right: the last {n} {clocks}", n=LAST_EPOCHS)] if since is not None else []
    notes += [phrase("upright lines: the learning rate first falls")] if fell else []
    dial = EpochDial(epochs)
    room = SAFE_RIGHT - SAFE_LEFT - float(dial.width) - BESIDE_DIAL
    below = [dial, *([words("; ".join(notes), SMALL, theme().MUTED, width=room)] if notes else [])]
    said = histories_in_words(histories)

    def drawn(height: float) -> Curves:
        curves = Curves(
            epochs,
            series_of(models, colours),
            size=(10.9, height),
            y=(0, top),
            x_name="",
            y_name=phrase("success rate, %"),
        )
        return curves.move_to([SAFE_LEFT, legend.get_bottom()[1] - 0.15, 0], UP + LEFT)

    curves = drawn(HIGHEST)
    # What stands below the axes must end above the sentences of the take-away.
    lowest = curves.get_bottom()[1] - BELOW - max(float(each.height) for each in below)
    missing = film.top_of_take_away(*said[1:]) + ABOVE_SENTENCES - lowest
    if missing > 0:
        curves = drawn(max(HIGHEST - missing, LOWEST))
    for each, side in zip(below, (RIGHT, LEFT), strict=False):
        each.move_to([SAFE_RIGHT * side[0], curves.get_bottom()[1] - BELOW, 0], UP + side)
    if since is not None:
        film.add(shade(curves, since))
    marks = [curves.plane.mark(at, colour_of_run(run, film.runs)).set_stroke(opacity=0.7) for run, at in fell]
    film.add(legend, *marks, *below[1:])
    film.sweep(curves, dial, seconds=10.0, clock=EpochClock(epochs))
    if len(epochs) > 1:
        late = {
            model: np.concatenate([late_rates(run, attack) for run, attack in histories if run.model == model])
            for model in models
        }
        ranges = [range_beside(curves, i, of, colours[model]) for i, (model, of) in enumerate(late.items())]
        film.play(*map(Create, ranges), run_time=0.8)
    film.take_away(*said)


def why_it_swings(film: Film, attacked: Sequence[tuple[Run, Attack]]) -> None:
    """The rate beside where the noise lies among the images, on one clock."""
    found = (NoiseLocation.of(run, attack) for run, attack in attacked[:MOST_SAID])
    places = [place for place in found if place is not None]
    if not any(np.ptp(place.rate) > 0 for place in places):
        return
    runs = [place.run for place in places]
    begin(
        film,
        attacked,
        phrase("Why it swings"),
        phrase(
            "The rate beside the size of noise's logits, its distance to the nearest class, and its shift of what "
            "BatchNorm expects."
        ),
    )
    epochs = epochs_of(runs)
    dial = EpochDial(epochs).move_to([SAFE_LEFT, BELOW_HEADER + 0.12, 0], UP + LEFT)
    film.add(legend_of_networks(film, runs))
    plots = []
    for i, (name, parts) in enumerate(PLACES):
        series = [
            Series("", factor * on_common(place.run, getattr(place, part), epochs),
                   colour_of_run(place.run, film.runs), width)
            for part, factor, width in parts for place in places
        ]  # fmt: skip
        if not any(np.isfinite(s.values).any() for s in series):
            continue
        top = span([s.values for s in series])[1]
        row, column = divmod(i, 2)
        curves = Curves(epochs, series, size=(5.2, 1.1), y=(0, top), x_name="", ticks=(6, 3))
        corner = np.array([SAFE_LEFT + 0.8 + 6.6 * column, 0.85 - 2.1 * row, 0])
        curves.shift(corner - curves.plane.corner)
        film.add(label(phrase(name), theme().TEXT).move_to(corner + 1.2 * UP, DOWN + LEFT))
        plots.append(curves)
    film.sweep(*plots, dial, seconds=7.0, clock=EpochClock(epochs))
    film.take_away(phrase("What it moves with"), *(why_in_words(p.run.title, p.companions()) for p in places))


PLACES = (
    (noted("success rate, %"), (("rate", 100, 3.5),)),
    (noted("size of the logits (std): bold noise, thin images"), (("noise_logits", 1, 3.5), ("image_logits", 1, 1.5))),
    (noted("distance to the nearest class mean, in its spread"), (("nearest", 1, 3.5),)),
    (noted("BatchNorm shift, in running std"), (("shift", 1, 3.5),)),
)
"""Name of each plot, and what it draws: attribute of Place, factor, width of the line."""


def first_falls(runs: list[Run]) -> list[tuple[Run, float]]:
    """After which epoch each network's learning rate is lower for the first time; none where it never falls."""
    return [(run, fell[0][0]) for run in runs if (fell := falls(run.epochs, run["learning_rate"]))]


def shade(curves: Curves, since: float) -> VMobject:
    """The epochs from `since` on, behind the curves."""
    start, end = curves.plane.point(since, 0), curves.plane.corner + curves.plane.across + curves.plane.upwards
    area = VMobject(stroke_width=0, fill_color=theme().GRID, fill_opacity=0.45)
    area.points = rectangles(*(np.array([x]) for x in (start[0], end[0], start[1], end[1])))
    return area


def range_beside(curves: Curves, number: int, rates: np.ndarray, colour: str) -> VMobject:
    """From the lowest to the highest of these rates, and a mark at their mean, beside the axes' right end."""
    values = 100 * np.array([np.nanmin(rates), np.nanmax(rates), np.nanmean(rates)])
    x = (curves.plane.corner + curves.plane.across)[0] + 0.3 + 0.35 * number
    y = curves.plane.corner[1] + curves.plane.rise(values) * curves.plane.upwards[1]
    lines = [np.array([[x, y[0], 0], [x, y[1], 0]])]
    lines += [np.array([[x - 0.1, at, 0], [x + 0.1, at, 0]]) for at in y]
    drawn = VMobject(stroke_color=colour, stroke_width=4, fill_opacity=0)
    drawn.points = np.concatenate([polyline(line) for line in lines])
    return drawn


def histories_in_words(histories: list[tuple[Run, Attack]]) -> list[str]:
    """A name and sentences: whether the report's claim holds, else how far one network's rate swings."""
    runs = [run for run, _ in histories]
    if len(runs[0].epochs) == 1:
        return [phrase("How much one {clock} says"), phrase("One {clock} so far: no history to look at yet.")]
    if (found := verdict(runs)) is not None:
        return [phrase("Does it lower the rate?"), *found.summary, moral_in_words([found.widest])]
    rates = [rates_of(attack) for _, attack in histories]
    swings = [swing_in_words(run.title, run.epochs, of) for run, of in zip(runs[:MOST_SAID], rates, strict=False)]
    return [phrase("How much one {clock} says"), moral_in_words([float(np.ptp(of)) for of in rates]), *swings]


def histories_of(film: Film, attacked: Sequence[tuple[Run, Attack]]) -> list[tuple[Run, Attack]]:
    """Every seed of the film's networks, unless WEIGHTREEL_RUN chose the runs, whose rates are known by epoch."""
    models = {run.model for run, _ in attacked}
    all_seeds = [run for run in film.store.runs.values() if run.model in models]
    runs = [run for run, _ in attacked] if film.settings.runs else all_seeds
    found = [(run, attack_of(run)) for run in runs]
    return [(run, attack) for run, attack in found if attack is not None and len(rates_of(attack))]


def on_common(run: Run, values: list[float] | np.ndarray, epochs: np.ndarray) -> np.ndarray:
    """A run's history on `epochs`, (E,); NaN where the run has not recorded one."""
    found = np.full(len(epochs), np.nan)
    found[np.searchsorted(epochs, run.epochs)] = values
    return found


def series_of(models: dict[str, np.ndarray], colours: dict[str, str]) -> list[Series]:
    """A bold curve a model, the mean of its seeds, and thin ones for several; rates (seeds, E) each."""
    found = [Series("", 100 * of.T, colours[model], 1.2, 0.6) for model, of in models.items() if len(of) > 1]
    for model, of in models.items():
        known = np.isfinite(of)
        mean = np.divide(
            np.where(known, of, 0).sum(0), known.sum(0), out=np.full(of.shape[1], np.nan), where=known.any(0)
        )
        found.append(Series("", 100 * mean, colours[model], 4))
    return found
