"""The biases of a network, and why those of convolutions stand still while BatchNorm's shifts move."""

from __future__ import annotations

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.movement import biases_of
from weightreel.analysis.findings.parameters import Distribution
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import million
from weightreel.analysis.palette import theme
from weightreel.scenes.chapters.beside import parameters_beside
from weightreel.scenes.chapters.entries import still_and_moving
from weightreel.scenes.chapters.parameters import all_together, has_layers, layer_by_layer, n_entries
from weightreel.scenes.kit.film import Film

PARAMETER = "bias"


class Biases(Film):
    """The report's global_biases, every layer, and what stands still."""

    def construct(self) -> None:
        """Two sweeps as for the weights, then single biases of both kinds side by side."""
        if Distribution.of(self.run, "bias") is None:
            raise NothingToShow(
                f"{self.store.path} holds no biases of {self.run.name}; choose another run with WEIGHTREEL_RUN."
            )
        n, colour = million(n_entries(self.run, PARAMETER)), theme().BIASES
        first, last = self.run.epochs[0], self.run.epochs[-1]
        self.beat(
            phrase("Title"),
            phrase(
                "The {n} biases of the {title}, {clocks} {first} to {last}.",
                n=n,
                title=title_of(self.run),
                first=first,
                last=last,
            ),
        )
        header = self.title_card(
            phrase("Biases"),
            phrase("What training does to {n} biases, and which of them it leaves where they were.", n=n),
        )
        all_together(self, PARAMETER, colour)
        if has_layers(self.run, PARAMETER):
            self.clear_stage(header)
            layer_by_layer(self, PARAMETER, colour)
        groups = biases_of(self.run)
        if len(groups) > 1:
            self.clear_stage(header)
            still_and_moving(self, groups)
        parameters_beside(self, PARAMETER, colour)
        self.end_card()
