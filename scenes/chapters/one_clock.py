"""Weights, biases, the losses and the phase of training on one clock, and where the losses part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, Group, VGroup

from weightreel.analysis.findings.learning_rate import falls_of
from weightreel.analysis.findings.parameters import Distribution
from weightreel.analysis.findings.phases import Turn, is_judged, losses_in_words, phases_in_words, phases_of
from weightreel.analysis.findings.training import history, measured, measured_parts, name_of_quantity
from weightreel.analysis.findings.words.gaps import not_known
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.numbers import significant
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.curves import Curves, Series, legend_of
from weightreel.scenes.instruments.axes.histogram import ROOM_FOR_TAILS, Histogram, visible_range
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.instruments.axes.timeline import Timeline
from weightreel.scenes.instruments.training.phase_ribbon import PhaseRibbon
from weightreel.scenes.kit.clock import EpochClock, Instrument
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.eye import Look
from weightreel.scenes.kit.grammar.moves import entering
from weightreel.scenes.kit.grammar.pace import AGAIN, passed_at, seconds_for
from weightreel.scenes.kit.grammar.pointing import Brace, Pointer, Ring
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.type import Letters

SPREAD = {"weight": noted("spread of the weights"), "bias": noted("spread of the biases")}
SHORT = {"train": noted("loss on its own"), "validation": noted("loss on unseen")}
PARTS = {"train": noted("images it learns from"), "validation": noted("images it has never seen")}
"""What the two parts of the data are to the network."""
SLOWLY = 1.9
"""Times as long as other films' clocks: there is much to look at."""
BACK = 0.8
"""Seconds in which the clock runs back."""
LETTERS, RIBBON, KEY = 1.35, 1.3, 0.5
"""Room at the left of the losses' axes, for the phases below them and for the key above, in units of the frame."""


@dataclass
class Picture:
    """Everything on one clock.

    Attributes:
        histograms: of weights and biases, each followed by its spread.
        curves: the losses, or what is known instead.
        key: of the curves.
        ribbon: phases along the curves' axis; None where none are judged.
        clock, timeline: of the film.
        passed, seconds: how the clock divides its time, and how long it runs.
    """

    histograms: Group
    curves: Curves
    key: VGroup
    ribbon: PhaseRibbon | None
    clock: EpochClock
    timeline: Timeline
    passed: np.ndarray
    seconds: float

    @property
    def instruments(self) -> list[Instrument]:
        """All that follows the clock."""
        ribbon = [self.ribbon] if self.ribbon is not None else []
        return [*self.histograms, self.curves, *ribbon, self.timeline]

    def head_of(self, nth: int) -> np.ndarray:
        """Where one of the curves has got to, (3,)."""
        head = self.curves.heads[nth]
        return np.full(3, np.nan) if head is None else head.get_center()

    def run_to(self, film: Film, epoch: float) -> None:
        """Run the clock on, slowly where much changes."""
        there, here = (float(np.interp(t, self.clock.epochs, self.passed)) for t in (epoch, self.clock.epoch))
        film.play(self.clock.paced(self.passed, max(self.seconds * (there - here), 1.0), to=epoch))

    def back_to(self, film: Film, epoch: float) -> None:
        """Let the clock run back."""
        film.play(self.clock.sweep(to=epoch, seconds=BACK))


def picture_of(film: Film) -> Picture:
    """Histograms at the left, curves and phases at the right, in their places."""
    run = film.run
    left, right = film.zones.stage.split(1, 1.15, gap=0.5)
    histograms = Group(*histograms_of(film, left))
    curves, key = curves_in(film, right)
    ribbon = ribbon_below(film, curves) if is_judged(run, "validation") else None
    changing = [*(h for h in curves.histories if np.isfinite(h).any()), *(
        Distribution.known(run, name).std for name, _, _ in parameters_of(film)
    )]  # fmt: skip
    return Picture(
        histograms, curves, key, ribbon, EpochClock(run.epochs),
        Timeline(run.epochs, falls_of(run), film.zones.floor, not_known(run)), passed_at(*changing),
        SLOWLY * seconds_for(*changing),
    )  # fmt: skip


