"""The language of what is said: which one, and the sentences of its catalogue.

A sentence is written once, in English, where it is used, as the argument of `phrase`; `scripts/catalogues.sh` gathers
them into `languages/*.po`. The language is that of the settings that are held.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Self

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import behind_links
from weightreel.analysis.findings.words.catalogue import CHOICE, CLOCK_WORDS, Words, read_words
from weightreel.analysis.settings import current, holding

FOLDER = Path(__file__).parent / "languages"
ENGLISH = "en"


def language() -> str:
    """The code of the language as pages name it, such as `de` or `de-AT`; `en` where the settings name none.

    Of a catalogue of one's own it is that of its header, and English where that names none.

    Raises:
        WeightreelError: there is no such language, or its file is no catalogue.
    """
    named = current().language
    if not named.endswith(".po"):
        return _known(named)
    return _own(named).code or ENGLISH


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say all sentences in a language until the block ends.

    Args:
        language: a code such as `hi`, or the path of a catalogue.
    """
    with holding(replace(current(), language=language)):
        yield


def catalogue() -> Path | None:
    """The file of the language's sentences; None for English. Raises as `language`."""
    named = current().language
    if named.endswith(".po"):
        return _file_of(named)
    return None if _known(named) == ENGLISH else FOLDER / f"{named}.po"


@cache
def languages() -> tuple[str, ...]:
    """Codes of the languages that come with the package."""
    return tuple(sorted({ENGLISH, *(path.stem for path in FOLDER.glob("*.po"))}))


def _known(code: str) -> str:
    if code != ENGLISH and code not in languages():
        raise WeightreelError(f"WEIGHTREEL_LANG={code} is not known; set it to one of: {', '.join(languages())}.")
    return code


def _file_of(named: str) -> Path:
    path = behind_links(Path(named))
    if not path.is_file():
        raise WeightreelError(
            f"WEIGHTREEL_LANG={named}: there is no such catalogue; write one, or name: {', '.join(languages())}."
        )
    return path


@cache
def _of_the_package(code: str) -> gettext.NullTranslations:
    return gettext.NullTranslations() if code == ENGLISH else read_words(FOLDER / f"{code}.po")


def _current() -> gettext.NullTranslations:
    """What is said now: the language's sentences, and on top of them those of a talk."""
    return _with_own_words(_spoken()) if current().talk else _spoken()


def _with_own_words(said: gettext.NullTranslations) -> gettext.NullTranslations:
    # Most of what speaks has no talk, and is not to load what reads one.
    from weightreel.analysis.findings.words.own import OwnWords
    from weightreel.analysis.talk.talk import current_talk

    return OwnWords(words, said) if (words := current_talk().words) else said


def _spoken() -> gettext.NullTranslations:
    """What is said now: what a catalogue of one's own lacks is the package's sentence in its language, else English."""
    named = current().language
    return _own(named) if named.endswith(".po") else _of_the_package(_known(named))


def _own(named: str) -> Words:
    """A catalogue of one's own; readouts ask for it sixty times a second, so that one look at the file must do."""
    try:
        found = os.stat(named)  # noqa: PTH116 - a path made first would cost more than the look
    except (OSError, ValueError):
        found = _file_of(named).stat()
    return _own_as_of(named, found.st_ino, found.st_mtime_ns)


@cache
def _own_as_of(named: str, inode: int, changed: int) -> Words:
    own = read_words(_file_of(named))
    spoken = (own.code.replace("-", "_"), own.code.partition("-")[0])
    own.add_fallback(_of_the_package(next((code for code in spoken if code in languages()), ENGLISH)))
    return own


def translated(name: str) -> str:
    """A name that somebody gave, in the language where its catalogue knows it; braces in it are not read."""
    return _current().gettext(name) if name else ""


def phrase(message: str, /, **values: object) -> str:
    """A sentence or label in the language.

    Args:
        message: in English, with the values' names in braces: `At {clock} {epoch} the {title} is sure.` Always written
            out where it is used, so that the catalogue's tool finds it. It may name what the clock counts as `nouns`
            has it, `{clock}`, `{clocks}`, `{a_clock}` and these with a capital: no sentence says epoch of what is a
            step, and names with the word in them stay. A translation may choose by the clock, as `Noun` says.
        values: what stands in the braces, as `str.format` takes it; `clock` is what it counts, as stores name it, by
            default what `counting` says.
    """
    return _filled(_current().gettext(message), values)


def phrase_n(one: str, many: str, n: int, /, **values: object) -> str:
    """A sentence whose form depends on a number: `{n} layer`, `{n} layers`; `n` is among the values."""
    return _filled(_current().ngettext(one, many, n), {"n": n, **values})


def _filled(said: str, values: dict[str, object]) -> str:
    if "{" not in said:
        return said
    if "clock" in said.lower():
        clock = values.get("clock")
        values = values | nouns(str(clock) if clock else None)
    return said.format(**values)


def noted(message: str) -> str:
    """Mark words for the catalogue that `phrase` is given later by a variable, such as names of classes."""
    return message


NOUNS: Mapping[str, tuple[str, str, str]] = {
    "epoch": (noted("epoch"), noted("epochs"), noted("an epoch")),
    "step": (noted("step"), noted("steps"), noted("a step")),
    "checkpoint": (noted("checkpoint"), noted("checkpoints"), noted("a checkpoint")),
    "record": (noted("record"), noted("records"), noted("a record")),
}
"""What a clock counts, by its name in stores: one, many, and one with its article. Records where clocks differ."""
_counted: ContextVar[str] = ContextVar("weightreel_clock", default="epoch")


def count_in(clock: str) -> None:
    """Say from now on, within this context, what the clock counts: epoch, step, checkpoint or record."""
    _counted.set(clock)


@contextmanager
def counting(clock: str) -> Iterator[None]:
    """Say what the clock counts until the block ends."""
    before = _counted.set(clock)
    try:
        yield
    finally:
        _counted.reset(before)


class Noun(str):
    """A word for what a clock counts, which a translation may replace by its choice, with article, ending or case.

    `format(noun, "jeder|jedem|jedem|jeder")` is the choice of the clock, in the order of `NOUNS`; `format(noun)` the
    word itself.

    Args:
        word: as the sentence says it without choices.
        clock: what is counted, a key of `NOUNS`.
        capital: whether it begins a sentence.
    """

    def __new__(cls, word: str, clock: str, capital: bool) -> Self:
        noun = super().__new__(cls, _capital(word) if capital else word)
        noun._place, noun._begins = list(NOUNS).index(clock), capital
        return noun

    _place: int
    _begins: bool

    def __format__(self, spec: str) -> str:
        if CHOICE not in spec:
            return super().__format__(spec)
        chosen = spec.split(CHOICE)[self._place]
        return _capital(chosen) if self._begins else chosen


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def nouns(clock: str | None = None) -> dict[str, Noun]:
    """The words for what a clock counts, as sentences name them: clock, clocks, a_clock, Clock, Clocks, A_clock.

    Of a clock that no version knows it is records.
    """
    counted = clock or _counted.get()
    known = counted if counted in NOUNS else "record"
    words = [translated(word) for word in NOUNS[known]]
    return {name: Noun(words[i % 3], known, i >= 3) for i, name in enumerate(CLOCK_WORDS)}
