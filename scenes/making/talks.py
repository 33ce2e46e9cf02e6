"""A talk against what there is: its films, their chapters, its language, its sentences, and the store's names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import file_name
from weightreel.analysis.findings.words.language import counting, phrase
from weightreel.analysis.findings.words.lecture import NAME
from weightreel.analysis.findings.words.own_words import check_words, in_own_words
from weightreel.analysis.recipe.checked import did_you_mean
from weightreel.analysis.settings import VARIABLES, Settings, holding, of_talk
from weightreel.analysis.store.reader import Store
from weightreel.analysis.talk.talk import film_key, read_talk
from weightreel.scenes.making.authored import is_path
from weightreel.scenes.making.sources import chapters_in, texts_in

if TYPE_CHECKING:
    from weightreel.scenes.making.orders import FilmFile


def films_of(settings: Settings, known: Collection[str]) -> list[str]:
    """The films that the talk lists, in its order, by name, or by path where they are somebody's own; none without one.

    Args:
        settings: that name the talk.
        known: names of the project's films.

    Raises:
        WeightreelError: there is no film of a name; as `read_talk`.
    """
    if not settings.talk:
        return []
    path = Path(settings.talk)
    films = read_talk(path).films
    for name in films:
        if not is_path(name) and name not in known:
            _refuse(path, f"films: there is no film {name!r}{did_you_mean(name, known)} there are: {', '.join(known)}")
    return [str(path.parent / name) if is_path(name) else name for name in films]


def listed_films(deck: str) -> list[str]:
    """The films that a deck's name lists; none where it is the lecture.

    Raises:
        WeightreelError: it lists nothing, or a film twice.
    """
    from weightreel.scenes.making.authored import films_listed

    films = films_listed(deck)
    if twice := [name for i, name in enumerate(films) if name in films[:i]]:
        raise WeightreelError(f"the deck {deck!r} has {twice[0]!r} twice; name each film once.")
    if not films:
        raise WeightreelError(f"the deck {deck!r} lists no films; name {NAME}, or films as in esd,noise.")
    return [] if films == [NAME] else films


def name_of_deck(deck: str, films: Sequence[str]) -> str:
    """What a deck's files are called: after its films, by their names, where it is no lecture."""
    return file_name("+".join(films)) if deck != NAME else NAME


def check_talk(
    settings: Settings,
    films: Sequence[FilmFile],
    known: Mapping[str, FilmFile],
    sources: Callable[[FilmFile], list[Path]],
) -> None:
    """Find out whether there is all that the talk names, before hours are spent; without a talk nothing is asked.

    Args:
        settings: that name the talk, and one store.
        films: that are drawn.
        known: the project's, by name.
        sources: a film's file, and all that it imports of this project.

    Raises:
        WeightreelError: there is not; the sentence names the file, the key and the likeliest.
    """
    if not settings.talk:
        return
    path = Path(settings.talk)
    talk = read_talk(path)
    there = {**known, **{film_key(str(film.path)): film for film in films if film.own}}
    own = {film_key(name) for name in talk.films if is_path(name)}
    with Store(settings.store) as store, holding(settings), counting(_clock_of(store)):
        for name, told in talk.film.items():
            if (key := film_key(name)) not in there and key not in own:
                what = (
                    f"film.{name}: there is no film {name!r}{did_you_mean(name, there)} there are: {', '.join(there)}"
                )
                _refuse(path, what)
            if key in there:
                _check_chapters(path, key, (*told.leave_out, *told.chapter), chapters_in(sources(there[key])))
        check_words(talk, texts_in(path for film in films if film.own for path in sources(film)))
        in_own_words(store)


def _clock_of(store: Store) -> str:
    return next((run.clock for run in store.runs.values()), "epoch")


@contextmanager
def naming_talk(settings: Settings) -> Iterator[None]:
    """Say of a language that is refused in this block that the talk names it, where it does."""
    try:
        yield
    except WeightreelError as error:
        variable = f"{VARIABLES['language']}="
        if not str(error).startswith(variable) or of_talk(settings.talk).get("language") != settings.language:
            raise
        raise WeightreelError(f"{settings.talk}: language: {str(error).removeprefix(variable)}") from error


def _check_chapters(path: Path, film: str, named: Iterable[str], there: Sequence[str] | None) -> None:
    if there is None:
        return  # names are made while the film is told, which says what it lacks
    shown = [phrase(name) for name in there]  # some say what the clock counts
    for name in named:
        if name not in (*shown, *there):
            near = did_you_mean(name, (*shown, *there))
            what = f"there is no chapter {name!r} in {film}{near} its chapters are: {', '.join(shown)}"
            _refuse(path, f"film.{film}: {what}")


def _refuse(path: Path, what: str) -> NoReturn:
    raise WeightreelError(f"{path}: {what}; correct it there.")
