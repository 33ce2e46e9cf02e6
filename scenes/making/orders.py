"""Which films there are, how they can be rendered, and what each is made of."""

from __future__ import annotations

import ast
import hashlib
import os
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import behind_links, file_name
from weightreel.analysis.findings.words.language import catalogue, language
from weightreel.analysis.findings.words.lecture import NAME as LECTURE_NAME
from weightreel.analysis.findings.words.lecture import TITLES
from weightreel.analysis.palette import theme
from weightreel.analysis.places import ROOT, SCENES, variant
from weightreel.analysis.settings import VARIABLES, Settings, holding, variables
from weightreel.analysis.store.belongings import place_for
from weightreel.analysis.store.merge import one_store, stores_of
from weightreel.analysis.store.reader import Store
from weightreel.analysis.talk.talk import current_talk, film_key
from weightreel.scenes.camera.configured import CONFIGURATION
from weightreel.scenes.kit.glyphs import names_as_drawn
from weightreel.scenes.making import authored
from weightreel.scenes.making.sources import content_of, sources_of, state_of, texts_in
from weightreel.scenes.making.talks import check_talk, naming_talk

LIBRARIES = ("av", "manim", "numpy", "typst")
"""Whose versions can change a picture."""
UNFILMED = {"store": "", "if_possible": False, "voice_folder": "", "slides": False, "talk": "", "jobs": 1}
"""Settings that change nothing in a film: the store counts by its content, and the talk by what concerns the film."""


class Quality(NamedTuple):
    """Size in pixels and frames a second."""

    width: int
    height: int
    fps: int


QUALITIES: Mapping[str, Quality] = {
    "t": Quality(426, 240, 5),  # for the tests: every frame of every film in little time
    "l": Quality(854, 480, 15),
    "m": Quality(1280, 720, 30),
    "h": Quality(1920, 1080, 60),
    "k": Quality(3840, 2160, 60),
}


@dataclass(frozen=True)
class FilmFile:
    """A film of `scenes/`, which is the only one in its file, or somebody's own.

    Attributes:
        name: of the film, and of its files.
        path: of its source.
        scene: name of the class.
        own: whether it is somebody's own, from a file that is no part of this package.
        shows_title: whether the talk's title is in it.
    """

    name: str
    path: Path
    scene: str
    own: bool = False
    shows_title: bool = False


@dataclass(frozen=True)
class Order:
    """What to render with which settings, how, and into which folder."""

    film: FilmFile
    settings: Settings
    quality: str
    folder: Path

    @property
    def store(self) -> Path:
        """The store, which is one file."""
        return Path(self.settings.store)


def orders_of(films: Sequence[str], settings: Settings, quality: str, out: Path) -> list[Order]:
    """Orders for films by name, into `folder_of` of the stores' `place_for`; several are merged below `out`.

    Raises:
        WeightreelError: there is no such film, quality, store, run, layer or language.
    """
    files = films_named(films)
    if quality not in QUALITIES:
        raise WeightreelError(f"there is no quality {quality!r}; there are: l, m, h, k.")
    with naming_talk(settings):
        within = folder_of(Path(), settings, quality)  # says what is wrong with the language before anything is written

    def select(asked: Settings) -> None:
        _select(asked)
        check_talk(asked, files, find_films(), made_from)

    several = len(stores_of(settings.store)) > 1
    if not several:
        select(settings)  # before a folder is made
    place = place_for(out, settings.store, settings.talk)
    one = replace(settings, store=str(one_store(settings.store, out / ".stores", place.name)))
    if several:
        select(one)
    return [Order(film, one, quality, place / within) for film in files]


def _select(settings: Settings) -> None:
    """Find out whether the store has the runs and layers that are asked for. Raises where it has not."""
    with Store(Path(settings.store)) as store:
        store.select(settings.runs, settings.layers)


def folder_of(place: Path, settings: Settings, quality: str) -> Path:
    """Where films of one quality lie in a store's place: in `QUALITY`, with other settings in `QUALITY.de.light`.

    Raises:
        WeightreelError: there is no such language or theme.
    """
    with holding(settings):
        theme()
        language()
    return place / f"{quality}{variant(settings)}"


def films_named(names: Sequence[str], folder: Path | None = None) -> list[FilmFile]:
    """The films of these names and paths, each as `film_named` finds it, and none twice.

    Raises:
        WeightreelError: as `film_named`, or files of one's own would have the same name.
    """
    known = find_films()
    found: dict[str, FilmFile] = {}
    for name in names:
        film = film_named(name, known, folder)
        other = found.setdefault(film.name, film)
        if other.path.resolve() != film.path.resolve():
            raise WeightreelError(
                f"{other.path} and {film.path} would be one film, {film.name}.mp4; rename one, or make one after the "
                "other, each with an --out of its own."
            )
    return list(found.values())


