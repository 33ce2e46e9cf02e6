"""The distribution of all biases while a network learns. `manim -pql docs/gallery/bias_histogram.py`"""

from manim import LEFT, RIGHT, UP

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.histogram import Histogram
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_LEFT, SAFE_RIGHT


class BiasHistogram(Film):
    def construct(self):
        if not self.run.has("parameters/bias/counts"):
            raise NothingToShow(f"{self.store.path} holds no biases of {self.run.name}.")
        edges, counts, std = (self.run[f"parameters/bias/{name}"] for name in ("edges", "counts", "std"))
        self.beat("Title", f"The biases of {self.run.title} while it learns.")
        self.title_card("Biases", "How far do biases move from where they began?")
        self.beat("Histogram", "How many biases have which value; the outline is the first epoch.")
        names = ("bias", "entries")
        bars = Histogram(
            self.run.epochs, edges, counts, theme().BIASES, size=(8.5, 3.2), log=True, names=names, ghost=True
        )
        dial = EpochDial(self.run.epochs).move_to([SAFE_RIGHT, BELOW_HEADER, 0], UP + RIGHT)
        self.sweep(bars.move_to([SAFE_LEFT, BELOW_HEADER, 0], UP + LEFT), dial)
        self.take_away("How far", f"Their standard deviation goes from {std[0]:.3g} to {std[-1]:.3g}.")
        self.end_card()
