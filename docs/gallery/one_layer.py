"""The eigenvalues of one layer, with the power law fitted to their tail. `manim -pql docs/gallery/one_layer.py`"""

from manim import LEFT, RIGHT, UP

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.spectra import Spectrum, main_layer
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.spectra.esd import EsdPlot
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_LEFT, SAFE_RIGHT


class OneLayer(Film):
    def construct(self):
        layer = main_layer(self.run)  # or self.run.layer("classifier.0")
        if layer is None:
            raise NothingToShow(f"{self.store.path} holds no eigenvalues of {self.run.name}.")
        spectrum = Spectrum.of(self.run, layer)
        self.beat("Title", f"The eigenvalues of the layer {layer.name}.")
        self.title_card("One layer", "Do the eigenvalues of a layer grow a heavy tail?")
        self.beat("Eigenvalues", "The bars are the eigenvalues of WᵀW, the line is the power law of their tail.")
        plot = EsdPlot(spectrum, (8.5, 3.4)).move_to([SAFE_LEFT, BELOW_HEADER, 0], UP + LEFT)
        dial = EpochDial(self.run.epochs).move_to([SAFE_RIGHT, BELOW_HEADER, 0], UP + RIGHT)
        self.sweep(plot, dial)
        largest = f"At the end the largest of {spectrum.n_eigenvalues} eigenvalues is {spectrum.lambda_max[-1]:.3g}."
        self.take_away("What it says", largest)
        self.end_card()
