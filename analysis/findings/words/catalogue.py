"""Catalogues of gettext: complete ones and partial ones, read and checked before a sentence of theirs is said."""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from string import Formatter

from weightreel.analysis.errors import WeightreelError

CLOCK_WORDS = ("clock", "clocks", "a_clock", "Clock", "Clocks", "A_clock")
"""Names under which a sentence says what the clock counts."""
CHOICE = "|"
"""Between what a translation says with each clock, in the order of `NOUNS`: `{clock:jeder|jedem|jedem|jeder}`."""
CHOICES = 4
_COMPLETE = re.compile(r"^# *Weightreel: *(complete|partial) *$", re.MULTILINE)
"""The line of the comment at the top that says whether every sentence is translated: pybabel keeps that comment, and
drops fields of the header that it does not know."""

_LANGUAGE = re.compile(r'"Language: *([^"\\]*)')
"""The header's; a catalogue in which somebody wrote there what is no code is read all the same."""
"""Of the header; what stands there is no code where somebody wrote a word, and the catalogue is read all the same."""


class Words(gettext.NullTranslations):
    """What a catalogue says; what it does not, its fallback says.

    Args:
        code: of the language, as BCP 47 has it; empty where the header names none.
        singles: translations by sentence.
        plurals: forms by the sentence of one, each at least one.
        rule: which form a number takes; of a number that would take one beyond the last, it is the last.
    """

    def __init__(
        self,
        code: str,
        singles: Mapping[str, str],
        plurals: Mapping[str, tuple[str, ...]],
        rule: Callable[[int], int],
    ) -> None:
        super().__init__()
        self.code = code
        self._singles, self._plurals, self._rule = singles, plurals, rule

    def gettext(self, message: str) -> str:
        """The sentence in the language."""
        return self._singles.get(message) or super().gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The sentence in the form that a number takes."""
        forms = self._plurals.get(msgid1)
        return forms[min(self._rule(n), len(forms) - 1)] if forms else super().ngettext(msgid1, msgid2, n)


def is_complete(path: Path) -> bool:
    """Whether a catalogue says of itself that it translates every sentence; one that says nothing is partial."""
    found = _COMPLETE.search(path.read_text(encoding="utf-8").partition("\nmsgid")[0])
    return found is not None and found[1] == "complete"


def read_words(path: Path) -> Words:
    """A catalogue, without what is not translated yet or marked as a guess.

    Raises:
        WeightreelError: it is no catalogue, or a translation of it could not be filled in.
    """
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import PoFileError, PoFileParser

    class Lenient(Catalog):
        """Takes as many plural forms as are written, whatever the header says of them."""

        num_plurals = 6  # the most that a language has

    found = Lenient()
    try:
        text = path.read_text(encoding="utf-8-sig").replace("charset=CHARSET", "charset=utf-8")
        text = _LANGUAGE.sub(lambda named: named[0] if _code(named[1]) else '"Language: ', text, count=1)
        PoFileParser(found, abort_invalid=True).parse(text.splitlines())
    except UnicodeDecodeError as error:
        raise WeightreelError(f"{path} is no catalogue of gettext ({error.reason}); save it as UTF-8.") from error
    except PoFileError as error:
        message = str(error).removesuffix(f" on {error.lineno}")
        raise WeightreelError(
            f"{path} is no catalogue of gettext (line {error.lineno + 1}: {message}); correct it with an editor such "
            "as Poedit."
        ) from error
    except (ValueError, LookupError) as error:
        raise WeightreelError(
            f"{path} is no catalogue of gettext ({error}); correct it with an editor such as Poedit."
        ) from error
    messages = [message for message in found if message.id]
    if not messages:
        raise WeightreelError(f"{path} holds no sentences; docs/words.md has one of four lines.")
    singles: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for each in messages:
        ids, forms = _texts(each.id), _written(each.string)
        if not forms or each.fuzzy:
            continue
        for form in forms:
            if fault := fault_of(ids, form):
                raise WeightreelError(f"{path}, line {each.lineno}: the translation of “{ids[0]}” {fault}.")
        if len(ids) > 1:
            plurals[ids[0]] = forms
        else:
            singles[ids[0]] = forms[0]
    return Words(_code(found.locale_identifier), singles, plurals, _rule(path, found.plural_expr))


def _written(string: object) -> tuple[str, ...]:
    """The forms of a translation up to the first that is missing."""
    forms = _texts(string)
    return forms[: forms.index("")] if "" in forms else forms


def _texts(found: object) -> tuple[str, ...]:
    """The sentences of an entry: one, or one a number."""
    return tuple(map(str, found)) if isinstance(found, tuple | list) else (str(found or ""),)


def _rule(path: Path, expression: str) -> Callable[[int], int]:
    try:
        return gettext.c2py(expression)
    except ValueError as error:
        raise WeightreelError(
            f"{path}: its header's Plural-Forms cannot be read ({error}); leave the line out, and they are the "
            "language's."
        ) from error


def _code(named: str | None) -> str:
    """A language's code as pages name it, `de-AT` of `de_AT`; empty where there is none, or it is no code."""
    found = re.match(r"([A-Za-z]{2,3})(?![A-Za-z])(?:[_-]([A-Za-z]{4}|[A-Za-z]{2}|\d{3})\b)?", named or "")
    return "-".join(filter(None, found.groups())) if found else ""


def fault_of(ids: tuple[str, ...], form: str) -> str:
    """What is wrong with a translation, as the end of a sentence with its remedy; empty where nothing is.

    A value that the English sentence has and the translation lacks is lost, and one that is new cannot be filled.
    `{n}` alone, the number of things, may be missing, or stand in a form of one.

    Args:
        ids: the sentence in English, of one and of many where it has both.
        form: a translation.
    """
    try:
        wanted = set().union(*map(_values, ids))
    except ValueError:
        return ""  # a name with a brace in it, which nobody fills in
    try:
        parts = list(Formatter().parse(form))
    except ValueError as error:
        return f"has a brace that stands alone ({error}); write {{{{ or }}}} for one that is meant"
    for _, name, spec, conversion in parts:
        if name is None:
            continue
        if conversion or (spec and not (name in CLOCK_WORDS and spec.count(CHOICE) == CHOICES - 1)):
            whole = f"{{{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}"
            if name in CLOCK_WORDS and CHOICE in (spec or ""):
                return f"says {whole}; give {CHOICES} choices, for epoch|step|checkpoint|record"
            return f"says {whole}; write {{{name}}}, since values come as they are written"
    found = _values(form)
    free = {"n"} if len(ids) > 1 else set()
    if lost := sorted(wanted - found - {"n"}):
        return f"has lost {_in_braces(lost)}; it is filled with a value and must stand in it"
    if unknown := sorted(found - wanted - free):
        known = f"this sentence has {_in_braces(sorted(wanted))}" if wanted else "this sentence has no values"
        return f"names {_in_braces(unknown)}, which nothing fills; {known}"
    return ""


def _values(text: str) -> set[str]:
    """Names of the values that a sentence wants; the clock's noun in whatever form."""
    names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    return {"clock" if name in CLOCK_WORDS else name for name in names}


def _in_braces(names: list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
