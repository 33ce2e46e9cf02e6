"""Films of one's own: a file anywhere with a class derived from Film, found by its path, loaded, and its faults told.

Whoever writes a film wants to know which of their lines is wrong, not through how many of Manim's it was called.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
import traceback
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from weightreel.analysis.errors import NothingToShow, WeightreelError
from weightreel.analysis.places import PACKAGE

if TYPE_CHECKING:
    from weightreel.scenes.kit.film import Film

ENDING = ".py"
FROM_FILM = "weightreel.scenes.kit.film.Film"
"""What a film is derived from."""
OURS = tuple(sorted({PACKAGE.resolve(), *(path.resolve() for path in PACKAGE.iterdir() if path.is_dir())}))
"""Folders of this package, whose parts are links in a checkout."""
LIBRARIES = {"site-packages", "dist-packages"}
"""Folders that installed packages lie in."""


def is_path(name: str) -> bool:
    """Whether a film is named by its file, `own/x.py` or one class in it, `own/x.py:Name`, and not by its name."""
    return "/" in name or os.sep in name or split_class(name)[0].endswith(ENDING)


def split_class(name: str) -> tuple[str, str]:
    """The file's path, and the class behind the colon; empty where none is named."""
    path, colon, scene = name.rpartition(":")
    return (path, scene) if colon and path.endswith(ENDING) and scene.isidentifier() else (name, "")


def is_there(name: str, folder: Path) -> bool:
    """Whether a path names a file of a film that there is, from `folder` where it is relative."""
    return is_path(name) and (folder / Path(split_class(name)[0]).expanduser()).is_file()


def file_of(named: str, folder: Path) -> Path:
    """The file that a path names, from `folder` where it is relative; its ending may be left out.

    Raises:
        WeightreelError: there is no such file.
    """
    path = folder / Path(named).expanduser()
    for found in (path, path.with_name(f"{path.name}{ENDING}") if path.name else path):
        if found.is_file() and found.suffix == ENDING:
            return found
    beside = sorted(other.name for other in path.parent.glob(f"*{ENDING}")) if path.parent.is_dir() else []
    there = f"; in {path.parent} there are: {', '.join(beside)}" if beside else ""
    raise WeightreelError(f"there is no film's file {path}{there or '; name a Python file, such as own/film.py'}.")


def scene_of(path: Path, named: str = "") -> tuple[str, bool]:
    """The class of a film in a file, which is run for it, and whether the file has others.

    Args:
        path: of the file.
        named: the class; needed where the file defines several films.

    Raises:
        WeightreelError: the file cannot be run, defines no film, no such one, or several and none is named.
    """
    films = films_in(loaded(path))
    if named:
        if named not in films:
            raise WeightreelError(f"{path} defines no film {named!r}; {_those(films)}.")
        return named, len(films) > 1
    if not films:
        raise WeightreelError(f"{path} defines no film; write a class in it that is derived from {FROM_FILM}.")
    if len(films) > 1:
        raise WeightreelError(
            f"{path} defines {len(films)} films ({', '.join(films)}); name one, as in {path}:{films[0]}."
        )
    return films[0], False


def films_in(module: ModuleType) -> list[str]:
    """Names of the films that a module defines itself, in its order, without those that others of its are made from."""
    from weightreel.scenes.kit.film import Film

    own = [kind for kind in vars(module).values() if isinstance(kind, type) and kind.__module__ == module.__name__]
    films = [kind for kind in own if issubclass(kind, Film)]
    return [kind.__name__ for kind in films if not any(kind in other.__mro__[1:] for other in films)]


def loaded(path: Path) -> ModuleType:
    """A film's file as a module, which may import others beside it: `import helper`, or `from .helper import …`.

    Raises:
        WeightreelError: it cannot be run; it says which of its lines is wrong.
    """
    whole = path.resolve()
    root, package = home_of(whole)
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        parent = importlib.import_module(package).__name__ if package else _folder_as_package(whole.parent)
        # A dot in its name would make it a package's.
        name = f"{parent}.{whole.stem.replace('.', '_')}"
        spec = spec_from_file_location(name, whole)
        assert spec is not None and spec.loader is not None
        module = module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    except Exception as error:
        raise fault_of(error, path) from error
    return module


