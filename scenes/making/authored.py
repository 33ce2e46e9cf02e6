"""Films of one's own: a file anywhere with a class derived from Film, found by its path, loaded, and its faults told.

Whoever writes a film wants to know which of their lines is wrong, not through how many of Manim's it was called.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
import traceback
from dataclasses import dataclass
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


def films_listed(text: str, folder: Path | None = None) -> list[str]:
    """What a comma list of films names; a comma in the path of a file that is there parts nothing.

    Args:
        text: such as `esd, own/x.py, own/first, second.py`.
        folder: from which relative paths lead; the working folder by default.
    """
    parts, found = text.split(","), list[str]()
    while parts:
        most = next((n for n in range(len(parts), 1, -1) if is_there(",".join(parts[:n]).strip(), folder or Path())), 1)
        if name := ",".join(parts[:most]).strip():
            found.append(name)
        parts = parts[most:]
    return found


def file_of(named: str, folder: Path) -> Path:
    """The file that a path names, from `folder` where it is relative; its ending may be left out.

    Raises:
        WeightreelError: there is no such file.
    """
    path = folder / Path(named).expanduser()
    for found in (path, path.with_name(f"{path.name}{ENDING}") if path.name else path):
        if found.is_file() and found.suffix == ENDING:
            return found
    near = path if path.is_dir() else path.parent
    beside = sorted(other.name for other in near.glob(f"*{ENDING}"))
    there = f"; in {near} there are: {', '.join(beside)}" if beside else ""
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
    if not films:
        raise WeightreelError(f"{path} defines no film; write a class in it that is derived from {FROM_FILM}.")
    if named and named not in films:
        raise WeightreelError(f"{path} defines no film {named!r}; there are: {', '.join(films)}.")
    if len(films) > 1 and not named:
        raise WeightreelError(
            f"{path} defines {len(films)} films ({', '.join(films)}); name one, as in {path}:{films[0]}."
        )
    return named or films[0], len(films) > 1


def films_in(module: ModuleType) -> list[str]:
    """Names of the films that a module defines itself, in its order, without those that others of its are made from."""
    from weightreel.scenes.kit.film import Film

    own = [kind for kind in vars(module).values() if isinstance(kind, type) and kind.__module__ == module.__name__]
    films = [kind for kind in own if issubclass(kind, Film)]
    return [kind.__name__ for kind in films if not any(kind in other.__mro__[1:] for other in films)]


def loaded(path: Path, home: Path | None = None) -> ModuleType:
    """A film's file as a module, which may import others beside it: `import helper`, or `from .helper import …`.

    Args:
        path: of the file.
        home: as of `Authored`.

    Raises:
        WeightreelError: it cannot be run; it says which of its lines is wrong.
    """
    source = Authored.of(path, home)
    root, package = home_of(source.path)
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        parent = importlib.import_module(package).__name__ if package else _folder_as_package(root)
        # A dot in its name would make it a package's.
        name = f"{parent}.{source.path.stem.replace('.', '_')}"
        spec = spec_from_file_location(name, source.path)
        assert spec is not None and spec.loader is not None
        module = module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    except Exception as error:
        raise source.fault_of(error) from error
    return module


def claim(folder: Path, name: str, path: Path) -> None:
    """Say in a folder of films whose file the film of a name is from.

    Raises:
        WeightreelError: it is from another file, which is still there.
    """
    mark = folder / f".{name}.from"
    other = folder / mark.read_text(encoding="utf-8") if mark.is_file() else path
    if other.is_file() and not other.samefile(path):
        raise WeightreelError(
            f"{folder / name}.mp4 is the film of {os.path.normpath(other)}, and {path} would take its place; "
            "rename one of the two, or choose another folder with --out."
        )
    mark.write_text(os.path.relpath(path.resolve(), folder), encoding="utf-8")


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


def telling(film: type[Film], path: Path, home: Path | None = None) -> type[Film]:
    """The film, which tells what goes wrong in its own file in short instead of by a traceback."""
    source = Authored.of(path, home)

    class Told(film):  # type: ignore[misc, valid-type]
        def draw(self, preview: bool = False) -> bool | None:
            try:
                done: bool | None = super().draw(preview)
            except NothingToShow:
                raise
            except OSError as error:
                if not source.made(error):
                    raise  # the film could not be written
                raise source.fault_of(error) from error
            except Exception as error:
                raise source.fault_of(error) from error
            return done

    Told.__name__, Told.__qualname__, Told.__module__ = film.__name__, film.__qualname__, film.__module__
    Told.__doc__ = film.__doc__
    return Told


@dataclass(frozen=True)
class Authored:
    """A film's file, as its author knows it.

    Attributes:
        path: whole. Modules that lie beside it, or below, are the author's too.
        home: the folder that paths are told from; the working folder of whoever gave the command.
    """

    path: Path
    home: Path

    @classmethod
    def of(cls, path: Path, home: Path | None = None) -> Authored:
        """Of a path, which is told from the working folder by default."""
        return cls(path.resolve(), (home or Path()).resolve())

    def fault_of(self, error: Exception) -> WeightreelError:
        """What the author is told of an exception: the line of theirs that led to it, and what it is."""
        if isinstance(error, SyntaxError) and error.filename:
            line = f": {error.text.strip()}" if error.text else ""
            return WeightreelError(f"{self._shown(error.filename)}, line {error.lineno}{line} ({_kind_of(error)}).")
        frames = traceback.extract_tb(error.__traceback__)
        theirs = next((frame for frame in reversed(frames) if self._has(frame.filename)), None)
        deeper = theirs is not frames[-1]
        place = f"{self._shown(theirs.filename)}, line {theirs.lineno}: {theirs.line}" if theirs else ""
        if isinstance(error, WeightreelError):
            return WeightreelError(f"{error} ({place})") if place and deeper else error
        remedy = ""
        file = Path(str(error.filename)) if isinstance(error, OSError) and error.filename else None
        if file is not None and not file.is_absolute():
            beside = f"Path(__file__).with_name({file.name!r})"
            remedy = f"; a film is drawn in a folder of its own, so name the file by {beside}"
        elif deeper:
            remedy = f"; `manim -ql {self._shown(str(self.path))}` shows the whole way to it"
        return WeightreelError(f"{place or self._shown(str(self.path))} ({_kind_of(error)}){remedy}.")

    def made(self, error: OSError) -> bool:
        """Whether a line of the author's failed at a file of theirs, and not the camera at writing the film."""
        frames = traceback.extract_tb(error.__traceback__)
        last = max((number for number, frame in enumerate(frames) if self._has(frame.filename)), default=None)
        ours = (*map(str, OURS), f"{os.sep}manim{os.sep}")
        return last is not None and not any(part in frame.filename for frame in frames[last + 1 :] for part in ours)

    def _has(self, file: str) -> bool:
        """Whether a file is the author's, and neither a library's nor ours."""
        whole = Path(file).resolve()
        installed = LIBRARIES & set(whole.parts) or any(whole.is_relative_to(folder) for folder in OURS)
        return whole.is_relative_to(self.path.parent) and not installed

    def _shown(self, file: str) -> str:
        whole = Path(file).resolve()
        return str(whole.relative_to(self.home) if whole.is_relative_to(self.home) else whole)


def _kind_of(error: Exception) -> str:
    """An exception's name and words in one line."""
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    return " ".join(f"{type(error).__name__}: {said}".split()).removesuffix(":").removesuffix(".")
