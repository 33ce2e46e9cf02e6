"""How films tell: they ask over a picture, let one thing be followed, and end on an answer that is signed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from manim import RIGHT, Dot, FadeIn, Square, VGroup

from tests.made.store import synthetic_store
from weightreel.analysis.store.reader import Store
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.follow import LIT, Veil
from weightreel.scenes.kit.storyteller import SIGNED, TO_GUESS, WRITTEN, Storyteller
from weightreel.scenes.kit.type import Letters, words

TITLE_OF_113 = "A network with a name that is longer than any line has room for, trained with noise, and twice over"


def told(tell: Callable[[Film], None]) -> Film:
    """A film that was drawn."""

    class Told(Film):
        def construct(self) -> None:
            tell(self)

    film = Told()
    film.draw()
    return film


@pytest.mark.usefixtures("small")
def test_a_film_opens_on_its_picture_and_leaves_time_to_guess() -> None:
    picture, guess = Square(2.0), words("a frog").shift(3 * RIGHT)
    seen: dict[str, Any] = {}

    def tell(film: Film) -> None:
        play = film.play

        def first(*animations: Any, **options: Any) -> None:
            seen.setdefault("before anything moved", list(film.mobjects))
            play(*animations, **options)

        film.play = first  # type: ignore[method-assign]
        film.ask("Noise", "What is this?", "What is in this picture?", picture, guesses=[guess])
        seen["asked for"] = float(film.time)
        film.conclude("It is nothing at all.")

    film = told(tell)
    assert seen["before anything moved"] == [picture]
    assert seen["asked for"] == pytest.approx(WRITTEN + TO_GUESS, abs=0.2)
    assert film.question is not None
    assert film.question.said == "What is this?"
    assert [beat.name for beat in film.beats] == ["Question", "Answer"]


@pytest.mark.usefixtures("small")
def test_the_question_stays_and_can_give_way_to_another() -> None:
    def tell(film: Film) -> None:
        first = film.ask("Noise", "What is this?", "What is in this picture?", Square(2.0))
        film.clear_stage(*film.standing(None))
        assert film.mobjects == [first]
        film.beat("Second", "Something else is asked.")
        second = film.next_question("And this?", FadeIn(Dot()))
        assert first not in film.mobjects
        assert second in film.mobjects
        assert film.standing() == [second]
        film.conclude("It is nothing at all.")

    told(tell)


@pytest.mark.usefixtures("small")
def test_what_is_followed_lies_above_the_veil_and_the_rest_below_it() -> None:
    def tell(film: Film) -> None:
        followed, other = VGroup(Dot(), Dot()), Dot()
        film.ask("Noise", "What is this?", "What is in this picture?", followed, other)
        veil = film.follow(followed)
        assert isinstance(veil, Veil)
        heights = [mobject.z_index for mobject in (other, veil, followed, *followed.submobjects)]
        assert heights == [0, 1, LIT, LIT, LIT]
        assert film.follow(other) is veil
        film.unfollow()
        assert veil not in film.mobjects
        assert {mobject.z_index for mobject in (other, followed)} == {0}
        film.conclude("It is nothing at all.")

    told(tell)


def signatures_in(film: Film) -> list[str]:
    """What stands at the right end of the floor."""
    floor = film.zones.floor
    lines = [m for m in film.mobjects if isinstance(m, Letters)]
    return [line.said for line in lines if abs(line.get_right()[0] - floor.right) < 1e-6]


@pytest.mark.usefixtures("small")
def test_the_end_is_signed_with_name_networks_data_and_digest(small_store: Path) -> None:
    left: dict[str, Any] = {}

    def tell(film: Film) -> None:
        film.ask("Noise", "What is this?", "What is in this picture?", Square(2.0))
        before = float(film.time)
        film.conclude("It is nothing at all.")
        left["signed"], left["lasted"] = signatures_in(film), float(film.time) - before

    told(tell)
    with Store(small_store) as store:
        digest = store.digest
    (line,) = left["signed"]
    assert line.startswith("Noise · CNN · ")
    assert line.endswith(f"store {digest[:8]}")
    assert left["lasted"] >= SIGNED + 1


@pytest.mark.parametrize("letters", [22, 32, 113])
@pytest.mark.usefixtures("small")
def test_titles_of_any_length_are_signed_on_one_line(
    letters: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = ("cnn", "spectral-cnn", "gaussian-cnn", "pgd-cnn", "wide-cnn")
    titles = {model: f"{i} {TITLE_OF_113}"[:letters] for i, model in enumerate(models)}
    store = synthetic_store(tmp_path / "five.h5", 3, models=models, n_layers=2, titles=titles, drawn=64)
    monkeypatch.setenv("WEIGHTREEL_STORE", str(store))
    for about in (1, 2, 5):
        signed: list[str] = []

        def tell(film: Film, about: int = about, signed: list[str] = signed) -> None:
            film.about = film.runs[:about]
            film.ask("Noise", "What is this?", "What is in this picture?", Square(2.0))
            film.conclude("It is nothing at all.")
            signed += signatures_in(film)
            line = words(film.signature, 0.29)
            assert line.width <= film.zones.floor.width

        told(tell)
        assert len(signed) == 1


def test_a_film_that_flows_into_itself_says_so() -> None:
    from weightreel.scenes.trailer import Trailer

    assert Trailer.loops
    assert not Storyteller.loops
