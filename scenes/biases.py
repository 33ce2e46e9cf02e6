"""The biases of a network, and why those of convolutions stand still while BatchNorm's shifts move."""

from __future__ import annotations

from manim import LEFT, RIGHT, UP

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.movement import Movement, biases_of, movement_in_words
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import million
from weightreel.analysis.palette import theme
from weightreel.scenes.chapters.beside import parameters_beside
from weightreel.scenes.chapters.parameters import ParameterFilm
from weightreel.scenes.instruments.axes.curves import Curves, Series, span
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_RIGHT

PANEL = (5.0, 2.35)
CONCEPTS = {"convolution": "BIASES", "batchnorm": "GENERALISING", "linear": "WEIGHTS"}
"""Concepts of the palette for the kinds of `Movement`."""


class Biases(ParameterFilm):
    """The report's global_biases, every layer, and what stands still."""

    parameter = "bias"

    @property
    def colour(self) -> str:
        """The colour of the parameters."""
        return theme().BIASES

    def construct(self) -> None:
        """Two sweeps as for the weights, then single biases of both kinds side by side."""
        if not self.run.has("parameters/bias/counts"):
            raise NothingToShow(
                f"{self.store.path} holds no biases of {self.run.name}; choose another run with WEIGHTREEL_RUN."
            )
        first, last = self.run.epochs[0], self.run.epochs[-1]
        self.beat(
            phrase("Title"),
            phrase(
                "The {n} biases of the {title}, {clocks} {first} to {last}.",
                n=million(self.count), title=title_of(self.run), first=first, last=last,
            ),
        )  # fmt: skip
        header = self.title_card(
            phrase("Biases"),
            phrase(
                "What training does to {n} biases, and which of them it leaves where they were.", n=million(self.count)
            ),
        )
        self.all_together()
        if self.has_layers:
            self.clear_stage(header)
            self.layer_by_layer()
        groups = biases_of(self.run)
        if len(groups) > 1:
            self.clear_stage(header)
            self.still_and_moving(groups)
        parameters_beside(self, self.parameter, self.colour)
        self.end_card()

    def still_and_moving(self, groups: list[Movement]) -> None:
        """Sampled entries as threads over the epochs: how far each went from where it started."""
        left, right = groups[:2]
        self.beat(
            phrase("What moves"),
            phrase(
                "Single entries, as far as each went from its first value: {left} at the left, {right} at the right, "
                "on the same scale.", left=left.name, right=right.name,
            ),
            loop=True,
        )  # fmt: skip
        y = span([left.threads, right.threads])
        panels = []
        for group, side in ((left, LEFT), (right, RIGHT)):
            bundle = Series("", group.threads, getattr(theme(), CONCEPTS[group.kind]), width=1.5, opacity=0.75)
            y_name = phrase("change since the start") if group is left else ""
            curves = Curves(self.run.epochs, [bundle], size=PANEL, y=y, y_name=y_name)
            curves.move_to(SAFE_RIGHT * side + (BELOW_HEADER - 0.95) * UP, aligned_edge=UP + side)
            panels.append(curves)
        readouts = [
            Readout(
                self.run.epochs,
                phrase("{kind}: RMS change", kind=g.name),
                g.distance,
                getattr(theme(), CONCEPTS[g.kind]),
            )
            for g in (left, right)
        ]
        for readout, curves in zip(readouts, panels, strict=True):
            readout.move_to([curves.plane.corner[0], BELOW_HEADER, 0], aligned_edge=UP + LEFT)
        dial = EpochDial(self.run.epochs).move_to([SAFE_RIGHT, -1.5, 0], aligned_edge=UP + RIGHT)
        self.sweep(*panels, *readouts, dial, seconds=10.0)
        self.take_away(phrase("Why"), *movement_in_words(left, right))