def parameters_of(film: Film) -> list[tuple[str, str, str]]:
    """Those that the store counts: their name there, for people, and their colour. Not all networks have biases."""
    both = [("weight", phrase("weights"), theme().WEIGHTS), ("bias", phrase("biases"), theme().BIASES)]
    return [one for one in both if Distribution.of(film.run, one[0]) is not None]


def histograms_of(film: Film, zone: Zone) -> list[Instrument]:
    """Weights above biases, each with its standard deviation, on axes that end at one line."""
    found: list[Instrument] = []
    parameters = parameters_of(film)
    for row, (parameter, _, colour) in zip(zone.rows(*[1.0] * len(parameters)), parameters, strict=True):
        entries = Distribution.known(film.run, parameter)
        histogram = Histogram(
            film.run.epochs,
            entries.edges,
            entries.counts,
            colour,
            log=True,
            ghost=True,
            visible=visible_range(*entries.extent, room=ROOM_FOR_TAILS),
            size=(row.width - 1.5, row.height - 1.25),
            names=("", phrase("entries")),
            ticks=(5, 3),
        )
        histogram.shift(np.array([row.left + 1.2, row.bottom + 0.45, 0.0]) - histogram.plane.corner)
        readout = Readout(film.run.epochs, phrase(SPREAD[parameter]), entries.std, colour)
        readout.move_to([row.left + 1.2, row.top, 0], aligned_edge=UP + LEFT)
        found += [histogram, readout]
    return found


def curves_in(film: Film, zone: Zone) -> tuple[Curves, VGroup]:
    """The losses on both parts of the data, with their key above; accuracies where no losses are known."""
    quantity = measured([film.run])[0]
    parts = [part for part in PARTS if part in measured_parts(film.run, quantity)]
    colours = {"train": theme().MUTED, "validation": theme().TEXT}
    series = [Series("", history(film.run, part, quantity), colours[part]) for part in parts]
    size = zone.width - LETTERS - 0.3, zone.height - RIBBON - KEY - 0.2
    curves = Curves(
        film.run.epochs, series, size=size, y_name=name_of_quantity(quantity), x_name="", ticks=(6, 4)
    )  # fmt: skip
    curves.shift(np.array([zone.left + LETTERS, zone.bottom + RIBBON, 0.0]) - curves.plane.corner)
    key = legend_of([(phrase(PARTS[part]), colours[part]) for part in parts])
    if key.width > zone.width:
        key.arrange(DOWN, buff=0.12, aligned_edge=LEFT)
    return curves, zone.hold(key, UP + RIGHT)


def ribbon_below(film: Film, curves: Curves) -> PhaseRibbon:
    """The phases on the epochs of the curves' axis, below its numbers."""
    ribbon = PhaseRibbon(film.run.epochs, phases_of(film.run, "validation"), float(curves.plane.across[0]), 0.2)
    ribbon.shift(curves.plane.corner + (RIBBON - 0.05) * DOWN - ribbon.frame.points[0])
    return ribbon


def large_first(film: Film, histograms: Group) -> list[Look]:
    """Draw weights and biases as large as the stage, side by side, and return how they then go to their places."""
    charts = [Group(*histograms[i : i + 2]) for i in range(0, len(histograms), 2)]
    found = []
    for chart, column in zip(charts, film.zones.stage.split(*[1.0] * len(charts)), strict=True):
        place = Zone.around(*chart)
        chart.scale(min(column.width / place.width, column.height / place.height)).move_to(column.centre)
        found.append(Look(chart, Zone.around(*chart), place, run_time=1.8))
    return found


def how_wrong(film: Film, picture: Picture, shrinking: Sequence[Look], guesses: Sequence[Letters]) -> None:
    """The guesses leave, and the histograms make room for the curves."""
    film.beat(
        phrase("How wrong it is"),
        phrase("At the right, how it does on the images it learns from, and on images it has never seen."),
    )
    ribbon = [picture.ribbon] if picture.ribbon is not None else []
    film.play(*shrinking, *map(FadeOut, guesses), FadeIn(picture.timeline))
    film.play(entering([picture.curves, picture.key, *ribbon], run_time=3.0, lag=0.6))
    for instrument in picture.instruments:
        instrument.attach(picture.clock)


