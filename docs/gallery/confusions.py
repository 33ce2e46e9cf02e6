"""What each class is taken for, epoch by epoch. `manim -pql docs/gallery/confusions.py`"""

from manim import LEFT, RIGHT, UP

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.confusion import shares
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.training.confusion_matrix import ConfusionMatrix, Ramp
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_LEFT, SAFE_RIGHT


class Confusions(Film):
    def construct(self):
        if not self.run.has("validation/confusion"):
            raise NothingToShow(f"{self.store.path} holds no answers of {self.run.name} to validation images.")
        counts = self.run["validation/confusion"]
        self.beat("Title", f"What {self.run.title} takes each class for.")
        self.title_card("Confusions", "Which classes does a network confuse?")
        self.beat("Matrix", "A row is a class, a column an answer: right answers lie on the diagonal.")
        ramp = Ramp.of_shares(theme().CNN)
        matrix = ConfusionMatrix(self.run.epochs, shares(counts), self.classes, 3.4, ramp)
        dial = EpochDial(self.run.epochs).move_to([SAFE_RIGHT, BELOW_HEADER, 0], UP + RIGHT)
        self.sweep(matrix.move_to([SAFE_LEFT, BELOW_HEADER, 0], UP + LEFT), dial)
        right = counts[-1].trace() / counts[-1].sum()
        self.take_away("At the end", f"{right:.1%} of the answers lie on the diagonal.")
        self.end_card()
