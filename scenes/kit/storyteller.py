"""`Storyteller`: how films tell. They ask over a picture, let one thing be followed, and end on an answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Animation, FadeIn, FadeOut, Mobject, Succession, VGroup

from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.palette import theme
from weightreel.scenes.kit.clock import Clocked, EpochClock
from weightreel.scenes.kit.grammar.follow import Veil, lit, unlit
from weightreel.scenes.kit.grammar.moves import entering
from weightreel.scenes.kit.grammar.pace import passed_at, seconds_for
from weightreel.scenes.kit.grammar.zones import Zones
from weightreel.scenes.kit.stage import Stage
from weightreel.scenes.kit.theme import BODY, SMALL, TITLE
from weightreel.scenes.kit.type import Letters, claim, words

TO_GUESS = 2.6
"""Seconds from when a question has been asked until its answer begins."""
WRITTEN = 0.8
"""Seconds in which a question is written."""
SIGNED = 2.0
"""Seconds for which the line of name, data and digest stands at the end."""
LEAST_READ = 1.0
"""Seconds of a closing sentence before that."""
LONGEST_READ = 2.5
"""Seconds from which on the smaller sentences come in only after the answer was read."""
ABOVE_SIGNATURE = 0.42
"""Room below the closing sentence, in units of the frame."""
LEADING = 0.16


class Storyteller(Stage):
    """A stage with the grammar of films: ask, follow, conclude.

    Attributes:
        question: what was asked, at the top; None before that.
        loops: whether the end flows into the beginning, and so stays without an answer and a signature.
    """

    loops: ClassVar[bool] = False
    question: Letters | None

    def setup(self) -> None:
        """Begin without a question."""
        super().setup()
        self.question = None
        self._veil: Veil | None = None
        self._lit: list[Mobject] = []

    @property
    def zones(self) -> Zones:
        """Where things stand in a frame of this shape."""
        return Zones.of_frame()

    @property
    def signature(self) -> str:
        """The film's name; films add what they were made from."""
        return self.shown_as

    def ask(
        self,
        name: str,
        question: str,
        caption: str,
        *picture: Mobject,
        guesses: Sequence[Mobject] = (),
        seconds: float = TO_GUESS,
    ) -> Letters:
        """Open with a picture and a question, and leave time to guess.

        Args:
            name: of the film.
            question: a few words; they stay at the top.
            caption: of this beat, in whole sentences.
            picture: what is on stage from the first frame on.
            guesses: come in one after the other while the viewer guesses.
            seconds: until the answer may begin.

        Example (pictured as docs/verbs/ask.webp):
            row = VGroup(*(Dot(radius=0.3) for _ in range(8))).arrange(RIGHT, buff=0.6)
            guesses = [words(text).move_to([x, -1.6, 0]) for text, x in (("all?", -3), ("half?", 0), ("none?", 3))]
            self.ask("Dots", "How many will be left?", "Eight dots in a row.", row, guesses=guesses)
        """
        self.shown_as = name
        self.beat(phrase("Question"), caption)
        self.add(*picture)
        asked = question_at(question, self.zones)
        self.play(FadeIn(asked, shift=0.1 * UP), run_time=WRITTEN)
        self.question = asked
        entered = 0.0
        if guesses:
            entered = 0.45 * len(guesses) + 0.4
            self.play(entering(guesses, run_time=entered, lag=0.5))
        self.wait(max(seconds - entered, 0.3))
        return asked

    def next_question(self, question: str, *showing: Animation, seconds: float = 1.0) -> Letters:
        """Put another question in the place of the one at the top, while `showing` comes in.

        Example (pictured as docs/verbs/next-question.webp):
            row = VGroup(*(Dot(radius=0.3) for _ in range(8))).arrange(RIGHT, buff=0.6)
            self.ask("Dots", "How many will be left?", "Eight dots in a row.", row)
            self.next_question("And which ones?", FadeOut(row[3:]))
        """
        asked, before = question_at(question, self.zones), self.question
        coming: Animation = FadeIn(asked, shift=0.1 * UP)
        if before is not None:  # one after the other: two lines of type on each other cannot be read
            coming = Succession(FadeOut(before, shift=0.1 * UP), coming)
        self.play(coming, *showing, run_time=seconds)
        self.question = asked
        return asked

    def standing(self, *mobjects: Mobject | None) -> list[Mobject]:
        """The question, and those of these that there are: what stays where all else leaves."""
        return [each for each in (self.question, *mobjects) if each is not None]

    def run_clock(
        self, clock: EpochClock, instruments: Iterable[Clocked], *histories: np.ndarray, seconds: float | None = None
    ) -> None:
        """Let instruments that are on stage follow a clock, and run it to its end, slowly where histories change.

        Args:
            clock: which they follow from now on.
            instruments: that follow it.
            histories: of the clock's records, (E, …) each; at least one.
            seconds: instead of those that the histories ask for.

        Example (pictured as docs/verbs/run-clock.webp):
            edges, counts = self.run["parameters/weight/edges"], self.run["parameters/weight/counts"]
            bars = Histogram(self.epochs, edges, counts, theme().WEIGHTS, size=(11, 3.6), log=True, ghost=True)
            dial = Timeline(self.epochs, [], self.zones.floor)
            self.add(self.zones.stage.hold(bars), dial)
            self.run_clock(EpochClock(self.epochs), [bars, dial], counts)
        """
        for instrument in instruments:
            instrument.attach(clock)
        self.play(clock.paced(passed_at(*histories), seconds_for(*histories) if seconds is None else seconds))

    def follow(self, *mobjects: Mobject, seconds: float = 0.5) -> Veil:
        """Dim everything but these and what is lit already, and return the veil that does.

        Example (pictured as docs/verbs/follow.webp):
            row = VGroup(*(Square(1.2, fill_opacity=1) for _ in range(5))).arrange(RIGHT, buff=0.6)
            self.add(row)
            self.follow(row[2])
        """
        lit(mobjects)
        self._lit += mobjects
        if self._veil is None:
            self._veil = Veil()
            self.play(FadeIn(self._veil), run_time=seconds)
        return self._veil

    def unfollow(self, seconds: float = 0.5) -> None:
        """Light everything again.

        Example (pictured as docs/verbs/unfollow.webp):
            row = VGroup(*(Square(1.2, fill_opacity=1) for _ in range(5))).arrange(RIGHT, buff=0.6)
            self.add(row)
            self.follow(row[2], seconds=0.2)
            self.unfollow()
        """
        if self._veil is not None:
            self.play(FadeOut(self._veil), run_time=seconds)
        unlit(self._lit)
        self._veil, self._lit = None, []

    def conclude(
        self, sentence: str, *showing: Animation, details: Sequence[str] = (), name: str = "", seconds: float = 1.2
    ) -> VGroup:
        """End on the sentence that answers, at the floor, and sign.

        Args:
            sentence: the answer.
            showing: what moves while it comes in.
            details: sentences in smaller letters below it.
            name: of the beat; Answer by default.
            seconds: in which sentence and animations come in.

        Example (pictured as docs/verbs/conclude.webp):
            row = VGroup(*(Dot(radius=0.3) for _ in range(8))).arrange(RIGHT, buff=0.6)
            self.add(row)
            self.conclude("Three of eight are left.", FadeOut(row[3:]), details=["Counted at the last epoch."])
        """
        self.beat(name := name or phrase("Answer"), sentence, notes=" ".join((sentence, *details)))
        sentence = self.telling.said(name, sentence)
        if self._open_beat is not None:
            self._open_beat.small_print = sum(map(len, details))
        floor = self.zones.floor
        smaller = [words(detail, SMALL, theme().MUTED, width=floor.width) for detail in details]
        lines = VGroup(claim(sentence, floor.width), *smaller)
        lines.arrange(DOWN, buff=LEADING, aligned_edge=LEFT)
        lines.move_to([floor.left, floor.bottom + ABOVE_SIGNATURE, 0], aligned_edge=DOWN + LEFT)
        needed = 0.0 if self._open_beat is None else self._open_beat.needed * self.pace
        missing = needed - seconds - SIGNED - 0.5
        late = VGroup(*smaller) if missing > LONGEST_READ else VGroup()
        self.play(entering([line for line in lines if line not in late], run_time=seconds), *showing, run_time=seconds)
        if late.submobjects:  # so that the picture does not stand while all of it is read
            self.wait(missing / 2)
            self.play(FadeIn(late), run_time=0.5)
            missing = missing / 2 - 0.5
        self.wait(max(missing, LEAST_READ))
        self.sign()
        return lines

    def sign(self) -> None:
        """Name, data and digest, as a line in the corner for the last seconds."""
        line = words(self.signature, SMALL, theme().MUTED)
        self.play(FadeIn(self.zones.floor.hold(line, DOWN + RIGHT)), run_time=0.5)
        self.wait(SIGNED)


def question_at(question: str, zones: Zones) -> Letters:
    """A question at the top left: in one line where that fits, else in smaller letters and more lines."""
    asked = words(question, TITLE, weight="semibold")
    if asked.width > zones.header.width:
        asked = words(question, BODY, weight="semibold", width=zones.header.width)
    held: Any = zones.header.hold(asked, UP + LEFT)
    return held
