"""What a veil dims must have been readable before; then it is exempt, and what is lit is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, Line, Square

from weightreel.analysis.palette import theme
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.follow import Veil
from weightreel.scenes.kit.type import Numerals, label, words
from weightreel.scenes.viewing.contrast import pixel_faults
from weightreel.scenes.viewing.dimmed import Known
from weightreel.scenes.viewing.shown import Shown
from weightreel.scenes.viewing.stillness import KINDS
from weightreel.scenes.viewing.watch import Report, check

Plant = Callable[[Film], object]


@pytest.fixture
def look(tmp_path: Path, small_store: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Plant], Report]:
    """Builds a film whose second beat does what is handed in, and says what the check sees in it."""
    monkeypatch.setenv("WEIGHTREEL_STORE", str(small_store))
    monkeypatch.delenv("WEIGHTREEL_RUN", raising=False)

    def build(plant: Plant) -> Report:
        class Dimming(Film):
            def construct(self) -> None:
                self.ask("Tiny", "How many?", "How many are there?", Square(1.0).shift(4 * LEFT))
                self.beat("Evidence", "One thing is followed.")
                plant(self)
                self.wait(1.0)
                self.conclude("It is 1.")

        report = check(Dimming, tmp_path)
        report.faults = [fault for fault in report.faults if fault.kind not in KINDS]
        return report

    return build


def follow_one_of_two(film: Film) -> None:
    """Two words come in; then one is followed, and then neither."""
    one, other = label("one", theme().MUTED).shift(UP), label("other", theme().MUTED)
    film.play(FadeIn(one), FadeIn(other))
    film.follow(one)
    film.wait(1.0)
    film.unfollow()


def test_what_was_readable_may_be_dimmed(look: Callable[[Plant], Report]) -> None:
    assert look(follow_one_of_two).faults == []


def test_what_comes_in_under_the_veil_was_never_readable(look: Callable[[Plant], Report]) -> None:
    def plant(film: Film) -> None:
        film.follow(film.mobjects[0])
        film.play(FadeIn(label("too late").shift(DOWN)))
        film.wait(1.0)
        film.unfollow()

    found = look(plant).faults
    assert {(fault.kind, fault.beat) for fault in found} == {("never readable", "Evidence")}
    assert "too late" in found[0].what


def test_what_comes_in_with_the_veil_was_never_readable(look: Callable[[Plant], Report]) -> None:
    def plant(film: Film) -> None:
        veil = Veil()
        film.play(FadeIn(label("at once").shift(DOWN)), FadeIn(veil))
        film.wait(1.0)
        film.play(FadeOut(veil))

    assert {fault.kind for fault in look(plant).faults} == {"never readable"}


def test_what_is_lit_must_be_readable(look: Callable[[Plant], Report]) -> None:
    def plant(film: Film) -> None:
        box = Square(1.5, fill_color="#777777", fill_opacity=1, stroke_width=0).shift(2 * RIGHT)
        film.follow(box, pale := label("pale", theme().MUTED).move_to(box))
        film.add(box, pale)
        film.wait(1.0)
        film.unfollow()

    assert "low contrast" in {fault.kind for fault in look(plant).faults}


def test_numerals_may_change_while_they_are_dimmed() -> None:
    known, counter = Known(), Numerals("1")
    assert pixel_faults(Shown.of([counter]), known) == []
    counter.show("23")
    assert pixel_faults(Shown.of([counter, Veil()]), known) == []
    assert [found.kind for found in pixel_faults(Shown.of([counter, Veil()]), Known())] == ["never readable"]


def test_a_text_that_says_the_same_was_read() -> None:
    known = Known()
    assert pixel_faults(Shown.of([label("the same")]), known) == []
    assert pixel_faults(Shown.of([label("the same"), Veil()]), known) == []


def test_a_text_that_could_not_be_read_is_no_better_for_being_dimmed() -> None:
    known, crossed = Known(), [words("crossed out"), Line(LEFT, RIGHT)]
    assert "picture through text" in {found.kind for found in pixel_faults(Shown.of(crossed), known)}
    assert [found.kind for found in pixel_faults(Shown.of([*crossed, Veil()]), known)] == ["never readable"]


def test_a_veil_that_has_not_come_in_dims_nothing() -> None:
    stage = Shown.of([label("seen"), Veil().set_opacity(0)])
    assert stage.veiled == set()
