"""How networks learn, and what they confuse: curves and confusion matrices from epoch to epoch."""

from __future__ import annotations

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.confusion import validation_confusions
from weightreel.analysis.findings.training import measured
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.scenes.chapters.confusion import (
    confusion_over_the_epochs,
    has_confusion,
    other_network,
    promise_of,
    two_beside_each_other,
)
from weightreel.scenes.chapters.learning_curves import MOST_CURVES, curves_of_all
from weightreel.scenes.chapters.own_numbers import has_own_numbers, own_numbers_over_the_epochs
from weightreel.scenes.kit.film import Film


class Training(Film):
    """The report's training curves and confusion matrices, and what differs between two networks."""

    def construct(self) -> None:
        """Curves of all networks, one confusion matrix over the epochs, two of them beside each other."""
        learned, numbers = measured(self.runs[:MOST_CURVES]), has_own_numbers(self.runs)
        if not learned and not numbers:
            raise NothingToShow(
                f"{self.store.path} holds neither losses nor accuracies; hand them to the recording, or name a "
                "table of them: weightreel import --metrics FILE."
            )
        self.about = self.runs
        span = {"title": title_of(self.run), "first": self.run.epochs[0], "last": self.run.epochs[-1]}
        self.beat(
            phrase("Title"),
            phrase("How the {title} learns, {clocks} {first} to {last}, and what it confuses.", **span)
            if has_confusion(self.run)
            else phrase("How the {title} learns, {clocks} {first} to {last}.", **span),
        )
        self.title_card(phrase("Training"), promise_of(self))
        if learned:
            curves_of_all(self)
        if validation_confusions(self.run) is not None:
            self.clear_stage()
            confusion_over_the_epochs(self)
        if (other := other_network(self.runs)) is not None and all(map(has_confusion, (self.run, other))):
            self.clear_stage()
            two_beside_each_other(self, other)
        if numbers:
            self.clear_stage()
            own_numbers_over_the_epochs(self)
        self.end_card()
