"""The layout check finds what is planted, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Self

import numpy as np
import pytest
from manim import DOWN, LEFT, PI, RIGHT, UP, FadeIn, Line, Rectangle, Square, VGroup

from weightreel.analysis.palette import theme
from weightreel.cli import main
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.kit.clock import EpochClock, Instrument
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BODY, SAFE_LEFT, SAFE_RIGHT, SAFE_TOP, SMALL
from weightreel.scenes.kit.type import Numerals, label, words
from weightreel.scenes.viewing import look as looking
from weightreel.scenes.viewing.seen import Beat, Report
from weightreel.scenes.viewing.shown import Fault, Shown
from weightreel.scenes.viewing.stillness import KINDS, STILL_PICTURE, Figures
from weightreel.scenes.viewing.watch import check

Plant = Callable[[Film], object]


@pytest.fixture(scope="module")
def type_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all: what is the same in two films is set once."""
    return tmp_path_factory.mktemp("type")


@pytest.fixture
def look(type_set: Path, small_store: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Plant], Report]:
    """Builds a film whose second beat does what is handed in, and says what the check sees in it."""
    monkeypatch.setenv("WEIGHTREEL_STORE", str(small_store))
    monkeypatch.delenv("WEIGHTREEL_RUN", raising=False)

    def build(plant: Plant) -> Report:
        class Tiny(Film):
            def construct(self) -> None:
                self.beat("Title", "A title.")
                header = self.title_card("Tiny", "Nothing to see.")
                self.beat("Evidence", "What is planted.")
                plant(self)
                self.wait(1.0)
                self.take_away("Moral", "It is 1.")
                self.clear_stage(header)
                self.end_card()

        return check(Tiny, type_set)

    return build


def of_layout(report: Report) -> list[Fault]:
    """Its faults but those of movement: what is planted here stands still."""
    return [fault for fault in report.faults if fault.kind not in KINDS]


def on_a_box(film: Film, colour: str, letters: str = theme().TEXT) -> None:
    """Words on a coloured box."""
    box = Square(2.0, fill_color=colour, fill_opacity=1, stroke_width=0)
    film.add(box, words("on a box", BODY, letters).move_to(box))


def behind(film: Film) -> None:
    """Words that something else covers."""
    film.add(label("behind"), Rectangle(width=3, height=1, fill_color=theme().WEIGHTS, fill_opacity=1))


class Growing(Instrument):
    """A number that is wide only in the middle of the epochs."""

    def __init__(self, epochs: np.ndarray) -> None:
        super().__init__(epochs)
        self.number = Numerals("1")
        self.add(self.number)

    def at(self, t: float) -> Self:
        middle = (self.epochs[0] + self.epochs[-1]) / 2
        self.number.show("1" if abs(t - middle) > 1 else "1" * 20)
        return self


def sweep_of_growing(film: Film) -> None:
    """Meets a label in mid-sweep alone."""
    film.add(label("in its way").shift(2 * RIGHT))
    film.sweep(Growing(film.run.epochs))


def hidden_instrument(film: Film) -> None:
    """One read-out drawn, and a picture of the background's colour beside it."""
    picture = Growing(film.run.epochs).shift(2 * UP)
    picture.add(Square(1.0, fill_color=theme().BACKGROUND, fill_opacity=1, stroke_width=0).shift(2 * UP + 2 * LEFT))
    film.add(picture)


PLANTED: dict[str, tuple[str, Plant]] = {
    "the same place": ("text over text", lambda f: f.add(label("one text"), label("another text"))),
    "in a group, copied": ("text over text", lambda f: f.add(VGroup(VGroup(label("a").copy()), Numerals("2").copy()))),
    "turned": ("text over text", lambda f: f.add(label("along the line"), label("across the line").rotate(PI / 2))),
    "faded in": ("text over text", lambda f: f.play(FadeIn(label("one text")), FadeIn(label("another")))),
    "too near": ("text over text", lambda f: f.add(VGroup(label("a"), label("b")).arrange(RIGHT, buff=0.03))),
    "on the clock": ("text over text", sweep_of_growing),
    "text in the margin": ("outside the safe area", lambda f: f.add(label("margin").move_to([SAFE_RIGHT, 0, 0]))),
    "picture in the margin": ("outside the safe area", lambda f: f.add(Square(1.0).move_to([SAFE_LEFT, 0, 0]))),
    "above the margin": ("outside the safe area", lambda f: f.add(Square(1.0).move_to([0, SAFE_TOP + 0.2, 0]))),
    "outside the frame": ("outside the safe area", lambda f: f.add(label("gone").move_to([0, 9, 0]))),
    "scaled": ("small type", lambda f: f.add(label("scaled").scale(0.7))),
    "scaled, turned, in a group": ("small type", lambda f: f.add(VGroup(VGroup(label("a"))).rotate(1.0).scale(0.7))),
    "scaled numerals": ("small type", lambda f: f.add(Numerals("123").rotate(PI / 2).scale(0.7))),
    "squeezed": ("small type", lambda f: f.add(label("squeezed").stretch(0.6, 1))),
    "the background's colour": ("invisible", lambda f: f.add(label("as its background", theme().BACKGROUND))),
    "covered": ("invisible", behind),
    "nothing drawn": ("invisible", hidden_instrument),
    "colour on colour": ("low contrast", lambda f: on_a_box(f, "#777777", theme().MUTED)),
    "nothing for a second": ("empty stage", lambda f: f.remove(*f.mobjects)),
    "a line through it": ("picture through text", lambda f: f.add(Line(LEFT, RIGHT), words("crossed out"))),
}


