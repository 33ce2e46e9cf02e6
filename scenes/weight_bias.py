"""Weights, biases, loss, accuracy and the phase of training, all on one clock."""

from __future__ import annotations

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.phases import rule_of
from weightreel.analysis.findings.training import (
    is_validated,
    measured,
)
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import rule_in_words, title_of
from weightreel.scenes.chapters.one_clock import one_clock, parameters_of, side_by_side
from weightreel.scenes.kit.film import Film


class WeightBias(Film):
    """The report's Weight_Bias video."""

    def construct(self) -> None:
        """One sweep of everything, then the networks beside each other where there are several."""
        if not measured([self.run]) or not parameters_of(self):
            raise NothingToShow(
                f"{self.store.path} holds no losses and accuracies of {self.run.name}; hand them to the "
                "recording, or name a table of them: weightreel import --metrics FILE."
            )
        first, last = self.run.epochs[0], self.run.epochs[-1]
        self.beat(
            phrase("Title"),
            phrase(
                "Weights, biases, loss and accuracy of the {title}, {clocks} {first} to {last}.",
                title=title_of(self.run),
                first=first,
                last=last,
            ),
        )
        self.title_card(
            phrase("Weights, biases and learning"),
            phrase(
                "What the parameters do while the network learns, "
                "and until when it gets better on images that it has not seen."
            ),
        )
        one_clock(self)
        if len([run for run in self.runs if is_validated(run)]) > 1:
            self.clear_stage()
            side_by_side(self)
        rule = rule_of(self.run, "validation")
        self.end_card(*([(phrase("Phase"), rule_in_words(rule))] if rule else []))
