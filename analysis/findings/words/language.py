"""The language of films: every sentence that they show or write as a subtitle, from one catalogue a language.

Catalogues are gettext's (`languages/hi.po` beside this file); English stands in the code and is the key.
WEIGHTREEL_LANG names a language, or a catalogue of one's own (`mine.po`). `python -m scripts.catalogues` brings them
up to date.
"""

from __future__ import annotations

import gettext
import io
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.places import NODE_MODULES
from weightreel.scenes.kit.settings import leave, setting

FOLDER = Path(__file__).parent / "languages"
ENGLISH = "en"


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
def face() -> Face:
    """The font of the films' language: from npm's package, from the folder WEIGHTREEL_FONTS, or the system's."""
    script = SCRIPTS.get(language())
    if script is None:
        return Face()
    named = setting("WEIGHTREEL_FONTS", "")
    for folder in (*([Path(named)] if named else []), NODE_MODULES / script.package):
        if any(folder.rglob("*.[to]tf")):
            return Face(script.font, (folder,))
    from matplotlib.font_manager import FontProperties, findfont

    try:
        findfont(FontProperties(family=script.font), fallback_to_default=False)
    except ValueError:
        leave(
            WeightreelError(
                f"WEIGHTREEL_LANG={language()} needs the font {script.font}, which is not installed: install "
                f"it, or name a folder that holds it by WEIGHTREEL_FONTS, such as npm's {script.package}, which "
                "scripts/setup_node.sh takes from there for a checkout."
            )
        )
    return Face(script.font)


def language() -> str:
    """The code of the language of films, `en` where WEIGHTREEL_LANG is unset; a catalogue's own by its header."""
    return _chosen()[0]


def catalogue() -> Path | None:
    """The file of the language's sentences; None for English."""
    return _chosen()[1]


def languages() -> list[str]:
    """Codes of the languages that come with the films."""
    return sorted({ENGLISH, *(path.stem for path in FOLDER.glob("*.po"))})


@cache
def _chosen() -> tuple[str, Path | None]:
    try:
        named = setting("WEIGHTREEL_LANG", ENGLISH)
        if named.endswith(".po"):
            path = Path(named)
            if not path.is_file():
                raise WeightreelError(f"WEIGHTREEL_LANG={named}: there is no such catalogue; write one, or name: "
                                      f"{', '.join(languages())}.")  # fmt: skip
            return _translations(path).info().get("language") or path.stem, path
        setting("WEIGHTREEL_LANG", ENGLISH, tuple(languages()))
        return named, None if named == ENGLISH else FOLDER / f"{named}.po"
    except WeightreelError as error:
        leave(error)


@cache
def _translations(path: Path) -> gettext.NullTranslations:
    """A catalogue, compiled as it is read.

    Raises:
        WeightreelError: it is no catalogue.
    """
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    try:
        with path.open("rb") as file:
            found = read_po(file, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError, ValueError) as error:
        raise WeightreelError(
            f"{path} is no catalogue of gettext ({error}); correct it with an editor such as Poedit."
        ) from error
    if not any(message.id for message in found):
        raise WeightreelError(f"{path} holds no sentences; copy {FOLDER / 'en.po'} and translate it.")
    compiled = io.BytesIO()
    write_mo(compiled, found)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _current() -> gettext.NullTranslations:
    path = catalogue()
    try:
        return _translations(path) if path else gettext.NullTranslations()
    except WeightreelError as error:
        leave(error)


def phrase(message: str, /, **values: object) -> str:
    """A sentence or label in the films' language.

    Args:
        message: in English, with the values' names in braces: `At epoch {epoch} the {title} is sure.` Always written
            out where it is used, so that the catalogue's tool finds it.
        values: what stands in the braces, as `str.format` takes it.
    """
    said = _of_clock(_current().gettext(message))
    return said.format(**values) if values else said


def phrase_n(one: str, many: str, n: int, /, **values: object) -> str:
    """A sentence whose form depends on a number: `{n} layer`, `{n} layers`; `n` is among the values."""
    return _of_clock(_current().ngettext(one, many, n)).format(n=n, **values)


CLOCKS: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "en": {
        "step": (("an epoch", "a step"), ("An epoch", "A step"), ("epoch", "step"), ("Epoch", "Step")),
        "checkpoint": (
            ("an epoch", "a checkpoint"), ("An epoch", "A checkpoint"), ("epoch", "checkpoint"),
            ("Epoch", "Checkpoint"),
        ),
    },
    "hi": {"step": (("एपॉक", "क़दम"),), "checkpoint": (("एपॉक", "चेकपॉइंट"),)},
}  # fmt: skip
"""What stands for an epoch, by language, where the clock of a film counts something else."""
_counted: dict[str, str] = {"clock": "epoch"}


def count_in(clock: str) -> None:
    """From now on say what the clock counts: epoch, step or checkpoint, in every sentence that says `epoch`."""
    _counted["clock"] = clock


def _of_clock(message: str) -> str:
    """A sentence before its values are put in, so that names which hold the word stay as they are."""
    for epoch, other in CLOCKS.get(language(), {}).get(_counted["clock"], ()):
        # Not within a longer word or the name of a value; its plural counts too.
        word = rf"(?<![\w{{]){epoch}(?=s?(?![\w}}]))" if epoch.isascii() else epoch
        message = re.sub(word, other, message)
    return message


def noted(message: str) -> str:
    """Mark words for the catalogue that `phrase` is given later by a variable, such as names of classes."""
    return message
