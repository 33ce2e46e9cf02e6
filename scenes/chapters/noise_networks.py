"""All networks before the same noise: how often they are sure of it, and at which threshold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, Group, Mobject, Square, VGroup

from weightreel.analysis.findings.attacks.confidence import (
    Answered,
    fooled_in_words,
    of_images,
    passing_in_words,
    rate_in_words,
    seeds_beside,
    seeds_beside_in_words,
    separation_in_words,
    share_above,
)
from weightreel.analysis.findings.attacks.noise import Stream, outcomes, preview_pixels
from weightreel.analysis.findings.attacks.taken_for import Taken, answer_in_words
from weightreel.analysis.findings.statistics import separation
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import titles_apart
from weightreel.analysis.findings.words.numbers import percent
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.scenes.chapters.noise_epochs import fitting
from weightreel.scenes.chapters.noise_image import whole_stage
from weightreel.scenes.instruments.answers.image_grid import ImageGrid
from weightreel.scenes.instruments.answers.moving_picture import still
from weightreel.scenes.instruments.answers.threshold_curves import ThresholdCurves, nines
from weightreel.scenes.instruments.axes.counted_rates import CountedRates
from weightreel.scenes.instruments.axes.curves import Series
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.eye import Look
from weightreel.scenes.kit.grammar.moves import entering
from weightreel.scenes.kit.grammar.pointing import Brace
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.theme import BODY, SMALL, colour_of_run
from weightreel.scenes.kit.type import label, words

Attacked = Sequence[tuple[Run, Attack]]

MOST_PICTURES = 8
MOST_SAID = 2
"""Networks whose numbers stand beside curves."""
THRESHOLDS = 1 - 10 ** -np.linspace(nines(0.5), nines(0.999), 240)
"""Evenly apart on the axis."""
BELOW_PICTURE = 0.55
"""Room for what a picture is taken for, in units of the frame."""
COUNTING = 6.0
"""Seconds in which all trials are counted."""


def how_often(film: Film, attacked: Attacked) -> ImageGrid:
    """Ask over a few pictures of noise. Returns them."""
    left, right = whole_stage(film).split(1.3, 1)
    pictures = grid_of(attacked[0][1], left)
    said = (phrase("never"), phrase("now and then"), phrase("nearly always"))
    guesses = [words(guess, BODY, theme().MUTED) for guess in said]
    right.hold(VGroup(*guesses).arrange(DOWN, buff=1.3, aligned_edge=LEFT))
    film.ask(
        phrase("Noise, counted"),
        phrase("How often is a network fooled by nothing?"),
        phrase("Pictures of noise: nothing is in them. How often is a network sure that there is something?"),
        pictures,
        guesses=guesses,
    )
    film.play(*map(FadeOut, guesses), run_time=0.4)
    return pictures


def grid_of(attack: Attack, zone: Zone) -> ImageGrid:
    """The first pictures of noise, in rows that fill a zone."""
    pixels = preview_pixels(attack)[:MOST_PICTURES]
    grid: ImageGrid = zone.fitted(ImageGrid(pixels, whole_rows(len(pixels), zone), zone.height).at(np.inf))
    return grid


def whole_rows(n: int, zone: Zone) -> int:
    """Columns of `n` square pictures that leave no row short and fill a zone best."""
    whole = [columns for columns in range(1, n + 1) if n % columns == 0]
    return min(whole, key=lambda across: abs(np.log(across**2 / n * zone.height / zone.width)))


def count_them(film: Film, attacked: Attacked, pictures: Mobject) -> None:
    """Count every network's sure answers; then show what other seeds of the same networks gave."""
    source, place = whole_stage(film).split(1, 3)
    streams = [stream_of(run, attack, film) for run, attack in attacked]
    film.beat(phrase("Counted"), rate_in_words(Answered.of(*attacked[0]), attacked[0][1].threshold))
    longest = max(streams, key=lambda stream: stream.trials[-1]).trials
    counts = [np.interp(longest, stream.trials, stream.successes).round() for stream in streams]
    names = titles_apart([run for run, _ in attacked])
    colours = [colour_of_run(run, film.runs) for run, _ in attacked]
    chart = CountedRates(
        longest, names, colours, np.stack(counts, 1).astype(int), (place.width - 0.6, place.height - 1.0),
        phrase("pictures of noise answered surely, %"),
    )  # fmt: skip
    place.hold(chart, RIGHT + UP)
    film.play(Look(Group(pictures), Zone.around(pictures), source), FadeIn(chart), run_time=1.2)
    clock = EpochClock(longest)
    chart.attach(clock)
    film.play(clock.sweep(seconds=max(film.unread, COUNTING)))
    chart.clear_updaters()
    seeds = [seeds_beside(run, list(film.store.runs.values())) for run, _ in attacked]
    seeds = [[] for _ in seeds] if film.settings.runs else seeds
    if any(seeds):
        film.beat(phrase("Other seeds"), seeds_beside_in_words(*attacked[0], seeds[0]))
        dots = [chart.others(i, rates, theme().TEXT) for i, rates in enumerate(seeds) if rates]
        said = words(phrase("diamonds: other trainings"), SMALL, width=source.width)
        source.hold(said, DOWN + LEFT)
        film.play(entering([said, *dots], run_time=max(film.unread - 1.5, 1.5), lag=0.6))
        film.wait(0.8)
    film.clear_stage(film.question)


def stream_of(run: Run, attack: Attack, film: Film) -> Stream:
    """A run's trials as they come in."""
    prediction, sure = outcomes(attack)
    return Stream.of(prediction, sure, attack.threshold, len(film.store.classes) + 1)


