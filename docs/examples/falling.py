"""How far the losses fall while a network learns."""

from __future__ import annotations

from manim import UP

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.training import history, learning_in_words, measured_parts, name_of_part
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.curves import Curves, Series
from weightreel.scenes.instruments.axes.timeline import Timeline
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film


class Falling(Film):
    """The losses of one network, in training and validation."""

    def construct(self) -> None:
        """Asks over empty axes, lets the curves grow, and ends on the last losses."""
        histories = {part: history(self.run, part, "loss") for part in measured_parts(self.run, "loss")}
        if not histories:
            raise NothingToShow(f"{self.store.path} holds no losses; hand them to the recording: rec.epoch(loss=…).")
        colours = (theme().WEIGHTS, theme().BIASES)
        series = [
            Series(name_of_part(part), values, colour)
            for (part, values), colour in zip(histories.items(), colours, strict=False)
        ]
        curves = self.zones.stage.hold(Curves(self.epochs, series, size=(10, 3.6)), UP)
        dial = Timeline(self.epochs, [], self.zones.floor)
        self.ask(
            phrase("Falling"),
            phrase("How far do the losses fall?"),
            phrase("The losses are not measured yet."),
            curves,
            dial,
        )
        self.beat(phrase("It learns"), phrase("Each epoch is a record; the curves end where the clock stands."))
        self.run_clock(EpochClock(self.epochs), [curves, dial], *histories.values())
        self.remove(dial)
        self.conclude(learning_in_words(self.run))