def home_of(path: Path) -> tuple[Path, str]:
    """The folder that imports of a film's file are found in, and the package that it is part of; empty for none."""
    folder, names = path.parent, list[str]()
    while (folder / "__init__.py").is_file() and folder.name.isidentifier():
        names.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(names)


def _folder_as_package(folder: Path) -> str:
    """Name of a module that stands for a folder without an `__init__.py`, so that imports may begin with a dot."""
    name = f"films_of_{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
    if name not in sys.modules:
        module = ModuleType(name)
        module.__path__ = [str(folder)]
        sys.modules[name] = module
    return name


def telling(film: type[Film], path: Path) -> type[Film]:
    """The film, which tells what goes wrong in its own file in short instead of by a traceback."""

    class Told(film):  # type: ignore[misc, valid-type]
        def draw(self, preview: bool = False) -> bool | None:
            try:
                done: bool | None = super().draw(preview)
            except NothingToShow:
                raise
            except OSError as error:
                if not _is_theirs(error, path):
                    raise  # the film could not be written
                raise fault_of(error, path) from error
            except Exception as error:
                raise fault_of(error, path) from error
            return done

    Told.__name__, Told.__qualname__, Told.__module__ = film.__name__, film.__qualname__, film.__module__
    Told.__doc__ = film.__doc__
    return Told


def fault_of(error: Exception, path: Path) -> WeightreelError:
    """What a film's author is told of an exception: the line of theirs that led to it, and what it is.

    Args:
        error: with its traceback.
        path: of the film's file; modules beside it are the author's too.
    """
    if isinstance(error, SyntaxError) and error.filename:
        line = f": {error.text.strip()}" if error.text else ""
        return WeightreelError(f"{_shown(Path(error.filename), path)}, line {error.lineno}{line} ({_kind_of(error)}).")
    frames = traceback.extract_tb(error.__traceback__)
    theirs = next((frame for frame in reversed(frames) if _is_beside(frame.filename, path)), None)
    deeper = theirs is not frames[-1]
    if isinstance(error, WeightreelError):
        if theirs is None or not deeper:
            return error
        return WeightreelError(f"{error} ({_shown(Path(theirs.filename), path)}, line {theirs.lineno}: {theirs.line})")
    more = f"; `manim -ql {path}` shows the whole way to it" if deeper else ""
    if theirs is None:
        return WeightreelError(f"{path}: {_kind_of(error)}{more}.")
    place = f"{_shown(Path(theirs.filename), path)}, line {theirs.lineno}: {theirs.line}"
    return WeightreelError(f"{place} ({_kind_of(error)}){more}.")


def _kind_of(error: Exception) -> str:
    """An exception's name and words in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":").removesuffix(".")


def _is_theirs(error: OSError, path: Path) -> bool:
    """Whether an author's line failed at a file of theirs, and not the camera at writing the film."""
    frames = traceback.extract_tb(error.__traceback__)
    last = max((number for number, frame in enumerate(frames) if _is_beside(frame.filename, path)), default=None)
    ours = (*map(str, OURS), f"{os.sep}manim{os.sep}")
    return last is not None and not any(part in frame.filename for frame in frames[last + 1 :] for part in ours)


def _is_beside(file: str, path: Path) -> bool:
    """Whether a file is the author's: it lies where the film does, or below, and is neither a library's nor ours."""
    whole = Path(file).resolve()
    installed = LIBRARIES & set(whole.parts) or any(whole.is_relative_to(folder) for folder in OURS)
    return whole.is_relative_to(path.resolve().parent) and not installed


def _shown(file: Path, path: Path) -> str:
    """A file beside the film's as it was named: from the same folder."""
    whole = file.resolve()
    beside = path.resolve().parent
    return str(path.parent / whole.relative_to(beside)) if whole.is_relative_to(beside) else str(file)


def _those(films: list[str]) -> str:
    return f"there are: {', '.join(films)}" if films else f"write a class in it that is derived from {FROM_FILM}"
