"""Which films there are, how they can be rendered, and what each is made of."""

from __future__ import annotations

import ast
import hashlib
import os
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import behind_links
from weightreel.analysis.findings.words.language import ENGLISH, catalogue, language
from weightreel.analysis.places import ROOT, SCENES
from weightreel.analysis.settings import VARIABLES, Settings, holding, variables
from weightreel.analysis.store.belongings import place_for
from weightreel.analysis.store.merge import one_store, stores_of
from weightreel.analysis.store.reader import Store
from weightreel.scenes.camera.configured import CONFIGURATION
from weightreel.scenes.kit.glyphs import names_as_drawn

LIBRARIES = ("av", "manim", "numpy", "typst")
"""Whose versions can change a picture."""
UNFILMED = {"store": "", "if_possible": False, "voice_folder": "", "slides": False, "jobs": 1}
"""Settings that change nothing in a film: the store counts by its content."""
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""Where statements stand in a statement."""


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
    """A file of `scenes/` with one film in it."""

    name: str
    path: Path
    scene: str
    """Name of the class."""


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
    known = find_films()
    files = [film_named(name, known) for name in films]
    if quality not in QUALITIES:
        raise WeightreelError(f"there is no quality {quality!r}; there are: l, m, h, k.")
    within = folder_of(Path(), settings, quality)  # says what is wrong with the language before anything is written
    several = len(stores_of(settings.store)) > 1
    if not several:
        _select(settings)  # before a folder is made
    place = place_for(out, settings.store)
    one = replace(settings, store=str(one_store(settings.store, out / ".stores", place.name)))
    if several:
        _select(one)
    return [Order(film, one, quality, place / within) for film in files]


def _select(settings: Settings) -> None:
    """Find out whether the store has the runs and layers that are asked for. Raises where it has not."""
    with Store(Path(settings.store)) as store:
        store.select(settings.runs, settings.layers)


def folder_of(place: Path, settings: Settings, quality: str) -> Path:
    """Where films of one quality lie in a store's place: in `QUALITY`, in a language but English in `QUALITY.hi`."""
    with holding(settings):
        ending = "" if language() == ENGLISH else f".{language()}"
    return place / f"{quality}{ending}"


def film_named(name: str, films: Mapping[str, FilmFile] | None = None) -> FilmFile:
    """The film of this name, of `films` or all.

    Raises:
        WeightreelError: there is none.
    """
    known = find_films() if films is None else films
    if name not in known:
        raise WeightreelError(f"there is no film {name!r}; there are: {', '.join(known)}.")
    return known[name]


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


def sources_of(path: Path, root: Path) -> list[Path]:
    """The file and all that it imports of this project, packages' `__init__.py` included, sorted.

    Args:
        path: a Python file below `root`.
        root: the folder that holds the package `weightreel`.
    """
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += _source(current, root, _state(current)).imported
    return sorted(found)


class _Source(NamedTuple):
    """A Python file and what of this project it imports."""

    content: bytes
    imported: list[Path]


@cache
def _source(path: Path, root: Path, _state: tuple[int, ...]) -> _Source:
    """A source as it is now; films share most of theirs, which are read once."""
    content = path.read_bytes()
    sought: set[str] = set()
    imported: list[Path] = []
    for module in _imported_modules(content, path.parent.relative_to(root).parts):
        # `from a.b import c` may name a module a/b/c.py or something inside a/b.py: take what exists.
        while module and module not in sought:
            sought.add(module)
            base = root.joinpath(*module.split("."))
            imported += [file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file()]
            module = module.rpartition(".")[0]
    return _Source(content, imported)


def _imported_modules(source: bytes, package: tuple[str, ...]) -> Iterator[str]:
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("weightreel"))
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *(node.module or "").split(".")]).strip(".")
            if module.startswith("weightreel"):
                yield from (f"{module}.{alias.name}" for alias in node.names)
        for block in _BLOCKS:  # no expression imports anything
            waiting += getattr(node, block, ())


def fingerprint(order: Order) -> str:
    """SHA-256, hexadecimal, of all that the film is made of."""
    digest = hashlib.sha256()

    def add(name: str, content: bytes) -> None:
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)

    for source in sources_of(order.film.path, ROOT):
        add(str(source.relative_to(ROOT)), _source(source, ROOT, _state(source)).content)
    with holding(order.settings):
        sentences = catalogue()
    if sentences:
        add("sentences", sentences.read_bytes())
    add("manim.cfg", configuration().read_bytes())
    state = _state(order.store)
    add("store", _digest(order.store, state))
    add("store's name", order.store.name.encode())
    add("letters", _letters(order.settings, state).encode())
    add("quality", repr(QUALITIES[order.quality]).encode())
    for name, value in sorted(variables(replace(order.settings, **UNFILMED)).items()):
        add(name, value.encode())
    for library in LIBRARIES:
        add(library, _version(library).encode())
    return digest.hexdigest()


def _state(file: Path) -> tuple[int, ...]:
    """What the system changes whenever somebody writes into a file: within one process, its content is read once."""
    now = file.stat()
    return now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns


@lru_cache(maxsize=8)
def _digest(store: Path, _state: tuple[int, ...]) -> bytes:
    with store.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


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
    paths = {"store": settings.store, "fonts": settings.fonts}
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
