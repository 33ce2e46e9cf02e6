"""How far the weights spread while a network learns. `weightreel film STORE --films docs/gallery/spread.py`"""

import numpy as np
from manim import RIGHT, UP, FadeOut

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.histogram import Histogram
from weightreel.scenes.instruments.axes.timeline import Timeline
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.pointing import Brace
from weightreel.scenes.kit.type import words


class Spread(Film):
    def construct(self):
        if not self.run.has("parameters/weight/counts"):
            raise NothingToShow(f"{self.store.path} holds no weights of {self.run.name}.")
        edges, counts, std = (self.run[f"parameters/weight/{name}"] for name in ("edges", "counts", "std"))
        bars = Histogram(self.epochs, edges, counts, theme().WEIGHTS, size=(11, 3.6), log=True, ghost=True)
        self.zones.stage.hold(bars)
        dial, width = Timeline(self.epochs, [], self.zones.floor), np.stack([-std, std], 1)  # (E, 2)
        sigma = Brace(self.epochs, lambda t: bars.plane.place(bars.between(width, t), np.full(2, 1e9)), "± σ", UP)
        guess = self.zones.stage.hold(words("wider?"), UP + RIGHT)
        self.ask("Spread", "What becomes of its weights?", "All weights, by value.", bars, dial, sigma, guesses=[guess])
        self.beat("It learns", "The outline is where they began, the bracket twice their standard deviation.")
        self.run_clock(EpochClock(self.epochs), [bars, dial, sigma], counts, std, seconds=12)
        self.conclude(
            f"Their standard deviation goes from {std[0]:.3g} to {std[-1]:.3g}.", *map(FadeOut, (dial, guess))
        )
