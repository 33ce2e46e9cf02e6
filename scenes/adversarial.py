"""Pure noise, what the networks take it for, and how much a single rate says."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, VGroup

from analysis.store import Attack, WeightreelError, latest_answers, success_history
from scenes.kit.clock import EpochClock
from scenes.kit.instruments import Clocked
from scenes.kit.instruments.bars import Bars
from scenes.kit.instruments.curves import Curves, Series, legend_of
from scenes.kit.instruments.epoch_dial import EpochDial
from scenes.kit.instruments.image_grid import ImageGrid
from scenes.kit.instruments.intervals import Intervals
from scenes.kit.instruments.readout import Readout
from scenes.kit.learning import together
from scenes.kit.noise import Stream, answered, attack_of, favourites
from scenes.kit.noise_claims import basis, count, moral, result, slowing, swing, verdict
from scenes.kit.story import Film
from scenes.kit.theme import BELOW_HEADER, SAFE_LEFT, SAFE_RIGHT, SMALL, colour_of_run, theme
from scenes.kit.type import Numerals, label

SHOWN_NUMBERS = (8, 6)
"""Rows and columns of pixels whose values are written out."""
MOST_PREVIEWS = 4
MOST_HISTORIES = 5
NAME = "Noise"


class Adversarial(Film):
    """The report's noise attack, on the runs' last epoch and over all of them."""

    def construct(self) -> None:
        """One noise image, its answer; all of them; both networks; every epoch."""
        attack = attack_of(self.run)
        if attack is None:
            raise WeightreelError(
                f"{self.store.path} holds no attack on {self.run.name}; "
                f"run one with `weightreel attack {self.store.path}`."
            )
        self.attacked = [(run, found) for run in self.runs if (found := attack_of(run)) is not None]
        self.beat("Title", f"What does the {self.run.title} answer when it is shown pure noise, and how sure is it?")
        header = self.title_card(
            NAME, f"Images of nothing: how often does a network answer with at least {attack.threshold:.0%} confidence?"
        )
        self.noise_becomes_an_image(attack)
        self.clear_stage(header)
        self.the_network_answers(attack)
        self.clear_stage(header)
        self.trials_add_up(attack)
        self.clear_stage()
        self.networks_beside_each_other()
        self.clear_stage()
        self.rates_over_the_epochs()
        self.end_card()

    def noise_becomes_an_image(self, attack: Attack) -> None:
        """Random values, written out, turn into the pixels that they are."""
        pixels = attack["preview/pixels"][0]
        height, width, channels = pixels.shape
        self.beat(
            "Noise becomes an image",
            f"Every value of a {height} by {width} image is drawn at random, evenly from 0 to 254. Nothing is in it.",
        )
        rows, columns = (min(n, side) for n, side in zip(SHOWN_NUMBERS, (height, width), strict=True))
        lines = [" ".join(f"{value:3d}" for value in row) for row in pixels[:rows, :columns, 0]]
        numbers = VGroup(*(Numerals(line, SMALL, theme.MUTED) for line in lines))
        numbers.arrange(DOWN, buff=0.2, aligned_edge=LEFT)
        caption = label(f"red values of its corner, {rows} × {columns} of {height * width * channels:,} values")
        left = VGroup(numbers, caption).arrange(DOWN, buff=0.35).move_to([-3.2, -0.3, 0])
        picture = ImageGrid(pixels[None], 1, 4.2).at(1.0).move_to([3.2, 0.0, 0])
        under = label("the image that they are").next_to(picture, DOWN, buff=0.35)
        self.play(FadeIn(left), run_time=0.8)
        self.wait(0.8)
        self.play(FadeIn(picture, shift=RIGHT * 0.4), FadeIn(under), run_time=1.2)
        self.wait(2.0)

    def the_network_answers(self, attack: Attack) -> None:
        """The first trials one after the other, each with all of the network's confidences."""
        probabilities = attack["preview/probabilities"][-1][:MOST_PREVIEWS]  # (n, C)
        n, epoch = len(probabilities), int(self.run.epochs[-1])
        self.beat(
            "The network answers",
            f"The first {n} noise images, and the {self.run.title}'s confidence in each class at epoch {epoch}. "
            "No answer is right.",
        )
        numbers = np.arange(n + 1.0)
        pictures = ImageGrid(attack["preview/pixels"][:n], 2, 4.3, gap=2).move_to([SAFE_LEFT, -0.2, 0], LEFT)
        history = np.concatenate([np.zeros((1, probabilities.shape[1])), probabilities])
        bars = Bars(
            numbers, self.store.classes, history, (7.0, 4.6), most=1, colour=theme.SUCCESS, written=lambda v: f"{v:.1%}"
        )
        bars.move_to([SAFE_RIGHT, -0.2, 0], RIGHT)
        name = label("confidence").next_to(bars, UP, buff=0.15).align_to(bars.base, LEFT)
        self.play(FadeIn(bars), FadeIn(name), run_time=0.6)
        self.add(pictures)
        clock = EpochClock(numbers)
        pictures.attach(clock)
        bars.attach(clock)
        for i in range(n):
            self.play(clock.sweep(to=i + 1.0, seconds=0.7))
            self.wait(0.5)
        sure = int((probabilities.max(1) >= attack.threshold).sum())
        self.take_away(
            "How sure it was",
            f"{sure} of these {n} answers have a confidence of at least {attack.threshold:g}.",
        )

    def trials_add_up(self, attack: Attack) -> None:
        """All trials stream in: the count N of T, the rate, and the classes that noise is taken for."""
        prediction, confidence = latest_answers(attack)
        stream = Stream.of(prediction, confidence, attack.threshold, len(self.store.classes))
        trials = len(prediction)
        self.beat(
            "Trials add up",
            f"{count(trials)} noise images, one after the other. Pale bars count every answer, bright ones those with "
            f"a confidence of at least {attack.threshold:g}.",
        )
        rate = Curves(
            stream.trials, [Series("", stream.rate, theme.SUCCESS)], size=(5.0, 2.6), y=_upto(stream.rate),
            x_name="trials", y_name="share of successes", ticks=(4, 4),
        )  # fmt: skip
        counter = Readout(
            stream.trials, f"successes N of {count(trials)}", stream.successes, theme.SUCCESS,
            written=lambda n: f"N = {round(n):,}",
        )  # fmt: skip
        done = Readout(stream.trials, "trials T", stream.trials, written=lambda n: f"T = {round(n):,}")
        top = VGroup(counter, done).arrange(RIGHT, buff=1.0, aligned_edge=UP)
        top.move_to([SAFE_LEFT, BELOW_HEADER, 0], UP + LEFT)
        rate.next_to(top, DOWN, buff=0.35).move_to([SAFE_LEFT, rate.get_center()[1], 0], LEFT)
        bars = Bars(
            stream.trials, self.store.classes, stream.taken, (6.4, 4.3), most=float(stream.answers.max()),
            colour=theme.SUCCESS, whole=stream.answers, written=lambda v: f"{round(v):,}",
        )  # fmt: skip
        bars.move_to([SAFE_RIGHT, BELOW_HEADER - 0.35, 0], UP + RIGHT)
        name = label("answers").next_to(bars, UP, buff=0.1).align_to(bars.base, LEFT)
        self.add(name)
        self._run_clock(EpochClock(stream.trials), [counter, done, rate, bars], seconds=6.0)
        kinds = favourites(stream.taken[-1], self.store.classes)
        details = [f"Successes by class: {kinds}."] if kinds else []
        self.take_away("N of T", result(answered(self.run, attack), attack.threshold), *details)

    def networks_beside_each_other(self) -> None:
        """Rates of all networks with their intervals, what they say, and what that rests on."""
        self.beat(
            "Beside each other",
            "The same noise images, answered by every network of this film, with Wilson's 95 % intervals.",
        )
        self.add(self.header(NAME, self.data))
        answers = [answered(run, attack) for run, attack in self.attacked]
        rows = [
            (f"{a.title}, seed {a.seed}, epoch {a.epoch}", colour_of_run(run, self.runs), a.rate)
            for a, (run, _) in zip(answers, self.attacked, strict=True)
        ]
        chart = Intervals(rows, 10.5, "noise images answered with high confidence, %")
        chart.move_to([0, BELOW_HEADER - 0.1, 0], UP)
        self.play(FadeIn(chart), run_time=0.8)
        self.wait(1.5)
        self.take_away("What this says", verdict(answers), basis(answers))

    def rates_over_the_epochs(self) -> None:
        """The rate at every epoch: how much one of them says."""
        histories = [(run, found) for run, found in self.attacked if found.has("history/confidence")][:MOST_HISTORIES]
        if not histories:
            return
        trials = histories[0][1]["history/confidence"].shape[1]
        self.beat(
            "Every epoch", f"The success rate at every epoch, over the same {count(trials)} noise images each time."
        )
        names = [(f"{run.title}, seed {run.seed}", colour_of_run(run, self.runs)) for run, _ in histories]
        legend = legend_of(names).move_to([SAFE_RIGHT, BELOW_HEADER + 0.1, 0], UP + RIGHT)
        self.add(self.header(NAME, self.data), legend)
        epochs = together([run for run, _ in histories])
        rates = {run.name: np.array([r.value for r in success_history(found)]) for run, found in histories}
        series = []
        for run, _ in histories:
            values = np.full(len(epochs), np.nan)
            values[np.searchsorted(epochs, run.epochs)] = rates[run.name]
            series.append(Series("", 100 * values, colour_of_run(run, self.runs)))
        curves = Curves(epochs, series, size=(11.3, 2.3), y=(0, 100), y_name="success rate, %")
        curves.move_to([SAFE_LEFT, legend.get_bottom()[1] - 0.15, 0], UP + LEFT)
        dial = EpochDial(epochs).move_to([SAFE_RIGHT, -2.0, 0], UP + RIGHT)
        self._run_clock(EpochClock(epochs), [curves, dial], seconds=10.0)
        sentences = [swing(run.title, run.epochs, rates[run.name]) for run, _ in histories[:2]]
        spans = [float(np.ptp(rates[run.name])) for run, _ in histories]
        slower = slowing(self.run.title, self.run.epochs, self.run["learning_rate"])
        details = [*sentences, *([slower] if slower else [])]
        sentence = moral(spans) if len(epochs) > 1 else "One epoch so far: no history to look at yet."
        self.take_away("How much one epoch says", sentence, *details, width=8.6)

    def _run_clock(self, clock: EpochClock, instruments: list[Clocked], seconds: float | None = None) -> None:
        self.play(*(FadeIn(instrument) for instrument in instruments), run_time=0.8)
        for instrument in instruments:
            instrument.attach(clock)
        self.play(clock.sweep(seconds=seconds))


def _upto(rate: np.ndarray) -> tuple[float, float]:
    """A range from 0 that holds all rates."""
    return 0.0, max(float(np.nanmax(rate, initial=0.0)) * 1.1, 0.01)
