"""Eigenvalues leave the random bulk and become a tail while the network learns; how that tail's alpha is read."""

from __future__ import annotations

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.bulk import (
    leaves_bulk,
)
from weightreel.analysis.findings.spectra import Spectrum, main_layer
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.scenes.chapters.beside import alphas_beside, spectra_beside
from weightreel.scenes.chapters.spectra import all_epochs, all_layers, left_the_bulk, one_layer, shown_again
from weightreel.scenes.kit.film import Film


class Esd(Film):
    """Empirical spectral densities beside those of random matrices, and their tails as WeightWatcher fits them."""

    def construct(self) -> None:
        """One layer, all its epochs, all layers, alpha in the networks beside each other, and the random bulk."""
        layer = main_layer(self.run)
        if layer is None:
            raise NothingToShow(
                f"{self.store.path} holds no eigenvalues of {self.run.name}; choose another run with WEIGHTREEL_RUN, "
                f"or measure them with `weightreel spectra {self.store.path}`."
            )
        spectrum = Spectrum.of(self.run, layer)
        self.beat(
            phrase("Title"),
            phrase("The eigenvalues of the {title}'s layers while it learns.", title=title_of(self.run)),
        )
        promise = (
            phrase("Eigenvalues leave the bulk of a random matrix and become a tail while the network learns.")
            if leaves_bulk(spectrum.measured().bulk)
            else phrase(
                "How the eigenvalues of a layer's weights spread while the network learns, and how heavy they end."
            )
        )
        header = self.title_card(phrase("Spectra"), promise)
        one_layer(self, layer, spectrum)
        self.clear_stage(header)
        all_epochs(self, layer, spectrum)
        self.clear_stage(header)
        all_layers(self)
        spectra_beside(self, layer, shown_again(self))
        alphas_beside(self, layer, shown_again(self))
        left_the_bulk(self, layer)
        self.end_card()
