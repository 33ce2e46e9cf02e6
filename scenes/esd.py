"""Where a layer's weights hold what it learned: eigenvalues that leave what chance gives, one after the other."""

from __future__ import annotations

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.spectra import main_layer
from weightreel.scenes.chapters.spectra.leaving import every_layer, learns
from weightreel.scenes.chapters.spectra.stretching import asked, chance, stretched
from weightreel.scenes.chapters.spectra.tail import answered, fitted, histogram, read
from weightreel.scenes.chapters.spectra.told import Told
from weightreel.scenes.kit.film import Film


class Esd(Film):
    """What a layer stretches further than chance would, when that began, and whether it is a power law."""

    def construct(self) -> None:
        """Weights, what they do to a direction, chance, the clock, all layers, the power law, the answer."""
        layer = main_layer(self.run)
        if layer is None:
            raise NothingToShow(
                f"{self.store.path} holds no eigenvalues of {self.run.name}; choose another run with WEIGHTREEL_RUN, "
                f"or measure them with `weightreel spectra {self.store.path}`."
            )
        told = Told.of(self, layer)
        stretched(told, asked(told))
        chance(told)
        learns(told)
        every_layer(told)
        plot = histogram(told)
        answered(told, read(told, plot, fitted(told, plot)))
