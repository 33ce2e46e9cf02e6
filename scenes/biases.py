"""The biases of a network, and why those of convolutions stand still while BatchNorm's shifts move."""

from __future__ import annotations

from manim import FadeOut

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.movement import before_norms, movement_in_words, standing, telling_channel
from weightreel.analysis.findings.parameters import Distribution, layers_in_words, layers_with, spread_in_words
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import million
from weightreel.analysis.palette import theme
from weightreel.scenes.chapters.entries import wander
from weightreel.scenes.chapters.parameters import (
    asked_over_pile,
    extremes,
    guesses_in,
    learn,
    parts_of,
    pile_up,
    step_pointed_at,
    take_apart,
    what_becomes_guesses,
)
from weightreel.scenes.chapters.standing import shifted_and_back, still_and_moving
from weightreel.scenes.kit.film import Film

PARAMETER = "bias"


class Biases(Film):
    """The report's global_biases, taken apart into the network, and what stands still."""

    def construct(self) -> None:
        """Those that never move and why, where there are some; else what training does to all."""
        whole = Distribution.of(self.run, PARAMETER)
        if whole is None:
            raise NothingToShow(
                f"{self.store.path} holds no biases of {self.run.name}; choose another run with WEIGHTREEL_RUN."
            )
        if standing(self.run) is not None:
            self.why_they_stand(million(whole.n_entries))
        else:
            self.what_becomes_of_them(whole)

    def why_they_stand(self, n: str) -> None:
        """All biases, of which those before a BatchNorm stand; what is done to one of them; and β, which moves."""
        still = before_norms(self.run)
        colours = {
            name: theme().BIASES if name in still else theme().MUTED for name in layers_with(self.run, PARAMETER)
        }
        parts = parts_of(self, PARAMETER, colours)
        parts.stack.separate(1).part(0)
        pointer = step_pointed_at(self, parts, still, phrase("these"), theme().BIASES)
        guesses = guesses_in(self, phrase("frozen?"), phrase("right from the start?"), phrase("cancelled?"), after=1)
        self.ask(
            phrase("Biases"),
            phrase("Why do these never move?"),
            phrase("{n} biases: numbers added to what a layer computes. The bright ones never move.", n=n),
            parts.stack,
            guesses=[*([pointer] if pointer is not None else []), *guesses],
        )
        self.play(*map(FadeOut, guesses), run_time=0.4)
        take_apart(
            self,
            parts,
            phrase("Every step is a layer. The bright ones look for patterns in the picture."),
            phrase("Each flies to its place in the network, and lies there on a scale of its own."),
            pointer,
        )
        learn(self, parts, phrase("Now the network learns. The bright ones stand, whatever the others do."))
        if (channel := telling_channel(self.run)) is not None:
            shifted_and_back(self, parts, channel)
        if (groups := standing(self.run)) is not None:
            still_and_moving(self, parts, *groups)
            why, *details = movement_in_words(*groups)
            pile_up(self, parts, why, *details)

    def what_becomes_of_them(self, whole: Distribution) -> None:
        """All biases, their layers while they learn, and those of one layer one by one."""
        often, n = len(self.run.epochs) > 1, million(whole.n_entries)
        parts = parts_of(self, PARAMETER, theme().BIASES)
        asked_over_pile(
            self,
            parts,
            phrase("Biases"),
            phrase("What does training do to {n} biases?", n=n)
            if often
            else phrase("What are the {n} biases of a network?", n=n),
            phrase("{n} biases: numbers added to what a layer computes. Here they lie in one pile.", n=n),
            what_becomes_guesses(self),
        )
        take_apart(
            self,
            parts,
            phrase("Every band is a layer of the network, the widest at the foot."),
            phrase("Each flies to its place in the network, and lies there on a scale of its own."),
        )
        if often:
            learn(self, parts, phrase("Now the network learns. Grey is where each layer began."))
            extremes(self, parts)
            wander(self, parts, PARAMETER)
        said = layers_in_words(parts.stds) if parts.stds else spread_in_words(whole.std)
        pile_up(self, parts, said)
