"""The weights of a network from its first epoch to its last: all together, layer by layer, and one by one."""

from __future__ import annotations

from weightreel.analysis.findings.parameters import (
    flowing_layer,
)
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import million
from weightreel.analysis.palette import theme
from weightreel.scenes.chapters.beside import parameters_beside
from weightreel.scenes.chapters.entries import first_filters, one_by_one, where_they_are
from weightreel.scenes.chapters.parameters import all_together, has_layers, layer_by_layer, n_entries
from weightreel.scenes.kit.film import Film

PARAMETER = "weight"


class Weights(Film):
    """The report's global_weights, then every layer beside the others, then single weights and filters."""

    def construct(self) -> None:
        """The network, two sweeps over all its weights, then two over single ones."""
        n, colour = million(n_entries(self.run, PARAMETER)), theme().WEIGHTS
        first, last = self.run.epochs[0], self.run.epochs[-1]
        self.beat(
            phrase("Title"),
            phrase(
                "The {n} weights of the {title}, {clocks} {first} to {last}.",
                n=n,
                title=title_of(self.run),
                first=first,
                last=last,
            ),
        )
        header = self.title_card(
            phrase("Weights"),
            phrase(
                "What training does to {n} weights: all at once, layer by layer, and one by one.",
                n=n,
            ),
        )
        where_they_are(self, colour)
        self.clear_stage(header)
        all_together(self, PARAMETER, colour)
        if has_layers(self.run, PARAMETER):
            self.clear_stage(header)
            layer_by_layer(self, PARAMETER, colour)
        if (layer := flowing_layer(self.run)) is not None and len(self.run.epochs) > 1:
            self.clear_stage(header)
            one_by_one(self, colour, layer)
        if (filtering := next((of for of in self.run.layers.values() if of.has("filters")), None)) is not None:
            self.clear_stage(header)
            first_filters(self, colour, filtering)
        parameters_beside(self, PARAMETER, colour)
        self.end_card()
