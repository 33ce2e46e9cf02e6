"""The weights of a network from its first epoch to its last: all together, then layer by layer."""

from __future__ import annotations

from scenes.kit.parameters import ParameterFilm
from scenes.kit.theme import theme
from scenes.kit.wording import million


class Weights(ParameterFilm):
    """The report's global_weights, then every layer beside the others."""

    parameter = "weight"
    colour = theme.WEIGHTS

    def construct(self) -> None:
        """Two sweeps over the same epochs."""
        first, last = self.run.epochs[0], self.run.epochs[-1]
        self.beat("Title", f"The {million(self.count)} weights of the {self.run.title}, epochs {first} to {last}.")
        header = self.title_card(
            "Weights",
            f"What training does to {million(self.count)} weights: all of them at once, then each layer on its own.",
        )
        self.all_together()
        self.clear_stage(header)
        self.layer_by_layer()
        self.end_card()