def until_the_turn(film: Film, picture: Picture, turn: Turn) -> None:
    """Both losses fall; then the lower end of the one on unseen images is pointed at."""
    film.beat(phrase("It learns"), phrase("Both losses fall: what it learns holds for images it has never seen, too."))
    picture.run_to(film, turn.epoch)
    film.beat(phrase("The turn"), phrase("Here the loss on unseen images is as low as it will ever be."))
    place = picture.curves.plane.point(turn.epoch, turn.lowest)
    said = phrase("{loss} at {clock} {epoch}", loss=significant(turn.lowest), epoch=turn.epoch)
    pointer = Pointer(film.run.epochs, lambda _: place, said, 1.1 * UP)
    ring = Ring(film.run.epochs, lambda _: place, 0.16)
    film.play(FadeIn(ring, scale=4.0), run_time=0.9)
    film.play(FadeIn(pointer), run_time=0.7)
    film.wait(1.2)


def from_the_turn(film: Film, picture: Picture, turn: Turn) -> None:
    """The losses part, and a brace keeps to the gap between them."""
    film.beat(
        phrase("It memorises"),
        phrase("From here on only the images that it learns from get better: it learns them by heart."),
    )

    def gap(t: float) -> np.ndarray:
        ends = np.stack([picture.head_of(0), picture.head_of(1)])
        return ends + 0.1 * RIGHT if t > turn.epoch else np.full((2, 3), np.nan)

    brace = Brace(film.run.epochs, gap, "", RIGHT)
    film.add(brace)
    brace.attach(picture.clock)
    picture.run_to(film, picture.clock.last)


def all_at_once(film: Film, picture: Picture) -> None:
    """Run the clock to its end."""
    film.beat(
        phrase("On one clock"),
        phrase("Now it learns: weights, biases and what comes of them, on one clock. Grey is where they began."),
    )
    picture.run_to(film, picture.clock.last)


def phases_told(film: Film, picture: Picture) -> None:
    """Light the phases along the losses' axis."""
    if picture.ribbon is None:
        return
    film.beat(phrase("The phases"), phases_in_words(film.run))
    film.follow(*picture.curves.get_family(), *picture.ribbon.get_family(), *picture.key.get_family())
    if picture.clock.last > picture.clock.first:
        picture.back_to(film, picture.clock.first)
        film.play(picture.clock.paced(picture.passed, AGAIN))
    film.unfollow()


def once_more(film: Film, picture: Picture, turn: Turn) -> None:
    """From the turn on again, with the two losses in numbers."""
    film.beat(phrase("Once more"), losses_in_words(turn))
    run, plane = film.run, picture.curves.plane
    middle = plane.corner + 0.68 * plane.across
    numbers = []
    for part, colour, up in (("validation", theme().TEXT, 0.84), ("train", theme().MUTED, 0.57)):
        readout = Readout(run.epochs, phrase(SHORT[part]), history(run, part, "loss"), colour)
        readout.at(turn.epoch)
        numbers.append(readout.move_to(middle + up * plane.upwards, aligned_edge=LEFT))
    film.play(picture.clock.sweep(to=turn.epoch, seconds=BACK), entering(numbers, run_time=BACK))
    for readout in numbers:
        readout.attach(picture.clock)
    film.play(picture.clock.paced(picture.passed, AGAIN))


def meanwhile(film: Film, picture: Picture, turn: Turn, said: str) -> None:
    """Weights and biases again up to the turn, alone in the light."""
    film.beat(phrase("Meanwhile"), said)
    film.follow(*(part for chart in picture.histograms for part in chart.get_family()))
    picture.back_to(film, picture.clock.first)
    film.play(picture.clock.paced(picture.passed, AGAIN, to=turn.epoch))
    film.unfollow()


def ended(film: Film, picture: Picture, sentence: str, details: Sequence[str]) -> None:
    """End on the whole picture, while the clock runs on from where it stands."""
    clock = picture.clock
    picture.timeline.clear_updaters()
    running = [clock.paced(picture.passed, AGAIN)] if clock.epoch < clock.last else []
    film.conclude(sentence, FadeOut(picture.timeline), *running, details=details, seconds=AGAIN)
