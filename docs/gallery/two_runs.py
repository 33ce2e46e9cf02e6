"""Two runs beside each other on one clock. `manim -pql docs/gallery/two_runs.py`"""

from manim import LEFT, RIGHT, UP

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.curves import Curves, Series
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_LEFT, SAFE_RIGHT

METRIC = "validation/accuracy"


class TwoRuns(Film):
    def construct(self):
        pair = [run for run in self.runs if run.has(METRIC)][:2]
        if len(pair) < 2:
            raise NothingToShow(f"{self.store.path} holds the {METRIC} of less than two runs that are shown.")
        self.beat("Title", f"The accuracy of {pair[0].title} beside that of {pair[1].title}.")
        self.title_card("Two runs", "Which of two networks learns faster?")
        self.beat("Side by side", "Shares of the validation images that are recognised, epoch by epoch.")
        panels = []
        for run, side, colour in zip(pair, (LEFT, RIGHT), (theme().CNN, theme().SPECTRAL_CNN), strict=True):
            curves = Curves(run.epochs, [Series(run.title, run[METRIC], colour)], size=(5, 3.2), y=(0, 1))
            panels.append(curves.move_to([SAFE_RIGHT * side[0], BELOW_HEADER - 0.6, 0], UP + side))
        dial = EpochDial(self.run.epochs).move_to([SAFE_LEFT, BELOW_HEADER, 0], UP + LEFT)
        self.sweep(*panels, dial)
        self.take_away("Who leads", " ".join(f"{run.title} reaches {run[METRIC][-1]:.1%}." for run in pair))
        self.end_card()
