"""Which films there are, how they can be rendered, and what each is made of."""

from __future__ import annotations

import ast
import hashlib
import os
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.words.language import ENGLISH, catalogue, language
from weightreel.analysis.places import ROOT, SCENES

LIBRARIES = ("av", "manim", "numpy", "typst")
"""Whose versions can change a picture."""
UNFILMED = ("WEIGHTREEL_STORE", "WEIGHTREEL_IF_POSSIBLE", "WEIGHTREEL_VOICE_FOLDER")
"""Variables that change nothing in a film: the store counts by its content."""


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
    """What to render from which store, how, and into which folder."""

    film: FilmFile
    store: Path
    quality: str
    folder: Path


def folder_of(out: Path, store: Path, quality: str) -> Path:
    """Where films of a store lie: `OUT/STORE/QUALITY`, in a language but English `OUT/STORE/QUALITY.hi`."""
    return out / store.stem / (quality if language() == ENGLISH else f"{quality}.{language()}")


def find_films(folder: Path = SCENES) -> dict[str, FilmFile]:
    """Films by name: each file of `folder` that defines a class whose base is called Film or …Film.

    Raises:
        WeightreelError: a file defines several, so that `manim FILE` would ask which.
    """
    films: dict[str, FilmFile] = {}
    for path in sorted(folder.glob("*.py")):
        classes = [node for node in ast.parse(path.read_bytes()).body if isinstance(node, ast.ClassDef)]
        scenes = [c.name for c in classes if any(isinstance(b, ast.Name) and b.id.endswith("Film") for b in c.bases)]
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
        if current in found:
            continue
        found.add(current)
        for module in _imported_modules(current, root):
            # `from a.b import c` may name a module a/b/c.py or something inside a/b.py: take what exists.
            names = module.split(".")
            for end in range(1, len(names) + 1):
                base = root.joinpath(*names[:end])
                waiting += [file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file()]
    return sorted(found)


def _imported_modules(path: Path, root: Path) -> Iterator[str]:
    package = path.parent.relative_to(root).parts
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("weightreel"))
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *(node.module or "").split(".")]).strip(".")
            if module.startswith("weightreel"):
                yield from (f"{module}.{alias.name}" for alias in node.names)


def fingerprint(order: Order, environment: Mapping[str, str] = os.environ) -> str:
    """SHA-256, hexadecimal, of all that the film is made of."""
    digest = hashlib.sha256()

    def add(name: str, content: bytes) -> None:
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)

    for source in sources_of(order.film.path, ROOT):
        add(str(source.relative_to(ROOT)), source.read_bytes())
    if said := catalogue():
        add("sentences", said.read_bytes())
    add("manim.cfg", configuration().read_bytes())
    with order.store.open("rb") as file:
        add("store", hashlib.file_digest(file, "sha256").digest())
    add("store's name", order.store.name.encode())
    add("quality", repr(QUALITIES[order.quality]).encode())
    for key in sorted(film_environment(environment)):
        if key.startswith("WEIGHTREEL_") and key not in UNFILMED and environment[key]:
            add(key, environment[key].encode())
    for library in LIBRARIES:
        add(library, version(library).encode())
    return digest.hexdigest()


def configuration() -> Path:
    """The file that Manim renders films with."""
    return SCENES / "manim.cfg"


def film_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for Manim; films are no slides."""
    return {key: value for key, value in environment.items() if key != "WEIGHTREEL_SLIDES"}


def manim_environment(order: Order, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for Manim in a folder of its own: files that it names are found, and so is `weightreel`."""
    found = film_environment(environment) | {"WEIGHTREEL_STORE": str(order.store.resolve())}
    found.setdefault("WEIGHTREEL_VOICE_FOLDER", str(order.folder.parent.resolve() / ".voice"))
    for name in ("WEIGHTREEL_VOICE_FOLDER", "WEIGHTREEL_FONTS"):
        if found.get(name):
            found[name] = str(Path(found[name]).resolve())
    if found.get("WEIGHTREEL_LANG", "").endswith(".po"):
        found["WEIGHTREEL_LANG"] = str(Path(found["WEIGHTREEL_LANG"]).resolve())
    # Installed packages are found anyway, and must not come before the standard library.
    if ROOT not in {Path(sysconfig.get_path(kind)).resolve() for kind in ("purelib", "platlib")}:
        found["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), found.get("PYTHONPATH"))))
    return found
