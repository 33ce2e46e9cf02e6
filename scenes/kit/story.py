"""`Film`: what all films share. Opens the store, tells the story in beats, and ends on the card of its data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from manim import DOWN, LEFT, UP, FadeIn, FadeOut, ManimColor, Mobject, Scene, VGroup, config
from manim.constants import RendererType

from analysis.store import Node, Run, Store, WeightreelError
from scenes.kit.classes import short_names
from scenes.kit.clock import EpochClock
from scenes.kit.encoding import FilmRenderer
from scenes.kit.instruments import Clocked
from scenes.kit.language import phrase
from scenes.kit.names import named, title_of
from scenes.kit.settings import leave, setting
from scenes.kit.theme import BODY, DISPLAY, SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SAFE_TOP, SMALL, theme
from scenes.kit.type import claim, title, words

DEFAULT_STORE = "data/cifar10.h5"
LEADING = 0.2
"""Between the sentences of a take-away."""
READING_SPEED = 17.0
"""Characters of a caption that a viewer reads in a second, while the picture is looked at too."""
SMALL_PRINT = 34.0
"""The same of details in smaller letters, which most viewers only glance at; the others stop the film."""


def _as_slides() -> bool:
    try:
        return setting("WEIGHTREEL_SLIDES", "0", ("0", "1")) == "1"
    except WeightreelError as error:
        leave(error)


def _base() -> type[Scene]:
    """manim-slides' Slide where WEIGHTREEL_SLIDES=1, else Manim's Scene."""
    if not _as_slides():
        return Scene
    try:
        from manim_slides import Slide
    except ImportError:
        leave(WeightreelError("WEIGHTREEL_SLIDES=1 needs manim-slides; install weightreel[slides] or unset it."))
    return type("Slides", (Slide,), {"skip_reversing": True})


AS_SLIDES = _as_slides()

if TYPE_CHECKING:
    _Base = Scene
else:
    _Base = _base()


def name_of_data(dataset: Node) -> str:
    """The training data, named honestly: `5,000 images of CIFAR-10 (JPEG q75)`."""
    about = dataset.attributes
    return phrase("{n} images of {dataset}", n=f"{about['n_train']:,}", dataset=about["name"])


def with_progress(networks: str, data: str, *, complete: bool) -> str:
    """What a film shows: networks and data, and whether a training is not over yet."""
    if complete:
        return phrase("{networks}, {data}", networks=networks, data=data)
    return phrase("{networks}, {data}, still training", networks=networks, data=data)


def seconds_to_read(caption: str, small_print: int = 0) -> float:
    """How long a caption must be there, with so many characters of small print."""
    return len(caption) / READING_SPEED + small_print / SMALL_PRINT


class Film(_Base):
    """A film of one store. A film is one subclass in one file.

    Attributes:
        store: the store that WEIGHTREEL_STORE names (default data/cifar10.h5, relative to the working directory).
        runs: the runs that WEIGHTREEL_RUN lists, by default the lowest seed of each model.
        run: the first of them, shown where a film shows one.
    """

    store: Store
    runs: list[Run]
    run: Run

    def __init__(self, renderer: Any = None, **kwargs: Any) -> None:
        if renderer is None and config.renderer == RendererType.CAIRO:
            renderer = FilmRenderer(skip_animations=kwargs.get("skip_animations", False))
        super().__init__(renderer, **kwargs)

    def setup(self) -> None:
        """Open the store; where that fails, say one sentence and leave with exit code 2."""
        super().setup()
        self._open_beat: tuple[str, float] | None = None
        self._small_print = 0
        self._shown: set[int] = set()
        self._change: tuple[list[Mobject], list[Mobject], float] | None = None
        config.background_color = theme.BACKGROUND
        self.camera.background_color = ManimColor(theme.BACKGROUND)
        try:
            self.store = Store(setting("WEIGHTREEL_STORE", DEFAULT_STORE))
            self.runs = self.store.select(setting("WEIGHTREEL_RUN", ""))
        except WeightreelError as error:
            leave(error)
        self.run = self.runs[0]

    def render(self, preview: bool = False) -> bool | None:
        """Render; what a store turns out to lack on the way is told in one sentence, with exit code 2."""
        try:
            return super().render(preview)
        except WeightreelError as error:
            leave(error)

    def tear_down(self) -> None:
        """End the last beat's caption and close the store."""
        self._end_caption()
        self.store.close()
        super().tear_down()

    def beat(self, name: str, caption: str, *, notes: str = "", loop: bool = False) -> None:
        """Begin a chapter.

        Args:
            name: of the chapter, as a section of the video.
            caption: subtitle from now to the next beat, in whole sentences.
            notes: for the speaker of a lecture; the caption where not given.
            loop: repeat the chapter until the speaker goes on (lectures only).
        """
        self.let_read()
        self._end_caption()
        self._open_beat, self._small_print = (caption, float(self.time)), 0
        if AS_SLIDES:
            self.next_slide(notes=notes or caption, loop=loop, direction="vertical")
            self._change_now()
        else:
            self.next_section(name)

    def let_read(self) -> None:
        """Hold the picture until the open beat's caption can have been read; a speaker holds slides as they like."""
        if self._open_beat is None or AS_SLIDES:
            return
        caption, start = self._open_beat
        shown = float(self.time) - start
        missing = seconds_to_read(caption, self._small_print) - shown
        if shown > 0 and missing > 1 / self.camera.frame_rate:
            self.wait(missing)

    def _end_caption(self) -> None:
        """Subtitles last as long as their beat did, which is known only when it is over."""
        if self._open_beat is None:
            return
        caption, start = self._open_beat
        self._open_beat = None
        if (duration := float(self.time) - start) > 0:
            self.add_subcaption(caption, duration=duration, offset=-duration)

    def title_card(self, name: str, promise: str) -> VGroup:
        """Show the film's name, its claim and its data; then leave the name at the top, and return it with the data."""
        heading = words(name, DISPLAY, weight="semibold")
        about = words(self.subject, BODY, theme.MUTED, width=11.5, centred=True)
        under = VGroup(words(promise, width=10.5, centred=True), about).arrange(DOWN, buff=0.45)
        card = VGroup(heading, under).arrange(DOWN, buff=0.55)
        self.play(FadeIn(heading, shift=UP * 0.15), run_time=0.7)
        self.play(FadeIn(under), run_time=0.5)
        self.wait(max(2.0, seconds_to_read(promise) - 0.5))
        self.let_read()
        header = self.header(name)
        self._change_stage([card], [header], 0.7)
        return header

    def header(self, name: str, detail: str = "") -> VGroup:
        """The line at the top of a chapter: its name at the left, `detail` (default: network and data) at the right."""
        left = title(name).move_to([SAFE_LEFT, SAFE_TOP, 0], aligned_edge=UP + LEFT)
        detail = detail or self.subject
        right = words(detail, SMALL, theme.MUTED)
        room = SAFE_RIGHT - SAFE_LEFT - left.width - 0.5
        if right.width > room:
            right = words(detail, SMALL, theme.MUTED, width=room)
        right.move_to([SAFE_RIGHT, SAFE_TOP - 0.08, 0], aligned_edge=UP - LEFT)
        return VGroup(left, right)

    @property
    def classes(self) -> list[str]:
        """The names of the data's classes, as long as films have room for."""
        return short_names(self.store.classes)

    @property
    def data(self) -> str:
        """The training data's honest name."""
        return name_of_data(self.store.dataset)

    @property
    def subject(self) -> str:
        """The network and the data that this film shows."""
        return with_progress(title_of(self.run), self.data, complete=self.run.complete)

    def sweep(
        self, *instruments: Clocked, seconds: float | None = None, clock: EpochClock | None = None, shown: bool = False
    ) -> None:
        """Show instruments, unless they are `shown`, then run a clock to its end; by default the first run's epochs."""
        clock = EpochClock(self.run.epochs) if clock is None else clock
        if not shown:
            self.play(*map(FadeIn, (*self._just_added(), *instruments)), run_time=0.8)
        for instrument in instruments:
            instrument.attach(clock)
        self.play(clock.sweep(seconds=seconds))

    def play(self, *animations: Any, **options: Any) -> None:
        """As Manim does; what is on stage afterwards has been shown."""
        self._change_now()
        super().play(*animations, **options)
        self._shown = {id(mobject) for mobject in self.mobjects}

    def _just_added(self) -> list[Mobject]:
        """What draws and was added since something was last shown: letters and keys, which come in with their chart."""
        return [m for m in self.mobjects if id(m) not in self._shown and m.width + m.height > 0]

    def take_away(self, name: str, sentence: str, *details: str, width: float = SAFE_RIGHT - SAFE_LEFT) -> None:
        """End a chapter on its sentence at the bottom left, with details in smaller letters below it."""
        self.beat(name, sentence, notes=" ".join((sentence, *details)))
        self._small_print = sum(map(len, details))
        lines = VGroup(claim(sentence, width), *(words(detail, SMALL, theme.MUTED, width=width) for detail in details))
        lines.arrange(DOWN, buff=LEADING, aligned_edge=LEFT).move_to(
            [SAFE_LEFT, SAFE_BOTTOM, 0], aligned_edge=DOWN + LEFT
        )
        self.play(FadeIn(lines), run_time=0.5)
        self.wait(max(3.5, seconds_to_read(sentence, self._small_print) - 0.5))

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
        if leaving or coming:
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
        rows = VGroup(*(self._row(name, value, BODY) for name, value in self._provenance()))
        rows.add(*(self._row(name, value, SMALL) for name, value in more))
        rows.arrange(DOWN, buff=0.3, aligned_edge=LEFT)
        rows.move_to([0, 0, 0])
        self.play(FadeIn(rows), run_time=0.6)
        self.wait(5.0 + 3.0 * len(more))

    @staticmethod
    def _row(name: str, value: str, size: float) -> VGroup:
        key = words(name, BODY, theme.MUTED)
        text = words(value, size, width=9.8)
        key.move_to([0, 0, 0], aligned_edge=LEFT)
        text.move_to([2.2, 0, 0], aligned_edge=LEFT).align_to(key, UP)
        return VGroup(key, text)

    def _provenance(self) -> list[tuple[str, str]]:
        recipe, about = self.store.recipe, self.store.dataset.attributes
        training: dict[str, Any] = recipe.get("training", {})
        details = [
            named(str(recipe.get("title", "")).strip()),
            phrase("batch {size}", size=training["batch_size"]) if "batch_size" in training else "",
            phrase("learning rate {rate}", rate=training["learning_rate"]) if "learning_rate" in training else "",
            phrase("augmentation {name}", name=training["augmentation"]) if "augmentation" in training else "",
        ]
        data = phrase(
            "{data} to train on, {validation} to validate, {test} to test",
            data=self.data, validation=f"{about['n_validation']:,}", test=f"{about['n_test']:,}",
        )  # fmt: skip
        return [
            (phrase("Data"), data),
            (phrase("Recipe"), ", ".join(filter(None, details))),
            (phrase("Runs"), "\n".join(self._run_in_words(run) for run in self.runs)),
            (phrase("Store"), f"SHA-256 {self.store.digest[:16]}…"),
            (phrase("Licence"), str(self.store.attributes.get("licence", "CC BY 4.0"))),
        ]

    @staticmethod
    def _run_in_words(run: Run) -> str:
        first, last = int(run.epochs[0]), int(run.epochs[-1])
        said = {"title": title_of(run), "seed": run.seed, "first": first, "last": last}
        if run.complete:
            if last > first:
                return phrase("{title}, seed {seed}, epochs {first}–{last}", **said)
            return phrase("{title}, seed {seed}, epoch {last}", **said)
        said["planned"] = run.attributes["epochs_planned"]
        if last > first:
            return phrase("{title}, seed {seed}, epochs {first}–{last} of {planned}, still training", **said)
        return phrase("{title}, seed {seed}, epoch {last} of {planned}, still training", **said)
