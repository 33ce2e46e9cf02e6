"""Where the package lies: in a checkout its parts are links to folders beside it, installed they are its own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

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
