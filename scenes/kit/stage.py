"""`Stage`: what stands before the viewer, told in beats, each with its caption, its slide and its voice."""

from __future__ import annotations

from typing import Any

import numpy as np
from manim import DOWN, LEFT, UP, Animation, FadeIn, FadeOut, Mobject, Scene, VGroup, Wait

from weightreel.analysis.palette import theme
from weightreel.analysis.plain_text import subtitle
from weightreel.analysis.settings import Settings
from weightreel.analysis.talk.talk import FilmTalk
from weightreel.scenes.kit.beats import Beat, OpenBeat, Telling, seconds_to_read
from weightreel.scenes.kit.clock import Clocked, EpochClock
from weightreel.scenes.kit.theme import BODY, DISPLAY, SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SAFE_TOP, SMALL
from weightreel.scenes.kit.type import claim, title, words
from weightreel.scenes.kit.voice import Voice

LEADING = 0.2
"""Between the sentences of a take-away."""
HOLD = 2.0
"""Seconds for which a slide that repeats itself stays on its last picture."""


class Stage(Scene):
    """A scene that tells what it shows.

    Attributes:
        settings: what it is drawn with; where they ask for slides, a beat is one.
        voice: speaks the captions, if there is one; a lecture has its speaker.
        beats: those that have been told.
        shown_as: its name on the title card.
        subject: the networks and the data that it shows, in words.
        telling: how a talk wants it told.
        epochs: that a sweep counts, (E,).
    """

    settings: Settings
    voice: Voice | None
    beats: list[Beat]
    shown_as: str
    subject: str
    epochs: np.ndarray
    telling: Telling

    def setup(self) -> None:
        """Begin with an empty stage."""
        super().setup()
        self.voice = None
        self.beats = []
        self.shown_as = ""
        self.telling = Telling(FilmTalk(), self.settings.pace)
        self._open_beat: OpenBeat | None = None
        self._shown: set[int] = set()
        self._change: tuple[list[Mobject], list[Mobject], float] | None = None

    def beat(self, name: str, caption: str, *, notes: str = "", loop: bool = False) -> None:
        """Begin a chapter.

        Args:
            name: of the chapter, as a section of the video.
            caption: subtitle from now to the next beat, in whole sentences; where there is a voice, it speaks them.
            notes: for the speaker of a lecture; the caption where not given.
            loop: the slide repeats itself until the speaker goes on, and so begins with a cut, not by fading. For beats
                that do nothing but run a clock.

        Raises:
            ValueError: there is no caption.

        Example (pictured as docs/verbs/beat.webp):
            self.beat("A square", "This is a square.")
            self.play(FadeIn(square := Square(2)))
            self.beat("It turns", "Now it turns.")
            self.play(square.animate.rotate(PI / 4))
        """
        if not caption.strip():
            raise ValueError(f"the beat {name!r} has no caption, which is its subtitle, its note and what a voice says")
        self.let_read()
        self.close_beat()
        slides = self.settings.slides
        caption, notes = self.telling.begins(name, caption, notes)
        beat = OpenBeat(name, caption, notes, float(self.time), loop=loop and slides)
        beat.pace, beat.left_out = self.telling.pace_of(name), self.telling.leaves_out(name)
        self._open_beat = beat
        if slides:
            self.next_slide(notes=beat.notes, loop=loop, direction="vertical", skip_animations=beat.left_out)
            self._change_now()
        else:
            self.next_section(name, skip_animations=beat.left_out)

    @property
    def left_out(self) -> bool:
        """Whether the open beat is left out: it is played, and not shown."""
        return self._open_beat is not None and self._open_beat.left_out

    @property
    def pace(self) -> float:
        """How fast what moves now is told; 1 as films are."""
        return self.telling.pace if self._open_beat is None else self._open_beat.pace

    @property
    def unread(self) -> float:
        """Seconds until the open beat's caption can have been read or heard: what moves now may take so long.

        They are seconds of a film at its own pace, as all that are given to animations.
        """
        if self._open_beat is None or self.settings.slides or self.left_out:
            return 0.0
        return max(self._open_beat.needed - (float(self.time) - self._open_beat.start), 0.0) * self.pace

    def let_read(self) -> None:
        """Hold the picture until the open beat's caption can have been read, or a voice has spoken it.

        A speaker holds slides as they like.
        """
        if self._open_beat is None or self.settings.slides:
            return
        shown = float(self.time) - self._open_beat.start
        if shown > 0 and self.unread / self.pace > 1 / self.camera.frame_rate:
            self.wait(self.unread)

    def close_beat(self) -> None:
        """End the open beat: subtitles last as long as theirs did, which is known only now."""
        beat, self._open_beat = self._open_beat, None
        if beat is None or (duration := float(self.time) - beat.start) <= 0:
            return
        self.add_subcaption(subtitle(beat.caption), duration=duration, offset=-duration)
        self.beats.append(beat.closed(float(self.time)))

    def _speak(self) -> None:
        """Let the voice begin, once there is something to see: a beat of no length is not told."""
        beat = self._open_beat
        if self.voice is None or beat is None or beat.speech is not None or self.renderer.skip_animations:
            return
        if beat.left_out:
            return
        beat.speech = self.voice.speech(beat.caption)
        self.add_sound(str(beat.speech.path))

    def title_card(self, name: str, promise: str) -> VGroup:
        """Show the film's name, its claim and its data; then leave the name at the top, and return it with the data.

        Args:
            name: of the film.
            promise: its claim or question, a sentence.
        """
        self.shown_as = name
        heading = words(name, DISPLAY, weight="semibold")
        about = words(self.subject, BODY, theme().MUTED, width=11.5, centred=True)
        under = VGroup(words(promise, width=10.5, centred=True), about).arrange(DOWN, buff=0.45)
        card = VGroup(heading, under).arrange(DOWN, buff=0.55)
        self.play(FadeIn(heading, shift=UP * 0.15), run_time=0.7)
        self.play(FadeIn(under), run_time=0.5)
        self.wait(max(2.0, seconds_to_read(promise) - 0.5))
        self.let_read()
        header = self.header(name)
        self._change_stage([card], [header], 0.7)
        return header

    def header(self, name: str, detail: str | None = None) -> VGroup:
        """The line at the top of a chapter: its name at the left, `detail` (default: network and data) at the right."""
        left = title(name).move_to([SAFE_LEFT, SAFE_TOP, 0], aligned_edge=UP + LEFT)
        detail = self.subject if detail is None else detail
        if not detail:
            return VGroup(left)
        right = words(detail, SMALL, theme().MUTED)
        room = SAFE_RIGHT - SAFE_LEFT - left.width - 0.5
        if right.width > room:
            right = words(detail, SMALL, theme().MUTED, width=room)
        right.move_to([SAFE_RIGHT, SAFE_TOP - 0.08, 0], aligned_edge=UP - LEFT)
        return VGroup(left, right)

    def sweep(
        self, *instruments: Clocked, seconds: float | None = None, clock: EpochClock | None = None, shown: bool = False
    ) -> None:
        """Show instruments, unless they are `shown`, then run a clock to its end.

        By default it counts `epochs` and any others that the instruments show: a run that ended before the others stays
        as it was then.

        Example (pictured as docs/verbs/sweep.webp):
            edges, counts = self.run["parameters/weight/edges"], self.run["parameters/weight/counts"]
            bars = Histogram(self.epochs, edges, counts, theme().WEIGHTS, size=(11, 3.6), log=True)
            dial = self.zones.floor.hold(EpochDial(self.epochs), LEFT)
            self.sweep(self.zones.stage.hold(bars), dial)
        """
        if clock is None:
            clock = EpochClock(np.unique(np.concatenate([self.epochs, *(of.epochs for of in instruments)])))
        loop = self._open_beat is not None and self._open_beat.loop
        if loop:
            self.add(*instruments)
        elif not shown:
            self.play(*map(FadeIn, (*self._just_added(), *instruments)), run_time=0.8)
        for instrument in instruments:
            instrument.attach(clock)
        self.play(clock.sweep(seconds=seconds))
        if loop:
            self.wait(HOLD)

    def get_moving_mobjects(self, *animations: Any) -> list[Mobject]:
        """Everything, as the films' camera finds out by itself what changes: parts are drawn by their z_index then."""
        return list(self.mobjects)

    def play(self, *animations: Any, **options: Any) -> None:
        """As Manim does; what is on stage afterwards has been shown. What is left out takes no time."""
        self._change_now()
        self._speak()
        before = self.renderer.time
        super().play(*animations, **options)
        if self.left_out:
            self.renderer.time = before
        self._shown = {id(mobject) for mobject in self.mobjects}

    def compile_animations(self, *animations: Any, **options: Any) -> list[Animation]:
        """As Manim does, at the beat's pace."""
        found: list[Animation] = super().compile_animations(*animations, **options)
        for animation in found if self.pace != 1 else ():
            animation.run_time /= self.pace
            if isinstance(animation, Wait):
                animation.duration = animation.run_time
        return found

    def _just_added(self) -> list[Mobject]:
        """What draws and was added since something was last shown: letters and keys, which come in with their chart."""
        return [m for m in self.mobjects if id(m) not in self._shown and m.width + m.height > 0]

    def take_away(self, name: str, sentence: str, *details: str, width: float = SAFE_RIGHT - SAFE_LEFT) -> None:
        """End a chapter on its sentence at the bottom left, with details in smaller letters below it.

        Example (pictured as docs/verbs/take-away.webp):
            self.add(Square(2))
            self.take_away("Corners", "A square has 4 corners.", "They are equal.")
        """
        self.beat(name, sentence, notes=" ".join((sentence, *details)))
        sentence = self.telling.said(name, sentence)
        if self._open_beat is not None:
            self._open_beat.small_print = sum(map(len, details))
        lines = VGroup(
            claim(sentence, width), *(words(detail, SMALL, theme().MUTED, width=width) for detail in details)
        )
        lines.arrange(DOWN, buff=LEADING, aligned_edge=LEFT).move_to(
            [SAFE_LEFT, SAFE_BOTTOM, 0], aligned_edge=DOWN + LEFT
        )
        self.play(FadeIn(lines), run_time=0.5)
        self.wait(3.5)
        self.let_read()

    @staticmethod
    def top_of_take_away(sentence: str, *details: str, width: float = SAFE_RIGHT - SAFE_LEFT) -> float:
        """How high `take_away` reaches with these sentences, so that what it leaves can be filled."""
        lines = [claim(sentence, width), *(words(detail, SMALL, width=width) for detail in details)]
        return SAFE_BOTTOM + sum(float(line.height) for line in lines) + LEADING * (len(lines) - 1)

    def clear_stage(self, *keep: Mobject, seconds: float = 0.6) -> None:
        """Fade out everything that draws, but `keep`, once the beat's caption can have been read.

        Example (pictured as docs/verbs/clear-stage.webp):
            stays, goes = Square(2).shift(3 * LEFT), Dot(radius=1).shift(3 * RIGHT)
            self.add(stays, goes)
            self.clear_stage(stays)
        """
        self.let_read()
        kept = {id(mobject) for mobject in keep}
        leaving = [m for m in self.mobjects if id(m) not in kept]
        for mobject in leaving:
            mobject.clear_updaters()
        drawn = [m for m in leaving if m.get_all_points().size and m.width + m.height > 0]
        self.remove(*(m for m in leaving if m not in drawn))
        self._change_stage(drawn, [], seconds)

    def _change_stage(self, leaving: list[Mobject], coming: list[Mobject], seconds: float) -> None:
        """Fade out and in. A slide stays on its picture until the speaker goes on: the next one begins with this."""
        self._change_now()
        self._change = (leaving, coming, seconds)
        if not self.settings.slides:
            self._change_now()

    def _change_now(self) -> None:
        if self._change is None:
            return
        leaving, coming, seconds = self._change
        self._change = None
        if self._open_beat is not None and self._open_beat.loop:
            self.remove(*(part for mobject in leaving for part in mobject.get_family()))
            self.add(*coming)
        elif leaving or coming:
            self.play(*map(FadeOut, leaving), *map(FadeIn, coming), run_time=seconds)
