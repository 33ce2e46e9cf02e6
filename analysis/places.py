"""Where the package lies, in a checkout and installed, and what variants of what is drawn are called."""

from __future__ import annotations

import hashlib
import os
from importlib.resources import files
from pathlib import Path

from weightreel.analysis.files import file_name
from weightreel.analysis.settings import Settings

PACKAGE = Path(str(files("weightreel")))
"""The folder `weightreel`, as Python found it. Paths below it stay below it, through links too."""
ROOT = PACKAGE.parent
"""The folder that holds it: a checkout, or that of installed packages."""
SCENES = PACKAGE / "scenes"
NPM = {"echarts": "6.1.0", "reveal.js": "6.0.1", "@expo-google-fonts/noto-serif-devanagari": "0.4.1"}
"""Versions of the packages of npm that pages, decks and scripts need, as package.json has them."""
NODE_MODULES = ROOT / "node_modules"
"""What npm installed for a checkout."""


def npm_package(name: str) -> Path:
    """The folder of a package of npm: where it lies, the checkout's, else the working folder's."""
    there = NODE_MODULES / name
    return here if not there.is_dir() and (here := Path.cwd() / "node_modules" / name).is_dir() else there


def npm_install(name: str) -> str:
    """The command that installs a package of npm into the working folder, for a sentence that says what is missing."""
    return f"npm install {name}@{NPM[name]}"


def variant(settings: Settings) -> str:
    """What is added to the name of a folder or file that is drawn with settings: `.de.light.pace-0.7`, in this order.

    It is empty for what is drawn as by default, and no two languages, themes and paces have the same: folders of films
    are `m` and `m.de.light`, decks `lecture.html` and `lecture.light.html`. What belongs to a talk lies in a folder of
    its own (`weightreel.analysis.store.belongings`).
    """
    plain = Settings()
    parts = [
        _language(settings.language) if settings.language != plain.language else "",
        settings.theme if settings.theme != plain.theme else "",
        f"pace-{settings.pace:g}" if settings.pace != plain.pace else "",
    ]
    return "".join(f".{file_name(part)}" for part in parts if part)


def _language(named: str) -> str:
    """A language's code; a catalogue of one's own by its file, with a digest of its path where it lies elsewhere."""
    if not named.endswith(".po"):
        return named
    path = Path(os.path.realpath(named))
    if path.parent == Path.cwd():
        return f"own-{path.stem}"
    return f"own-{path.stem}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:6]}"
