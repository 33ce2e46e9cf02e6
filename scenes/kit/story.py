"""`Film`: what all films share. Opens the store, tells the story in beats, and ends on the card of its data."""

from __future__ import annotations

import tempfile
from contextvars import copy_context
from pathlib import Path
from typing import Any

import numpy as np
from manim import DOWN, LEFT, UP, FadeIn, FadeOut, ManimColor, Mobject, VGroup, config
from manim.constants import RendererType

from weightreel.analysis.errors import NothingToShow, WeightreelError
from weightreel.analysis.findings.words.language import count_in, phrase
from weightreel.analysis.findings.words.names import clock_of, short_names, title_of
from weightreel.analysis.palette import theme
from weightreel.analysis.settings import Settings, current, holding
from weightreel.analysis.store.merge import one_store
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.reader import Store
from weightreel.scenes.camera.encoding import FilmRenderer, FilmWriter
from weightreel.scenes.instruments.instrument import Clocked
from weightreel.scenes.kit.base import AS_SLIDES, Base
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.narration import Beat, OpenBeat, seconds_to_read
from weightreel.scenes.kit.provenance import UNNAMED, card_of, name_of_data, provenance
from weightreel.scenes.kit.settings import leave
from weightreel.scenes.kit.theme import BODY, DISPLAY, SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SAFE_TOP, SMALL
from weightreel.scenes.kit.type import claim, title, words
from weightreel.scenes.kit.voice import chosen

LEADING = 0.2
"""Between the sentences of a take-away."""
HOLD = 2.0
"""Seconds for which a slide that repeats itself stays on its last picture."""


def with_progress(networks: str, data: str, *, complete: bool) -> str:
    """What a film shows: networks and data, if these have a name, and whether a training is not over yet."""
    if not data:
        return networks if complete else phrase("{networks}, still training", networks=networks)
    if complete:
        return phrase("{networks}, {data}", networks=networks, data=data)
    return phrase("{networks}, {data}, still training", networks=networks, data=data)