def every_threshold(film: Film, attacked: Attacked) -> None:
    """How much noise passes every threshold of confidence, beside real pictures."""
    film.beat(
        phrase("Every threshold"),
        phrase("Would it help to ask for more confidence? What passes a threshold, as the threshold rises:"),
    )
    runs = [run for run, _ in attacked[:MOST_SAID]]
    noise = {run.name: outcomes(attack)[1] for run, attack in attacked[:MOST_SAID]}
    images = {run.name: found for run in runs if (found := of_images(run)) is not None}
    place, beside = whole_stage(film).split(2.4, 1)
    kinds = ((noise, 5.0, phrase("noise (bold)")), (images, 2.0, phrase("real (thin)")))
    shares = [
        (run, share_above(found[run.name], THRESHOLDS), width, kind)
        for found, width, kind in kinds for run in runs if run.name in found
    ]  # fmt: skip
    curves = ThresholdCurves(
        THRESHOLDS, [Series("", share, colour_of_run(run, film.runs), width) for run, share, width, _ in shares],
        (place.width - 2.3, place.height - 1.3), phrase("share that passes, %"),
    )  # fmt: skip
    place.hold(curves, LEFT)
    readouts = VGroup(Readout(curves.epochs, phrase("confidence of at least"), THRESHOLDS, written=percent))
    for (run, share, _, kind), title in zip(shares, 2 * titles_apart(runs), strict=False):
        name = fitting(phrase("{title}: {kind}", kind=kind, title=title), beside.width)
        readouts.add(Readout(curves.epochs, name, share, colour_of_run(run, film.runs), written=percent))
    beside.hold(readouts.arrange(DOWN, buff=0.35, aligned_edge=LEFT), LEFT)
    gate = Brace(
        curves.epochs, lambda t: np.stack([curves.plane.point(t, 0.0), curves.plane.point(t, 100.0)]), phrase("passes"),
        RIGHT, theme().MUTED,
    )  # fmt: skip
    clock = EpochClock(curves.epochs)
    film.play(entering([curves, gate, *readouts], run_time=1.6))
    for each in (curves, gate, *readouts):
        each.attach(clock)
    film.play(clock.sweep(seconds=max(film.unread, 5.0)))
    first = runs[0]
    sentence = (
        separation_in_words(first.title, separation(images[first.name], noise[first.name]))
        if first.name in images
        else fooled_in_words(Answered.of(*attacked[0]), noise[first.name])
    )
    film.beat(phrase("Noise or picture"), sentence)
    # The clock goes back to where both are told apart by most networks: the attack's own threshold.
    back = float(nines(attacked[0][1].threshold))
    film.play(clock.animate(run_time=max(film.unread - 1.0, 2.0)).set_value(back))
    film.clear_stage(film.question)


def in_the_end(film: Film, attacked: Attacked) -> None:
    """The pictures of the beginning, framed where the first network is sure of them, and the answer."""
    run, attack = attacked[0]
    _, sure = outcomes(attack)
    pixels = preview_pixels(attack)[:MOST_PICTURES]
    columns = whole_rows(len(pixels), whole_stage(film))
    rows = whole_stage(film).rows(*[1.0] * (len(pixels) // columns))
    slots = [slot for row in rows for slot in row.columns(*[1.0] * columns)]
    film.beat(phrase("The pictures again"), passing(run, attack))
    taken = Taken.of(run, attack, film.store.classes)
    panels = [_answered(each, taken, i, slot) for i, (each, slot) in enumerate(zip(pixels, slots, strict=True))]
    film.play(entering([panel[0] for panel in panels], run_time=1.4, lag=0.4))
    film.play(entering([panel[1] for panel in panels], run_time=max(film.unread - 0.4, 1.5), lag=1.0))
    pictures = Group(*(panel[0] for panel in panels))
    gone = [FadeOut(panel[1]) for panel in panels]
    film.play(*gone, Look(pictures, Zone.around(pictures), film.zones.stage), run_time=1.0)
    framed = [panel[0] for panel, share in zip(panels, sure, strict=False) if share >= attack.threshold]
    frames = [Square(p.height - 0.06, stroke_width=6, stroke_color=theme().SUCCESS).move_to(p) for p in framed]
    showing = [entering(frames, rise=0, lag=0.5)] if frames else []
    sentence = fooled_in_words(Answered.of(run, attack), sure)
    film.conclude(sentence, *showing, seconds=3.0 if frames else 1.2)


def _answered(pixels: np.ndarray, taken: Taken, number: int, slot: Zone) -> Group:
    """A picture, and below it what it is taken for at the last epoch, and how surely."""
    side = min(slot.width, slot.height - BELOW_PICTURE)
    picture = slot.hold(still(pixels, side), UP)
    name, share = answer_in_words(taken, number)
    text = phrase("{name}, {share}", name=name, share=share) if share else name
    sure = taken.confidence[-1, number] >= taken.threshold
    said = label(fitting(text, slot.width), theme().SUCCESS if sure else theme().TEXT)
    return Group(picture, said.next_to(picture, DOWN, buff=0.12))


def passing(run: Run, attack: Attack) -> str:
    """What the attack's threshold lets through of pictures and of noise; of noise alone where no more is kept."""
    images, noise = of_images(run), outcomes(attack)[1]
    if images is None:
        return phrase("Our pictures again; a frame stands around each that is answered surely.")
    return passing_in_words(attack.threshold, images, noise)
