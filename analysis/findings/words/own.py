"""A talk's own names and sentences: given to what is drawn, and refused where nothing is called so."""

from __future__ import annotations

import gettext
import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from string import Formatter
from typing import NoReturn

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.blocks import blocks_of, names_in_order, numbered
from weightreel.analysis.findings.words.catalogue import CLOCK_WORDS
from weightreel.analysis.findings.words.language import FOLDER
from weightreel.analysis.findings.words.names import OWN_LAYERS
from weightreel.analysis.recipe.checked import did_you_mean, nearest
from weightreel.analysis.recipe.toml import shown
from weightreel.analysis.settings import current
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.talk.talk import Talk, current_talk

MOST_LISTED = 20
"""Names that a refusal lists."""


class OwnWords(gettext.NullTranslations):
    """A talk's sentences, and where it has none those of the language.

    Args:
        words: sentences by their English ones.
        said: in the language.
    """

    def __init__(self, words: Mapping[str, str], said: gettext.NullTranslations) -> None:
        super().__init__()
        self._words, self._said = words, said

    def gettext(self, message: str) -> str:
        """The sentence for an English one."""
        return self._words[message] if message in self._words else self._said.gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The sentence for an English one of so many: a talk may have both of its forms, or one for all numbers."""
        asked = (msgid1, msgid2) if n == 1 else (msgid2, msgid1)
        own = next((self._words[form] for form in asked if form in self._words), None)
        return self._said.ngettext(msgid1, msgid2, n) if own is None else own


@cache
def sentences() -> frozenset[str]:
    """Every sentence and label that can be said, in English, as the catalogue has them."""
    from babel.messages.pofile import read_po

    with (FOLDER / "en.po").open("rb") as file:
        found = [message.id for message in read_po(file) if message.id]
    return frozenset(form for one in found for form in (one if isinstance(one, tuple | list) else (one,)))


def check_words(talk: Talk, more: Iterable[str] = ()) -> None:
    """Find out whether a talk's words are those of sentences that there are, with values that they have.

    Args:
        talk: the current one.
        more: texts that may be said too, such as those of films of one's own.

    Raises:
        WeightreelError: they are not; the first is named.
    """
    known = sentences() | set(more) if talk.words else frozenset[str]()
    for message, own in talk.words.items():
        if message not in known:
            _refuse(f"words: nothing says {shown(message, 200, quoted=True)}{_meant(message, known)}")
        _check_values(message, own)


def _check_values(message: str, own: str) -> None:
    there = {*_values(message), *CLOCK_WORDS}
    try:
        asked = list(_values(own))
    except ValueError as error:
        _refuse(f"words.{shown(message, quoted=True)}: {error}; braces hold the name of a value")
    if unknown := [value for value in asked if value not in there]:
        has = ", ".join(f"{{{value}}}" for value in _values(message)) or "none"
        _refuse(
            f"words.{shown(message, quoted=True)}: it has no value {{{shown(unknown[0])}}}; those that it has: {has}"
        )


def _values(message: str) -> Iterable[str]:
    """What stands in a sentence's braces, with what says how it is written."""
    for _, name, spec, conversion in Formatter().parse(message):
        if name is not None:
            choice = spec if name not in CLOCK_WORDS else ""  # a translation may choose by the clock
            yield name + (f"!{conversion}" if conversion else "") + (f":{choice}" if choice else "")


def _meant(message: str, known: Iterable[str]) -> str:
    """The sentence that was meant; one that was copied from a film, with its numbers, is told with their names."""
    fitting = [(len(_plain(form)), form) for form in known if "{" in form and _fits(form, message)]
    if fitting:
        return f"; films say it with values of the store: write it as {shown(max(fitting)[1], 300, quoted=True)}"
    near = nearest(message, known)
    return f", did you mean {shown(near, 300, quoted=True)}?" if near else "; name it as films say it in English"


def _fits(form: str, message: str) -> bool:
    """Whether a message is what a sentence says with some values."""
    pieces = [re.escape(text) + (".+" if name is not None else "") for text, name, _, _ in Formatter().parse(form)]
    return bool(_plain(form).strip()) and re.fullmatch("".join(pieces), message) is not None


def _plain(form: str) -> str:
    return "".join(text for text, *_ in Formatter().parse(form))


def in_own_words(store: Store) -> Store:
    """Call a store's classes and networks as the current talk does, in this program alone: the file stays as it is.

    Layers are asked for one by one, by `own_layer`.

    Raises:
        WeightreelError: the talk names a class, a layer or a network that the store has not; as `read_talk`.
    """
    if not current().talk or not (talk := current_talk()).renames:
        return store
    runs = list(store.runs.values())
    own = talk.names
    _check("classes", own.classes, store.classes)
    _check("networks", own.networks, list(dict.fromkeys(key for run in runs for key in _called(run))))
    layers = _layers(runs)
    _check("layers", own.layers, layers)
    OWN_LAYERS[current().talk] = {
        path: own.layers[key] for key, paths in layers.items() for path in paths if key in own.layers
    }
    for run in runs if own.layers else ():
        _refuse_twins("layers", list(names_in_order(blocks_of(run)).values()))
    store.classes = [own.classes.get(name, name) for name in store.classes]
    _refuse_twins("classes", store.classes)
    titles = {title: _own_title(title, [run for run in runs if run.title == title], own.networks) for title in
              dict.fromkeys(run.title for run in runs)}  # fmt: skip
    if len(set(titles.values())) < len(titles):
        _refuse_twins("networks", list(titles.values()))
    for run in runs:
        run.title = own.networks.get(run.name) or titles[run.title]
    return store


def _called(run: Run) -> tuple[str, str, str]:
    """What a talk may know a run's network by."""
    return run.title, run.name, run.model


def _own_title(title: str, runs: list[Run], own: Mapping[str, str]) -> str:
    """What a talk calls a network of these runs: one that is named by one of its runs is called so in all."""
    keys = [title, *(run.model for run in runs), *(run.name for run in runs)]
    return next((own[key] for key in keys if key in own), title)


def _layers(runs: Iterable[Run]) -> dict[str, set[str]]:
    """Module paths of layers, by their names in films and in stores, which come last as they say more."""
    in_films: dict[str, set[str]] = {}
    for run in runs:
        for path, (kind, n) in numbered(blocks_of(run)).items():
            in_films.setdefault(f"{kind} {n}", set()).add(path)
    return in_films | {path: {path} for run in runs for path in run.network}


def _check(what: str, own: Mapping[str, str], known: Collection[str]) -> None:
    for name in own:
        if name not in known:
            listed = ", ".join([*known][:MOST_LISTED])
            more = f" and {len(known) - MOST_LISTED} more" if len(known) > MOST_LISTED else ""
            near = did_you_mean(name, known)
            _refuse(
                f"names.{what}: {current().store} has no {SINGULAR[what]} {shown(name, quoted=True)}{near} "
                f"there are: {listed}{more}"
            )


SINGULAR = {"classes": "class", "layers": "layer", "networks": "network"}


def _refuse_twins(what: str, names: list[str]) -> None:
    if twins := [name for i, name in enumerate(names) if name in names[:i]]:
        _refuse(f"names.{what}: two would be called {shown(twins[0], quoted=True)}, and could not be told apart")


def _refuse(what: str) -> NoReturn:
    ending = " " if what.endswith("?") else "; "
    raise WeightreelError(f"{current().talk}: {what}{ending}correct it there.")
