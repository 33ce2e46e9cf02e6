"""A talk against the films that there are: their order, their chapters, and when they are rendered again."""

from __future__ import annotations

from pathlib import Path

import pytest

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.settings import Settings
from weightreel.scenes.making.orders import find_films, fingerprint, orders_of
from weightreel.scenes.making.talks import films_of, listed_films, name_of_deck


def settings_of(text: str, folder: Path, store: Path) -> Settings:
    path = folder / "talk.toml"
    path.write_text(text)
    return Settings(talk=str(path), store=str(store))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[film.ess]\npace = 1", "film.ess: there is no film 'ess', did you mean esd?"),
        ('[film.esd]\nleave_out = ["Chanse"]', "film.esd: there is no chapter 'Chanse' in esd, did you mean Chance?"),
        (
            '[film.noise.chapter."From one epoch to next"]\npace = 1',
            "did you mean From one epoch to the next? its chapters are: ",
        ),
        ('language = "xx"', "language: xx is not known; set it to one of: en, "),
        ('language = "mine.po"', "mine.po: there is no such catalogue"),
        ('[words]\n"It lerns" = "a"', "words: nothing says 'It lerns'"),
        ('[names.classes]\nautomobil = "a"', "has no class 'automobil'"),
    ],
)
def test_what_there_is_not_is_refused_before_anything_is_made(
    text: str, told: str, small_store: Path, tmp_path: Path
) -> None:
    settings = settings_of(text, tmp_path, small_store)
    if "language" in text:
        settings = Settings(talk=settings.talk, store=str(small_store), language=language_of(settings))
    with pytest.raises(WeightreelError) as caught:
        orders_of(["esd"], settings, "t", tmp_path / "out")
    assert str(caught.value).startswith(f"{tmp_path / 'talk.toml'}: ")
    assert told in str(caught.value)
    assert not (tmp_path / "out").exists()


def language_of(settings: Settings) -> str:
    from weightreel.analysis.settings import of_talk

    return str(of_talk(settings.talk)["language"])


def test_films_are_those_of_the_talk_in_its_order(small_store: Path, tmp_path: Path) -> None:
    known = find_films()
    settings = settings_of('films = ["noise", "own/x.py", "esd"]', tmp_path, small_store)
    assert films_of(settings, known) == ["noise", str(tmp_path / "own/x.py"), "esd"]
    assert films_of(Settings(), known) == []
    with pytest.raises(WeightreelError, match=r"talk\.toml: films: there is no film 'esdd', did you mean esd\?"):
        films_of(settings_of('films = ["esdd"]', tmp_path, small_store), known)


def test_decks_are_named_after_their_films() -> None:
    assert (listed_films("lecture"), listed_films("esd, noise")) == ([], ["esd", "noise"])
    assert [name_of_deck(deck) for deck in ("lecture", "esd", "esd,own/x.py")] == ["lecture", "esd", "esd+x"]
    with pytest.raises(WeightreelError, match="the deck 'esd,esd' has 'esd' twice"):
        listed_films("esd,esd")
    with pytest.raises(WeightreelError, match="lists no films"):
        listed_films(",")


def test_a_film_is_made_anew_where_the_talk_changed_in_what_concerns_it(small_store: Path, tmp_path: Path) -> None:
    def prints(text: str) -> list[str]:
        settings = settings_of(text, tmp_path, small_store)
        return [fingerprint(order) for order in orders_of(["spectral_norm", "biases"], settings, "t", tmp_path / "out")]

    first = prints('title = "a"\n')
    norms, biases = prints('title = "b"\nfilms = ["esd"]\n[film.spectral_norm]\npace = 0.5\n')
    assert (norms != first[0], biases == first[1]) == (True, True)
    norms, biases = prints('[words]\n"The mean is taken away" = "Gone"\n')
    assert (norms == first[0], biases != first[1]) == (True, True)
