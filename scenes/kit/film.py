"""`Film`: what all films share. It opens the store and names what it was made from; `Storyteller` tells it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from contextvars import copy_context
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn, Self

import numpy as np
from manim import Animation, FadeIn, ManimColor, VGroup, config

from weightreel.analysis.errors import PASSED_OVER, NothingToShow, WeightreelError
from weightreel.analysis.findings.words.gaps import gaps_in_words
from weightreel.analysis.findings.words.language import count_in, phrase
from weightreel.analysis.findings.words.names import clock_of, networks_in_words, short_names, short_titles, shortened
from weightreel.analysis.findings.words.own_words import in_own_words
from weightreel.analysis.findings.words.provenance import data_of, provenance
from weightreel.analysis.palette import theme
from weightreel.analysis.plain_text import visible_lines
from weightreel.analysis.settings import Settings, current, holding
from weightreel.analysis.store.merge import one_store
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.reader import Store
from weightreel.scenes.camera.configured import compose_frame, nothing_drawn, refused_frame
from weightreel.scenes.camera.encoding import FilmRenderer, FilmWriter
from weightreel.scenes.kit.beats import Telling, chapters_of, script_of
from weightreel.scenes.kit.card import card_of
from weightreel.scenes.kit.glyphs import tell_of_undrawable
from weightreel.scenes.kit.storyteller import Storyteller
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import words
from weightreel.scenes.kit.voice import chosen

MOST_NAMED = 2
"""Networks that the line at the top has room for."""
SHORT = 22
"""Characters of a network's title in the line at a film's end, where whole ones are too long."""


class Film(Storyteller):
    """A film of one store. A film is one subclass in one file.

    It is drawn with the settings that were current when it was made. Where they ask for slides it is manim-slides'
    Slide too.

    Attributes:
        store: the store that the settings name; up to five in a comma list are one.
        runs: the runs that the settings list, by default the lowest seed of each model; with those layers alone that
            the settings list, where they do.
        run: the first of them, shown where a film shows one.
        about: the runs that the line at the top names; by default the first.
        gaps: what of that run is not known, in sentences; films say them at their end.
    """

    store: Store
    runs: list[Run]
    run: Run
    about: Sequence[Run]
    gaps: Sequence[str]

    def __new__(cls, *arguments: Any, **options: Any) -> Self:
        """Take the settings, of which slides decide the class; what is wrong with them is told when it is drawn."""
        refused: WeightreelError | None = None
        try:
            settings = current()
        except WeightreelError as error:
            settings, refused = Settings(), error
        if settings.slides and not has_slides():
            refused = WeightreelError("WEIGHTREEL_SLIDES=1 needs manim-slides; install weightreel[slides] or unset it.")
            settings = Settings()
        refused = refused or refused_frame()
        film = super().__new__(as_slides(cls) if settings.slides else cls)
        film.settings, film._refused = settings, refused
        return film

    def __init__(self, renderer: Any = None, **options: Any) -> None:
        if self._refused is not None:  # `draw` tells it, and needs no camera
            return
        compose_frame()
        if renderer is None:
            renderer = FilmRenderer(skip_animations=options.get("skip_animations", False))
        try:
            super().__init__(renderer, **options)
        except OSError as error:  # Manim makes its folders
            self._refused = unwritten(error)

    def setup(self) -> None:
        """Open the store.

        Raises:
            WeightreelError: the settings name no store, no runs of one clock in it, or an unknown theme or language.
        """
        super().setup()
        # The cache hashes only the beginning of large arrays and would show an old film for a new store.
        config.disable_caching = True
        config.background_color = theme().BACKGROUND
        self.camera.background_color = ManimColor(theme().BACKGROUND)
        self.telling = Telling.of(name_of(type(self)), self.settings)
        self._merged = tempfile.TemporaryDirectory()  # where several are named
        self.store = Store(one_store(self.settings.store, Path(self._merged.name)))
        in_own_words(self.store)
        tell_of_undrawable(self.store)
        self.runs = self.store.select(self.settings.runs, self.settings.layers)
        for run, short in zip(
            every := list(self.store.runs.values()), short_titles([r.title for r in every]), strict=True
        ):
            run.title = short  # in sentences; keys cut it further where they have less room
        self.voice = None if self.settings.slides else chosen()
        count_in(clock_of(self.runs))
        self.run = self.runs[0]
        self.about = ()
        self.gaps = gaps_in_words([self.run])

    def render(self, preview: bool = False) -> bool | None:
        """As Manim's command does: `draw`, and where it refuses say one sentence and leave with exit code 2.

        Where the settings say that films are made if possible, a store that has nothing for a film is told by
        PASSED_OVER.
        """
        try:
            return self.draw(preview)
        except WeightreelError as error:
            _leave(error, self.settings)
        except OSError as error:
            _leave(unwritten(error), self.settings)

    def draw(self, preview: bool = False) -> bool | None:
        """Render with the settings that were current when the film was made, whatever is current now.

        Raises:
            WeightreelError: the settings name no store or no runs in it, or the store turns out to lack something.
        """
        if self._refused is not None:
            raise self._refused

        def drawn() -> bool | None:
            with holding(self.settings):
                done = super(Film, self).render(preview)
            if (nothing := nothing_drawn(self.renderer.num_plays)) is not None:
                raise nothing
            return done

        try:
            return copy_context().run(drawn)  # what the clock counts is said within this film only
        except NothingToShow as error:
            if not self.settings.layers:
                raise
            raise NothingToShow(f"{error} Only its layers {self.settings.layers} are shown.") from error

    def tear_down(self) -> None:
        """End the last beat, hand over what was told, and close the store."""
        if not self.ended_early:
            self.let_read()
        self.close_beat()
        self.telling.ends(name_of(type(self)), self.settings)
        self.store.close()
        self._merged.cleanup()
        if isinstance(writer := self.renderer.file_writer, FilmWriter) and self.beats:
            writer.script = script_of(self.shown_as or Path(config.output_file or type(self).__name__).stem, self.beats)
            writer.chapters = chapters_of(self.beats)
        super().tear_down()

    @property
    def ended_early(self) -> bool:
        """Whether a range of animations was asked for, `manim -n 3,5`, and the last of them has been played."""
        return 0 <= config.upto_animation_number < self.renderer.num_plays

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
        return data_of(self.store.dataset)

    @property
    def subject(self) -> str:
        """The networks and the data that this film shows, and whether a training is not over yet."""
        runs = self.about or [self.run]
        networks = networks_in_words(list(dict.fromkeys(run.title for run in runs)), MOST_NAMED)
        complete = all(run.complete for run in runs)
        if not self.data:
            return networks if complete else phrase("{networks}, still training", networks=networks)
        if complete:
            return phrase("{networks}, {data}", networks=networks, data=self.data)
        return phrase("{networks}, {data}, still training", networks=networks, data=self.data)

    @property
    def signature(self) -> str:
        """Name, networks, data and the store's digest, cut until they fit on a line."""
        digest = self.store.digest[:8]
        room = self.zones.floor.width
        titles = list(dict.fromkeys(run.title for run in self.about or [self.run]))
        data = self.data
        for most, letters in ((MOST_NAMED, None), (MOST_NAMED, SHORT), (1, SHORT), (0, SHORT)):
            short = [title if letters is None else shortened(title, letters) for title in titles]
            named = networks_in_words(short, most)
            parts = [self.shown_as, named, *([data] if data else []), phrase("store {digest}", digest=digest)]
            line = " · ".join(filter(None, parts))
            if words(line, SMALL).width <= room:
                break
        return line

    def conclude(
        self, sentence: str, *showing: Animation, details: Sequence[str] = (), name: str = "", seconds: float = 1.2
    ) -> VGroup:
        """End as a storyteller does, and say what of the network is not known, in the place of the second detail."""
        said = (self.gaps, *details[:1]) if self.gaps else details
        return super().conclude(sentence, *showing, details=said, name=name, seconds=seconds)

    @property
    def epochs(self) -> np.ndarray:
        """The epochs of the first run, (E,)."""
        return self.run.epochs

    def end_card(self, *more: tuple[str, str]) -> None:
        """`data_card` as the last beat of a film that is shown alone: a deck has one for all of its films.

        Args:
            more: further rows, a name and its text each, in the smallest type.
        """
        if not self.settings.slides:
            self.clear_stage()
            self.data_card(*more)

    def data_card(self, *more: tuple[str, str]) -> None:
        """Data, recipe, runs, epochs, the store's digest and its licence, as a beat.

        Args:
            more: further rows, a name and its text each, in the smallest type.
        """
        self.beat(
            phrase("Data"),
            phrase("What this film was made from: its data, its recipe, its seeds and the digest of its store."),
        )
        rows = card_of(provenance(self.store, self.runs), more)
        self.play(FadeIn(rows), run_time=0.6)
        self.wait(5.0 + 3.0 * len(more))