def film_named(name: str, films: Mapping[str, FilmFile] | None = None, folder: Path | None = None) -> FilmFile:
    """The film of this name, or one of one's own by its file: `own/x.py`, `own/x.py:Name` where it has several.

    One's own film is called as its file, and where the package has a film of that name as its folder and file:
    `own/esd.py` is `own-esd`.

    Args:
        name: of a film, or a path.
        films: the package's; all by default.
        folder: from which relative paths lead; the working folder by default.

    Raises:
        WeightreelError: there is no such film; or its file cannot be run or has none or several in it.
    """
    known = find_films() if films is None else films
    if name in known:
        return known[name]
    if not authored.is_path(name):
        raise WeightreelError(
            f"there is no film {name!r}; there are: {', '.join(known)}. One of your own is named by its file, as in "
            "own/film.py."
        )
    named, wanted = authored.split_class(name)
    path = authored.file_of(named, folder or Path())
    for film in known.values():
        if film.path.resolve() == path.resolve():
            return film
    scene, several = authored.scene_of(path, wanted)
    called = file_name(f"{path.stem}-{scene}" if several else path.stem)
    if called.casefold() in {taken.casefold() for taken in (*known, *TITLES, LECTURE_NAME)}:
        called = file_name(f"{path.resolve().parent.name}-{called}")
    return FilmFile(called, path, scene, own=True)


def find_films(folder: Path = SCENES) -> dict[str, FilmFile]:
    """Films by name: each file of `folder` that defines a class whose base is called Film.

    Raises:
        WeightreelError: a file defines several, so that `manim FILE` would ask which.
    """
    films: dict[str, FilmFile] = {}
    for path in sorted(folder.glob("*.py")):
        classes = [node for node in ast.parse(path.read_bytes()).body if isinstance(node, ast.ClassDef)]
        scenes = [c.name for c in classes if any(isinstance(b, ast.Name) and b.id == "Film" for b in c.bases)]
        if len(scenes) > 1:
            raise WeightreelError(f"{path} defines {len(scenes)} films ({', '.join(scenes)}); give each its own file.")
        if scenes:
            films[path.stem] = FilmFile(path.stem, path, scenes[0])
    return films


def made_from(film: FilmFile) -> list[Path]:
    """A film's file, and all that it imports of this project or from beside it."""
    return sources_of(film.path.resolve() if film.own else film.path, ROOT, _home_of(film))


def _home_of(film: FilmFile) -> Path | None:
    return authored.home_of(film.path.resolve())[0] if film.own else None


def fingerprint(order: Order) -> str:
    """SHA-256, hexadecimal, of all that the film is made of."""
    digest = hashlib.sha256()

    def add(name: str, content: bytes) -> None:
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)

    film = order.film
    beside = _home_of(film)
    for source in made_from(film):
        home = beside if beside is not None and source.is_relative_to(beside) else ROOT
        add(str(source.relative_to(home)), content_of(source))
    if film.own:
        add("class", film.scene.encode())
    with holding(order.settings):
        sentences = catalogue()
    if sentences:
        add("sentences", sentences.read_bytes())
    add("manim.cfg", configuration().read_bytes())
    state = state_of(order.store)
    add("store", _digest(order.store, state))
    add("store's name", order.store.name.encode())
    add("letters", _letters(order.settings, state).encode())
    add("quality", repr(QUALITIES[order.quality]).encode())
    if order.settings.talk:
        add("talk", _talk(order).encode())
    for name, value in sorted(variables(replace(order.settings, **UNFILMED)).items()):
        add(name, value.encode())
    for library in LIBRARIES:
        add(library, _version(library).encode())
    return digest.hexdigest()


@lru_cache(maxsize=8)
def _digest(store: Path, _state: tuple[int, ...]) -> bytes:
    with store.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _talk(order: Order) -> str:
    """What of the talk concerns the film."""
    with holding(order.settings):
        talk = current_talk()
    texts = texts_in(made_from(order.film)) if talk.words else ()
    return talk.concerning(film_key(str(order.film.path)), texts, titled=order.film.shows_title)


@lru_cache(maxsize=8)
def _letters(settings: Settings, _state: tuple[int, ...]) -> str:
    """How the fonts at hand draw a store's names; a font that was installed meanwhile draws them anew."""
    try:
        with holding(settings):
            return names_as_drawn(Path(settings.store))
    except (OSError, WeightreelError):
        return ""  # the film says what is wrong


@cache
def _version(library: str) -> str:
    return version(library)


def configuration() -> Path:
    """The file that Manim renders films with."""
    return SCENES / CONFIGURATION.name


def found_from_anywhere(order: Order) -> Settings:
    """The order's settings with whole paths, so that a film that is drawn in another folder finds what they name."""
    settings = order.settings
    paths = {"store": settings.store, "fonts": settings.fonts, "talk": settings.talk}
    paths["voice_folder"] = settings.voice_folder or str(order.folder.parent / ".voice")
    if settings.language.endswith(".po"):
        paths["language"] = settings.language
    return replace(settings, **{name: str(behind_links(Path(path))) for name, path in paths.items() if path})


def manim_environment(order: Order, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a child process of Manim in a folder of its own: it has the order's settings and no others.

    The package `weightreel` is found from there, too.

    Args:
        environment: what else it inherits; by default this process's.
    """
    inherited = os.environ if environment is None else environment
    found = {key: value for key, value in inherited.items() if key not in VARIABLES.values()}
    found |= variables(found_from_anywhere(order))
    # Installed packages are found anyway, and must not come before the standard library.
    if ROOT not in {Path(sysconfig.get_path(kind)).resolve() for kind in ("purelib", "platlib")}:
        found["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), found.get("PYTHONPATH"))))
    return found
