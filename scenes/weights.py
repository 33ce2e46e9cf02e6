"""The weights of a network from its first epoch to its last: all together, taken apart into layers, and one by one."""

from __future__ import annotations

from weightreel.analysis.findings.parameters import (
    Distribution,
    begins_even,
    layers_in_words,
    layers_with,
    spread_in_words,
    tails_in_words,
)
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import million
from weightreel.analysis.palette import theme
from weightreel.scenes.chapters.entries import first_filters, wander
from weightreel.scenes.chapters.parameters import (
    asked_over_pile,
    extremes,
    learn,
    parts_of,
    pile_up,
    take_apart,
    what_becomes_guesses,
)
from weightreel.scenes.kit.film import Film

PARAMETER = "weight"


class Weights(Film):
    """The report's global_weights, taken apart into the network, then single weights and filters."""

    def construct(self) -> None:
        """A pile, its layers while they learn, single weights and filters, and the pile again."""
        whole = Distribution.known(self.run, PARAMETER)
        often, n = len(self.run.epochs) > 1, million(whole.n_entries)
        parts = parts_of(self, PARAMETER, theme().WEIGHTS)
        even = begins_even(self.run, PARAMETER)
        asked_over_pile(
            self,
            parts,
            phrase("Weights"),
            phrase("What does learning do to {n} numbers?", n=n)
            if often
            else phrase("What are the {n} numbers of a network?", n=n),
            self.opening_caption(n, even),
            what_becomes_guesses(self),
        )
        take_apart(
            self,
            parts,
            phrase("Every step is a layer, whose numbers were drawn evenly between two ends.")
            if even
            else phrase("Every band is a layer of the network, the widest at the foot."),
            phrase("Each flies to its place in the network, and lies there on a scale of its own."),
        )
        if often:
            learn(self, parts, phrase("Now the network learns. Grey is where each layer began."))
            extremes(self, parts)
            wander(self, parts, PARAMETER)
            if (filtering := next((of for of in self.run.layers.values() if of.has("filters")), None)) is not None:
                first_filters(self, parts, filtering)
        kurtoses = {
            name: Distribution.known(of, PARAMETER).kurtosis for name, of in layers_with(self.run, PARAMETER).items()
        }
        said = layers_in_words(parts.stds) if parts.stds else spread_in_words(whole.std)
        pile_up(self, parts, said, *filter(None, [tails_in_words(kurtoses)]))

    def opening_caption(self, n: str, even: bool) -> str:
        """What the pile is, before it is taken apart."""
        if even:
            return phrase("A network is {n} numbers, its weights. At first they form a staircase.", n=n)
        return phrase("A network is {n} numbers, its weights. Here they lie in one pile.", n=n)