def unwritten(error: OSError) -> WeightreelError:
    """What to say where a film's files cannot be written."""
    return WeightreelError(
        f"the film could not be written ({error.strerror or error}); free some space, or choose another folder with "
        "--out (with `manim` --media_dir)."
    )


def name_of(film: type[Film]) -> str:
    """A film's name: that of the file which defines its class."""
    own = next((kind for kind in film.__mro__ if Film in kind.__bases__), film)
    file = getattr(sys.modules.get(own.__module__), "__file__", None)
    return Path(file).stem if file else own.__name__.lower()


def has_slides() -> bool:
    """Whether manim-slides is installed."""
    # Once it is imported it has no spec, and asking for it is an error.
    return "manim_slides" in sys.modules or find_spec("manim_slides") is not None


def as_slides(film: type[Film]) -> type[Film]:
    """The film as slides of manim-slides, of the same name."""
    from manim_slides import Slide

    return type(film.__name__, (film, Slide), {"skip_reversing": True, "__module__": film.__module__})


def _leave(error: WeightreelError, settings: Settings) -> NoReturn:
    """Print the one sentence and leave; Manim would turn the exception into a traceback."""
    print(visible_lines(str(error)), file=sys.stderr)
    raise SystemExit(PASSED_OVER if isinstance(error, NothingToShow) and settings.if_possible else 2)
