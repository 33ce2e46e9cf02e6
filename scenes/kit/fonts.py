"""Fonts for languages that those bundled with Typst cannot write."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.words.language import language
from weightreel.analysis.places import npm_install, npm_package
from weightreel.analysis.settings import current

SERIF = "Libertinus Serif"
MONO = "DejaVu Sans Mono"
"""Both are bundled with Typst, so that a frame is the same on every machine."""


@dataclass(frozen=True)
class Script:
    """How a language that the fonts bundled with Typst cannot write is set.

    Attributes:
        font: the family, as Typst knows it.
        package: of npm, whose .ttf files hold it.
    """

    font: str
    package: str


SCRIPTS = {"hi": Script("Noto Serif Devanagari", "@expo-google-fonts/noto-serif-devanagari")}
"""By language; those that are missing here are written with the bundled fonts."""


def script_of(language: str) -> Script | None:
    """What a language is set with where the bundled fonts lack its script: that of `hi` is that of `hi-IN`."""
    return SCRIPTS.get(language.partition("-")[0])


@dataclass(frozen=True)
class Face:
    """What type is set with beside the bundled fonts.

    Attributes:
        family: of the language's script, None where the bundled fonts write it.
        folders: where Typst looks for it.
    """

    family: str | None = None
    folders: tuple[Path, ...] = ()


@cache
def _face(language: str, fonts: str) -> Face:
    named = (Path(fonts).resolve(),) if fonts else ()
    script = script_of(language)
    if script is None:
        if fonts and not any(Path(fonts).rglob("*.[to]t[fc]")):
            raise WeightreelError(
                f"{fonts} holds no fonts (.ttf, .otf, .ttc); name another folder with --fonts (WEIGHTREEL_FONTS)."
            )
        return Face(None, named)
    for folder in (*named, npm_package(script.package)):
        if any(folder.rglob("*.[to]tf")):
            return Face(script.font, tuple(dict.fromkeys((folder, *named))))
    from matplotlib.font_manager import FontProperties, findfont

    try:
        findfont(FontProperties(family=script.font), fallback_to_default=False)
    except ValueError:
        raise WeightreelError(
            f"the language {language} needs the font {script.font}, which is not installed: install it, run "
            f"`{npm_install(script.package)}` in this folder, or name a folder that holds it with --fonts "
            "(WEIGHTREEL_FONTS)."
        ) from None
    return Face(script.font)


def face() -> Face:
    """The font of the language: from the folder that the settings name, from npm's package, or the system's.

    Raises:
        WeightreelError: there is none, or no such language.
    """
    return _face(language(), current().fonts)
