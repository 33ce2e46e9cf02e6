"""The slope of a metric: how much the loss still falls from epoch to epoch. `manim -pql docs/gallery/slope.py`"""

import numpy as np
from manim import LEFT, RIGHT, UP

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.curves import Curves, Series
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_LEFT, SAFE_RIGHT


class Slope(Film):
    def construct(self):
        loss = next((part for part in ("validation", "train") if self.run.has(f"{part}/loss")), None)
        if loss is None or len(self.run.epochs) < 2:
            raise NothingToShow(f"{self.store.path} holds no loss of {self.run.name} over several epochs.")
        slope = np.gradient(self.run[f"{loss}/loss"], self.run.epochs)
        self.beat("Title", f"How much the {loss} loss of {self.run.title} changes in an epoch.")
        self.title_card("Slope", "How fast does a network still learn?")
        self.beat("Slope", "Below zero the loss falls, above it rises.")
        curves = Curves(self.run.epochs, [Series("", slope, theme().CNN)], size=(11, 3.0), y_name="nat per epoch")
        dial = EpochDial(self.run.epochs).move_to([SAFE_RIGHT, BELOW_HEADER, 0], UP + RIGHT)
        self.sweep(curves.move_to([SAFE_LEFT, BELOW_HEADER - 0.6, 0], UP + LEFT), dial)
        falls = int((slope < 0).sum())
        self.take_away("What it says", f"At {falls} of {len(slope)} epochs the loss falls.")
        self.end_card()
