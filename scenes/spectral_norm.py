"""What spectral normalisation does to a layer: a unit ball through it, and whether BatchNorm undoes it."""

from __future__ import annotations

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.norms import (
    most_stretching,
    networks,
)
from weightreel.analysis.findings.words.language import phrase
from weightreel.scenes.chapters.norms import all_convolutions, unit_ball_of_a_layer
from weightreel.scenes.kit.film import Film


class SpectralNorm(Film):
    """The largest singular values of convolutions, without and with spectral normalisation and BatchNorm."""

    def construct(self) -> None:
        """One layer's unit ball over the epochs, BatchNorm folded in, and every convolution's norm."""
        measured = networks(self.runs)
        if not measured:
            raise NothingToShow(
                f"{self.store.path} holds no leading singular values of the convolutions of {self.run.name}; choose "
                f"another run with WEIGHTREEL_RUN, or measure them with `weightreel spectra {self.store.path}`."
            )
        self.run = measured[0].run
        self.about = [sigmas.run for sigmas in measured]
        promise = phrase("Spectral normalisation divides a layer's weights by their largest singular value σ.")
        self.beat(phrase("Title"), promise)
        header = self.title_card(phrase("Spectral normalisation"), promise)
        unit_ball_of_a_layer(self, measured, most_stretching(measured))
        self.clear_stage(header)
        all_convolutions(self, measured)
        self.end_card()
