"""Weights, biases, losses and the phase of training, all on one clock."""

from __future__ import annotations

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.parameters import Distribution
from weightreel.analysis.findings.phases import (
    is_judged,
    phases_in_words,
    spread_by_then_in_words,
    turn_in_words,
    turn_of,
)
from weightreel.analysis.findings.training import learning_in_words, measured
from weightreel.analysis.findings.words.language import phrase
from weightreel.scenes.chapters.one_clock import (
    Picture,
    all_at_once,
    ended,
    from_the_turn,
    how_wrong,
    large_first,
    meanwhile,
    once_more,
    parameters_of,
    phases_told,
    picture_of,
    until_the_turn,
)
from weightreel.scenes.chapters.parameters import guesses_in
from weightreel.scenes.kit.film import Film


class WeightBias(Film):
    """The report's Weight_Bias video."""

    def construct(self) -> None:
        """Weights and biases, then the losses beside them; where the losses part is pointed at."""
        if not measured([self.run]) or not parameters_of(self):
            raise NothingToShow(
                f"{self.store.path} holds no losses and accuracies of {self.run.name}; hand them to the "
                "recording, or name a table of them: weightreel import --metrics FILE."
            )
        turn, picture = turn_of(self.run), picture_of(self)
        when = phrase("soon?"), phrase("late?"), phrase("never?")
        what = phrase("grow?"), phrase("shrink?"), phrase("change their sign?")
        guesses = guesses_in(self, *(what if turn is None else when))
        shrinking = large_first(self, picture.histograms)
        self.ask(
            phrase("Weights, biases and learning"),
            phrase("When does it stop learning and start memorising?")
            if turn is not None
            else phrase("What do weights and biases do while it learns?"),
            phrase("All numbers of a network that learning can change: its weights, and its biases.")
            if len(parameters_of(self)) > 1
            else phrase("All numbers of a network that learning can change."),
            picture.histograms,
            guesses=guesses,
        )
        how_wrong(self, picture, shrinking, guesses)
        if turn is None:
            self.without_a_turn(picture)
            return
        until_the_turn(self, picture, turn)
        from_the_turn(self, picture, turn)
        phases_told(self, picture)
        once_more(self, picture, turn)
        spread = Distribution.of(self.run, "weight")
        if spread is not None and (by_then := spread_by_then_in_words(turn, spread.std)):
            meanwhile(self, picture, turn, by_then)
        ended(self, picture, turn_in_words(turn), [])

    def without_a_turn(self, picture: Picture) -> None:
        """All on one clock, and what the store says of the losses."""
        if len(self.run.epochs) > 1:
            all_at_once(self, picture)
        phases_told(self, picture)
        told = [phases_in_words(self.run)] if is_judged(self.run, "validation") else []
        ended(self, picture, learning_in_words(self.run), told)