@pytest.mark.parametrize(("kind", "plant"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_found_in_its_beat(kind: str, plant: Plant, look: Callable[[Plant], Report]) -> None:
    found = of_layout(look(plant))
    assert kind in {fault.kind for fault in found}
    assert {fault.beat for fault in found} == {"Evidence"}


CLEAN: dict[str, Plant] = {
    "a text": lambda f: f.add(label("a text")),
    "side by side": lambda f: f.add(VGroup(label("a"), Numerals("1.5"), label("b")).arrange(RIGHT, buff=0.15)),
    "line below line": lambda f: f.add(VGroup(label("gypsy"), label("FLIGHT")).arrange(DOWN, buff=0.03)),
    "one of them transparent": lambda f: f.add(label("seen"), label("not seen").set_opacity(0)),
    "turned, side by side": lambda f: f.add(*(label("upright").rotate(PI / 2).shift(0.29 * i * RIGHT) for i in (0, 1))),
    "empty numerals": lambda f: f.add(Numerals(""), label("a text")),
    "on a dark box": lambda f: on_a_box(f, theme().GRID),
    "an instrument on the clock": lambda f: f.sweep(Readout(f.run.epochs, "loss", f.run["train/loss"], size=SMALL)),
}


@pytest.mark.parametrize("plant", CLEAN.values(), ids=CLEAN)
def test_a_clean_film_has_no_faults(plant: Plant, look: Callable[[Plant], Report]) -> None:
    report = look(plant)
    assert not of_layout(report)
    assert [beat.name for beat in report.beats] == ["Title", "Evidence", "Moral", "Data"]
    assert report.looks >= len(report.beats)


def test_a_picture_that_stands_still_is_named_with_its_beat(look: Callable[[Plant], Report]) -> None:
    report = look(lambda film: film.wait(3.5))
    assert report.figures is not None
    shown = next(beat for beat in report.beats if beat.name == "Evidence")
    held = [fault for fault in report.faults if fault.kind == STILL_PICTURE and fault.beat == "Evidence"]
    assert len(held) == 1
    assert "from 0:0" in held[0].what
    assert any(shown.start < still.start + still.seconds / 2 < shown.end for still in report.figures.stills)
    assert abs(report.figures.seconds - report.beats[-1].end) < 0.2


def test_a_check_leaves_no_film_behind(look: Callable[[Plant], Report], type_set: Path) -> None:
    look(lambda film: film.wait(0.5))
    assert not [path for path in type_set.rglob("*") if path.suffix in (".mp4", ".srt", ".png")]


def test_a_question_an_answer_and_a_signature_are_seen(
    type_set: Path, small_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIGHTREEL_STORE", str(small_store))

    class Asking(Film):
        def construct(self) -> None:
            self.ask("Tiny", "How many?", "How many squares are there?", Square(2.0))
            self.beat("Evidence", "A square comes in.")
            self.play(FadeIn(label("one of them").shift(2 * DOWN)))
            self.conclude("There is 1.", details=("It was counted.",))

    report = check(Asking, type_set)
    assert [(beat.asks, beat.is_take_away) for beat in report.beats] == [(True, False), (False, False), (False, True)]
    assert report.beats[-1].small_print == len("It was counted.")
    assert report.signed
    assert not of_layout(report)


def test_a_check_leaves_clocks_where_the_film_left_them(look: Callable[[Plant], Report]) -> None:
    left: list[float] = []

    def run(film: Film) -> None:
        clock = EpochClock(film.run.epochs)
        film.play(clock.sweep(to=4.0))
        left.append(clock.epoch)

    look(run)
    assert left == [4.0]


def test_a_stage_knows_its_texts_however_deep_they_lie() -> None:
    stage = Shown.of([VGroup(VGroup(label("deep")), Numerals("1")), label("gone").set_opacity(0)])
    assert [text.words.said for text in stage.texts] == ["deep", "1"]


def test_the_command_refuses_bad_input(small_store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["look", str(small_store), "--films", "no-such-film"]) == 2
    assert main(["look", "nowhere.h5", "--films", "weights"]) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 2
    assert "no-such-film" in told[0]
    assert "nowhere.h5" in told[1]


@pytest.mark.parametrize(
    "faults", [[], [Fault("tiny", "Shown", "small type", "‘a’", (0, 1, 2, 3))]], ids=["none", "one"]
)
def test_the_command_prints_what_it_finds(
    faults: list[Fault], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = Report(
        "tiny", [Beat("Title", "What is this?", 0, 4)], faults, figures=Figures([0] * 15, [True] * 16, 0.031)
    )
    monkeypatch.setattr(looking, "look_at", lambda films, settings: {films[0]: found})
    assert main(["look", "some.h5", "--films", "tiny"]) == len(faults)
    printed = capsys.readouterr().out
    assert ("small type" in printed) == bool(faults)
    assert "1.0 s" in printed and "100%" in printed and "3.1%" in printed
    assert "1 films, 1 beats" in printed