class Film(Base):
    """A film of one store. A film is one subclass in one file.

    Attributes:
        settings: those that were current when the film was made.
        store: the store that the settings name; up to five in a comma list are one.
        runs: the runs that the settings list, by default the lowest seed of each model; with those layers alone that
            the settings list, where they do.
        run: the first of them, shown where a film shows one.
        beats: those that have been told.
        shown_as: its name on the title card.
    """

    settings: Settings
    store: Store
    runs: list[Run]
    run: Run
    beats: list[Beat]
    shown_as: str

    def __init__(self, renderer: Any = None, **kwargs: Any) -> None:
        try:
            self.settings = current()
        except WeightreelError as error:
            leave(error, Settings())
        if renderer is None and config.renderer == RendererType.CAIRO:
            renderer = FilmRenderer(skip_animations=kwargs.get("skip_animations", False))
        super().__init__(renderer, **kwargs)

    def setup(self) -> None:
        """Open the store.

        Raises:
            WeightreelError: the settings name no store, or no runs of one clock in it.
        """
        super().setup()
        self.beats = []
        self._open_beat: OpenBeat | None = None
        self.shown_as = ""
        self._shown: set[int] = set()
        self._change: tuple[list[Mobject], list[Mobject], float] | None = None
        # The cache hashes only the beginning of large arrays and would show an old film for a new store.
        config.disable_caching = True
        config.background_color = theme().BACKGROUND
        self.camera.background_color = ManimColor(theme().BACKGROUND)
        self._merged = tempfile.TemporaryDirectory()  # where several are named
        self.store = Store(one_store(self.settings.store, Path(self._merged.name)))
        self.runs = self.store.select(self.settings.runs, self.settings.layers)
        self._voice = None if AS_SLIDES else chosen()  # a lecture has its speaker
        count_in(clock_of(self.runs))
        self.run = self.runs[0]

    def render(self, preview: bool = False) -> bool | None:
        """As Manim's command does: `draw`, and where it refuses say one sentence and leave with exit code 2."""
        try:
            return self.draw(preview)
        except WeightreelError as error:
            leave(error, self.settings)

    def draw(self, preview: bool = False) -> bool | None:
        """Render with the settings that were current when the film was made, whatever is current now.

        Raises:
            WeightreelError: the settings name no store or no runs in it, or the store turns out to lack something.
        """

        def drawn() -> bool | None:
            with holding(self.settings):
                return super(Film, self).render(preview)

        try:
            return copy_context().run(drawn)  # what the clock counts is said within this film only
        except NothingToShow as error:
            if not self.settings.layers:
                raise
            raise NothingToShow(f"{error} Only its layers {self.settings.layers} are shown.") from error

    def tear_down(self) -> None:
        """End the last beat, hand over what was told, and close the store."""
        self.let_read()
        self._close_beat()
        self.store.close()
        self._merged.cleanup()
        if isinstance(writer := self.renderer.file_writer, FilmWriter):
            writer.title, writer.beats = self.shown_as, self.beats
        super().tear_down()

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
        """
        if not caption.strip():
            raise ValueError(f"the beat {name!r} has no caption, which is its subtitle, its note and what a voice says")
        self.let_read()
        self._close_beat()
        beat = OpenBeat(name, caption, notes or caption, float(self.time), loop=loop and AS_SLIDES)
        self._open_beat = beat
        if AS_SLIDES:
            self.next_slide(notes=beat.notes, loop=loop, direction="vertical")
            self._change_now()
        else:
            self.next_section(name)

    def let_read(self) -> None:
        """Hold the picture until the open beat's caption can have been read, or a voice has spoken it.

        A speaker holds slides as they like.
        """
        if self._open_beat is None or AS_SLIDES:
            return
        shown = float(self.time) - self._open_beat.start
        missing = self._open_beat.needed - shown
        if shown > 0 and missing > 1 / self.camera.frame_rate:
            self.wait(missing)

    def _close_beat(self) -> None:
        """Subtitles last as long as their beat did, which is known only when it is over."""
        beat, self._open_beat = self._open_beat, None
        if beat is None or (duration := float(self.time) - beat.start) <= 0:
            return
        self.add_subcaption(beat.caption, duration=duration, offset=-duration)
        self.beats.append(beat.told(float(self.time)))

    def _speak(self) -> None:
        """Let the voice begin, once there is something to see: a beat of no length is not told."""
        beat = self._open_beat
        if self._voice is None or beat is None or beat.speech is not None or self.renderer.skip_animations:
            return
        beat.speech = self._voice.speech(beat.caption)
        self.add_sound(str(beat.speech.path))

    def title_card(self, name: str, promise: str) -> VGroup:
        """Show the film's name, its claim and its data; then leave the name at the top, and return it with the data."""
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

    @property
    def compares(self) -> bool:
        """Whether the film sets its networks beside each other: where several were asked for, or other code made them.

        A recipe's films are about its first network, and its others come in where a film is about a difference.
        """
        asked = len([name for name in self.settings.runs.split(",") if name.strip()]) > 1
        other = self.store.recipe.get("source") == "merge" or any("source" in run.attributes for run in self.runs)
        return len(self.runs) > 1 and (asked or other)

    @property
    def classes(self) -> list[str]:
        """The names of the data's classes, as long as films have room for."""
        return short_names(self.store.classes)

    @property
    def data(self) -> str:
        """The training data's honest name; empty where whoever recorded it gave none."""
        return "" if self.store.dataset.attributes["name"] == UNNAMED else name_of_data(self.store.dataset)

    @property
    def subject(self) -> str:
        """The network and the data that this film shows."""
        return with_progress(title_of(self.run), self.data, complete=self.run.complete)

    def sweep(
        self, *instruments: Clocked, seconds: float | None = None, clock: EpochClock | None = None, shown: bool = False
    ) -> None:
        """Show instruments, unless they are `shown`, then run a clock to its end.

        By default it counts the epochs of the first run and of any other that the instruments show: a run that ended
        before the others stays as it was then.
        """
        if clock is None:
            clock = EpochClock(np.unique(np.concatenate([self.run.epochs, *(of.epochs for of in instruments)])))
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

    def play(self, *animations: Any, **options: Any) -> None:
        """As Manim does; what is on stage afterwards has been shown."""
        self._change_now()
        self._speak()
        super().play(*animations, **options)
        self._shown = {id(mobject) for mobject in self.mobjects}

    def _just_added(self) -> list[Mobject]:
        """What draws and was added since something was last shown: letters and keys, which come in with their chart."""
        return [m for m in self.mobjects if id(m) not in self._shown and m.width + m.height > 0]

    def take_away(self, name: str, sentence: str, *details: str, width: float = SAFE_RIGHT - SAFE_LEFT) -> None:
        """End a chapter on its sentence at the bottom left, with details in smaller letters below it."""
        self.beat(name, sentence, notes=" ".join((sentence, *details)))
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
        """Fade out everything that draws, but `keep`, once the beat's caption can have been read."""
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
        if not AS_SLIDES:
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

    def end_card(self, *more: tuple[str, str]) -> None:
        """Data, recipe, runs, epochs, the store's digest and its licence, as the last beat.

        Args:
            more: further rows, a name and its text each, in the smallest type.
        """
        self.clear_stage()
        self.beat(
            phrase("Data"),
            phrase("What this film was made from: its data, its recipe, its seeds and the digest of its store."),
        )
        rows = card_of(provenance(self.store, self.runs), more)
        self.play(FadeIn(rows), run_time=0.6)
        self.wait(5.0 + 3.0 * len(more))
